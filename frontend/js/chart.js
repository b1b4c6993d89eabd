// Draws <div class="chart" data-chart="id"> from <script type="application/json" id="id">:
// {"kind": "bar" | "line", "x": [labels], "series": [{"name", "values"}], "unit", "horizontal", "stacked"}
import { BarChart, LineChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { compact, number } from "./number.js";

use([BarChart, LineChart, AriaComponent, GridComponent, LegendComponent, TooltipComponent, SVGRenderer]);

const COLOURS = ["#176864", "#a4262c", "#b07a18", "#3b62a0", "#6d5a8c", "#5f7d2f", "#857d6d"];
const SYMBOLS = ["circle", "rect", "triangle", "diamond", "roundRect", "pin", "arrow"];
const FONT = '"Be Vietnam Pro", ui-sans-serif, system-ui, sans-serif';

function series(one, index, data) {
  const line = data.kind === "line";
  return {
    name: one.name,
    type: line ? "line" : "bar",
    data: one.values,
    stack: data.stacked ? "all" : undefined,
    symbol: SYMBOLS[index % SYMBOLS.length],
    symbolSize: 8,
    lineStyle: { width: 2.5 },
    barMaxWidth: 38,
    itemStyle: { borderRadius: line ? 0 : data.horizontal ? [0, 3, 3, 0] : [3, 3, 0, 0] },
    connectNulls: false,
    silent: false,
  };
}

function option(data, width) {
  const narrow = width < 480;
  const few = data.horizontal || data.x.length <= 8;
  const room = data.horizontal ? Math.min(220, width * 0.35) : Math.max(44, (width - 70) / data.x.length - 8);
  const words = { type: "category", data: data.x, axisTick: { show: false }, axisLine: { lineStyle: { color: "#c8c2b4" } }, axisLabel: few ? { color: "#403b33", interval: 0, width: room, lineHeight: 16, overflow: data.horizontal ? "truncate" : "break" } : { color: "#403b33", hideOverlap: true }, inverse: Boolean(data.horizontal) };
  const values = { type: "value", name: data.unit ?? "", nameTextStyle: { color: "#625c50", align: data.horizontal ? "right" : "left" }, axisLabel: { color: "#625c50", formatter: compact }, splitNumber: narrow ? 3 : 5, splitLine: { lineStyle: { color: "#edeae2" } } };
  const many = data.series.length > 1;
  return {
    animation: false,
    color: COLOURS,
    textStyle: { fontFamily: FONT, fontSize: 13 },
    aria: { enabled: false },
    grid: { left: 8, right: 20, top: many ? 56 : 34, bottom: 8, outerBoundsMode: "same" },
    legend: many ? { top: 0, left: 0, type: "plain", textStyle: { color: "#403b33" } } : undefined,
    // Rich text, not HTML: the policy of the pages allows no style attributes in markup.
    tooltip: { trigger: "axis", renderMode: "richText", axisPointer: { type: data.kind === "line" ? "line" : "shadow" }, valueFormatter: (value) => `${number(value)}${data.unit ? ` ${data.unit}` : ""}`, textStyle: { fontFamily: FONT } },
    xAxis: data.horizontal ? values : words,
    yAxis: data.horizontal ? words : values,
    series: data.series.map((one, index) => series(one, index, data)),
  };
}

function draw(box) {
  if (box.dataset.drawn) return;
  box.dataset.drawn = "1";
  const data = JSON.parse(document.getElementById(box.dataset.chart).textContent);
  const chart = init(box, null, { renderer: "svg" });
  const paint = () => chart.setOption(option(data, box.clientWidth), true);
  paint();
  new ResizeObserver(() => {
    chart.resize();
    paint();
  }).observe(box);
}

function all(root) {
  for (const box of root.querySelectorAll("[data-chart]")) draw(box);
}
all(document);
document.addEventListener("htmx:load", (event) => all(event.target));
