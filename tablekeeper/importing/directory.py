"""Finds the record that a text in the file names, among the rows of the file and the records of the archive."""

from collections import defaultdict
from collections.abc import Mapping

from sync.connection import Uid
from validators.raw import Raw
from validators.schema import FieldKey, FieldType, SchemaConfig, TableKey
from validators.text import normalise_identifier

from .existing import Existing
from .workbook import Cells, is_blank


class Directory:
    """By business key, or by name where only one record goes by it (and never for customers: names are not unique)."""

    def __init__(self, schema: SchemaConfig, existing: Existing, *, nameless: frozenset[TableKey]) -> None:
        self._schema, self._existing, self._nameless = schema, existing, nameless
        self._keys: dict[TableKey, dict[str, Uid]] = defaultdict(dict)
        self._names: dict[TableKey, dict[str, set[Uid]]] = {}

    def add(self, table: TableKey, uid: Uid, *, key: str, name: str) -> None:
        """A row of the file; of two with one key, the first is meant."""
        if key:
            self._keys[table].setdefault(key, uid)
        if name:
            self._named(table).setdefault(name, set()).add(uid)

    def find(self, table: TableKey, text: str) -> Uid | None:
        """The uid that the text names, if it names exactly one."""
        wanted = normalise_identifier(text)
        found = self._existing.by_key(table, [wanted]).get(wanted) or self._keys[table].get(wanted)
        if found or table in self._nameless:
            return found
        named = self._named(table).get(wanted, set())
        return next(iter(named)) if len(named) == 1 else None

    def linked(self, table: TableKey, cells: Cells) -> tuple[dict[FieldKey, Raw], dict[FieldKey, Uid]]:
        """The cells of a row, and apart from them the links that were found. What was not found stays a text."""
        links: dict[FieldKey, Uid] = {}
        for key, field in self._schema.tables[table].links.items():
            raw = cells.get(key)
            if field.type is FieldType.LINK and not is_blank(raw):
                uid = self.find(field.to or "", str(raw))
                if uid:
                    links[key] = uid
        return {key: raw for key, raw in cells.items() if key not in links and not is_blank(raw)}, links

    def _named(self, table: TableKey) -> dict[str, set[Uid]]:
        if table not in self._names:
            self._names[table] = self._archived_names(table)
        return self._names[table]

    def _archived_names(self, table: TableKey) -> dict[str, set[Uid]]:
        label = self._schema.tables[table].label
        names: dict[str, set[Uid]] = defaultdict(set)
        if label:
            for record in self._existing.all(table):
                names[name_of(record.values, label)].add(record.uid)
        return dict(names)


def name_of(values: Mapping[FieldKey, object], label: FieldKey | None) -> str:
    """A record's name in the form in which equal names are equal."""
    return normalise_identifier(str(values.get(label or "") or ""))
