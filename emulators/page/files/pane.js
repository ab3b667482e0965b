/** One service on the screen: its tables as tabs, what one can do, the current cell in full, and the grid.
 *
 * A book (airtable_book.js, sheets_book.js) says which tables there are and opens them as sources.
 */

import { Actions } from "./actions.js";
import { Clipboard } from "./clipboard.js";
import { button, h } from "./dom.js";
import { Editing } from "./editing.js";
import { Grid } from "./grid.js";
import { Hands } from "./hands.js";
import { notice, told } from "./notice.js";
import { Selection } from "./selection.js";

export class Pane {
  constructor(book) {
    this.book = book;
    this.source = null;
    this.tabs = h("div", { class: "tabs", role: "tablist", "aria-label": `${book.title}的表` });
    this.tools = h("div", { class: "tools", role: "toolbar", "aria-label": "操作" });
    this.bar = h("div", { class: "bar" });
    this.stage = h("div", { class: "stage" });
    this.title = h("h2", {}, book.title);
    this.element = h("section", { class: `pane ${book.name}`, "aria-label": book.title },
      h("div", { class: "line" }, this.title, this.tabs), h("div", { class: "desk" }, this.tools, this.bar), this.stage);
    this.grid = new Grid(this.stage, { label: book.title, moved: () => this.#moved() });
    this.editing = new Editing(this);
    this.clipboard = new Clipboard(this);
    this.actions = new Actions(this);
    this.hands = new Hands(this);
  }

  /** Opens the table of that key in a file, at a row: its number, or the service's own name for it. */
  async lead({ file, key, row }) {
    this.book.place = file;
    await Promise.all([this.book.load(), this.#drawShelf()]);
    await this.open(this.book.tables.find((table) => table.key === key) ?? this.book.tables[0]);
    const found = typeof row === "number" ? row : this.source.find(row);
    if (found >= 0) this.grid.select(found, 0);
  }

  /** Reads which tables there are, and opens one: the named, else the first. */
  async begin(wanted) {
    await Promise.all([this.book.load(), this.#drawShelf()]);
    await this.open(this.book.tables.find((table) => table.name === wanted) ?? this.book.tables[0]);
  }

  /** Where the service holds several bases or spreadsheets, one can choose. */
  async #drawShelf() {
    const shelf = await this.book.shelf();
    const options = shelf.map(({ id, name }) => h("option", { value: id, selected: id === this.book.place }, name));
    const choice = h("select", { "aria-label": `${this.book.title}的文件`, onchange: () => told(() => this.#move(choice.value)) }, ...options);
    this.title.replaceChildren(this.book.title, shelf.length > 1 ? choice : "");
  }

  async #move(place) {
    this.book.place = place;
    this.source = null;
    this.actions.done = [];
    await this.begin();
  }

  /** Opens the table of that name, unless it is open or there is none. */
  async openNamed(name) {
    const table = this.book.tables.find((one) => one.name === name);
    if (table && table.key !== this.source?.key) await this.open(table);
  }

  /** Opens a table. */
  async open(table) {
    if (!table) return;
    this.editing.finish();
    const source = await this.book.open(table, (one) => this.#arrived(one));
    this.source = source;
    this.grid.open(source);
    this.#drawTabs();
    this.actions.draw();
    this.opened?.(table.name);
  }

  /** The service's contents changed: read again what is shown; at first, the table of that name. */
  async refresh(wanted) {
    if (!this.source) return this.begin(wanted);
    await this.book.load();
    const table = this.book.tables.find((one) => one.key === this.source.key);
    if (!table) return this.open(this.book.tables[0]);
    this.#drawTabs();
    await this.source.refresh(table);
    return undefined;
  }

  /** Does something that changes the table, tells a failure, and shows the result at once. */
  async change(work, said = "") {
    const undo = await told(async () => (await work()) ?? null);
    if (undo === undefined) {
      await this.source.refresh().catch(() => {});
      return false;
    }
    if (undo) this.actions.remember(undo);
    if (said) notice(said, "done", undo ? ["撤销", () => this.actions.undo()] : null);
    await told(() => this.source.refresh());
    return true;
  }

  /** New rows came in. The current cell stays the same record's, even when rows moved. */
  #arrived(source) {
    if (source !== this.source) return;
    const { grid } = this;
    const [row, column] = grid.selection.focus;
    const now = source.find?.(this.here) ?? row;
    if (now >= 0 && now !== row && grid.selection.single) grid.selection = new Selection([now, column]);
    grid.refresh();
    this.#drawBar();
  }

  #moved() {
    if (!this.source) return;
    const [row] = this.grid.selection.focus;
    this.here = this.source.rowKey?.(row);
    this.#drawBar();
  }

  #drawTabs() {
    const { tables } = this.book;
    this.tabs.replaceChildren(...tables.map((table) => button(table.name, () => told(() => this.open(table)), {
      role: "tab", "aria-selected": String(table.key === this.source?.key), class: table.key === this.source?.key ? "here" : "",
    })));
  }

  /** The current cell in full: on a narrow screen it is the only place where a long text can be read. */
  #drawBar() {
    const [row, column] = this.grid.selection.focus;
    const shown = this.source?.columns[column];
    const cell = shown && row < this.source.rowCount ? this.source.cell(row, column) : null;
    if (!cell) return this.bar.replaceChildren();
    const edit = shown.locked ? h("span", { class: "lock" }, "只读") : button("编辑", () => this.editing.start(), { class: "edit" });
    this.bar.replaceChildren(
      h("b", {}, this.source.cellName(row, column)),
      h("span", { class: "full" }, cell.text || " "),
      cell.note ? h("span", { class: "note" }, cell.note) : "", edit);
    return undefined;
  }
}
