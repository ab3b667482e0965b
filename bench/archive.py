"""An archive of one table of twenty fields, on emulators in a process of their own, so that this process' CPU is ours alone."""

import json
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import gspread
import requests

from bench.people import HEADERS, TITLE, config_of
from tablekeeper.archive import Archive, open_archive
from tablekeeper.cli.opening import make_vault
from tablekeeper.config import Config
from tablekeeper.environment import Environment

GOOGLE = "https://sheets.googleapis.com"
FIRST = f"?maxRecords=1&filterByFormula=%7B{HEADERS[0]}%7D%3D'K00000000'"
BLOCK = 5_000
"""Rows typed by staff in one request."""


@dataclass(slots=True)
class Office:
    """Emulators, and what staff do there. Times are those of a clock that stands until it is moved."""

    description: Mapping[str, Any]
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    session: requests.Session = field(default_factory=requests.Session)
    spreadsheets: list[str] = field(default_factory=list)
    _counted: int = 0

    def clock(self) -> datetime:
        """The time at the office."""
        return self.now

    def wait(self, seconds: float) -> None:
        """Let time pass, for the daemon and for the services."""
        self.now += timedelta(seconds=seconds)
        self._control("POST", "clock", {"advance_s": seconds})

    def calls(self, caller: str = "daemon") -> int:
        """Calls to the services since the last question; those for an access token are none of them."""
        entries = self._control("GET", f"requests?since={self._counted}")
        self._counted = max((entry["n"] for entry in entries), default=self._counted)
        return sum(
            entry["caller"] == caller and entry["service"] in ("airtable", "sheets") for entry in entries
        )

    def places(self, services: Sequence[str]) -> list[tuple[str, str]]:
        """Service and place of replicas; further spreadsheets are made for those that are asked for."""
        self.spreadsheets = [self.description["google"]["spreadsheet_id"]]
        while len(self.spreadsheets) < services.count("sheets"):
            number = len(self.spreadsheets)
            self.spreadsheets.append(f"bench-{number}")
            seeded = {"id": self.spreadsheets[-1], "title": f"bench {number}", "private": False}
            self._control("POST", "seed", {"spreadsheets": [seeded]})
        sheets = iter(self.spreadsheets)
        base = self.description["airtable"]["base_id"]
        return [(service, base if service == "airtable" else next(sheets)) for service in services]

    def column(self, header: str, spreadsheet: int = 0) -> list[str]:
        """The filled cells below a header, as a person sees them."""
        shown = self._sheets("GET", f"/values/{TITLE}", spreadsheet=spreadsheet).get("values", [[]])
        at = shown[0].index(header)
        return [row[at] for row in shown[1:] if at < len(row) and row[at]]

    def airtable_cell(self, header: str) -> Any:
        """The cell of the record that `edit_airtable` edits."""
        return self._airtable("GET", FIRST)["records"][0]["fields"].get(header)

    def local_client(self) -> type[gspread.HTTPClient]:
        """gspread's client, sent to the emulators."""
        url = self.description["google"]["endpoint_url"]

        class Local(gspread.HTTPClient):
            def request(self, method: str, endpoint: str, *args: Any, **options: Any) -> requests.Response:
                return super().request(method, endpoint.replace(GOOGLE, url), *args, **options)

        return Local

    def type_rows(self, headers: list[str], rows: list[list[Any]], first: int = 2) -> None:
        """Rows typed by a person into the spreadsheet, from row `first` on."""
        shown = self._sheets("GET", f"/values/{TITLE}!1:1")["values"][0]
        at = [shown.index(header) for header in headers]
        self._grow(first + len(rows))
        for start in range(0, len(rows), BLOCK):
            cells: list[list[Any]] = [[None] * len(shown) for _ in rows[start : start + BLOCK]]
            for line, row in zip(cells, rows[start:], strict=False):
                for column, cell in zip(at, row, strict=True):
                    line[column] = cell
            place = f"/values/{TITLE}!A{first + start}?valueInputOption=RAW"
            self._sheets("PUT", place, {"values": cells})

    def sort_rows(self) -> None:
        """The tab sorted from the last row to the first."""
        tab = self._tab()
        size = tab["gridProperties"]
        area = {
            "sheetId": tab["sheetId"],
            "startRowIndex": 1,
            "endRowIndex": size["rowCount"],
            "startColumnIndex": 0,
            "endColumnIndex": size["columnCount"],
        }
        key = self._sheets("GET", f"/values/{TITLE}!1:1")["values"][0].index(HEADERS[0])
        order = [{"dimensionIndex": key, "sortOrder": "DESCENDING"}]
        self._sheets(
            "POST", ":batchUpdate", {"requests": [{"sortRange": {"range": area, "sortSpecs": order}}]}
        )

    def edit_airtable(self, header: str, value: str) -> None:
        """One cell of the first record, typed by a person into Airtable."""
        [first] = self._airtable("GET", FIRST)["records"]
        self._airtable("PATCH", f"/{first['id']}", {"fields": {header: value}})

    def _airtable(self, method: str, path: str, body: object = None) -> Any:
        airtable = self.description["airtable"]
        return self._call(
            method,
            f"{airtable['endpoint_url']}/v0/{airtable['base_id']}/{TITLE}{path}",
            body,
            airtable["staff_token"],
        )

    def _tab(self) -> Any:
        found = self._sheets("GET", "?fields=sheets.properties")["sheets"]
        return next(one["properties"] for one in found if one["properties"]["title"] == TITLE)

    def _grow(self, rows: int) -> None:
        """Rows at the end of the grid, where it is too small."""
        tab = self._tab()
        missing = rows - tab["gridProperties"]["rowCount"]
        if missing > 0:
            more = {"sheetId": tab["sheetId"], "dimension": "ROWS", "length": missing}
            self._sheets("POST", ":batchUpdate", {"requests": [{"appendDimension": more}]})

    def _sheets(self, method: str, path: str, body: object = None, *, spreadsheet: int = 0) -> Any:
        google = self.description["google"]
        url = f"{google['endpoint_url']}/v4/spreadsheets/{self.spreadsheets[spreadsheet]}{path}"
        return self._call(method, url, body, google["staff_token"])

    def _call(self, method: str, url: str, body: object, token: str) -> Any:
        answer = self.session.request(
            method, url, json=body, headers={"Authorization": f"Bearer {token}"}, timeout=300
        )
        answer.raise_for_status()
        return answer.json()

    def _control(self, method: str, path: str, body: object = None) -> Any:
        answer = self.session.request(
            method, f"{self.description['control_url'].rstrip('/')}/{path}", json=body, timeout=300
        )
        answer.raise_for_status()
        return answer.json() if answer.content else None


