/** One tab of a spreadsheet as a grid. Only the rows around what is in sight are read. */

import { breadth } from "./columns.js";
import { confirmed, told } from "./notice.js";
import { Selection, span } from "./selection.js";
import { SheetsChanges } from "./sheets_changes.js";
import { CELL_FIELDS, gridRange, input, letters, quoted, shown, touches } from "./sheets_cells.js";

const AROUND = 40;
const WAIT_MS = 60;
const WIDTH_MAX = 250;
const USUAL_PX = 100;
const EMPTY = Object.freeze(shown());

export class SheetsSource {
  constructor(book, table, changed) {
    this.book = book;
    this.changed = () => changed(this);
    this.key = table.key;
    this.columns = [];
    this.frozen = [];
    this.rows = new Map();
    this.first = 0;
    this.last = AROUND;
    this.allowed = new Set();
    this.movesCells = true;
    this.changes = new SheetsChanges(this);
    this.#take(table);
  }

  #take(table) {
    this.table = table;
    this.rowCount = table.grid.rowCount;
    this.frozenRows = table.grid.frozenRowCount ?? 0;
    this.frozenColumns = table.grid.frozenColumnCount ?? 0;
  }

  /** Reads what is in sight again; `table` is what the spreadsheet says of the tab, asked for where it is not given. */
  async refresh(table) {
    if (!table) await this.book.load();
    this.#take(table ?? this.book.tables.find((one) => one.key === this.key) ?? this.table);
    await this.#read(this.first, Math.min(this.last, this.rowCount - 1));
    this.changed();
  }

  async #read(first, last) {
    const rows = [[0, Math.max(this.frozenRows - 1, 0)], [Math.min(first, last), last]];
    const query = [...rows.map(([from, to]) => ["ranges", `${quoted(this.table.name)}!${from + 1}:${to + 1}`]),
      ["fields", `sheets.data(rowData.values(${CELL_FIELDS}),columnMetadata(hiddenByUser,pixelSize))`]];
    const { sheets } = await this.book.service.ask("GET", this.book.path, { query });
    const [head, body] = sheets[0].data;
    this.#takeColumns(head.columnMetadata ?? []);
    this.rows = new Map(rows.flatMap(([from, to], place) => span(from, to).map((row) => [row, cellsOf([head, body][place], row - from)])));
    [this.first, this.last] = [first, last];
    this.#grow();
  }

  #takeColumns(metadata) {
    this.columns = metadata.map((one, index) => ({
      key: index, letter: letters(index), name: letters(index), hidden: Boolean(one.hiddenByUser), locked: "", sorted: null,
      width: one.pixelSize === USUAL_PX ? Math.max(this.columns[index]?.width ?? 0, USUAL_PX) : one.pixelSize,
      usual: one.pixelSize === USUAL_PX,
    }));
  }

  /** A column of the usual width grows with its contents, or one would not see what is written there. */
  #grow() {
    for (const cells of this.rows.values()) {
      cells.forEach((cell, index) => {
        const column = this.columns[index];
        if (column?.usual) column.width = Math.max(column.width, Math.min(breadth(cell.text.split("\n")[0]), WIDTH_MAX));
      });
    }
  }

  /** Has these rows read, unless they are there. */
  need(first, last) {
    this.wanted = [Math.max(first - AROUND, 0), Math.min(last + AROUND, this.rowCount - 1)];
    if (last < first || (first >= this.first && last <= this.last) || this.timer) return;
    this.timer = setTimeout(() => {
      this.timer = 0;
      told(async () => { await this.#read(...this.wanted); this.changed(); });
    }, WAIT_MS);
  }

  rowName(row) { return row + 1; }
  cellName(row, index) { return `${letters(index)}${row + 1}`; }
  placeName(row, index) { return `${row} ${index}`; }
  place(row, index) { return { row, index }; }
  areaOf({ row, index }) { return new Selection([row, index]); }

  cell(row, index) {
    const cells = this.rows.get(row);
    return cells ? cells[index] ?? EMPTY : null;
  }

  kindNow(row, index) {
    return { BOOLEAN: "check", ONE_OF_LIST: "choice" }[this.cell(row, index)?.rule] ?? "text";
  }

  kind(row, index) { return this.kindNow(row, index); }
  input(row, index) { return input(this.cell(row, index) ?? EMPTY); }
  savesWhileTyping() { return false; }
  pastesFrom(other) { return other.book === this.book; }

  /** What a drop-down offers; any other text may be typed too. */
  choices(row, index) {
    const look = async (text) => (await this.#options(row, index)).filter((one) => one.includes(text)).map((one) => ({ key: one, text: one }));
    return { chosen: [this.cell(row, index)?.text].filter(Boolean), several: false, free: true, look };
  }

  async #options(row, index) {
    const range = this.range(new Selection([row, index]));
    const { sheets } = await this.book.service.ask("GET", this.book.path, { query: [["ranges", range], ["fields", "sheets.data.rowData.values.dataValidation"]] });
    const rule = sheets[0].data[0].rowData?.[0]?.values?.[0]?.dataValidation;
    return (rule?.condition?.values ?? []).map((value) => value.userEnteredValue);
  }

  choose(place, keys, text) { return this.write([{ place, text: text ?? keys[0] ?? "" }]); }
  write(edits) { return this.changes.write(edits); }
  clear(selection) { return this.changes.clear(selection); }
  paste(area, rows, own) { return this.changes.paste(area, rows, own); }
  get actions() { return this.changes.actions; }

  /** A selection in A1 notation. */
  range({ top, bottom, left, right }) {
    const [from, to] = [this.cellName(top, left), this.cellName(bottom, right)];
    return `${quoted(this.table.name)}!${from === to ? from : `${from}:${to}`}`;
  }

  /** Asks before a protected area is changed, once for each, where the protection only warns. */
  async permits(selection) {
    const warned = this.table.protections.filter((one) => one.warningOnly && !this.allowed.has(one.protectedRangeId) && touches(one.range, selection));
    if (!warned.length) return true;
    const yes = await confirmed(`这里受保护：${warned[0].description ?? ""}。仍要修改吗？`, "仍要修改");
    if (yes) warned.forEach((one) => this.allowed.add(one.protectedRangeId));
    return yes;
  }

  /** A selection as a GridRange. */
  area(selection) { return gridRange(this.key, selection); }
}

function cellsOf(data, place) {
  return (data.rowData?.[place]?.values ?? []).map(shown);
}
