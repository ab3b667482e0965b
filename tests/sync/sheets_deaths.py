"""What a spreadsheet's daemon dies of, and what people do around that."""

from collections.abc import Callable
from typing import Any

import pytest

from sync.connection import Remove, SystemColumn, Update
from tests.sync.sheets_office import CUSTOMERS, Office, uid


class Killed(BaseException):
    """The process ends."""


def die_after_batch(office: Office, number: int = 1) -> None:
    """The n-th batch from now takes effect, and nobody lives to hear of it."""
    client, plain = office.connection._client, office.connection._client.update
    left = [number]

    def update(*args: Any, **options: Any) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise Killed
        answer = plain(*args, **options)
        if left[0] == 0:
            raise Killed
        return answer

    client.update = update  # type: ignore[method-assign]


def crash(office: Office, act: Callable[[], object], batches: int = 1) -> None:
    """What the daemon does ends with its death after so many batches; then it is started again."""
    die_after_batch(office, batches)
    with pytest.raises(Killed):
        act()
    office.connect()


def insert_row(office: Office, position: int) -> None:
    span = {
        "sheetId": office.gid(CUSTOMERS),
        "dimension": "ROWS",
        "startIndex": position,
        "endIndex": position + 1,
    }
    office.batch({"insertDimension": {"range": span, "inheritFromBefore": False}})


def delete_rows(office: Office, start: int) -> None:
    """The tab ends there."""
    gid = office.gid(CUSTOMERS)
    tabs = [sheet["properties"] for sheet in office.call("", method="GET")["sheets"]]
    (end,) = [one["gridProperties"]["rowCount"] for one in tabs if one["sheetId"] == gid]
    span = {"sheetId": gid, "dimension": "ROWS", "startIndex": start, "endIndex": end}
    office.batch({"deleteDimension": {"range": span}})


def rows(office: Office) -> list[list[Any]]:
    """What stands in the tab below the header."""
    return office.values(f"{CUSTOMERS}!A2:Z20")


def number(office: Office, *cells: str) -> Update:
    """A person has typed a row; the operation that gives it its uid, and masks its mobile."""
    office.type(f"{CUSTOMERS}!D2", list(cells))
    (row,) = office.pull(full=True)["customers"].rows
    written = {"mobile": "138****8000〔9TQK27MB4D〕"}
    return Update(uid(7), "", row.position, False, dict(row.cells), written, {SystemColumn.UID: uid(7)})


def remove(office: Office, position: int, known: str) -> Remove:
    return Remove(uid(position), "", position, {"full_name": None, "customer_no": known})
