// ---------------------------------------------------------------- one tensor

// The tables of tensors by the number of their checkpoint: their order is that of previous and next.
const tables = new Map();

function showTensor(number, place) {
  const table = once(`table-${number}`);
  const details = once(`details-${number}`)[place] ?? {};
  const dialog = document.getElementById("tensor");
  const link = make("a", { href: linkTo(number, place) }, make("code", {}, table.names[place]));
  forget(dialog);
  dialog.replaceChildren(
    make("div", { class: "head" }, make("h2", { id: "tensor-name" }, link), stepsFrom(number, place, dialog)),
    factsOf(table, place),
    ...(details.remarks ?? []).map((remark) => make("p", {}, remark)),
    ...(details.unanswered ?? []).map((line) => make("p", {}, line)),
    ...findingsOf(table, place, details),
    ...figuresOf(details),
    ...measurementsOf(table, place, details),
  );
  if (!details.measurements) {
    dialog.append(make("p", { class: "more" }, "All measurements and the figures of this tensor are in the JSON report."));
  }
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
  dialog.dataset.at = `${number}:${place}`;
  remember(linkTo(number, place));
}

// The tensors in the table's present order, before and after this one.
function stepsFrom(number, place, dialog) {
  const places = tables.get(number)?.places ?? [];
  const at = places.indexOf(place);
  const step = (label, to) => {
    const button = make("button", { type: "button", disabled: at < 0 || places[to] === undefined }, label);
    button.addEventListener("click", () => {
      showTensor(number, places[to]);
      const again = [...dialog.querySelectorAll(".steps button")].find((one) => one.textContent === label);
      (again.disabled ? dialog.querySelector(".steps .close") : again).focus();
    });
    return button;
  };
  const close = make("button", { type: "button", class: "close", autofocus: true }, "Close");
  close.addEventListener("click", () => dialog.close());
  const where = at < 0 ? "" : `${grouped.format(at + 1)} of ${grouped.format(places.length)}`;
  return make("div", { class: "steps" }, make("span", { class: "where" }, where), step("Previous", at - 1), step("Next", at + 1), close);
}

function linkTo(number, place) {
  return `#tensor=${number}:${encodeURIComponent(once(`table-${number}`).names[place])}`;
}

// In the address, so that it can be passed on; without another step in the browser's history.
function remember(link) {
  history.replaceState(null, "", link || location.pathname + location.search);
}

// Shows the tensor that the address names; one that is not there is passed over.
function followAddress() {
  const found = /^#tensor=(\d+):(.*)$/s.exec(location.hash);
  if (!found || !document.getElementById(`table-${found[1]}`)) return;
  const number = Number(found[1]);
  const place = once(`table-${number}`).names.indexOf(decoded(found[2]));
  if (place >= 0) showTensor(number, place);
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function startDialog() {
  const dialog = document.getElementById("tensor");
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener("close", () => {
    if (dialog.open) return; // it was opened again meanwhile
    forget(dialog);
    remember("");
  });
  dialog.addEventListener("keydown", (event) => {
    const label = { ArrowLeft: "Previous", ArrowRight: "Next" }[event.key];
    if (!label || event.altKey || event.ctrlKey || event.metaKey) return;
    [...dialog.querySelectorAll(".steps button")].find((one) => one.textContent === label)?.click();
  });
  for (const button of document.querySelectorAll("[data-tensor]")) {
    const [number, place] = button.dataset.tensor.split(":").map(Number);
    button.addEventListener("click", () => showTensor(number, place));
  }
  addEventListener("hashchange", followAddress);
  followAddress();
}

function factsOf(table, place) {
  const pairs = [
    ["dtype", table.dtypes.texts[table.dtypes.index[place]]],
    ["shape", table.shapes.texts[table.shapes.index[place]]],
    ["size", byteSize(table.bytes[place])],
    ["severity", SEVERITIES[table.severities[place]] || "no findings"],
  ];
  return make("dl", { class: "facts" }, ...pairs.map(([label, text]) => make("div", {}, make("dt", {}, label), make("dd", {}, text))));
}

function findingsOf(table, place, details) {
  if (!table.severities[place]) return [];
  const heading = make("h3", {}, "Findings");
  if (!details.findings) return [heading, make("p", {}, table.codes.texts[table.codes.index[place]])];
  return [heading, ...details.findings.map(findingOf)];
}

function findingOf(finding) {
  const word = SEVERITIES[finding.severity];
  const evidence = finding.evidence.map(([name, value]) => `${name} ${shown(value, "")}`).join(", ");
  const lines = [make("p", {}, make("span", { class: `severity ${word}` }, word), " ", make("code", {}, finding.code), finding.novelty ? ` ${finding.novelty}:` : "", ` ${finding.message}`)];
  if (finding.remedy) lines.push(make("p", {}, `Remedy: ${finding.remedy}.`));
  if (evidence) lines.push(make("p", { class: "evidence" }, evidence));
  return make("div", { class: "found" }, ...lines);
}

function measurementsOf(table, place, details) {
  const embeddedValues = () => table.columns.flatMap((column, at) => (column.values && column.values[place] !== null ? [[at, column.values[place]]] : []));
  const measured = details.measurements ?? embeddedValues();
  if (!measured.length) return [];
  const pairs = measured.map(([at, value]) => {
    const column = table.columns[at];
    return make("div", {}, make("dt", { title: column.key }, column.label), make("dd", {}, withUnit(value, column.unit)));
  });
  return [make("h3", {}, "Measurements"), make("dl", { class: "measurements" }, ...pairs)];
}

function figuresOf(details) {
  if (!details.figures?.length) return [];
  return [make("h3", {}, "Figures"), ...details.figures.map(figureOf)];
}

function figureOf(figure) {
  const caption = make("figcaption", {}, figure.title);
  if (figure.table) return make("figure", { class: "table" }, caption, tableOf(figure.table));
  const whole = make("figure", { class: figure.kind }, caption);
  if (figure.chart) awaitView(whole, figure.chart, figure.title);
  else whole.append(make("p", { class: "empty" }, "Nothing to draw: no finite values."));
  return whole;
}

function tableOf(table) {
  const look = (at, text) => (table.numeric[at] ? { class: "number" } : text.length > 30 ? { class: "long" } : {});
  const head = table.head.map((text) => make("th", { scope: "col" }, text));
  const rows = table.rows.map((row) => make("tr", {}, ...row.map((text, at) => make("td", look(at, text), text))));
  const whole = make("table", {}, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...rows));
  const more = table.more ? [make("p", { class: "more" }, `and ${grouped.format(table.more)} more rows`)] : [];
  return make("div", { class: "scroll-x" }, whole, ...more);
}
