/** Draws one cell, one column head, one row name. Content is set as text, never as markup. */

import { h, isAddress } from "./dom.js";

/** A cell of a source: {text, note?, align?, check?, pills?, look?}; null while it is not loaded. */
export function drawCell(cell, column, row, index, { chosen, current, left, changed }) {
  const classes = ["cell", chosen && "chosen", current && "current", changed !== null && "changed", column.locked && "locked",
    cell === null && "absent", cell?.note && "noted", cell?.align === "right" && "right", left !== null && "stuck"];
  const element = h("div", {
    class: classes.filter(Boolean).join(" "), role: "gridcell", "data-row": row, "data-column": index,
    "aria-colindex": index + 1, "aria-selected": chosen, title: cell?.note || null,
  }, ...content(cell));
  element.style.width = `${column.width}px`;
  if (left !== null) element.style.left = `${left}px`;
  // Drawn anew in the midst of its fading, it goes on from there.
  if (changed !== null) element.style.animationDelay = `${-Math.round(changed)}ms`;
  Object.assign(element.style, cell?.look ?? {});
  return element;
}

function content(cell) {
  if (!cell) return [];
  if (cell.check !== undefined) return [h("span", { class: "check", role: "img", "aria-label": cell.check ? "是" : "否" }, cell.check ? "☑" : "☐")];
  if (cell.pills) return cell.pills.map((pill) => h("span", { class: `pill ${pill.tone ?? ""}` }, pill.text));
  if (isAddress(cell.text)) {
    return [h("a", { href: cell.text, target: "_blank", rel: "noopener noreferrer", tabindex: "-1", title: cell.text }, "↗"), h("span", { class: "text" }, cell.text)];
  }
  return [h("span", { class: "text" }, cell.text)];
}

/** A column's head. */
export function drawHead(column, index, { chosen, left }) {
  const name = column.letter ?? column.name;
  const element = h("div", {
    class: ["title", chosen && "chosen", column.locked && "locked", left !== null && "stuck"].filter(Boolean).join(" "),
    role: "columnheader", "data-head": index, "aria-colindex": index + 1, title: column.note || null,
  }, h("span", { class: "text" }, name), column.sorted ? h("span", { class: "sorted" }, column.sorted === "asc" ? "↑" : "↓") : null);
  element.style.width = `${column.width}px`;
  if (left !== null) element.style.left = `${left}px`;
  return element;
}

/** The number before a row. */
export function drawRowName(text, row, chosen) {
  return h("div", { class: chosen ? "name chosen" : "name", role: "rowheader", "data-name": row }, text);
}
