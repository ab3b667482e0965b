/** Airtable's cell values as one reads them, and what one types as values to send. Pure. */

const COMPUTED = new Set(["autoNumber", "button", "count", "createdBy", "createdTime", "externalSyncSource", "formula",
  "lastModifiedBy", "lastModifiedTime", "lookup", "multipleLookupValues", "rollup"]);
const LONG = new Set(["multilineText", "richText"]);
const NUMBERS = new Set(["number", "currency", "percent", "rating", "duration", "count", "autoNumber"]);
const LOCKED_KINDS = new Set(["multipleAttachments", "singleCollaborator", "multipleCollaborators", "barcode", "aiText"]);

/** A field of the schema as a column of the grid. */
export function column(field) {
  const locked = COMPUTED.has(field.type) ? "这一列由公式或系统计算，不能修改。"
    : LOCKED_KINDS.has(field.type) ? "这种类型的列请在 Airtable 中修改。" : "";
  return { key: field.id, name: field.name, field, note: field.description, locked, hidden: false, width: width(field) };
}

function width(field) {
  const least = [...field.name].length * 14 + 40;
  const usual = LONG.has(field.type) ? 240 : field.type === "checkbox" ? 70 : NUMBERS.has(field.type) ? 110 : 150;
  return Math.max(least, usual);
}

/** How a cell of this field is changed: "text", "choice", "check" or "none". */
export function kindOf({ field, locked }) {
  if (locked) return "none";
  if (field.type === "checkbox") return "check";
  return ["singleSelect", "multipleSelects", "multipleRecordLinks"].includes(field.type) ? "choice" : "text";
}

/** A cell to draw. `named` gives a linked record's name. */
export function shown(field, value, named) {
  const text = textOf(field, value, named);
  const cell = { text };
  if (NUMBERS.has(field.type) || typeof value === "number") cell.align = "right";
  if (field.type === "checkbox") cell.check = value === true;
  if (field.type === "singleSelect" && value) cell.pills = [pill(field, value)];
  if (field.type === "multipleSelects" && value) cell.pills = value.map((name) => pill(field, name));
  if (field.type === "multipleRecordLinks" && value) cell.pills = value.map((id) => ({ text: named(id), tone: "link" }));
  return cell;
}

function pill(field, name) {
  return { text: name, tone: tone(field.options?.choices.find((choice) => choice.name === name)) };
}

/** The colour of a choice, of which only the hue is kept: "blueLight2" is blue. */
export function tone(choice) {
  return /^[a-z]+/.exec(choice?.color ?? "")?.[0] ?? "";
}

/** A value as text, as one would copy it. */
export function textOf(field, value, named) {
  if (value === undefined || value === null) return field.type === "checkbox" ? "FALSE" : "";
  switch (field.type) {
    case "checkbox": return value ? "TRUE" : "FALSE";
    case "multipleRecordLinks": return value.map(named).join(", ");
    case "currency": return (field.options?.symbol ?? "") + grouped(value, field.options?.precision);
    case "percent": return `${(value * 100).toFixed(field.options?.precision ?? 0)}%`;
    case "number": return fixed(value, field.options?.precision);
    case "dateTime": case "createdTime": case "lastModifiedTime": return moment(value, field.options?.timeZone ?? field.options?.result?.options?.timeZone);
    default: return plain(value);
  }
}

function plain(value) {
  if (Array.isArray(value)) return value.map(plain).join(", ");
  if (value && typeof value === "object") return String(value.name ?? value.text ?? value.filename ?? value.error ?? value.specialValue ?? value.label ?? "");
  return String(value ?? "");
}

function fixed(value, precision) {
  return typeof value === "number" && precision !== undefined ? value.toFixed(precision) : plain(value);
}

function grouped(value, precision = 2) {
  return typeof value === "number" ? value.toLocaleString("en-US", { minimumFractionDigits: precision, maximumFractionDigits: precision }) : plain(value);
}

/** An instant as wall time; a field of the reader's own zone is read in that of the office. */
function moment(text, zone) {
  const at = new Date(text);
  if (Number.isNaN(at.valueOf())) return String(text);
  const timeZone = zone === "utc" ? "UTC" : !zone || zone === "client" ? "Asia/Shanghai" : zone;
  return at.toLocaleString("sv-SE", { timeZone, dateStyle: "short", timeStyle: "short" });
}

/** The text to begin an edit with. */
export function input(field, value, named) {
  if (value === undefined || value === null) return "";
  if (field.type === "currency" || field.type === "number") return String(value);
  return textOf(field, value, named);
}

/** Typed text as the value to send; throws an Error that says what is wrong. Empty text empties the cell. */
export function parsed(field, text) {
  if (text === "") return null;
  switch (field.type) {
    case "number": case "currency": case "rating": return number(field, text);
    case "percent": return number(field, text.replace(/[%％]\s*$/, "")) / 100;
    case "checkbox": return /^(true|1|是|✓|☑|yes|checked)$/i.test(text.trim());
    case "date": return day(field, text);
    case "dateTime": return text.trim().replace(" ", "T").replaceAll("/", "-");
    case "multipleSelects": case "multipleRecordLinks": return text.split(/[,，、]/).map((part) => part.trim()).filter(Boolean);
    default: return text;
  }
}

function number(field, text) {
  const found = Number(text.replace(/[,，\s¥￥$]/g, ""));
  if (Number.isNaN(found)) throw new Error(`“${field.name}”只接受数字。`);
  return found;
}

function day(field, text) {
  const found = /^\s*(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?\s*$/.exec(text);
  if (!found) throw new Error(`“${field.name}”要填日期，例如 2026-03-05。`);
  return [found[1], found[2].padStart(2, "0"), found[3].padStart(2, "0")].join("-");
}
