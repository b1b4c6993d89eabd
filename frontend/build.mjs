// Builds everything a page loads into one folder: node build.mjs [folder]
import { copyFileSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";
import { compile } from "tailwindcss";

const here = dirname(fileURLToPath(import.meta.url));
const source = resolve(here, "../src/nganam");
const out = resolve(process.argv[2] ?? join(source, "face/static/face/built"));
const cache = join(here, "node_modules/.cache/nganam");
const modules = join(here, "node_modules");
const FACES = [
  { family: "Be Vietnam Pro", file: "be-vietnam-pro", weights: [400, 500, 600, 700] },
  { family: "IBM Plex Mono", file: "ibm-plex-mono", weights: [400, 600] },
];
const SUBSETS = ["vietnamese", "latin-ext", "latin"];

for (const folder of [join(out, "fonts"), cache]) mkdirSync(folder, { recursive: true });

/** Copies the font files and writes their @font-face rules, with the ranges the font package states. */
function fonts() {
  const rules = [];
  for (const { family, file, weights } of FACES) {
    const from = join(modules, "@fontsource", file);
    for (const weight of weights) {
      const sheet = readFileSync(join(from, `${weight}.css`), "utf8");
      for (const subset of SUBSETS) {
        const rule = sheet.split("@font-face").find((text) => text.includes(`${file}-${subset}-${weight}-normal.woff2`));
        const range = /unicode-range:\s*([^;]+);/.exec(rule)[1];
        const name = `${file}-${subset}-${weight}.woff2`;
        copyFileSync(join(from, `files/${file}-${subset}-${weight}-normal.woff2`), join(out, "fonts", name));
        rules.push(
          `@font-face{font-family:"${family}";font-style:normal;font-display:swap;font-weight:${weight};` +
            `src:url("fonts/${name}") format("woff2");unicode-range:${range}}`,
        );
      }
    }
  }
  writeFileSync(join(cache, "fonts.css"), rules.join("\n"));
  // Leaflet's own sheet without its pictures: we use neither markers nor its layer switch.
  const leaflet = readFileSync(join(modules, "leaflet/dist/leaflet.css"), "utf8");
  writeFileSync(join(cache, "leaflet.css"), leaflet.replace(/background-image:\s*url\([^)]*\);?/g, ""));
}

/** Copies the typeface of official letters (metrics of Times New Roman) with its licence; typst reads them, no page does. */
function print() {
  const from = join(modules, "@expo-google-fonts/tinos");
  mkdirSync(join(out, "print"), { recursive: true });
  for (const style of ["400Regular", "400Regular_Italic", "700Bold", "700Bold_Italic"]) {
    copyFileSync(join(from, style, `Tinos_${style}.ttf`), join(out, "print", `Tinos_${style}.ttf`));
  }
  copyFileSync(join(from, "LICENSE_FONT"), join(out, "print", "LICENSE_FONT.txt"));
}

function* templates(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* templates(path);
    else if (entry.name.endsWith(".html")) yield path;
  }
}

/** Writes the sprite of the icons listed in icons.json and of those that templates name. */
function icons() {
  const names = new Set(JSON.parse(readFileSync(join(here, "icons.json"), "utf8")));
  for (const path of templates(source)) {
    for (const match of readFileSync(path, "utf8").matchAll(/(?:{%\s*icon\s+|\sicon=)["']([a-z][a-z0-9-]*)["']/g)) names.add(match[1]);
  }
  const symbols = [];
  for (const name of [...names].sort()) {
    let svg;
    try {
      svg = readFileSync(join(modules, "lucide-static/icons", `${name}.svg`), "utf8");
    } catch {
      console.warn(`no such icon: ${name}`);
      continue;
    }
    const inner = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>")).replace(/\s*\n\s*/g, "");
    symbols.push(`<symbol id="${name}" viewBox="0 0 24 24">${inner}</symbol>`);
  }
  // The licence of the icons asks that its notice travels with them.
  const notice = "<!-- Lucide icons, ISC licence, Copyright (c) Lucide Icons and Contributors -->";
  writeFileSync(join(out, "icons.svg"), `<svg xmlns="http://www.w3.org/2000/svg">${notice}${symbols.join("")}</svg>\n`);
}

async function scripts() {
  await build({
    absWorkingDir: here,
    entryPoints: { app: "js/app.js", chart: "js/chart.js", map: "js/map.js" },
    outdir: out,
    bundle: true,
    minify: true,
    format: "iife",
    target: ["es2020"],
    legalComments: "inline",
    logLevel: "warning",
  });
}

/** Every word of the templates that could be a class: Tailwind itself knows which of them are. */
function candidates() {
  const words = new Set(["3", "4", "5", "6", "8", "10", "12"].map((size) => `size-${size}`));
  for (const path of templates(source)) {
    for (const word of readFileSync(path, "utf8").match(/[^\s"'`<>={}%]+/g) ?? []) words.add(word);
  }
  return [...words];
}

async function styles() {
  const loadStylesheet = async (id, base) => {
    const path = id.startsWith(".") ? resolve(base, id) : join(modules, id);
    return { path, base: dirname(path), content: readFileSync(path, "utf8") };
  };
  const sheet = join(here, "css/app.css");
  const compiler = await compile(readFileSync(sheet, "utf8"), { base: dirname(sheet), from: sheet, loadStylesheet });
  const css = compiler.build(candidates());
  const small = await transform(css, { loader: "css", minify: true, target: "es2020", legalComments: "inline" });
  writeFileSync(join(out, "app.css"), small.code);
}

fonts();
print();
icons();
await scripts();
await styles();