@contextmanager
def office(home: Path, *, quotas: bool = False) -> Iterator[Office]:
    """Serve an office for the time of the block; the environment names it, and `home` as the archive's folder."""
    with subprocess.Popen(
        [sys.executable, "-m", "emulators", "--clock", "manual", "--quotas", "on" if quotas else "off"],
        stdout=subprocess.PIPE,
    ) as emulators:
        try:
            assert emulators.stdout is not None
            description = json.loads(emulators.stdout.readline())
            os.environ.update(
                {
                    **description["env"],
                    "TABLEKEEPER_HOME": str(home),
                    "TABLEKEEPER_PASSPHRASE": secrets.token_hex(),
                }
            )
            yield Office(description)
        finally:
            emulators.terminate()


@contextmanager
def archive_of(config: Config, there: Office) -> Iterator[Archive]:
    """An archive with its tables set up, on the office's clock."""
    environment = Environment.read()
    make_vault(config, environment)
    with open_archive(config, environment, clock=there.clock, sleep=there.wait) as archive:
        for replica in archive.engine.replicas:
            replica.connection.setup()
        yield archive


@contextmanager
def bench_archive(*services: str, quotas: bool = False, **sync: Any) -> Iterator[tuple[Office, Archive]]:
    """An office and its archive over the services named, in a folder that goes away."""
    with (
        tempfile.TemporaryDirectory() as home,
        office(Path(home), quotas=quotas) as there,
        archive_of(config_of(there.places(services), **sync), there) as archive,
    ):
        yield there, archive
