// Every page works without this file; it only saves people a click or a reload.
import htmx from "htmx.org/dist/htmx.esm.js";

const page = document.documentElement;
page.classList.add("js");
window.htmx = htmx;

function cookie(name) {
  const found = document.cookie.split("; ").find((part) => part.startsWith(`${name}=`));
  return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
}

document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = cookie("csrftoken");
});

// Menus made of <details> close with Escape, with a click elsewhere, and when another opens.
function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.drop[open]")) if (menu !== except) menu.open = false;
}
document.addEventListener("click", (event) => closeMenus(event.target.closest("details.drop")));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = document.querySelector("details.drop[open]");
  closeMenus(null);
  open?.querySelector("summary").focus();
});

// <button data-copy="id-of-text" data-done="Đã chép">
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const text = document.getElementById(button.dataset.copy)?.textContent ?? "";
  const words = button.querySelector("[data-words]") ?? button;
  const before = words.textContent;
  try {
    await navigator.clipboard.writeText(text);
    words.textContent = button.dataset.done;
  } catch {
    const range = document.createRange();
    range.selectNodeContents(document.getElementById(button.dataset.copy));
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    words.textContent = button.dataset.selected ?? before;
  }
  setTimeout(() => (words.textContent = before), 2500);
});

// <form data-auto> sends itself when a filter changes.
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-auto]");
  if (form) form.requestSubmit();
});

// A form is sent once: a second click while the first is on its way does nothing. data-confirm asks first.
document.addEventListener("submit", (event) => {
  const form = event.target;
  const question = event.submitter?.dataset.confirm ?? form.dataset.confirm;
  if (question && !window.confirm(question)) {
    event.preventDefault();
    return;
  }
  if (form.method !== "post" || form.hasAttribute("hx-post")) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "1";
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
