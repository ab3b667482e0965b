"""How records and values of the archive are told to people: by the names staff know, sensitive ones as mask and token."""

from collections.abc import Iterable
from datetime import datetime

from sync.connection import Uid
from sync.secrets import LIST_SEPARATOR, shown_text
from sync.store.hub import Unit
from tablekeeper.archive import Archive
from validators.schema import FieldKey, TableKey
from validators.values import Json, dump_value, load_value, refers

BLANK = "空白"


class Showing:
    """Shows records and values of the archive as staff know them; sensitive ones as mask and token."""

    def __init__(self, archive: Archive, unit: Unit) -> None:
        self._archive, self._unit = archive, unit

    def moment(self, at: datetime) -> str:
        """A moment in the archive's time zone."""
        return f"{at.astimezone(self._archive.engine.zone):%Y-%m-%d %H:%M:%S}"

    def table(self, table: TableKey) -> str:
        """A table's name; its key when the configuration no longer has it."""
        config = self._archive.config.tables.get(table)
        return config.name if config else table

    def field(self, table: TableKey, key: FieldKey) -> str:
        """A field's header; its key when the configuration no longer has it."""
        config = self._archive.config.tables.get(table)
        field = config.fields.get(key) if config else None
        return field.name if field else key

    def key(self, table: TableKey, uid: Uid) -> str:
        """What staff call a record by; its uid while it has no business key."""
        record = self._unit.records.get(table, uid) if table in self._archive.config.tables else None
        return (record.key if record else "") or uid

    def value(self, table: TableKey, key: FieldKey, json: Json | None) -> str:
        """A value of the hub, from its stored form."""
        if json is None:
            return BLANK
        config = self._archive.config.tables.get(table)
        field = config.fields.get(key) if config else None
        if field is None:
            return str(json)
        try:
            value = load_value(field, json)
        except (ValueError, ArithmeticError):
            # The ledger also keeps texts of a file that are no values of their field.
            return str(json)
        if field.sensitive:
            return self._stand_in(str(value))
        if targets := refers(field, value):
            return self._joined([self.key(field.to or "", uid) for uid in targets])
        if isinstance(value, frozenset):
            return self._joined(value)
        return "是" if value is True else str(value)

    def current(self, table: TableKey, uid: Uid, key: FieldKey) -> str:
        """What a record of the hub holds now."""
        record = self._unit.records.get(table, uid) if table in self._archive.config.tables else None
        value = record.values.get(key) if record else None
        return self.value(table, key, None if value is None else dump_value(value))

    def _stand_in(self, token: str) -> str:
        sealed = self._archive.vault.look_up([token]).get(token)
        return shown_text(sealed) if sealed else f"〔{token}〕"

    def _joined(self, parts: Iterable[str]) -> str:
        return LIST_SEPARATOR.join(sorted(parts))
