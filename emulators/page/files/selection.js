/** Which cells are chosen: from an anchor to a focus, both as [row, column]. Values only; nothing here is drawn. */

export class Selection {
  constructor(anchor = [0, 0], focus = anchor) {
    this.anchor = anchor;
    this.focus = focus;
  }

  get top() { return Math.min(this.anchor[0], this.focus[0]); }
  get bottom() { return Math.max(this.anchor[0], this.focus[0]); }
  get left() { return Math.min(this.anchor[1], this.focus[1]); }
  get right() { return Math.max(this.anchor[1], this.focus[1]); }

  /** Whether it is one cell. */
  get single() { return this.top === this.bottom && this.left === this.right; }

  holds(row, column) {
    return row >= this.top && row <= this.bottom && column >= this.left && column <= this.right;
  }

  /** The row numbers, from top to bottom. */
  rows() { return span(this.top, this.bottom); }

  /** The column numbers, from left to right. */
  columns() { return span(this.left, this.right); }

  /** The same, cut to a table of that size. */
  within(rows, columns) {
    const cut = ([row, column]) => [clamp(row, rows - 1), clamp(column, columns - 1)];
    return new Selection(cut(this.anchor), cut(this.focus));
  }
}

/** Numbers from `first` to `last`, both included. */
export function span(first, last) {
  return Array.from({ length: Math.max(last - first + 1, 0) }, (_, place) => first + place);
}

/** A number between 0 and `last`. */
export function clamp(number, last) {
  return Math.max(0, Math.min(number, last));
}
