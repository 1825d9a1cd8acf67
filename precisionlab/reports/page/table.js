const ROW = 33;
const MARGIN_ROWS = 12;
const LEAST_NAME = 260;

// ---------------------------------------------------------------- columns of the table

// layer.2 before layer.10: digits padded to one length compare as numbers do.
function natural(text) {
  return text.toLowerCase().replace(/\d+/g, (digits) => digits.padStart(12, "0"));
}

function ranks(texts) {
  const keys = texts.map(natural);
  const order = Array.from(keys.keys()).sort((a, b) => (keys[a] < keys[b] ? -1 : keys[a] > keys[b] ? 1 : a - b));
  const rank = new Float64Array(texts.length);
  order.forEach((place, at) => {
    rank[place] = at > 0 && keys[place] === keys[order[at - 1]] ? rank[order[at - 1]] : at;
  });
  return rank;
}

function codedRanks(coded) {
  const rank = ranks(coded.texts);
  return Float64Array.from(coded.index, (at) => rank[at]);
}

// Numbers first in their order; NaN, then texts, then what was not measured, stand below all numbers.
function valueRanks(values) {
  const textRank = values.some((value) => typeof value === "string") ? ranks(values.map((v) => (typeof v === "string" ? v : ""))) : null;
  return Float64Array.from(values, (value, at) => {
    if (value === null) return NaN;
    if (typeof value === "string") return textRank[at];
    return plainNumber(value);
  });
}

// As in all reports: by severity, then by the number of findings, then by size.
function severityRanks(table) {
  const sizes = table.bytes.map(plainNumber);
  const order = Array.from(sizes.keys()).sort(
    (a, b) => table.severities[a] - table.severities[b] || table.counts[a] - table.counts[b] || sizes[a] - sizes[b] || b - a,
  );
  const rank = new Float64Array(order.length);
  order.forEach((place, at) => {
    rank[place] = at;
  });
  return rank;
}

function fixedColumns(table) {
  return [
    {
      id: "severity", label: "severity", width: 96, numeric: true,
      text: (at) => SEVERITIES[table.severities[at]],
      ranks: () => severityRanks(table),
    },
    { id: "name", label: "tensor", width: 0, text: (at) => table.names[at], ranks: () => ranks(table.names) },
    { id: "dtype", label: "dtype", width: 112, text: (at) => table.dtypes.texts[table.dtypes.index[at]], ranks: () => codedRanks(table.dtypes) },
    { id: "shape", label: "shape", width: 112, text: (at) => table.shapes.texts[table.shapes.index[at]], ranks: () => codedRanks(table.shapes) },
    { id: "bytes", label: "size", width: 78, numeric: true, text: (at) => byteSize(table.bytes[at]), ranks: () => Float64Array.from(table.bytes, plainNumber) },
    { id: "codes", label: "rules", width: 122, text: (at) => table.codes.texts[table.codes.index[at]], ranks: () => codedRanks(table.codes) },
  ];
}

function measuredColumn(column, at) {
  const numeric = column.values.some((value) => value !== null && typeof value !== "string" && typeof value !== "boolean");
  return {
    id: `m${at}`, label: column.label, title: column.key, width: numeric ? 108 : 132, numeric,
    unit: ["", "1", "share", "bytes", column.label].includes(column.unit) ? "" : column.unit,
    text: (place) => shown(column.values[place], column.unit),
    ranks: () => valueRanks(column.values),
  };
}

// ---------------------------------------------------------------- the table of tensors

class TensorTable {
  constructor(place, number) {
    this.number = number;
    this.table = once(`table-${number}`);
    this.fixed = fixedColumns(this.table);
    this.measured = this.table.columns.map((column, at) => (column.values ? measuredColumn(column, at) : null)).filter(Boolean);
    this.chosen = new Set(this.measured.slice(0, this.table.shown).map((column) => column.id));
    this.sorting = { id: "severity", direction: -1 };
    this.rankCache = new Map();
    this.lowered = null;
    this.drawn = "";
    this.build(place);
    this.select();
  }

