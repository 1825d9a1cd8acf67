// ---------------------------------------------------------------- charts, when they come into view

const MOST_DRAWN_MARKS = 2500;
const DASHES = [[1, 0], [6, 4], [2, 4], [9, 3, 2, 3], [12, 4], [1, 5]];
// As in the style sheet, by series.
const LINE_COLOURS = ["accent", "error", "warning", "ink", "muted", "note"];
const POINT_COLOURS = ["accent", "muted", "warning", "error", "ink", "note"];
const awaited = new WeakMap();
const drawn = new Map();

const inView = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (entry.isIntersecting) begin(entry.target);
  }
}, { rootMargin: "200px" });

function startCharts() {
  const figures = document.querySelectorAll("[data-chart]");
  for (const figure of figures) {
    awaitView(figure, () => once("charts")[Number(figure.dataset.chart)], figure.querySelector("figcaption").textContent);
  }
}

function awaitView(figure, record, title) {
  awaited.set(figure, { record, title });
  inView.observe(figure);
  figure.addEventListener("pointerenter", () => begin(figure), { once: true });
}

function begin(figure) {
  inView.unobserve(figure);
  if (!figure.classList.contains("drawn")) draw(figure);
}

// The library lies in the page as text until a chart asks for it.
function library() {
  if (!window.vegaEmbed) {
    const script = document.createElement("script");
    script.textContent = document.getElementById("vega").textContent;
    document.head.append(script);
    script.remove();
  }
  return window.vegaEmbed;
}

async function draw(figure) {
  const { record, title } = awaited.get(figure);
  const chart = typeof record === "function" ? record() : record;
  const plot = make("div", { class: "plot" });
  if (chart.least) plot.style.minWidth = `${chart.least}px`;
  const place = make("div", { class: "interactive" }, make("div", { class: "scroll-x" }, plot), ...legendOf(chart, figure));
  if (!chart.least) place.append(make("p", { class: "hint" }, "Drag to move, Ctrl and wheel to zoom, double click to see all"));
  figure.querySelector(".interactive")?.remove();
  figure.querySelector("figcaption").after(place);
  figure.classList.add("drawn");
  try {
    const made = await library()(plot, specOf(chart, title), {
      mode: "vega-lite", ast: true, actions: false, defaultStyle: false, logLevel: 1, renderer: rendererOf(chart), tooltip: tell(chart),
    });
    drawn.set(figure, made);
  } catch (error) {
    place.remove();
    figure.classList.remove("drawn");
    throw error;
  }
}

function forget(root) {
  hideTip();
  for (const [figure, made] of drawn) {
    if (!root.contains(figure)) continue;
    made.finalize();
    drawn.delete(figure);
  }
}

// In other colours.
function redraw() {
  for (const [figure, made] of [...drawn]) {
    made.finalize();
    drawn.delete(figure);
    if (figure.isConnected) draw(figure);
  }
}

function rendererOf(chart) {
  const marks = Object.values(chart.tables).reduce((sum, table) => sum + lengthOf(table), 0);
  return marks > MOST_DRAWN_MARKS ? "canvas" : "svg";
}

function lengthOf(table) {
  return Object.values(table)[0]?.length ?? 0;
}

function rowsOf(table) {
  const names = Object.keys(table);
  return Array.from({ length: lengthOf(table) }, (_, at) => Object.fromEntries(names.map((name) => [name, table[name][at]])));
}

function specOf(chart, title) {
  const spec = structuredClone(once("specs")[chart.spec]);
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  const colours = (chart.styles === "point" ? POINT_COLOURS : LINE_COLOURS).map(colour);
  const values = { ...chart.values, hidden: [], colours, dashes: DASHES, ink: colour("ink"), accent: colour("accent") };
  for (const param of spec.params) param.value = values[param.name];
  spec.datasets = Object.fromEntries(Object.entries(chart.tables).map(([name, table]) => [name, rowsOf(table)]));
  spec.config = configOf(colour);
  spec.description = title;
  return spec;
}

function configOf(colour) {
  const font = getComputedStyle(document.body).fontFamily;
  const axis = {
    labelColor: colour("muted"), titleColor: colour("muted"), domainColor: colour("strong-rule"), tickColor: colour("strong-rule"),
    gridColor: colour("rule"), labelFontSize: 11, titleFontSize: 11, titleFontWeight: "normal",
  };
  return {
    background: "transparent", font, aria: false, axis, view: { stroke: null },
    axisX: { grid: false, tickCount: 8 },
    axisYQuantitative: { tickCount: 5, domain: false, ticks: false, titleAngle: 0, titleAlign: "left", titleAnchor: "end", titleX: -30, titleY: -12, titleBaseline: "bottom" },
    axisBand: { domain: false, ticks: false },
    text: { fontSize: 11 },
  };
}

// ---------------------------------------------------------------- what turns series on and off

function legendOf(chart, figure) {
  if (!chart.legend.length) return [];
  const hidden = new Set();
  const buttons = chart.legend.map((label, series) => {
    const swatch = make("span", { class: `swatch ${chart.styles} series-${series % 6}`, "aria-hidden": "true" });
    const button = make("button", { type: "button", "aria-pressed": "true", title: "Show or hide" }, swatch, label);
    button.addEventListener("click", () => {
      const hides = !hidden.has(series);
      if (hides) hidden.add(series);
      else hidden.delete(series);
      button.setAttribute("aria-pressed", String(!hides));
      drawn.get(figure)?.view.signal("hidden", [...hidden]).runAsync();
    });
    return button;
  });
  return [make("div", { class: "legend", role: "group", "aria-label": "Series" }, ...buttons)];
}

// ---------------------------------------------------------------- what is said under the pointer

function tip() {
  const host = document.querySelector("dialog[open]") ?? document.body;
  const found = document.getElementById("tip") ?? make("div", { id: "tip", role: "tooltip" });
  if (found.parentElement !== host) host.append(found);
  return found;
}

function hideTip() {
  const found = document.getElementById("tip");
  if (found) found.hidden = true;
}

function tell(chart) {
  return (handler, event, item, datum) => {
    const lines = datum && typeof datum === "object" ? linesOf(chart, datum) : [];
    if (!lines.length) {
      hideTip();
      return;
    }
    const box = tip();
    box.replaceChildren(...lines.map((line) => make("p", {}, line)));
    box.hidden = false;
    const left = Math.min(event.clientX + 14, innerWidth - box.offsetWidth - 8);
    const below = event.clientY + 18;
    box.style.left = `${Math.max(8, left)}px`;
    box.style.top = `${below + box.offsetHeight > innerHeight ? event.clientY - box.offsetHeight - 10 : below}px`;
  };
}

function linesOf(chart, datum) {
  return chart.hover.flatMap(([label, field, unit, among]) => {
    const value = datum[field];
    if (value === undefined || value === null || value === "") return [];
    if (among) return [chart.values[among][value] ?? ""];
    const text = typeof value === "number" ? withUnit(value, unit) : String(value);
    return [label ? `${label}: ${text}` : text];
  });
}
