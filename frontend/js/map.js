// Draws <div class="map" data-url="….geojson" data-value="property" data-name="property" data-unit="…"> as a choropleth without
// any base map. One tab stop; the arrow keys go from area to area; what is under the pointer or focus is said in [data-said].
import { circleMarker, control, geoJSON, map as leaflet } from "leaflet";
import { number } from "./number.js";

const SHADES = ["#e4f0ef", "#aed4d1", "#69aeaa", "#2b8581", "#0f4f4c"];
const NOTHING = "#f6f4ef";

/** Returns the upper bounds of five classes that hold about as many areas each. */
function classes(values) {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (!sorted.length) return [];
  const bounds = SHADES.map((_, index) => sorted[Math.min(sorted.length - 1, Math.ceil(((index + 1) * sorted.length) / SHADES.length) - 1)]);
  return [...new Set(bounds)];
}

function shade(value, bounds) {
  if (!Number.isFinite(value)) return NOTHING;
  const place = bounds.findIndex((bound) => value <= bound);
  const step = bounds.length > 1 ? (SHADES.length - 1) / (bounds.length - 1) : 0;
  return SHADES[bounds.length === 1 ? 2 : Math.round((place < 0 ? bounds.length - 1 : place) * step)];
}

function legend(box, bounds, values, unit) {
  const list = box.parentElement.querySelector("[data-legend]");
  if (!list || !bounds.length) return;
  const known = values.filter(Number.isFinite);
  const whole = known.every(Number.isInteger);
  let from = Math.min(...known);
  for (const bound of bounds) {
    const item = document.createElement("li");
    const swatch = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    for (const [name, value] of [["width", "100%"], ["height", "100%"], ["fill", shade(bound, bounds)]]) rect.setAttribute(name, value);
    swatch.setAttribute("aria-hidden", "true");
    swatch.append(rect);
    item.append(swatch, `${from === bound ? "" : `${number(from)} – `}${number(bound)}${unit ? ` ${unit}` : ""}`);
    list.append(item);
    from = whole ? bound + 1 : bound;
  }
}

const middle = (layer) => (layer.getBounds ? layer.getBounds().getCenter() : layer.getLatLng());

/** Sorts the areas from north-west to south-east in bands, so that arrow keys move sensibly. */
function order(layers) {
  return layers.sort((a, b) => {
    const p = middle(a);
    const q = middle(b);
    return Math.abs(p.lat - q.lat) > 0.04 ? q.lat - p.lat : p.lng - q.lng;
  });
}

async function draw(box) {
  if (box.dataset.drawn) return;
  box.dataset.drawn = "1";
  const said = box.parentElement.querySelector("[data-said]");
  let data;
  try {
    const answer = await fetch(box.dataset.url, { headers: { Accept: "application/geo+json, application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    data = await answer.json();
  } catch {
    said.textContent = box.dataset.failed;
    return;
  }
  const { value: key, name, unit = "" } = box.dataset;
  const read = (feature) => {
    const raw = feature.properties?.[key];
    return raw === null || raw === undefined || raw === "" ? NaN : Number(raw);
  };
  const values = data.features.map(read);
  const bounds = key ? classes(values) : [];
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const canvas = leaflet(box, { attributionControl: false, scrollWheelZoom: false, keyboard: false, zoomControl: false, zoomSnap: 0.25, fadeAnimation: !still, zoomAnimation: !still });
  control.zoom({ zoomInTitle: box.dataset.closer, zoomOutTitle: box.dataset.wider }).addTo(canvas);
  const style = (feature) => ({ color: "#403b33", weight: 0.8, fillColor: key ? shade(read(feature), bounds) : "#aed4d1", fillOpacity: 1 });
  const shapes = geoJSON(data, { style, pointToLayer: (feature, at) => circleMarker(at, { ...style(feature), radius: 6, weight: 1.5, fillColor: "#a4262c" }) }).addTo(canvas);
  canvas.fitBounds(shapes.getBounds(), { padding: [12, 12], animate: false });
  const words = (feature) => {
    const title = feature.properties?.[name] ?? "";
    return key ? `${title}: ${number(Number.isFinite(read(feature)) ? read(feature) : null)}${unit ? ` ${unit}` : ""}` : title;
  };
  const layers = order(shapes.getLayers().filter((layer) => layer.getElement?.()));
  layers.forEach((layer, index) => {
    const element = layer.getElement();
    element.setAttribute("role", "img");
    element.setAttribute("aria-label", words(layer.feature));
    element.setAttribute("tabindex", index ? "-1" : "0");
    const say = () => {
      said.textContent = words(layer.feature);
      layer.setStyle({ weight: 2.5, color: "#a4262c" }).bringToFront();
    };
    const hush = () => layer.setStyle({ weight: 0.8, color: "#403b33" });
    layer.on("mouseover", say).on("mouseout", hush);
    element.addEventListener("focus", () => {
      // Only when not yet in front: moving the focused element in the tree takes its focus away.
      said.textContent = words(layer.feature);
      layer.setStyle({ weight: 3, color: "#a4262c" });
    });
    element.addEventListener("blur", hush);
    element.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const next = layers[(index + step + layers.length) % layers.length].getElement();
      element.setAttribute("tabindex", "-1");
      next.setAttribute("tabindex", "0");
      next.focus();
    });
  });
  legend(box, bounds, values, unit);
  new ResizeObserver(() => {
    canvas.invalidateSize({ animate: false });
    canvas.fitBounds(shapes.getBounds(), { padding: [12, 12], animate: false });
  }).observe(box);
}

for (const box of document.querySelectorAll(".map[data-url]")) draw(box);
document.addEventListener("htmx:load", (event) => {
  for (const box of event.target.querySelectorAll(".map[data-url]")) draw(box);
});
