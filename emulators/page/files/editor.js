/** The field one types in. It always has the focus, unseen, so that typing, pasting and Chinese input methods begin at once. */

import { h } from "./dom.js";

export class Editor {
  /** `ask` holds: started(), typed(text), finished(text, move), cancelled(), key(event). */
  constructor(grid, ask) {
    this.grid = grid;
    this.ask = ask;
    this.open = false;
    this.field = h("textarea", {
      class: "editor", rows: "1", "aria-label": "单元格内容", autocomplete: "off", autocapitalize: "off", spellcheck: "false", inputmode: "none",
      oninput: () => this.#typed(), oncompositionstart: () => this.#begin(false), onkeydown: (event) => this.#key(event),
    });
    grid.element.after(this.field);
  }

  /** Puts the focus where keys are heard. */
  focus() {
    this.field.focus({ preventScroll: true });
  }

  /** Begins to edit the current cell with this text. Arrow keys then move the caret, and do not leave the cell. */
  start(text) {
    this.field.value = text;
    this.#begin(true);
    this.focus();
    this.field.setSelectionRange(text.length, text.length);
  }

  /** Ends without a word to anybody. */
  stop() {
    this.open = false;
    this.field.value = "";
    this.field.className = "editor";
    this.field.inputMode = "none";
  }

  /** Puts the field where the current cell stands. */
  follow() {
    const { top, left, width } = this.grid.box(...this.grid.selection.focus);
    this.field.style.top = `${top}px`;
    this.field.style.left = `${left}px`;
    this.field.style.width = `${Math.max(width, this.open ? 140 : 0)}px`;
    this.field.style.height = `${this.open ? Math.min(Math.max(this.field.scrollHeight, 30), 160) : 30}px`;
  }

  /** Takes what was typed so far as final; nothing if there is no edit. */
  finish(move = null) {
    if (!this.open) return;
    const text = this.field.value;
    this.stop();
    this.ask.finished(text, move);
  }

  #begin(withCaret) {
    if (!this.open && !this.ask.started()) {
      this.stop();
      return false;
    }
    this.withCaret = this.open ? this.withCaret : withCaret;
    this.open = true;
    this.field.classList.add("open");
    this.field.inputMode = "text";
    this.follow();
    return true;
  }

  #typed() {
    if (!this.#begin(false)) return;
    this.follow();
    this.ask.typed(this.field.value);
  }

  #key(event) {
    if (event.isComposing || event.keyCode === 229) return;
    if (!this.open) {
      this.ask.key(event);
      return;
    }
    const move = this.#leaving(event);
    if (event.key === "Escape") {
      this.stop();
      this.ask.cancelled();
    } else if (move) {
      this.finish(move);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  /** The step to the next cell that a key asks for; null for a key that belongs to the text. */
  #leaving(event) {
    if (event.key === "Enter" && (event.altKey || event.ctrlKey || event.shiftKey)) {
      this.field.setRangeText("\n", this.field.selectionStart, this.field.selectionEnd, "end");
      event.preventDefault();
      this.#typed();
      return null;
    }
    if (event.key === "Enter") return [1, 0];
    if (event.key === "Tab") return [0, event.shiftKey ? -1 : 1];
    const arrows = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    return this.withCaret ? null : arrows[event.key] ?? null;
  }
}
