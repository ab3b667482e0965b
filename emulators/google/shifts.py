"""How positions move when rows or columns are inserted, deleted or moved. Pure arithmetic on half-open spans."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emulators.google.errors import Json

AXES = {"ROWS": ("startRowIndex", "endRowIndex"), "COLUMNS": ("startColumnIndex", "endColumnIndex")}


@dataclass(frozen=True, slots=True)
class Shift:
    """`insert`: `count` places before `at`. `delete`: `count` places from `at`. `move`: those places to before `target`."""

    sheet_id: int
    dimension: str
    kind: str
    at: int
    count: int
    target: int = 0

    def index(self, position: int) -> int | None:
        """Where a place is afterwards; None if it was deleted."""
        if self.kind == "insert":
            return position + self.count if position >= self.at else position
        inside = self.at <= position < self.at + self.count
        if self.kind == "delete":
            return None if inside else position - self.count * (position >= self.at)
        return self._moved(position, inside)

    def _moved(self, position: int, inside: bool) -> int:
        forward = self.target > self.at
        landing = self.target - self.count if forward else self.target
        if inside:
            return position - self.at + landing
        without = position - self.count if position >= self.at + self.count else position
        return without + self.count if without >= landing else without

    def span(self, start: int, end: int | None) -> tuple[int, int | None] | None:
        """Where a span is afterwards; None if nothing of it is left. An open end stays open."""
        if self.kind == "insert":
            return self._grown(start, end)
        if self.kind == "delete":
            return self._shrunk(start, end)
        if end is None:
            return start, None
        ends = sorted((self._moved(start, self._holds(start)), self._moved(end - 1, self._holds(end - 1))))
        return ends[0], ends[1] + 1

    def _holds(self, position: int) -> bool:
        return self.at <= position < self.at + self.count

    def _grown(self, start: int, end: int | None) -> tuple[int, int | None]:
        new_start = start + self.count if start >= self.at and (start or end is not None) else start
        return new_start, (None if end is None else end + self.count if end > self.at else end)

    def _shrunk(self, start: int, end: int | None) -> tuple[int, int | None] | None:
        last = self.at + self.count
        new_start = start if start < self.at else max(self.at, start - self.count)
        if end is None:
            return new_start, None
        new_end = end if end <= self.at else max(self.at, end - self.count) if end >= last else self.at
        return (new_start, new_end) if new_end > new_start else None

    def grid_range(self, area: Mapping[str, Any]) -> Json | None:
        """A GridRange afterwards; None if it is gone. Ranges of other sheets stay."""
        if area.get("sheetId", 0) != self.sheet_id:
            return dict(area)
        start_name, end_name = AXES[self.dimension]
        if start_name not in area and end_name not in area:
            return dict(area)
        moved = self.span(area.get(start_name, 0), area.get(end_name))
        if moved is None:
            return None
        result = {**area, start_name: moved[0]}
        return result if moved[1] is None else {**result, end_name: moved[1]}

    def keys(self, entries: Mapping[int, Any]) -> dict[int, Any]:
        """Entries keyed by place, at their new places."""
        moved = ((self.index(place), entry) for place, entry in entries.items())
        return {place: entry for place, entry in moved if place is not None}
