/** Rows and columns of text as spreadsheets put them on the clipboard: tabs, line breaks, quotes around what holds either. */

/** Text of rows of cells. */
export function toTsv(rows) {
  return rows.map((cells) => cells.map(quoted).join("\t")).join("\n");
}

function quoted(text) {
  return /[\t\n"]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Rows of cells of a text. A final line break makes no row of its own. */
export function fromTsv(text) {
  const rows = [];
  let cells = [];
  const cell = /("(?:[^"]|"")*"(?=[\t\n]|$)|[^\t\n]*)([\t\n]|$)/y;
  const whole = text.replace(/\r\n?/g, "\n").replace(/\n$/, "");
  for (let match = cell.exec(whole); match; match = cell.exec(whole)) {
    cells.push(match[1].startsWith('"') && match[1].length > 1 ? match[1].slice(1, -1).replaceAll('""', '"') : match[1]);
    if (match[2] !== "\t") {
      rows.push(cells);
      cells = [];
    }
    if (match[2] === "") return rows;
  }
  return rows;
}
