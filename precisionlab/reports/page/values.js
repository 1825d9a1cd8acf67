const SEVERITIES = ["", "note", "warning", "error"];
const grouped = new Intl.NumberFormat("en-US");

// ---------------------------------------------------------------- values as text

function significant(value) {
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const size = Math.abs(value);
  if (size < 1e-4 || size >= 1e6) {
    const [mantissa, exponent] = value.toExponential(3).split("e");
    return `${Number(mantissa)}e${Number(exponent)}`;
  }
  return String(Number(value.toPrecision(Math.max(4, Math.ceil(Math.log10(size))))));
}

function scaled(value, units) {
  let power = 0;
  let shown = value;
  while (Number(shown.toPrecision(3)) >= 1000 && power < units.length - 1) {
    shown /= 1000;
    power += 1;
  }
  return `${power ? Number(shown.toPrecision(3)) : shown} ${units[power]}`;
}

function byteSize(value) {
  return scaled(plainNumber(value), ["B", "kB", "MB", "GB", "TB", "PB", "EB"]);
}

// A number to sort by; texts and what was not measured have none.
function plainNumber(value) {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (value === null || typeof value === "string") return null;
  if ("int" in value) return Number(value.int.replaceAll(",", ""));
  return { nan: NaN, inf: Infinity, "-inf": -Infinity }[value.float];
}

function shown(value, unit) {
  if (value === null) return "";
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "object") return "int" in value ? value.int : value.float;
  if (unit === "share") {
    const percent = value * 100;
    return `${significant(Number(percent.toPrecision(3)))} %`;
  }
  if (unit === "bytes") return byteSize(value);
  return Number.isInteger(value) && Math.abs(value) < 1e15 ? grouped.format(value) : significant(value);
}

function withUnit(value, unit) {
  const text = shown(value, unit);
  const bare = ["", "1", "share", "bytes"].includes(unit) || typeof value !== "number";
  return bare ? text : `${text} ${value === 1 ? unit.replace(/s$/, "") : unit}`;
}

// ---------------------------------------------------------------- elements

function make(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key in made && typeof value !== "string") made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

function embedded(id) {
  return JSON.parse(document.getElementById(id).textContent);
}

const remembered = new Map();

function once(id) {
  if (!remembered.has(id)) remembered.set(id, embedded(id));
  return remembered.get(id);
}