  get columns() {
    return [...this.fixed, ...this.measured.filter((column) => this.chosen.has(column.id))];
  }

  build(place) {
    this.search = make("input", { type: "search", placeholder: "Filter names", "aria-label": "Filter tensors by name" });
    this.severity = this.choice("Severity", [["", "all severities"], ["any", "with findings"], ["3", "error"], ["2", "warning"], ["1", "note"], ["0", "no findings"]]);
    const dtypes = [...this.table.dtypes.texts].sort();
    this.dtype = this.choice("Data type", [["", "all dtypes"], ...dtypes.map((name) => [name, name])]);
    this.count = make("output", { "aria-live": "polite" });
    this.search.addEventListener("input", () => this.select());
    this.head = make("thead");
    this.body = make("tbody");
    this.widths = make("colgroup");
    this.grid = make("table", { "aria-labelledby": `tensors-title-${this.number}` }, this.widths, this.head, this.body);
    this.view = make("div", { class: "grid-view", tabindex: "0", role: "region", "aria-labelledby": `tensors-title-${this.number}` }, this.grid);
    this.view.addEventListener("scroll", () => this.draw(), { passive: true });
    addEventListener("resize", () => this.draw());
    this.body.addEventListener("click", (event) => this.opened(event));
    this.body.addEventListener("keydown", (event) => this.moved(event));
    const controls = [this.search, this.severity, this.dtype, ...(this.measured.length ? [this.menu()] : []), this.count];
    place.prepend(make("div", { class: "controls" }, ...controls), this.view);
    this.layout();
  }

  choice(label, options) {
    const made = make("select", { "aria-label": label }, ...options.map(([value, text]) => make("option", { value }, text)));
    made.addEventListener("change", () => this.select());
    return made;
  }

  menu() {
    this.boxes = [];
    const boxes = this.measured.map((column) => {
      const box = make("input", { type: "checkbox", checked: this.chosen.has(column.id) });
      box.addEventListener("change", () => {
        if (box.checked) this.chosen.add(column.id);
        else this.chosen.delete(column.id);
        this.layout();
        this.draw(true);
      });
      this.boxes.push(box);
      return make("label", { title: column.title }, box, column.label);
    });
    const made = make("details", { class: "menu" }, make("summary", {}, "Columns"), make("div", {}, ...boxes));
    document.addEventListener("click", (event) => {
      if (!made.contains(event.target)) made.open = false;
    });
    made.addEventListener("keydown", (event) => {
      if (event.key === "Escape") made.open = false;
    });
    return made;
  }

  layout() {
    const columns = this.columns;
    this.widths.replaceChildren(...columns.map((column) => {
      const col = make("col");
      if (column.width) col.style.width = `${column.width}px`;
      return col;
    }));
    this.grid.style.minWidth = `${columns.reduce((sum, column) => sum + (column.width || LEAST_NAME), 0)}px`;
    this.head.replaceChildren(make("tr", {}, ...columns.map((column) => this.header(column))));
  }

  header(column) {
    const unit = column.unit ? [" ", make("span", { class: "unit" }, `(${column.unit})`)] : [];
    const button = make("button", { type: "button" }, column.label, ...unit);
    const sorted = this.sorting.id === column.id ? (this.sorting.direction > 0 ? "ascending" : "descending") : "none";
    button.addEventListener("click", () => this.sort(column));
    const attributes = { scope: "col", "aria-sort": sorted, title: column.title ?? column.label };
    return make("th", column.numeric && column.id !== "severity" ? { ...attributes, class: "number" } : attributes, button);
  }

  sort(column) {
    const first = column.numeric ? -1 : 1;
    const direction = this.sorting.id === column.id ? -this.sorting.direction : first;
    this.sorting = { id: column.id, direction };
    this.layout();
    this.select();
    this.head.querySelectorAll("button")[this.columns.indexOf(column)]?.focus();
  }

  ranksOf(column) {
    if (!this.rankCache.has(column.id)) this.rankCache.set(column.id, column.ranks());
    return this.rankCache.get(column.id);
  }

