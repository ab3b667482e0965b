"""What the emulators cost beside the least they could cost, side by side in one run; medians, the worst case of each kind.

`emulator_request_ratio`: a small request in process, through pyairtable and gspread, against the same request to an adapter
that answers a constant. `emulator_read_ratio`: reading a tab of 100,000 × 20 cells against `json.dumps` of its values.
"""

import json
import time
from collections.abc import Callable, Mapping
from functools import partial
from statistics import median
from typing import Any

import gspread
import pyairtable
import requests
from requests.adapters import BaseAdapter

from emulators.adapter import IN_PROCESS_URL, as_request, as_response, mount
from emulators.exchange import Request, Response
from emulators.world import World

ROUNDS = 400
READS = 5
ROWS, COLUMNS = 100_000, 20

Call = Callable[[], object]


def emulator_figures() -> dict[str, Any]:
    """Both ratios, and the single ones they are the worst of."""
    requests_, reads = request_ratios(), read_ratios()
    return {
        "emulator_request_ratio": max(requests_.values()),
        "emulator_request_ratios": requests_,
        "emulator_read_ratio": max(reads.values()),
        "emulator_read_ratios": reads,
    }


class Constant(BaseAdapter):
    """Gives the answer that a world gave before, without asking it again."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world
        self._kept: dict[tuple[str, str], Response] = {}

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """The first answer to this method and address, however often it is asked for."""
        key = (request.method or "", request.url or "")
        if key not in self._kept:
            answer = self._world.handle(as_request(request)).response
            assert answer is not None
            self._kept[key] = answer
        return as_response(request, self._kept[key])

    def close(self) -> None:
        """Nothing is open."""


def request_ratios() -> dict[str, float]:
    """By request: the median time with the emulator over the median time with the constant."""
    world = World(seed=1, quotas=False)
    real, constant = requests.Session(), requests.Session()
    mount(world, real)
    constant.mount(IN_PROCESS_URL, Constant(world))
    table = _table(world)
    ours, theirs = _calls(world, real, table), _calls(world, constant, table)
    return {name: _ratio(ours[name], theirs[name]) for name in ours}


def _ratio(one: Call, other: Call) -> float:
    pairs = [(_seconds(one), _seconds(other)) for _ in range(ROUNDS)]
    return round(median(first for first, _ in pairs) / median(second for _, second in pairs), 2)


def _seconds(work: Call) -> float:
    """Seconds of work, not of waiting for a machine that others use too."""
    started = time.process_time()
    work()
    return time.process_time() - started


def _table(world: World) -> str:
    """A small Airtable table with three records."""
    session = requests.Session()
    mount(world, session)
    base = _airtable(world, session).base(world.base_id)
    kinds = {"Name": "singleLineText", "Note": "multilineText"}
    table = base.create_table("T", [{"name": name, "type": kind} for name, kind in kinds.items()])
    table.batch_create([{"Name": f"n{number}", "Note": "x"} for number in range(3)])
    return table.id


def _airtable(world: World, session: requests.Session) -> pyairtable.Api:
    api = pyairtable.Api(world.airtable.token, endpoint_url=IN_PROCESS_URL, retry_strategy=None)
    session.headers.update(api.session.headers)
    api.session = session
    return api


class InProcess(gspread.HTTPClient):
    """gspread's client with the in-process address in place of Google's."""

    def request(self, method: str, endpoint: str, *rest: Any, **options: Any) -> requests.Response:
        """One request."""
        address = endpoint.replace("https://sheets.googleapis.com", IN_PROCESS_URL)
        return super().request(method, address, *rest, **options)


def _calls(world: World, session: requests.Session, table_id: str) -> Mapping[str, Call]:
    table = _airtable(world, session).table(world.base_id, table_id)
    first = table.all(max_records=1)[0]["id"]
    google = requests.Session()
    google.adapters, google.headers = session.adapters, dict(session.headers)
    google.headers["Authorization"] = f"Bearer {world.google.token}"
    client = gspread.Client(auth=None, session=google, http_client=InProcess)
    sheet = client.open_by_key(world.spreadsheet_id).sheet1
    sheet.update([["a", 1], ["b", 2]], "A1:B2")
    rename = {"requests": [{"updateSheetProperties": {"properties": {"sheetId": 0}, "fields": "hidden"}}]}
    return {
        "airtable_get": lambda: table.get(first),
        "airtable_list": lambda: table.all(),
        "airtable_update": lambda: table.update(first, {"Note": "y"}),
        "sheets_get": lambda: sheet.get("A1:B2"),
        "sheets_update": lambda: sheet.update([["c", 3]], "A1:B1"),
        "sheets_batch": lambda: client.http_client.batch_update(world.spreadsheet_id, rename),
    }


def read_ratios() -> dict[str, float]:
    """By rendering, and the very first read apart: the time of a read over that of `json.dumps`."""
    world = World(seed=1, quotas=False)
    values = [
        [f"text {row}" if column % 4 else row * column / 8 for column in range(COLUMNS)]
        for row in range(ROWS)
    ]
    _fill(world, values)
    first = _seconds(lambda: _read(world, "FORMATTED_VALUE"))
    alone = median(_seconds(lambda: json.dumps(values)) for _ in range(READS))
    found = {"formatted_first": first}
    for rendering in ("FORMATTED_VALUE", "UNFORMATTED_VALUE", "FORMULA"):
        found[rendering.lower()] = median(_seconds(partial(_read, world, rendering)) for _ in range(READS))
    return {name: round(seconds / alone, 2) for name, seconds in found.items()}


def _fill(world: World, values: list[list[Any]]) -> None:
    headers = {"authorization": f"Bearer {world.google.token}"}
    path = f"/v4/spreadsheets/{world.spreadsheet_id}/values/A1:append"
    body = json.dumps({"values": values}).encode()
    query = (("valueInputOption", "RAW"),)
    answer = world.handle(Request("sheets", "POST", path, query, headers, body)).response
    assert answer is not None and answer.status == 200, answer


def _read(world: World, rendering: str) -> None:
    headers = {"authorization": f"Bearer {world.google.token}"}
    path = f"/v4/spreadsheets/{world.spreadsheet_id}/values/Sheet1"
    query = (("valueRenderOption", rendering),)
    answer = world.handle(Request("sheets", "GET", path, query, headers)).response
    assert answer is not None and answer.status == 200, answer
