/** What one can do with the chosen rows and columns, as buttons, as a menu, and by key; and how to take it back. */

import { button, h } from "./dom.js";
import { confirmed, notice, told } from "./notice.js";

const UNDO_MAX = 50;

export class Actions {
  constructor(pane) {
    this.pane = pane;
    this.done = [];
  }

  /** The buttons. */
  draw() {
    const { source, grid, tools } = this.pane;
    const hidden = source.columns.some((column) => column.hidden);
    const toggle = hidden && h("label", {}, h("input", {
      type: "checkbox", checked: grid.withHidden, onchange: (event) => { grid.withHidden = event.target.checked; grid.refresh(); this.pane.editing.focus(); },
    }), "显示隐藏列");
    tools.replaceChildren(...this.offered().map(([text, run]) => button(text, run)), toggle || "", button("撤销", () => this.undo(), { title: "Ctrl+Z" }));
  }

  /** As [text, run]. */
  offered() {
    const { source } = this.pane;
    return source.actions.map((action) => [action.text, () => this.#run(source, action)]);
  }

  async #run(source, action) {
    const { selection } = this.pane.grid;
    this.pane.editing.finish();
    if (action.goal) {
      this.pane.grid.select(...action.goal());
      return this.pane.editing.focus();
    }
    const said = action.asks?.(selection);
    if (said && !(await confirmed(said, action.text))) return this.pane.editing.focus();
    if (action.writes !== false && !(await source.permits(selection))) return this.pane.editing.focus();
    let goal = null;
    const went = await this.pane.change(async () => {
      const { undo, select } = (await action.run(selection)) ?? {};
      goal = select;
      return undo;
    }, action.said?.(selection));
    if (went && goal) this.pane.grid.select(...(typeof goal === "function" ? goal() : goal));
    this.draw();
    return this.pane.editing.focus();
  }

  /** Empties the chosen cells. */
  async clear() {
    const { source, grid } = this.pane;
    if (await source.permits(grid.selection)) await this.pane.change(() => source.clear(grid.selection));
  }

  /** Keeps how to take the last change back. */
  remember(undo) {
    this.done = [...this.done.slice(1 - UNDO_MAX), { source: this.pane.source, undo }];
  }

  /** Takes the last change of this table back. */
  async undo() {
    const last = this.done.findLastIndex((entry) => entry.source.key === this.pane.source.key);
    if (last < 0) return notice("没有可以撤销的操作。");
    const [{ undo }] = this.done.splice(last, 1);
    if ((await told(async () => { await undo(); return true; }))) notice("已撤销。");
    await told(() => this.pane.source.refresh());
    return this.pane.editing.focus();
  }
}
