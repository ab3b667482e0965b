/** Mouse, fingers and keys on a grid: which cell is meant, and what is to be done with it. */

import { menu } from "./menu.js";

const AGAIN_MS = 500;
const TAP_PX = 10;

export class Hands {
  constructor(pane) {
    this.pane = pane;
    this.grid = pane.grid;
    const { element } = this.grid;
    element.addEventListener("pointerdown", (event) => this.#down(event));
    element.addEventListener("pointermove", (event) => this.#drag(event));
    element.addEventListener("pointerup", (event) => this.#tap(event));
    element.addEventListener("contextmenu", (event) => this.#menu(event));
    element.addEventListener("focus", () => pane.editing.focus());
    addEventListener("pointerup", () => { this.dragging = null; });
  }

  /** What stands at the pointer now: what was pressed may have been drawn anew since. */
  #meant(event) {
    const target = document.elementFromPoint(event.clientX, event.clientY) ?? event.target;
    const { row, column, head, name } = target.closest("[data-row],[data-head],[data-name],.corner")?.dataset ?? {};
    if (row !== undefined) return { cell: [Number(row), Number(column)] };
    if (head !== undefined) return { head: Number(head) };
    return name === undefined ? null : { name: Number(name) };
  }

  #down(event) {
    if (event.target.closest("a") || event.button === 2) return;
    this.touched = event.pointerType === "mouse" ? null : [event.clientX, event.clientY];
    if (this.touched) return;
    event.preventDefault();
    this.#press(event);
    this.dragging = this.#meant(event);
  }

  /** A finger means a cell only when it did not scroll. */
  #tap(event) {
    const [x, y] = this.touched ?? [Infinity, Infinity];
    if (Math.hypot(event.clientX - x, event.clientY - y) < TAP_PX) this.#press(event);
    this.touched = null;
  }

  #press(event) {
    this.pane.editing.finish();
    const box = event.target.closest(".check");
    const meant = this.#meant(event);
    const again = meant?.cell && this.#isAgain(meant.cell);
    if (meant) this.#choose(meant, event.shiftKey);
    else if (event.target.closest(".corner")) this.#all();
    this.pane.editing.focus();
    if (meant?.cell && (box || again)) this.pane.editing.start();
  }

  /** Whether it is the second press of two. The first one had the cell drawn anew, so that the browser sees no double click. */
  #isAgain(cell) {
    const before = this.pressed;
    this.pressed = { cell: String(cell), at: performance.now() };
    const still = before?.cell === this.pressed.cell && String(this.grid.selection.focus) === before.cell;
    return still && this.pressed.at - before.at < AGAIN_MS;
  }

  #drag(event) {
    const meant = this.dragging && (event.buttons & 1) && this.#meant(event);
    if (meant) this.#choose(meant, true);
  }

  #choose({ cell, head, name }, extend) {
    const { source, selection } = this.grid;
    const [lastRow, lastColumn] = [source.rowCount - 1, source.columns.length - 1];
    const [row, column] = extend ? selection.anchor : [name, head];
    if (cell) this.grid.select(...cell, { extend });
    else if (head !== undefined) this.grid.selectArea([source.frozenRows, extend ? column : head], [lastRow, head]);
    else this.grid.selectArea([extend ? row : name, 0], [name, lastColumn]);
  }

  #all() {
    const { source } = this.grid;
    this.grid.selectArea([0, 0], [source.rowCount - 1, source.columns.length - 1]);
  }

  #menu(event) {
    const meant = this.#meant(event);
    if (!meant) return;
    event.preventDefault();
    if (!this.#isChosen(meant)) this.#choose(meant, false);
    menu(event.clientX, event.clientY, this.pane.actions.offered());
  }

  #isChosen({ cell, head, name }) {
    const { selection } = this.grid;
    if (cell) return selection.holds(...cell);
    return head === undefined ? selection.holds(name, selection.left) : selection.holds(selection.top, head);
  }

  /** A key that is not part of an edit. */
  key(event) {
    const command = event.ctrlKey || event.metaKey;
    const act = command ? this.#withControl(event) : this.#plain(event);
    if (!act) return;
    event.preventDefault();
    act();
  }

  #withControl(event) {
    const { source } = this.grid;
    const last = [source.rowCount - 1, source.columns.length - 1];
    const [row, column] = this.grid.selection.focus;
    const extend = event.shiftKey;
    return {
      a: () => this.#all(),
      z: () => this.pane.actions.undo(),
      Home: () => this.grid.select(source.frozenRows, 0, { extend }),
      End: () => this.grid.select(...last, { extend }),
      ArrowUp: () => this.grid.select(source.frozenRows, column, { extend }),
      ArrowDown: () => this.grid.select(last[0], column, { extend }),
      ArrowLeft: () => this.grid.select(row, 0, { extend }),
      ArrowRight: () => this.grid.select(row, last[1], { extend }),
    }[event.key];
  }

  #plain(event) {
    const { editing, actions } = this.pane;
    const { page } = this.grid;
    const by = (rows, columns, extend = event.shiftKey) => () => this.#by(rows, columns, extend);
    return {
      ArrowUp: by(-1, 0), ArrowDown: by(1, 0), ArrowLeft: by(0, -1), ArrowRight: by(0, 1),
      PageUp: by(-page, 0), PageDown: by(page, 0),
      Tab: by(0, event.shiftKey ? -1 : 1, false),
      Home: () => this.grid.select(this.grid.selection.focus[0], 0, { extend: event.shiftKey }),
      End: () => this.grid.select(this.grid.selection.focus[0], this.grid.source.columns.length - 1, { extend: event.shiftKey }),
      Enter: () => editing.start(), F2: () => editing.start(),
      Delete: () => actions.clear(), Backspace: () => actions.clear(),
      Escape: () => this.pane.clipboard.forget(),
      " ": this.#onCheck && (() => editing.toggle()),
    }[event.key];
  }

  get #onCheck() {
    return this.grid.source.cell(...this.grid.selection.focus)?.check !== undefined && this.grid.source.kindNow(...this.grid.selection.focus) === "check";
  }

  #by(rows, columns, extend) {
    const [row, column] = this.grid.selection.focus;
    this.grid.select(row + rows, this.grid.layout.step(column, columns), { extend });
  }
}
