// ---------------------------------------------------------------- search over everything

const MOST_HITS = 8;

function unfoldAround(element) {
  for (let at = element; at; at = at.parentElement) if (at.localName === "details") at.open = true;
}

function goTo(element) {
  unfoldAround(element);
  element.scrollIntoView({ block: "center" });
  element.classList.add("pointed-at");
  setTimeout(() => element.classList.remove("pointed-at"), 2500);
  const target = element.querySelector("summary, button, a") ?? element;
  if (target === element) element.tabIndex = -1;
  target.focus({ preventScroll: true });
}

// What stands in the page itself; read once, when somebody searches.
let standing = null;

function inPage(kind) {
  standing ??= [...document.querySelectorAll("[data-find]")].map((element) => {
    if (element.querySelector("[data-tensor]") && element.localName === "li") return null; // told with its tensor's details
    const said = element.localName === "details" ? element.querySelector("summary") : element;
    const text = [...said.children].map((part) => part.textContent.trim()).filter(Boolean).join(" \u00b7 ");
    return { kind: element.dataset.find, text, lowered: text.toLowerCase(), act: () => goTo(element) };
  }).filter(Boolean);
  return standing.filter((entry) => entry.kind === kind);
}

function* tensorsNamed(wanted) {
  for (const [number, table] of tables) {
    table.lowered ??= table.table.names.map((name) => name.toLowerCase());
    for (let place = 0; place < table.lowered.length; place += 1) {
      if (table.lowered[place].includes(wanted)) yield { text: table.table.names[place], act: () => showTensor(number, place) };
    }
  }
}

// As far as the page has their texts.
function* findingsOfTensors(wanted) {
  for (const [number, table] of tables) {
    for (const [place, details] of Object.entries(once(`details-${number}`))) {
      for (const finding of details.findings) {
        const text = `${finding.code} \u00b7 ${table.table.names[place]} \u00b7 ${finding.message}`;
        if (text.toLowerCase().includes(wanted)) yield { text, act: () => showTensor(number, Number(place)) };
      }
    }
  }
}

function* measured(wanted) {
  for (const table of tables.values()) {
    for (const column of table.measured) {
      if (!`${column.label} ${column.title}`.toLowerCase().includes(wanted)) continue;
      yield { text: `${column.label}: column of the table`, act: () => table.reveal(column) };
    }
  }
}

function hitsOf(wanted) {
  const standing = (kind) => inPage(kind).filter((entry) => entry.lowered.includes(wanted));
  const groups = [
    ["Tensors", [...tensorsNamed(wanted)]],
    ["Findings by rule", standing("rule that fired")],
    ["Findings", [...standing("finding"), ...findingsOfTensors(wanted)]],
    ["Measurements", standing("definition")],
    ["Rules", standing("rule")],
    ["Columns", [...measured(wanted)]],
  ];
  return groups.filter(([, hits]) => hits.length);
}

function startSearch() {
  const place = document.getElementById("search");
  const input = make("input", {
    type: "search", id: "search-all", placeholder: "Search tensors, findings, rules, measurements", "aria-label": "Search the report", "aria-controls": "hits",
  });
  const hits = make("div", { id: "hits", hidden: true });
  const close = () => {
    hits.hidden = true;
  };
  const show = () => {
    const wanted = input.value.trim().toLowerCase();
    hits.hidden = wanted === "";
    if (wanted) hits.replaceChildren(...listed(hitsOf(wanted), close));
  };
  input.addEventListener("input", show);
  input.addEventListener("focus", show);
  place.append(input, hits);
  place.addEventListener("keydown", (event) => moveAmong(event, place, close));
  document.addEventListener("click", (event) => {
    if (!place.contains(event.target)) close();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.target.matches("input, select, textarea") || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    input.focus();
  });
}

function listed(groups, close) {
  if (!groups.length) return [make("p", { class: "empty", role: "status" }, "Nothing found.")];
  return groups.map(([title, found]) => {
    const buttons = found.slice(0, MOST_HITS).map((hit) => {
      const button = make("button", { type: "button", title: hit.text }, hit.text);
      button.addEventListener("click", () => {
        close();
        hit.act();
      });
      return button;
    });
    const heading = make("p", { class: "kind" }, `${title}: ${grouped.format(found.length)}`);
    return make("div", { role: "group", "aria-label": title }, heading, ...buttons);
  });
}

function moveAmong(event, place, close) {
  if (event.key === "Escape") close();
  const targets = [place.querySelector("input"), ...place.querySelectorAll("#hits button")];
  if (event.key === "Enter" && document.activeElement === targets[0]) targets[1]?.click();
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  targets[Math.max(0, Math.min(targets.length - 1, targets.indexOf(document.activeElement) + step))]?.focus();
}
