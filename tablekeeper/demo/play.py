"""What a scene works with: both screens, the cast, and the moments that the audience will see."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from tablekeeper.demo.cast import CUSTOMERS, NUMBER, STATUS, Cast
from tablekeeper.demo.office import Cells, Office, wait_for
from tablekeeper.demo.stage import Stage

NOTE = "校验说明"
ERROR = "错误"
NO_ROW = "(没有这一行)"
Side = Literal["airtable", "sheets"]
Sight = Callable[[Cells, Cells], bool]
"""What somebody looks for in a row as it stands on Airtable and on Sheets; blank where it does not stand."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One cell on both sides, with what the row says of itself, at one time."""

    when: str
    airtable: str
    sheets: str
    status: str = ""
    note: str = ""


@dataclass(slots=True)
class Play:
    """One scene in progress. `shown` is the column that the audience looks at."""

    office: Office
    stage: Stage
    cast: Cast
    shown: str
    moments: list[Moment] = field(default_factory=list)

    def look(self, when: str, number: str, side: Side, *, table: str = CUSTOMERS, key: str = NUMBER) -> None:
        """Keep this moment of a row; status and note as they read on `side`."""
        self.keep(when, *self.both(number, table=table, key=key), side)

    def keep(self, when: str, airtable: Cells, sheets: Cells, side: Side) -> None:
        """Keep a moment that was looked at already."""
        own = airtable if side == "airtable" else sheets
        self.moments.append(
            Moment(
                when,
                text_of(airtable.get(self.shown)) if airtable else NO_ROW,
                text_of(sheets.get(self.shown)) if sheets else NO_ROW,
                str(own.get(STATUS, "")),
                str(own.get(NOTE, "")),
            )
        )

    def both(self, number: str, *, table: str = CUSTOMERS, key: str = NUMBER) -> tuple[Cells, Cells]:
        """A row by its business key on both sides, blank where it does not stand."""
        found = self.office.airtable.find(table, key, number)
        return next(iter(found.values()), {}), self.office.sheets.row(table, key, number) or {}

    def until(
        self, what: str, number: str, sight: Sight, *, table: str = CUSTOMERS, key: str = NUMBER
    ) -> tuple[Cells, Cells]:
        """Wait until the row looks like that on both sides. Raises NotSeen."""

        def look() -> tuple[Cells, Cells] | None:
            rows = self.both(number, table=table, key=key)
            return rows if sight(*rows) else None

        return wait_for(what, look)

    def place(self, number: str) -> int:
        """Where a customer's row is on Sheets at the moment. Raises NotSeen."""
        return wait_for(
            f"表格中有客户 {number}",
            lambda: next(iter(self.office.sheets.places(CUSTOMERS, NUMBER, number)), None),
        )

    def secret(self, text: str) -> str:
        """A value that must not stay anywhere but in the vault, on its way to a keyboard."""
        self.office.typed.add(text)
        return text


def sealed(cells: Cells, header: str) -> bool:
    """Whether a cell shows the stand-in of a valid value."""
    text = str(cells.get(header, ""))
    return "〔" in text and not text.startswith("待更正")


def refused(cells: Cells, header: str) -> bool:
    """Whether a cell shows the stand-in of a wrong value, and the row says so."""
    return str(cells.get(header, "")).startswith("待更正〔") and cells.get(STATUS) == ERROR


def text_of(content: object) -> str:
    """A cell as a person reads it."""
    if content is None:
        return ""
    return "、".join(map(str, content)) if isinstance(content, list) else str(content)
