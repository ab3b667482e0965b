"""One request on one spreadsheet: who asks, when, and the rules that bind every write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random

from emulators.google.a1 import Box, range_name
from emulators.google.defaults import Switches
from emulators.google.document import Document, Edit
from emulators.google.errors import Json, invalid
from emulators.google.formulas import Evaluator
from emulators.google.grid import Sheet, box_of
from emulators.google.masks import EVERYTHING, Mask
from emulators.google.render import Renderer
from emulators.google.serials import wall_clock
from emulators.google.views import View, may_edit


@dataclass(slots=True)
class Context:
    """What a method may use. `wrote` tells afterwards whether the spreadsheet changed."""

    document: Document
    person: str
    owner: str
    clock: Callable[[], datetime]
    random: Random
    policies: Switches
    fetch: Callable[[str], Document]
    """Another spreadsheet this person may write to, by id; raises ApiError."""
    fields: str = ""
    """The `fields` query parameter."""
    mask: Mask = field(default_factory=lambda: EVERYTHING)
    wrote: bool = False
    retitled: bool = False

    @property
    def locale(self) -> str:
        """The spreadsheet's locale."""
        found: str = self.document.properties["locale"]
        return found

    def now(self) -> datetime:
        """Wall-clock time in the spreadsheet's zone."""
        return wall_clock(self.clock(), self.document.properties["timeZone"])

    def renderer(self) -> Renderer:
        """A renderer that sees the present state."""
        return Renderer(self.document, Evaluator(self.document, self.now, self.random), self.policies)

    def view(self) -> View:
        """The spreadsheet as this person sees it."""
        return View(self.renderer(), self.person, self.owner)

    def touch(self, sheet: Sheet, box: Box, action: str) -> None:
        """To be called before cells are written: checks protection and notes who did it. No value is kept."""
        self.guard(sheet, box)
        self.note(action, range_name(sheet.title, box))

    def note(self, action: str, where: str = "") -> None:
        """Keeps who did what, where."""
        self.wrote = True
        time = self.clock().astimezone(UTC).isoformat()
        self.document.note(Edit(time, self.person, action, where))

    def guard(self, sheet: Sheet, box: Box) -> None:
        """Raises the 400 when the box touches cells that somebody else protected."""
        for entry in sheet.protections.values():
            if entry.get("warningOnly") or may_edit(entry, self.person, self.owner):
                continue
            if self.protected(sheet, entry).overlaps(box) and not self._exempt(sheet, entry, box):
                raise invalid(
                    "You are trying to edit a protected cell or object. Please contact the spreadsheet owner to remove "
                    "protection if you need to edit."
                )

    def protected(self, sheet: Sheet, entry: Json) -> Box:
        """The cells of a protection, which may name a named range instead of cells."""
        area = entry.get("range")
        if area is None:
            area = self.document.names.get(entry.get("namedRangeId", ""), {}).get("range", {})
        return box_of(sheet, area)

    def _exempt(self, sheet: Sheet, entry: Json, box: Box) -> bool:
        return any(box_of(sheet, area).contains(box) for area in entry.get("unprotectedRanges", []))
