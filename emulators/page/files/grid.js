/** Draws a source as a grid: only the rows and columns in sight exist, so that a hundred thousand rows cost what a screen costs.
 *
 * A source has `columns` ({name, width, letter?, note?, locked?}), `rowCount`, `frozenRows`, `frozenColumns`,
 * `cell(row, column)` (null while it is not loaded), `rowName(row)`, `place(row, column)` and `need(first, last)`.
 */

import { drawCell, drawHead, drawRowName } from "./cells.js";
import { Layout } from "./columns.js";
import { h } from "./dom.js";
import { Selection, clamp, span } from "./selection.js";

export const ROW_PX = 30;
export const NAMES_PX = 52;
const MARGIN_ROWS = 4;
const FLASH_MS = 1600;

export class Grid {
  /** `host` is the element to draw in; `moved` is called when another cell becomes the current one. */
  constructor(host, { label, moved }) {
    this.moved = moved;
    this.selection = new Selection();
    this.source = null;
    this.withHidden = false;
    this.known = new Map();
    this.flashing = new Map();
    this.head = h("div", { class: "head", role: "row" });
    this.band = h("div", { class: "band", role: "presentation" });
    this.rows = h("div", { class: "rows", role: "presentation" });
    this.space = h("div", { class: "space", role: "presentation" }, this.head, this.band, this.rows);
    this.element = h("div", { class: "grid", role: "grid", "aria-label": label, tabindex: "0", onscroll: () => this.#later() }, this.space);
    host.append(this.element);
    new ResizeObserver(() => this.#later()).observe(this.element);
  }

  /** Shows another source, from its beginning. */
  open(source) {
    this.source = source;
    this.known.clear();
    this.selection = new Selection([Math.min(source.frozenRows, Math.max(source.rowCount - 1, 0)), 0]);
    this.element.scrollTo(0, 0);
    this.refresh();
    this.moved();
  }

  /** The source changed: measure and draw anew. */
  refresh() {
    if (!this.source) return;
    this.selection = this.selection.within(Math.max(this.source.rowCount, 1), Math.max(this.source.columns.length, 1));
    this.layout = new Layout(this.source.columns, {
      frozen: this.source.frozenColumns,
      isHidden: (column) => column.hidden && !this.withHidden,
      room: this.element.clientWidth - NAMES_PX,
    });
    this.draw();
  }

  /** Selects from an anchor to a cell, and brings the cell into sight. */
  select(row, column, { extend = false } = {}) {
    const focus = [clamp(row, this.source.rowCount - 1), clamp(column, this.source.columns.length - 1)];
    this.selection = new Selection(extend ? this.selection.anchor : focus, focus);
    this.reveal(...focus);
    this.draw();
    this.moved();
  }

  /** Selects whole rows or columns: from one corner to the other. */
  selectArea(anchor, focus) {
    this.selection = new Selection(anchor, focus);
    this.draw();
    this.moved();
  }

  /** Scrolls as little as it takes to see a cell. */
  reveal(row, column) {
    const box = this.element;
    const top = (row - this.source.frozenRows) * ROW_PX;
    const seen = box.clientHeight - this.#bandHeight - 2 * ROW_PX;
    if (row >= this.source.frozenRows) box.scrollTop = Math.max(Math.min(box.scrollTop, top), top - seen + ROW_PX);
    if (this.layout.isFrozen(column)) return;
    const left = this.layout.left(column) - this.layout.frozenWidth;
    const room = box.clientWidth - NAMES_PX - this.layout.frozenWidth;
    const width = Math.min(this.source.columns[column].width, room);
    box.scrollLeft = Math.max(Math.min(box.scrollLeft, left), left + width - room);
  }

  /** How many rows fit on the screen. */
  get page() {
    return Math.max(Math.floor(this.element.clientHeight / ROW_PX) - 2 - this.source.frozenRows, 1);
  }

  /** Where a cell is seen, in pixels from the grid's corner. */
  box(row, column) {
    const { scrollTop, scrollLeft } = this.element;
    const top = (row + 1) * ROW_PX - (row < this.source.frozenRows ? 0 : scrollTop);
    const left = NAMES_PX + this.layout.left(column) - (this.layout.isFrozen(column) ? 0 : scrollLeft);
    return { top, bottom: top + ROW_PX, left, width: this.source.columns[column].width };
  }

  /** Draws what is in sight. */
  draw() {
    if (!this.layout) return;
    const { source, element } = this;
    const total = NAMES_PX + this.layout.width;
    this.space.style.width = `${total}px`;
    this.space.style.height = `${(source.rowCount + 1) * ROW_PX}px`;
    element.setAttribute("aria-rowcount", source.rowCount);
    element.setAttribute("aria-colcount", source.columns.length);
    this.window = this.layout.between(element.scrollLeft + this.layout.frozenWidth, element.scrollLeft + element.clientWidth - NAMES_PX);
    const first = source.frozenRows + Math.max(Math.floor(element.scrollTop / ROW_PX) - MARGIN_ROWS, 0);
    const last = Math.min(first + Math.ceil(element.clientHeight / ROW_PX) + 2 * MARGIN_ROWS, source.rowCount - 1);
    source.need(first, last);
    this.#drawHead();
    this.band.replaceChildren(...span(0, Math.min(source.frozenRows, source.rowCount) - 1).map((row) => this.#row(row)));
    this.rows.replaceChildren(...span(first, last).map((row) => this.#row(row, (row + 1) * ROW_PX)));
    this.drawn?.();
  }

  get #bandHeight() {
    return this.source.frozenRows * ROW_PX;
  }

  #later() {
    if (this.waiting) return;
    this.waiting = requestAnimationFrame(() => {
      this.waiting = 0;
      this.refresh();
    });
  }

  #drawHead() {
    const draw = (index) => drawHead(this.source.columns[index], index, {
      chosen: index >= this.selection.left && index <= this.selection.right, left: this.#stickyLeft(index),
    });
    this.head.replaceChildren(h("div", { class: "corner", role: "presentation", title: "全选" }), ...this.#across(draw));
  }

  #row(row, top = null) {
    const line = h("div", { class: "row", role: "row", "aria-rowindex": row + 1 },
      drawRowName(this.source.rowName(row), row, row >= this.selection.top && row <= this.selection.bottom),
      ...this.#across((index) => this.#cell(row, index)));
    if (top !== null) line.style.top = `${top}px`;
    return line;
  }

  /** The frozen columns, a gap, and the columns in sight. */
  #across(draw) {
    const gap = h("div", { class: "gap", role: "presentation" });
    gap.style.width = `${this.window.gap}px`;
    return [...this.layout.frozenColumns.map(draw), gap, ...this.window.columns.map(draw)];
  }

  #stickyLeft(index) {
    return this.layout.isFrozen(index) ? NAMES_PX + this.layout.left(index) : null;
  }

  #cell(row, index) {
    const cell = this.source.cell(row, index);
    const [current] = [this.selection.focus];
    return drawCell(cell, this.source.columns[index], row, index, {
      chosen: this.selection.holds(row, index),
      current: current[0] === row && current[1] === index,
      left: this.#stickyLeft(index),
      changed: this.#hasChanged(row, index, cell),
    });
  }

  /** How long ago, in milliseconds, a change of this cell became visible; null when that is no news. */
  #hasChanged(row, index, cell) {
    if (!cell) return null;
    const place = this.source.placeName(row, index);
    const before = this.known.get(place);
    this.known.set(place, cell.text);
    if (before !== undefined && before !== cell.text) this.flashing.set(place, performance.now());
    const since = performance.now() - (this.flashing.get(place) ?? -Infinity);
    return since < FLASH_MS ? since : null;
  }
}
