/** Cells of a spreadsheet as the interface gives them, made ready to draw and to edit. Pure. */

/** What is asked of each cell. The options of a drop-down are asked for when it is opened. */
export const CELL_FIELDS = "formattedValue,userEnteredValue,note,dataValidation.condition.type,"
  + "userEnteredFormat(backgroundColor,horizontalAlignment,numberFormat.type,textFormat(bold,italic,strikethrough,foregroundColor))";

/** What an undo puts back. */
export const WHOLE_CELL = "userEnteredValue,userEnteredFormat,note,dataValidation";

/** A cell to draw, with what an edit needs to know. */
export function shown(data = {}) {
  const entered = data.userEnteredValue ?? {};
  const format = data.userEnteredFormat ?? {};
  const text = data.formattedValue ?? "";
  const cell = { text, note: data.note ?? "", entered, isText: format.numberFormat?.type === "TEXT", rule: data.dataValidation?.condition?.type ?? "" };
  const numeric = "numberValue" in entered || ("formulaValue" in entered && /^[-¥$\d.,%]+$/.test(text));
  if (format.horizontalAlignment === "RIGHT" || (numeric && !format.horizontalAlignment)) cell.align = "right";
  if (cell.rule === "BOOLEAN") cell.check = text === "TRUE";
  cell.look = look(format);
  return cell;
}

function look({ backgroundColor, textFormat = {} }) {
  return {
    ...(backgroundColor ? { backgroundColor: colour(backgroundColor) } : {}),
    ...(textFormat.foregroundColor ? { color: colour(textFormat.foregroundColor) } : {}),
    ...(textFormat.bold ? { fontWeight: "600" } : {}),
    ...(textFormat.italic ? { fontStyle: "italic" } : {}),
    ...(textFormat.strikethrough ? { textDecoration: "line-through" } : {}),
  };
}

function colour({ red = 0, green = 0, blue = 0 }) {
  return `rgb(${[red, green, blue].map((part) => Math.round(part * 255)).join(" ")})`;
}

/** The text to begin an edit with: a formula as it was typed, a text that would not stay one behind an apostrophe. */
export function input({ entered, text, isText }) {
  if (entered.formulaValue !== undefined) return entered.formulaValue;
  if (entered.stringValue !== undefined) return !isText && /^[=+'\d-]/.test(entered.stringValue) ? `'${entered.stringValue}` : entered.stringValue;
  return text;
}

/** A column's letters: 0 is A, 26 is AA. */
export function letters(index) {
  return index < 0 ? "" : letters(Math.floor(index / 26) - 1) + String.fromCharCode(65 + (index % 26));
}

/** A tab's title as a range names it. */
export function quoted(title) {
  return `'${title.replaceAll("'", "''")}'`;
}

/** A selection as a GridRange. */
export function gridRange(sheetId, { top, bottom, left, right }) {
  return { sheetId, startRowIndex: top, endRowIndex: bottom + 1, startColumnIndex: left, endColumnIndex: right + 1 };
}

/** Whether a GridRange, whose ends may be open, holds any cell of a selection. */
export function touches(range, { top, bottom, left, right }) {
  return (range.startRowIndex ?? 0) <= bottom && top < (range.endRowIndex ?? Infinity)
    && (range.startColumnIndex ?? 0) <= right && left < (range.endColumnIndex ?? Infinity);
}
