"""The staff: plain pyairtable and gspread clients with a person's own token. They know nothing of the daemon."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import gspread
import pyairtable
import requests
from gspread.utils import DateTimeOption, ValueInputOption, ValueRenderOption, rowcol_to_a1

Cells = Mapping[str, Any]
"""A row as a person sees it: header to content."""
Found = TypeVar("Found")

KEYSTROKE_S = 0.04
LOOK_S = 0.15
PATIENCE_S = 40.0
GOOGLE_HOSTS = ("https://sheets.googleapis.com", "https://www.googleapis.com")


class NotSeen(Exception):
    """What a person waited for did not appear in time."""


def wait_for(what: str, look: Callable[[], Found | None], *, seconds: float = PATIENCE_S) -> Found:
    """Look again and again until something is there. Raises NotSeen, which says what was not."""
    limit = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > limit:
            raise NotSeen(f"{what}({seconds:.0f} 秒内没有发生)")
        time.sleep(LOOK_S)
    return found


class AirtableScreen:
    """Airtable as one person has it open. A row goes by its record id."""

    def __init__(self, url: str, token: str, base_id: str) -> None:
        self._api = pyairtable.Api(token, endpoint_url=url, timeout=(5, 60))
        self._base_id = base_id

    def rows(self, table: str) -> dict[str, Cells]:
        """Every row, by record id."""
        return {record["id"]: record["fields"] for record in self._table(table).all()}

    def row(self, table: str, record_id: str) -> Cells | None:
        """One row, or None once it is gone."""
        try:
            return self._table(table).get(record_id)["fields"]
        except requests.HTTPError as error:
            if error.response is not None and error.response.status_code in (403, 404):
                return None
            raise

    def find(self, table: str, header: str, text: str) -> dict[str, Cells]:
        """The rows whose cell shows this text, by record id."""
        formula = f"{{{header}}}='{text}'"
        return {record["id"]: record["fields"] for record in self._table(table).all(formula=formula)}

    def add(self, table: str, cells: Cells) -> str:
        """A new row; its record id."""
        return self._table(table).create(dict(cells))["id"]

    def add_all(self, table: str, rows: Sequence[Cells]) -> list[str]:
        """Several new rows pasted at once."""
        return [record["id"] for record in self._table(table).batch_create([dict(row) for row in rows])]

    def edit(self, table: str, record_id: str, cells: Cells) -> None:
        """Change some cells of a row."""
        self._table(table).update(record_id, dict(cells))

    def edit_all(self, table: str, rows: Mapping[str, Cells]) -> None:
        """Change some cells of several rows at once, by record id."""
        changes = [{"id": record_id, "fields": dict(cells)} for record_id, cells in rows.items()]
        self._table(table).batch_update(changes)  # type: ignore[arg-type]

    def type(self, table: str, record_id: str, header: str, text: str) -> None:
        """Type a text key by key: Airtable saves while the person types."""
        for length in range(1, len(text) + 1):
            self.edit(table, record_id, {header: text[:length]})
            time.sleep(KEYSTROKE_S)

    def delete(self, table: str, record_id: str) -> None:
        """Delete a row."""
        self._table(table).delete(record_id)

    def _table(self, name: str) -> pyairtable.Table:
        return self._api.table(self._base_id, name)


class _Elsewhere(gspread.HTTPClient):
    """gspread's client, sent to the emulator's address."""

    url = ""

    def request(self, method: str, endpoint: str, *args: Any, **options: Any) -> requests.Response:
        for host in GOOGLE_HOSTS:
            endpoint = endpoint.replace(host, self.url)
        return super().request(method, endpoint, *args, **options)


class SheetsScreen:
    """The spreadsheet as one person has it open. A row goes by a text in one of its columns, for rows move."""

    def __init__(self, url: str, token: str, spreadsheet_id: str) -> None:
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {token}"
        client = _Elsewhere(auth=None, session=session)  # type: ignore[arg-type]
        client.url = url
        client.set_timeout(60)
        self._http, self._id = client, spreadsheet_id
        self._headers: dict[str, list[str]] = {}
        self._tabs: dict[str, gspread.Worksheet] = {}

    def rows(self, tab: str) -> Iterator[Cells]:
        """Every row that holds anything. Dates and numbers as the service stores them."""
        found = self.tab(tab).get_values(
            value_render_option=ValueRenderOption.unformatted,
            date_time_render_option=DateTimeOption.serial_number,
        )
        headers = [str(cell) for cell in found[0]] if found else []
        for line in found[1:]:
            cells = {header: cell for header, cell in zip(headers, line, strict=False) if cell != ""}
            if any(cell is not False for cell in cells.values()):
                yield cells

    def counts(self, tabs: Sequence[str], header: str) -> dict[str, int]:
        """How many cells of a column are filled, by tab."""
        ranges = [f"'{tab}'!{self._column(tab, header)}2:{self._column(tab, header)}" for tab in tabs]
        answer = self._http.values_batch_get(self._id, ranges)["valueRanges"]
        return {
            tab: sum(any(line) for line in part.get("values", []))
            for tab, part in zip(tabs, answer, strict=True)
        }

    def places(self, tab: str, header: str, text: str) -> list[int]:
        """The numbers of the rows whose cell shows this text."""
        letter = self._column(tab, header)
        cells = self.tab(tab).get_values(f"{letter}1:{letter}")
        return [number for number, line in enumerate(cells, start=1) if line and line[0] == text]

    def row(self, tab: str, header: str, text: str) -> Cells | None:
        """The row whose cell shows this text, as it is displayed; None if there is none."""
        places = self.places(tab, header, text)
        return self.line(tab, places[0]) if places else None

    def line(self, tab: str, number: int) -> Cells:
        """The row at this place, as it is displayed."""
        cells = self.tab(tab).get_values(f"{number}:{number}")
        shown = dict(zip(self.headers(tab), cells[0] if cells else [], strict=False))
        return {header: cell for header, cell in shown.items() if cell != ""}

    def edit(self, tab: str, number: int, cells: Cells) -> None:
        """Type into some cells of the row at this place, as if on the keyboard."""
        changes = [
            {"range": f"{self._column(tab, header)}{number}", "values": [[content]]}
            for header, content in cells.items()
        ]
        self.tab(tab).batch_update(changes, value_input_option=ValueInputOption.user_entered)

    def copy_row(self, tab: str, number: int) -> int:
        """Copy a row and paste it below the last one; the number of the copy."""
        goal = len(self.tab(tab).get_values("A:D")) + 1
        self.ask({"copyPaste": {"source": self._line(tab, number), "destination": self._line(tab, goal)}})
        return goal

    def sort(self, tab: str, header: str) -> None:
        """Sort all rows by one column."""
        order = [{"dimensionIndex": self.headers(tab).index(header), "sortOrder": "ASCENDING"}]
        area = {"sheetId": self.tab(tab).id, "startRowIndex": 1}
        self.ask({"sortRange": {"range": area, "sortSpecs": order}})

    def delete(self, tab: str, number: int) -> None:
        """Delete the row at this place."""
        self.tab(tab).delete_rows(number)

    def ask(self, *changes: Mapping[str, Any]) -> None:
        """One `batchUpdate`, as the menus of the spreadsheet send it."""
        self._http.batch_update(self._id, {"requests": list(changes)})

    def tab(self, title: str) -> gspread.Worksheet:
        """A tab by its title."""
        if title not in self._tabs:
            book = gspread.Spreadsheet(self._http, {"id": self._id})
            self._tabs = {tab.title: tab for tab in book.worksheets()}
        return self._tabs[title]

    def headers(self, tab: str) -> list[str]:
        """The first row."""
        if tab not in self._headers:
            self._headers[tab] = self.tab(tab).row_values(1)
        return self._headers[tab]

    def _column(self, tab: str, header: str) -> str:
        return rowcol_to_a1(1, self.headers(tab).index(header) + 1).rstrip("1")

    def _line(self, tab: str, number: int) -> dict[str, int]:
        return {"sheetId": self.tab(tab).id, "startRowIndex": number - 1, "endRowIndex": number}


@dataclass(frozen=True, slots=True)
class Office:
    """Two screens and those of the departments, and what was typed on them that must not stay there."""

    airtable: AirtableScreen
    sheets: SheetsScreen
    typed: set[str]
    departments: Mapping[str, SheetsScreen]


def open_office(services: Mapping[str, Any], departments: Mapping[str, str]) -> Office:
    """The screens of a member of staff. `services` is what the emulators say of themselves, `departments` their spreadsheets."""
    airtable, google = services["airtable"], services["google"]
    return Office(
        AirtableScreen(airtable["endpoint_url"], airtable["staff_token"], airtable["base_id"]),
        SheetsScreen(google["endpoint_url"], google["staff_token"], google["spreadsheet_id"]),
        set(),
        {
            name: SheetsScreen(google["endpoint_url"], google["staff_token"], place)
            for name, place in departments.items()
        },
    )
