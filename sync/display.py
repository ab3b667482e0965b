"""From canonical values to the cells of one replica: stand-ins, link names, options in their order."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from validators.raw import Raw
from validators.schema import LINKS, FieldConfig, FieldKey, FieldType, TableKey
from validators.values import Value, refers
from vault.masks import invalid_text
from vault.vault import Sealed

from .connection import CellValue, Uid
from .engine import Engine, Replica
from .links import SEPARATOR, Form, link_cell
from .merge import Row
from .secrets import shown_text
from .store.hub import Unit
from .store.seen import Held


@dataclass(frozen=True, slots=True)
class Display:
    """Shows canonical values as one replica shows them. Holds masks and tokens, never plaintext."""

    fields: Mapping[FieldKey, FieldConfig]
    options: Mapping[FieldKey, Sequence[str]]
    sealed: Mapping[str, Sealed]
    names: Mapping[Uid, str]
    form: Callable[[TableKey], Form]

    def cell(self, key: FieldKey, value: Value | None) -> tuple[CellValue, bool]:
        """The cell for a value, and whether it can be shown yet: a link waits until its target has a name here."""
        config = self.fields[key]
        if value is None:
            return None, True
        if config.sensitive:
            return self._stand_in(str(value)), True
        if config.type in LINKS:
            cell = link_cell(refers(config, value), self.names, self.form(config.to or ""))
            return cell, cell is not None
        if isinstance(value, frozenset):
            order = {option: place for place, option in enumerate(self.options.get(key, ()))}
            return tuple(sorted(value, key=lambda option: (order.get(option, len(order)), option))), True
        return value, True

    def held(self, held: Held | None) -> str | None:
        """The stand-in of a held sensitive value."""
        return self._stand_in(held.token) if held and held.token else None

    def _stand_in(self, token: str) -> str:
        """A token that the vault has lost stays in its cell, to be typed anew."""
        sealed = self.sealed.get(token)
        return shown_text(sealed) if sealed else invalid_text(token)


def build_display(
    engine: Engine, unit: Unit, replica: Replica, table: TableKey, rows: Sequence[Row], held: Sequence[Held]
) -> Display:
    """Load what showing these rows needs."""
    config = engine.schema.tables[table]
    tokens = {str(row[key]) for row in rows for key in config.sensitive if key in row}
    tokens |= {one.token for one in held if one.token}
    options = {
        key: engine.schema.options_of(field).values for key, field in config.of_type(FieldType.MULTISELECT)
    }
    return Display(
        fields=config.fields,
        options=options,
        sealed=engine.vault.look_up(tokens) if tokens else {},
        names=_names(unit, replica, config.links, rows),
        form=replica.link_form,
    )


def _names(
    unit: Unit, replica: Replica, links: Mapping[FieldKey, FieldConfig], rows: Sequence[Row]
) -> dict[Uid, str]:
    names: dict[Uid, str] = {}
    for key, config in links.items():
        uids = {uid for row in rows for uid in refers(config, row.get(key))}
        if replica.link_form(config.to or "") == "row_id":
            names |= unit.seen.locate(replica.name, config.to or "", uids)
        else:
            names |= {uid: record.key for uid, record in unit.records.get_many(config.to or "", uids).items()}
    return names


def is_normal(cell: CellValue, raw: Raw) -> bool:
    """Whether a cell that was read as the value of `cell` is also written as that value is.

    `p2024 001` is understood as P2024001, `2024.3.1` as a date; both are put in order, so that all replicas look alike.
    """
    match cell:
        case None:
            return raw is None
        case bool():
            return raw is True
        case Decimal():
            return isinstance(raw, int | float) and not isinstance(raw, bool)
        case datetime():
            return isinstance(raw, int | float) or (isinstance(raw, str) and raw.endswith("Z"))
        case date():
            return isinstance(raw, int | float) or raw == cell.isoformat()
        case tuple():
            return set(raw) == set(cell) if isinstance(raw, list) else raw == SEPARATOR.join(cell)
        case str():
            return raw == cell
