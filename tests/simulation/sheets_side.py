"""A person at a spreadsheet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.simulation import archive
from tests.simulation.marks import MEMORY, marked, marking, unmarking
from tests.simulation.side import NOTE, STATUS, UID, Formula, Hands, Line, Raw

SYSTEM = (STATUS, NOTE, UID)
DOUBTFUL = ("=", "'=")
"""How text begins that a listing does not tell from a formula."""
ENTERED = "sheets(data(rowData(values(userEnteredValue))))"


@dataclass(slots=True)
class SheetsSide:
    """Rows by position, columns by header; whoever renames a header knows what it was."""

    name: str
    spreadsheet: str
    hands: Hands
    service: str = "sheets"
    _gids: dict[str, int] = field(default_factory=dict)
    _titles: dict[str, str] = field(default_factory=dict)
    renamed: dict[tuple[str, str], str] = field(default_factory=dict)
    """New headers by table and field key, or the old header of a column that is no field."""
    spoilt: set[str] = field(default_factory=set)
    """Tables whose headers somebody spoilt: staff go by what stands in the columns, as they remembered it."""

    def learn(self) -> None:
        """Look at the tabs after `setup`."""
        sheets = self.hands(
            "GET", f"/v4/spreadsheets/{self.spreadsheet}", None, {"fields": "sheets.properties"}
        )
        properties = [sheet["properties"] for sheet in sheets["sheets"]]
        standing = {one.get("sheetId", 0): one["title"] for one in properties}
        for table in archive.TABLES:
            if self._gids.get(table) not in standing:
                title = archive.SCHEMA["tables"][table]["name"]
                gid = next((gid for gid, shown in standing.items() if shown == title), None)
                self._gids = {**self._gids, table: gid} if gid is not None else self._without(table)
            if table in self._gids:
                self._titles[table] = standing[self._gids[table]]

    def _without(self, table: str) -> dict[str, int]:
        return {other: gid for other, gid in self._gids.items() if other != table}

    def _values(self, table: str) -> list[list[Raw]]:
        if table not in self._gids:
            return []
        path = f"/v4/spreadsheets/{self.spreadsheet}/values/'{self._titles[table]}'"
        answer = self.hands("GET", path, None, {"valueRenderOption": "FORMULA"})
        values = list(answer.get("values", [])) if answer else []
        doubtful = any(isinstance(cell, str) and cell.startswith(DOUBTFUL) for row in values for cell in row)
        return self._entered(table) if doubtful else values

    def _entered(self, table: str) -> list[list[Raw]]:
        """The same, with formulas told from text that looks like one."""
        query = {"ranges": f"'{self._titles[table]}'", "fields": ENTERED, "includeGridData": "true"}
        answer = self.hands("GET", f"/v4/spreadsheets/{self.spreadsheet}", None, query)
        rows = answer["sheets"][0]["data"][0].get("rowData", []) if answer else []
        return [[_entered(cell) for cell in row.get("values", [])] for row in rows]

    def headers(self, table: str) -> list[str]:
        """What stands in the first row."""
        return [str(cell) for cell in next(iter(self._values(table)), [])]

    def columns(self, table: str, headers: Sequence[str] | None = None) -> dict[str, int]:
        """Indexes of the columns, by field key, or by header for the others."""
        headers = self.headers(table) if headers is None else headers
        names = {name: key for key in archive.fields(table) for name in reversed(self._shown(table, key))}
        names |= {self.renamed.get((table, name), name): name for name in (*SYSTEM, archive.UNMAPPED)}
        found: dict[str, int] = {}
        for index, header in enumerate(headers):
            if header in names:
                found.setdefault(names[header], index)
        twice = len([header for header in headers if header in names]) > len(found)
        return self._by_memory(table, found, twice=twice) if table in self.spoilt else found

    def _by_memory(self, table: str, found: dict[str, int], *, twice: bool) -> dict[str, int]:
        """The columns as staff remember them, and new ones; once the headers say the same, and none stands `twice`, they are
        trusted again."""
        known = self.marked(table, MEMORY)
        if not twice and all(found.get(name) == index for name, index in known.items()):
            self.batch(*unmarking(self._gids[table], known))
            self.spoilt.discard(table)
            return found
        return {name: index for name, index in found.items() if index not in known.values()} | known

    def remember_columns(self, table: str) -> None:
        """Before headers are spoilt: which column is which."""
        if table not in self.spoilt:
            self.batch(*marking(self._gids[table], self.columns(table)))
            self.spoilt.add(table)

    def marked(self, table: str, key: str) -> dict[str, int]:
        """Columns by the marks that somebody put on them."""
        return marked(self.hands, self.spreadsheet, key, self._gids.get(table))

    def type_headers(self, table: str, headers: Mapping[int, str]) -> bool:
        """Type headers."""
        data = [
            {"range": f"'{self._titles[table]}'!{letters(at)}1", "values": [[text]]}
            for at, text in headers.items()
        ]
        body = {"valueInputOption": "RAW", "data": data}
        return self.hands("POST", f"/v4/spreadsheets/{self.spreadsheet}/values:batchUpdate", body) is not None

    def _shown(self, table: str, key: str) -> list[str]:
        """What may stand above a column; `setup` may or may not have followed a changed config."""
        mine = self.renamed.get((table, key))
        return [*([mine] if mine else []), *archive.headers(table, key)]

    def fields(self, table: str) -> tuple[str, ...]:
        known = self.columns(table)
        return tuple(key for key in archive.fields(table) if key in known)

    def lines(self, table: str) -> list[Line]:
        values = self._values(table)
        at = self.columns(table, [str(cell) for cell in values[0]]) if values else {}
        found = [self._line(table, at, position, row) for position, row in enumerate(values[1:], start=1)]
        return [line for line in found if line.cells or line.uid or line.own]

    def _line(self, table: str, at: Mapping[str, int], position: int, row: Sequence[Raw]) -> Line:
        shown = {
            name: row[index]
            for name, index in at.items()
            if index < len(row) and row[index] not in ("", None)
        }
        cells = {key: raw for key, raw in shown.items() if key in archive.fields(table) and raw is not False}
        system = {name: str(shown[name]) for name in SYSTEM if name in shown}
        return Line(str(position), cells, system, str(shown.get(archive.UNMAPPED, "")))

    def type(self, table: str, line: Line, cells: Mapping[str, Raw]) -> bool:
        return self._put(table, int(line.place), cells)

    def _put(self, table: str, position: int, cells: Mapping[str, Raw], *, raw: bool = False) -> bool:
        at = self.columns(table)
        ranges = [
            {
                "range": f"'{self._titles[table]}'!{letters(at[name])}{position + 1}",
                "values": [[_blank(value)]],
            }
            for name, value in cells.items()
            if name in at
        ]
        body = {"valueInputOption": "RAW" if raw else "USER_ENTERED", "data": ranges}
        return self.hands("POST", f"/v4/spreadsheets/{self.spreadsheet}/values:batchUpdate", body) is not None

    def add(self, table: str, cells: Mapping[str, Raw]) -> bool:
        values = self._values(table)
        filled = [number for number, row in enumerate(values) if any(cell not in ("", None) for cell in row)]
        return self._put(table, max(filled, default=0) + 1, cells) if values else False

    def remove(self, table: str, line: Line) -> bool:
        return self.batch({"deleteDimension": {"range": self._rows(table, int(line.place))}})

    def copy(self, table: str, line: Line, cells: Mapping[str, Raw]) -> bool:
        bottom = len(self._values(table))
        source = self.area(table, (int(line.place), int(line.place) + 1))
        target = self.area(table, (bottom, bottom + 1))
        done = self.batch(
            {"copyPaste": {"source": source, "destination": target, "pasteType": "PASTE_NORMAL"}}
        )
        return done and self._put(table, bottom, cells)

    def mark(self, table: str, line: Line, text: str) -> bool:
        # The column goes with a tab that somebody deleted, and the new one has none.
        there = archive.UNMAPPED in self.columns(table)
        return there and self._put(table, int(line.place), {archive.UNMAPPED: text})

    def batch(self, *changes: Any) -> bool:
        """Change the grid by mouse."""
        path = f"/v4/spreadsheets/{self.spreadsheet}:batchUpdate"
        return self.hands("POST", path, {"requests": changes}) is not None

    def area(
        self, table: str, rows: tuple[int, int] | None = None, columns: tuple[int, int] | None = None
    ) -> dict[str, int]:
        """A GridRange of a tab."""
        found = {"sheetId": self._gids[table]}
        if rows:
            found |= {"startRowIndex": rows[0], "endRowIndex": rows[1]}
        if columns:
            found |= {"startColumnIndex": columns[0], "endColumnIndex": columns[1]}
        return found

    def _rows(self, table: str, position: int, count: int = 1) -> dict[str, Any]:
        return {
            "sheetId": self._gids[table],
            "dimension": "ROWS",
            "startIndex": position,
            "endIndex": position + count,
        }

    def _column(self, table: str, index: int) -> dict[str, Any]:
        return {
            "sheetId": self._gids[table],
            "dimension": "COLUMNS",
            "startIndex": index,
            "endIndex": index + 1,
        }

    # What can be done to a tab

    def add_own_column(self, table: str) -> None:
        """The staff's own column, at the far right."""
        place = len(self.headers(table))
        self.batch({"appendDimension": {"sheetId": self._gids[table], "dimension": "COLUMNS", "length": 1}})
        self.type_headers(table, {place: archive.UNMAPPED})

    def sort(self, table: str, key: str, *, descending: bool, columns: tuple[int, int] | None = None) -> bool:
        """Sort the rows below the header, or only some columns of them."""
        at = self.columns(table)
        if key not in at:
            return False
        order = {"dimensionIndex": at[key], "sortOrder": "DESCENDING" if descending else "ASCENDING"}
        where = self.area(table, None, columns) | {"startRowIndex": 1}
        return self.batch({"sortRange": {"range": where, "sortSpecs": [order]}})

    def insert_blank(self, table: str, position: int) -> bool:
        """An empty row in the middle."""
        return self.batch(
            {"insertDimension": {"range": self._rows(table, position), "inheritFromBefore": False}}
        )

    def cut(self, table: str, line: Line, to: int) -> bool:
        """Cut a row and paste it elsewhere in the tab."""
        target = {"sheetId": self._gids[table], "rowIndex": to, "columnIndex": 0}
        source = self.area(table, (int(line.place), int(line.place) + 1))
        return self.batch(
            {"cutPaste": {"source": source, "destination": target, "pasteType": "PASTE_NORMAL"}}
        )

    def rename_column(self, table: str, name: str, to: str) -> bool:
        """Change a header."""
        at = self.columns(table)
        if name not in at:
            return False
        self.renamed[table, name] = to
        return self.type_headers(table, {at[name]: to})

    def drop_column(self, table: str, name: str) -> bool:
        """Delete a column with everything in it."""
        at = self.columns(table)
        if name not in at:
            return False
        self.renamed.pop((table, name), None)
        return self.batch({"deleteDimension": {"range": self._column(table, at[name])}})

    def drag_column(self, table: str, index: int, to: int) -> bool:
        """Drag a column before the one that stands at `to`."""
        source = self._column(table, index)
        return self.batch({"moveDimension": {"source": source, "destinationIndex": to}})

    def insert_column(self, table: str, index: int) -> bool:
        """An empty column."""
        place = self._column(table, index)
        return self.batch({"insertDimension": {"range": place, "inheritFromBefore": False}})

    def rename_tab(self, table: str, title: str) -> bool:
        """Change a tab's name."""
        properties = {"sheetId": self._gids[table], "title": title}
        done = self.batch({"updateSheetProperties": {"properties": properties, "fields": "title"}})
        self.learn()
        return done

    def drop_tab(self, table: str) -> bool:
        """Delete a tab."""
        done = self.batch({"deleteSheet": {"sheetId": self._gids[table]}})
        if done:
            self.renamed = {key: to for key, to in self.renamed.items() if key[0] != table}
            self.spoilt.discard(table)
            del self._gids[table]
        return done


def _entered(cell: Mapping[str, Any]) -> Raw:
    for kind, value in cell.get("userEnteredValue", {}).items():
        return Formula(value) if kind == "formulaValue" else value
    return ""


def letters(column: int) -> str:
    """The letters of a column."""
    name = ""
    while column >= 0:
        column, digit = divmod(column, 26)
        name, column = chr(65 + digit) + name, column - 1
    return name


def _blank(value: Raw) -> Raw:
    if value is None:
        return ""
    return "、".join(value) if isinstance(value, list) else value
