"""Ranges that somebody protected against the daemon: what stands there is read and cannot be written. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from sys import maxsize

from .grid import Json

PROTECTIONS = "protectedRanges(range,warningOnly,requestingUserCanEdit,unprotectedRanges)"
"""What to ask of each sheet for `closed_ranges`."""


@dataclass(frozen=True, slots=True)
class Area:
    """Rows and columns of a tab; a side that Google leaves out has no end."""

    rows: range
    columns: range

    @classmethod
    def parse(cls, found: Json) -> "Area":
        """From a GridRange."""
        return cls(
            range(found.get("startRowIndex", 0), found.get("endRowIndex", maxsize)),
            range(found.get("startColumnIndex", 0), found.get("endColumnIndex", maxsize)),
        )

    def covers(self, position: int, column: int) -> bool:
        """Whether a cell lies in it."""
        return position in self.rows and column in self.columns


@dataclass(frozen=True, slots=True)
class Closed:
    """One protection that does not let the daemon in."""

    area: Area
    free: tuple[Area, ...] = ()
    """What a protected sheet leaves to everybody."""

    def covers(self, position: int, column: int) -> bool:
        """Whether a cell cannot be written."""
        return self.area.covers(position, column) and not any(
            area.covers(position, column) for area in self.free
        )

    def touches(self, column: int) -> bool:
        """Whether a column has such a cell below the header row."""
        below = self.area.rows[1:] if self.area.rows.start == 0 else self.area.rows
        return bool(below) and self.covers(below.start, column)


def closed_ranges(document: Json) -> Mapping[int, tuple[Closed, ...]]:
    """The protections that shut the asking account out, by sheet id. One that only warns shuts nobody out."""
    return {
        sheet["properties"].get("sheetId", 0): tuple(
            Closed(Area.parse(entry["range"]), tuple(map(Area.parse, entry.get("unprotectedRanges", ()))))
            for entry in sheet.get("protectedRanges", ())
            if "range" in entry and not entry.get("warningOnly") and not entry.get("requestingUserCanEdit")
        )
        for sheet in document.get("sheets", ())
    }
