// Numbers as the page's language writes them.
const locale = document.documentElement.lang === "en" ? "en-GB" : "vi-VN";
const plain = new Intl.NumberFormat(locale, { maximumFractionDigits: 3 });
const short = new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 });

export const number = (value) => (value === null || value === undefined || value === "" ? "–" : plain.format(value));
export const compact = (value) => (Math.abs(value) >= 1e6 ? short.format(value) : plain.format(value));
export const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
