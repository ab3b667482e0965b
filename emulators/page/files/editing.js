/** Changing the current cell: by typing, from a list, or with a tick, as the source says. */

import { Chooser } from "./chooser.js";
import { Editor } from "./editor.js";
import { notice, told } from "./notice.js";

const PAUSE_MS = 120;

export class Editing {
  constructor(pane) {
    this.pane = pane;
    this.grid = pane.grid;
    this.editor = new Editor(this.grid, {
      started: () => this.#started(),
      typed: (text) => this.#typed(text),
      finished: (text, move) => this.#finished(text, move),
      cancelled: () => this.#cancelled(),
      key: (event) => pane.hands.key(event),
    });
    this.grid.drawn = () => this.follow();
  }

  /** Begins with what stands in the cell. */
  async start() {
    const [row, column] = this.grid.selection.focus;
    const kind = await told(() => this.#kind(row, column));
    if (kind === "text") this.editor.start(this.pane.source.input(row, column));
    else if (kind === "choice") this.#choose("");
    else if (kind === "check") await this.toggle();
    else if (kind === "none") notice(this.pane.source.columns[column].locked || "这一列由公式或系统计算，不能修改。", "fault");
  }

  /** Takes what was typed as final. */
  finish() {
    this.editor.finish();
  }

  /** Keeps the field with its cell. */
  follow() {
    if (this.pane.source) this.editor.follow();
  }

  focus() {
    this.editor.focus();
  }

  /** Ticks a box, or takes the tick away. */
  async toggle() {
    const { source } = this.pane;
    const [row, column] = this.grid.selection.focus;
    const text = source.cell(row, column)?.check ? "FALSE" : "TRUE";
    await this.#write(source.place(row, column), text);
  }

  async #kind(row, column) {
    const { source } = this.pane;
    const kind = await source.kind(row, column);
    return kind === "none" || (await source.permits(this.grid.selection)) ? kind : "";
  }

  /** A key was pressed that writes: whether the cell takes typed text. */
  #started() {
    const { source } = this.pane;
    const [row, column] = this.grid.selection.focus;
    const kind = source.kindNow(row, column);
    this.place = source.place(row, column);
    this.before = source.input(row, column);
    this.saved = this.before;
    if (kind === "text") return true;
    const typed = this.editor.field.value;
    if (kind === "choice") this.#choose(typed.trim());
    else if (kind === "none") this.start();
    return false;
  }

  /** Airtable saves a text while it is being typed. */
  #typed(text) {
    if (!this.pane.source.savesWhileTyping(this.place)) return;
    clearTimeout(this.timer);
    const { place } = this;
    this.timer = setTimeout(() => this.#save(place, text), PAUSE_MS);
  }

  #save(place, text) {
    this.saved = text;
    this.saving = (this.saving ?? Promise.resolve()).then(() => told(() => this.pane.source.write([{ place, text }])));
    return this.saving;
  }

  async #finished(text, move) {
    clearTimeout(this.timer);
    const { place, before, saved } = this;
    const { source } = this.pane;
    this.move(move);
    if (text === before && saved === before) return;
    if (source.savesWhileTyping(place)) await this.pane.change(() => this.#saveLast(source, place, { text, saved, before }));
    else if (await source.permits(source.areaOf(place))) await this.#write(place, text);
  }

  /** Saves what is not saved yet. The undo goes back to what stood there before the first key. */
  async #saveLast(source, place, { text, saved, before }) {
    await this.saving;
    if (text !== saved) await source.write([{ place, text }]);
    return () => source.write([{ place, text: before }]);
  }

  async #cancelled() {
    clearTimeout(this.timer);
    if (this.saved !== this.before) await this.#save(this.place, this.before);
    this.grid.draw();
  }

  async #write(place, text) {
    await this.pane.change(() => this.pane.source.write([{ place, text }]));
  }

  /** One step on, past hidden columns. */
  move(step) {
    this.focus();
    if (!step) return this.grid.draw();
    const [row, column] = this.grid.selection.focus;
    this.grid.select(row + step[0], this.grid.layout.step(column, step[1]));
    return undefined;
  }

  #choose(typed) {
    const { source } = this.pane;
    const [row, column] = this.grid.selection.focus;
    const place = source.place(row, column);
    this.chooser = new Chooser(this.pane.stage, {
      box: this.grid.box(row, column), typed, ...source.choices(row, column),
      done: (keys, text) => this.pane.change(() => source.choose(place, keys, text)),
      closed: (move) => { this.chooser = null; if (move) this.move(move); else if (document.activeElement === document.body) this.focus(); },
    });
  }
}
