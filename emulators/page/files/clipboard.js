/** Copying and pasting ranges, between the two services and any other program, as rows of text. */

import { notice } from "./notice.js";
import { Selection } from "./selection.js";
import { fromTsv, toTsv } from "./tsv.js";

const CELLS_MAX = 20000;

export class Clipboard {
  constructor(pane) {
    this.pane = pane;
    this.grid = pane.grid;
    this.taken = null;
    const field = pane.editing.editor.field;
    field.addEventListener("copy", (event) => this.#take(event, false));
    field.addEventListener("cut", (event) => this.#take(event, true));
    field.addEventListener("paste", (event) => this.#paste(event));
  }

  /** What was copied is from now on mere text. */
  forget() {
    this.taken = null;
  }

  #take(event, cut) {
    if (this.pane.editing.editor.open) return;
    event.preventDefault();
    const { source } = this.pane;
    const { selection } = this.grid;
    const columns = this.#shown(selection);
    if (columns.length * selection.rows().length > CELLS_MAX) return notice(`一次最多复制 ${CELLS_MAX} 格。`, "fault");
    const text = toTsv(selection.rows().map((row) => columns.map((column) => source.cell(row, column)?.text ?? "")));
    event.clipboardData.setData("text/plain", text);
    this.taken = { text, source, selection, cut };
    if (cut && !source.movesCells) this.pane.actions.clear();
    return undefined;
  }

  /** Hidden columns are no part of what one sees, and so of what one copies as text. */
  #shown(selection) {
    return selection.columns().filter((column) => this.grid.layout.visible.includes(column));
  }

  async #paste(event) {
    if (this.pane.editing.editor.open) return;
    event.preventDefault();
    const text = event.clipboardData.getData("text/plain").replace(/\r\n?/g, "\n");
    const { source } = this.pane;
    const own = this.taken && this.taken.text === text && source.pastesFrom(this.taken.source) ? this.taken : null;
    const rows = fromTsv(text);
    const area = this.#area(rows, own);
    if (!(await source.permits(area))) return;
    const done = await this.pane.change(() => source.paste(area, rows, own));
    if (done) this.grid.selectArea([area.top, area.left], [area.bottom, area.right]);
    if (own?.cut) this.forget();
  }

  /** Where it goes: as large as what was copied, or as the selection where one cell is to fill it. */
  #area(rows, own) {
    const { selection } = this.grid;
    const { top, left } = selection;
    const one = rows.length === 1 && rows[0].length === 1;
    if (one && !own?.cut) return selection;
    if (own) {
      return new Selection([top, left], [top + own.selection.bottom - own.selection.top, left + own.selection.right - own.selection.left]);
    }
    const width = Math.max(...rows.map((cells) => cells.length));
    return new Selection([top, left], [top + rows.length - 1, left + width - 1]);
  }
}
