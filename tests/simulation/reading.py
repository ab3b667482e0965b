"""What a cell says, in one form for every service: so that the oracle can compare what people typed with what stands where.

Written apart from the engine: it decodes cells by itself and asks the vault only what stands behind a token.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from tests.simulation import archive
from tests.simulation.archive import ORIGIN, TABLES, fields
from tests.simulation.side import Formula, Line, Raw, Side

DAY_ZERO = date(1899, 12, 30)
STAND_IN = re.compile(r"[0-9*Xx]{0,30}〔([0-9A-Z]+)〕")
"""A mask and its token in prose."""
FORMULA = "=formula"


@dataclass(slots=True)
class Reader:
    """Reads cells. `open_token` gives the plaintext behind a token, None for one that the vault does not know."""

    open_token: Callable[[str], str | None]
    names: dict[str, str] = field(default_factory=dict)
    """Origins by record id, and by business key."""

    def learn(self, sides: list[Side]) -> None:
        """Who goes by which name at the moment."""
        for side in sides:
            for table in TABLES:
                key = next(iter(fields(table)))
                for line in side.lines(table):
                    if line.origin and side.service == "airtable":
                        self.names[line.place] = line.origin
                    if line.origin and key in line.cells:
                        self._learn_key(str(line.cells[key]), line.origin)

    def learn_anew(self, sides: list[Side]) -> None:
        """The same from all sides there are: a number whose owner shows it nowhere any more may be another's by now."""
        for side in sides:
            for table in TABLES:
                key = next(iter(fields(table)))
                for line in side.lines(table):
                    self.names.pop(str(line.cells.get(key)), None)
        self.learn(sides)

    def _learn_key(self, key: str, origin: str) -> None:
        """A copied row may still show the number of the older one, whose it is."""
        known = self.names.get(key)
        if known is None or _age(origin) < _age(known):
            self.names[key] = origin

    def row(self, table: str, line: Line) -> dict[str, str]:
        """All cells of a row that are not blank."""
        return {
            key: text for key, raw in line.cells.items() if (text := self.cell(table, key, raw)) is not None
        }

    def cell(self, table: str, key: str, raw: Raw) -> str | None:
        """One cell; None when blank. What does not fit its column is told by a leading `!`."""
        if raw in (None, "", [], False):
            return None
        if isinstance(raw, Formula):
            return FORMULA
        config = fields(table)[key]
        if config.get("sensitive"):
            return self._sensitive(raw)
        if config["type"] == "select":
            return archive.spelt(table, key, _text(raw))
        return self._plain(str(config["type"]), raw, upper=bool(config.get("upper")))

    def _sensitive(self, raw: Raw) -> str:
        text = _text(raw)
        found = re.search(r"〔([0-9A-Z]*)〕?", text)
        if not found:
            return text
        return self.open_token(found[1]) or f"!unknown token in {text}"

    def _plain(self, kind: str, raw: Raw, *, upper: bool) -> str:
        match kind:
            case "link":
                names = raw if isinstance(raw, list) else re.split("[、,，;；\n]+", str(raw))
                return "|".join(sorted(self.names.get(name.strip(), f"!{name.strip()}") for name in names))
            case "date":
                return _date(raw)
            case "decimal" | "money" | "int":
                return _number(raw)
            case "multiselect":
                return "、".join(sorted(raw if isinstance(raw, list) else str(raw).split("、")))
            case "bool":
                return "true" if raw is True else f"!{raw}"
        text = _text(raw)
        if upper:
            text = text.upper()
        return STAND_IN.sub(lambda found: self.open_token(found[1]) or found[0], text)


def _date(raw: Raw) -> str:
    if _is_number(raw):
        return (DAY_ZERO + timedelta(days=int(raw))).isoformat()
    return str(raw) if re.fullmatch(r"\d{4}-\d\d-\d\d", str(raw)) else f"!{raw}"


def _age(origin: str) -> int:
    return int(origin.rpartition("#")[2])


def _number(raw: Raw) -> str:
    try:
        return str(Decimal(str(raw)).quantize(Decimal("0.01")))
    except ArithmeticError:
        return f"!{raw}"


def _is_number(raw: Raw) -> bool:
    return isinstance(raw, int | float) and not isinstance(raw, bool)


def _text(raw: Raw) -> str:
    if isinstance(raw, float) and raw.is_integer():
        raw = int(raw)
    return unicodedata.normalize("NFC", str(raw)).strip()


def is_origin(key: str) -> bool:
    """Whether a field is the oracle's own name of a row."""
    return key == ORIGIN


def sensitive(table: str) -> frozenset[str]:
    """The fields whose plaintext must not stay anywhere."""
    return frozenset(key for key, config in fields(table).items() if config.get("sensitive"))


Row = Mapping[str, str]
