/** Where the columns of a grid stand: widths to positions, frozen ones first, hidden ones nowhere. Pure. */

/** The frozen columns may take this much of the width; on a narrow screen none are frozen. */
const FROZEN_SHARE = 0.5;

export class Layout {
  /** `columns` have `width` in pixels; `isHidden` says which take no place. */
  constructor(columns, { frozen, isHidden, room }) {
    this.visible = columns.map((_, index) => index).filter((index) => !isHidden(columns[index]));
    this.lefts = [];
    let left = 0;
    for (const index of this.visible) {
      this.lefts.push(left);
      left += columns[index].width;
    }
    this.width = left;
    this.columns = columns;
    this.frozen = this.#frozen(frozen, room);
  }

  #frozen(frozen, room) {
    const places = this.visible.filter((index) => index < frozen).length;
    return places && this.#end(places - 1) > room * FROZEN_SHARE ? 0 : places;
  }

  #end(place) {
    return this.lefts[place] + this.columns[this.visible[place]].width;
  }

  /** Width of the frozen columns. */
  get frozenWidth() {
    return this.frozen ? this.#end(this.frozen - 1) : 0;
  }

  /** The distance of a column from the left end. */
  left(index) {
    return this.lefts[this.visible.indexOf(index)] ?? 0;
  }

  /** Whether a column stays in place when the others are scrolled. */
  isFrozen(index) {
    const place = this.visible.indexOf(index);
    return place >= 0 && place < this.frozen;
  }

  /** The columns to draw between two distances, besides the frozen ones: their numbers, and the gap before them. */
  between(from, to) {
    const places = this.visible.map((_, place) => place).slice(this.frozen);
    const shown = places.filter((place) => this.#end(place) > from && this.lefts[place] < to);
    const gap = shown.length ? this.lefts[shown[0]] - this.frozenWidth : 0;
    return { columns: shown.map((place) => this.visible[place]), gap };
  }

  /** The frozen columns' numbers. */
  get frozenColumns() {
    return this.visible.slice(0, this.frozen);
  }

  /** The visible column so many steps from another; the last one at the edge. */
  step(index, steps) {
    const place = this.visible.indexOf(index);
    const from = place >= 0 ? place : Math.max(this.visible.findIndex((other) => other > index), 0);
    return this.visible[Math.max(0, Math.min(from + steps, this.visible.length - 1))] ?? 0;
  }
}

/** Roughly how wide a text is, in pixels. */
export function breadth(text) {
  return [...text].reduce((sum, mark) => sum + (mark.codePointAt(0) > 0x2e80 ? 14 : 8), 20);
}