  // Show a column that somebody looked for, and sort by it.
  reveal(column) {
    this.chosen.add(column.id);
    for (const [at, box] of this.boxes.entries()) box.checked = this.chosen.has(this.measured[at].id);
    this.sort(column);
    this.view.scrollIntoView({ block: "center" });
  }

  select() {
    const wanted = this.search.value.trim().toLowerCase();
    this.lowered ??= this.table.names.map((name) => name.toLowerCase());
    const severity = this.severity.value;
    const dtype = this.dtype.value === "" ? -1 : this.table.dtypes.texts.indexOf(this.dtype.value);
    const fits = (at) =>
      (wanted === "" || this.lowered[at].includes(wanted)) &&
      (dtype < 0 || this.table.dtypes.index[at] === dtype) &&
      (severity === "" || (severity === "any" ? this.table.severities[at] > 0 : this.table.severities[at] === Number(severity)));
    const places = [];
    for (let at = 0; at < this.table.names.length; at += 1) if (fits(at)) places.push(at);
    this.places = this.sorted(places);
    const all = grouped.format(this.table.names.length);
    this.count.textContent = places.length === this.table.names.length ? `${all} tensors` : `${grouped.format(places.length)} of ${all} tensors`;
    this.grid.setAttribute("aria-rowcount", String(places.length + 1));
    this.view.scrollTop = 0;
    this.draw(true);
  }

  sorted(places) {
    const column = this.columns.find((one) => one.id === this.sorting.id);
    if (!column) return places;
    const rank = this.ranksOf(column);
    const direction = this.sorting.direction;
    return places.sort((a, b) => {
      if (Number.isNaN(rank[a]) || Number.isNaN(rank[b])) return Number.isNaN(rank[a]) - Number.isNaN(rank[b]) || a - b;
      return direction * (rank[a] < rank[b] ? -1 : rank[a] > rank[b] ? 1 : 0) || a - b;
    });
  }

  draw(anew = false) {
    const height = Math.max(this.view.clientHeight, innerHeight);
    const first = Math.max(0, Math.floor(this.view.scrollTop / ROW) - MARGIN_ROWS);
    const last = Math.min(this.places.length, Math.ceil((this.view.scrollTop + height) / ROW) + MARGIN_ROWS);
    const range = `${first}-${last}`;
    if (!anew && range === this.drawn) return;
    this.drawn = range;
    const focused = document.activeElement?.closest?.("tr.row")?.dataset.place;
    const columns = this.columns;
    const rows = [];
    for (let at = first; at < last; at += 1) rows.push(this.row(columns, this.places[at], at));
    this.body.replaceChildren(this.space(first, columns), ...rows, this.space(this.places.length - last, columns));
    if (focused !== undefined) this.body.querySelector(`tr[data-place="${focused}"] button`)?.focus({ preventScroll: true });
  }

  row(columns, place, at) {
    const cells = columns.map((column) => {
      const text = column.text(place);
      if (column.id === "name") {
        return make("th", { scope: "row" }, make("button", { type: "button", class: "name", title: text }, make("code", {}, text)));
      }
      if (column.id === "severity") return make("td", { class: `severity ${text}` }, text);
      const attributes = column.numeric ? { class: "number" } : {};
      return make("td", text.length > 12 ? { ...attributes, title: text } : attributes, text);
    });
    return make("tr", { class: "row", "data-place": String(place), "aria-rowindex": String(at + 2) }, ...cells);
  }

  space(rows, columns) {
    const cell = make("td", { colspan: String(columns.length) });
    cell.style.height = `${rows * ROW}px`;
    const row = make("tr", { class: "space", "aria-hidden": "true" }, cell);
    row.hidden = rows === 0;
    return row;
  }

  opened(event) {
    const row = event.target.closest("tr.row");
    if (row) showTensor(this.number, Number(row.dataset.place));
  }

  moved(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const row = event.target.closest("tr.row");
    if (!step || !row) return;
    event.preventDefault();
    const next = step > 0 ? row.nextElementSibling : row.previousElementSibling;
    const button = next?.querySelector("button");
    if (!button) return;
    button.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
  }
}
