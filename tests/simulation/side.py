"""What a person at one replica sees and can do, whichever service it is on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import quote

import orjson

from emulators.exchange import Request
from emulators.world import World, service_of
from tests.simulation.archive import ORIGIN

STATUS, NOTE, UID = "校验状态", "校验说明", "记录编号"

Raw = Any
"""A cell as the service shows it: text, number, truth value, or a list; None when blank."""


class Formula(str):
    """What a cell calculates, as its formula; text that begins with `=` is text."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One row as it stands on the screen. `place` is what the service calls it: a record id, or a position."""

    place: str
    cells: Mapping[str, Raw] = field(repr=False)
    """By field key; blank cells are absent."""
    system: Mapping[str, str] = field(repr=False)
    """The daemon's columns by header."""
    own: str = ""
    """What stands in the staff's own column."""

    @property
    def origin(self) -> str:
        """The name under which the oracle knows the row; empty while nobody has filled it in, and where the daemon has written
        something else there, because somebody dragged a column away: for a moment, or the value is lost."""
        shown = str(self.cells.get(ORIGIN, ""))
        return shown if "#" in shown else ""

    @property
    def uid(self) -> str:
        return self.system.get(UID, "")


class Side(Protocol):
    """One replica through the eyes of staff."""

    name: str
    service: str

    def learn(self) -> None:
        """Look at the tables after `setup`."""
        ...

    def add_own_column(self, table: str) -> None:
        """A column of the staff's own."""
        ...

    def fields(self, table: str) -> tuple[str, ...]:
        """The columns that can be seen now, by field key."""
        ...

    def lines(self, table: str) -> list[Line]:
        """The rows in their order; none where the table cannot be seen."""
        ...

    def type(self, table: str, line: Line, cells: Mapping[str, Raw]) -> bool:
        """Type into cells of a row; None empties. False where the service declined."""
        ...

    def add(self, table: str, cells: Mapping[str, Raw]) -> bool:
        """A new row at the end."""
        ...

    def remove(self, table: str, line: Line) -> bool:
        """Delete a row."""
        ...

    def copy(self, table: str, line: Line, cells: Mapping[str, Raw]) -> bool:
        """Duplicate a row, daemon's columns and all, and type into the copy at once."""
        ...

    def mark(self, table: str, line: Line, text: str) -> bool:
        """Type into the staff's own column."""
        ...


@dataclass(slots=True)
class Hands:
    """A person's requests to the world."""

    world: World
    token: str

    def __call__(
        self, method: str, path: str, body: Any = None, query: Mapping[str, str] | None = None
    ) -> Any:
        """The answer's JSON, or None where the service declined."""
        request = Request(
            service_of(path),
            method,
            quote(path, safe="/:!'"),
            tuple((query or {}).items()),
            {"authorization": f"Bearer {self.token}"},
            b"" if body is None else orjson.dumps(body),
        )
        response = self.world.handle(request).response
        if response is None or response.status >= 400:
            return None
        return orjson.loads(response.body)
