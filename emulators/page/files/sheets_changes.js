/** What a person does to a tab, as the requests that the spreadsheet's own menus send; each with the way back. */

import { groups } from "./api.js";
import { Selection, span } from "./selection.js";
import { WHOLE_CELL } from "./sheets_cells.js";

const UNDO_CELLS_MAX = 60000;
const ROWS_MORE = 100;

export class SheetsChanges {
  constructor(source) {
    this.source = source;
    this.book = source.book;
  }

  /** Types texts into cells, one after the other. */
  async write(edits) {
    const { source } = this;
    const undo = await this.#kept(bounds(edits.map(({ place }) => place)));
    const ranges = edits.map(({ place, text }) => ({ range: source.range(source.areaOf(place)), values: [[text]] }));
    if (ranges.length === 1) await this.#put(ranges[0]);
    else for (const data of groups(ranges, 1000)) await this.book.service.ask("POST", `${this.book.path}/values:batchUpdate`, { body: { valueInputOption: "USER_ENTERED", data } });
    return undo;
  }

  #put({ range, values }) {
    const path = `${this.book.path}/values/${encodeURIComponent(range)}`;
    return this.book.service.ask("PUT", path, { query: [["valueInputOption", "USER_ENTERED"]], body: { range, values } });
  }

  async clear(selection) {
    const undo = await this.#kept(selection);
    await this.book.service.ask("POST", `${this.book.path}/values/${encodeURIComponent(this.source.range(selection))}:clear`, { body: {} });
    return undo;
  }

  /** Pastes: what was copied in this spreadsheet with its formats, any other text as if it were typed. */
  async paste(area, rows, own) {
    await this.#makeRoom(area);
    const undo = own?.cut ? null : await this.#kept(area);
    if (own) await this.book.batch(this.#move(area, own));
    else await this.#put({ range: this.source.range(area), values: filled(area, rows) });
    return undo;
  }

  #move(area, own) {
    const source = own.source.area(own.selection);
    if (own.cut) return { cutPaste: { source, destination: { sheetId: this.source.key, rowIndex: area.top, columnIndex: area.left }, pasteType: "PASTE_NORMAL" } };
    return { copyPaste: { source, destination: this.source.area(area), pasteType: "PASTE_NORMAL" } };
  }

  async #makeRoom({ bottom, right }) {
    await this.source.refresh();
    const { key, rowCount, columns } = this.source;
    const lacks = [["ROWS", bottom + 1 - rowCount], ["COLUMNS", right + 1 - columns.length]].filter(([, length]) => length > 0);
    if (lacks.length) await this.book.batch(...lacks.map(([dimension, length]) => ({ appendDimension: { sheetId: key, dimension, length } })));
    if (lacks.length) await this.source.refresh();
  }

  /** Reads cells as they are now; returns how to put them back, or null where that would be too much. */
  async #kept(area) {
    const { source } = this;
    const [height, width] = [area.bottom - area.top + 1, area.right - area.left + 1];
    if (height * width > UNDO_CELLS_MAX) return null;
    const query = [["ranges", source.range(area)], ["fields", `sheets.data.rowData.values(${WHOLE_CELL})`]];
    const { sheets } = await this.book.service.ask("GET", this.book.path, { query });
    const held = sheets[0].data[0].rowData ?? [];
    const rows = span(0, height - 1).map((row) => ({ values: span(0, width - 1).map((column) => held[row]?.values?.[column] ?? {}) }));
    return () => this.book.batch({ updateCells: { range: source.area(area), rows, fields: WHOLE_CELL } });
  }

  get actions() {
    return [
      { text: "下方插入行", writes: false, run: (selection) => this.#insert(selection.bottom + 1, selection, true) },
      { text: "上方插入行", writes: false, run: (selection) => this.#insert(selection.top, selection, false) },
      { text: "复制行", writes: false, run: (selection) => this.#duplicate(selection), said: () => "已复制到下方。" },
      { text: "删除行", writes: false, run: (selection) => this.#delete(selection), said: () => "已删除。" },
      { text: "升序", writes: false, run: (selection) => this.#sort(selection, "ASCENDING") },
      { text: "降序", writes: false, run: (selection) => this.#sort(selection, "DESCENDING") },
      { text: "到末尾", writes: false, run: () => this.#end() },
      { text: `底部加 ${ROWS_MORE} 行`, writes: false, run: () => this.#append() },
    ];
  }

  #lines(startIndex, length) {
    return { sheetId: this.source.key, dimension: "ROWS", startIndex, endIndex: startIndex + length };
  }

  #remove(start, length) {
    return this.book.batch({ deleteDimension: { range: this.#lines(start, length) } });
  }

  async #insert(start, selection, inheritFromBefore) {
    const length = selection.rows().length;
    await this.book.batch({ insertDimension: { range: this.#lines(start, length), inheritFromBefore: inheritFromBefore && start > 0 } });
    return { undo: () => this.#remove(start, length), select: [start, 0] };
  }

  async #duplicate(selection) {
    const [start, length] = [selection.bottom + 1, selection.rows().length];
    const rows = (first) => ({ sheetId: this.source.key, startRowIndex: first, endRowIndex: first + length });
    await this.book.batch(
      { insertDimension: { range: this.#lines(start, length), inheritFromBefore: true } },
      { copyPaste: { source: rows(selection.top), destination: rows(start), pasteType: "PASTE_NORMAL" } });
    return { undo: () => this.#remove(start, length), select: [start, selection.left] };
  }

  async #delete(selection) {
    const [start, length] = [selection.top, selection.rows().length];
    const fill = await this.#kept(this.#whole(start, selection.bottom));
    await this.#remove(start, length);
    const undo = fill && (async () => {
      await this.book.batch({ insertDimension: { range: this.#lines(start, length), inheritFromBefore: start > 0 } });
      await fill();
    });
    return { undo };
  }

  #whole(top, bottom) {
    return new Selection([top, 0], [bottom, this.source.columns.length - 1]);
  }

  /** Sorts the chosen rows where there are several, else all below the frozen ones, by the current column. */
  async #sort(selection, sortOrder) {
    const { source } = this;
    const [top, bottom] = selection.top < selection.bottom ? [selection.top, selection.bottom] : [source.frozenRows, source.rowCount - 1];
    const rows = this.#whole(Math.max(top, source.frozenRows), bottom);
    const undo = await this.#kept(rows);
    await this.book.batch({ sortRange: { range: source.area(rows), sortSpecs: [{ dimensionIndex: selection.focus[1], sortOrder }] } });
    return { undo };
  }

  /** The first row below everything that is filled; boxes without a tick are not. */
  async #end() {
    const path = `${this.book.path}/values/${encodeURIComponent(this.source.range(this.#whole(0, this.source.rowCount - 1)))}`;
    const { values = [] } = await this.book.service.ask("GET", path);
    const last = values.findLastIndex((cells) => cells.some((text) => text !== "" && text !== "FALSE"));
    return { select: [last + 1, 0] };
  }

  async #append() {
    const { rowCount } = this.source;
    await this.book.batch({ appendDimension: { sheetId: this.source.key, dimension: "ROWS", length: ROWS_MORE } });
    return { undo: () => this.#remove(rowCount, ROWS_MORE), select: [rowCount, 0] };
  }
}

function bounds(places) {
  const [rows, columns] = [places.map(({ row }) => row), places.map(({ index }) => index)];
  return new Selection([Math.min(...rows), Math.min(...columns)], [Math.max(...rows), Math.max(...columns)]);
}

/** Rows of text, repeated until they fill an area. */
function filled(area, rows) {
  return area.rows().map((_, row) => area.columns().map((_, column) => rows[row % rows.length][column % rows[0].length] ?? ""));
}
