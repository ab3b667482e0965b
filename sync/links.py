"""Link cells: Airtable shows record ids, Sheets shows business keys, the hub knows uids."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Literal

from validators.raw import Raw
from validators.schema import FieldConfig, SchemaConfig, TableKey
from validators.text import normalise_identifier

from .connection import CellValue, SeenRow, Uid

_SEPARATORS = re.compile("[、,\uff0c;\uff1b\n]+")
SEPARATOR = "、"
Form = Literal["row_id", "key"]
Finder = Callable[[TableKey, set[str]], Mapping[str, Uid]]
"""From names of rows as a replica shows them to uids."""


class LinkReader:
    """Resolves the link cells of a block of rows, with one look-up per target table."""

    def __init__(self, schema: SchemaConfig, form: Callable[[TableKey], Form], find: Finder) -> None:
        """`form` says how cells name the records of a table."""
        self._schema, self._form, self._find = schema, form, find
        self._found: dict[TableKey, Mapping[str, Uid]] = {}

    def prepare(self, table: TableKey, rows: Iterable[SeenRow]) -> None:
        """Look up every name that the link cells of these rows show."""
        wanted: dict[TableKey, set[str]] = {}
        links = self._schema.tables[table].links
        for row in rows:
            for key, config in links.items():
                wanted.setdefault(config.to or "", set()).update(self._names(config, row.cells.get(key)))
        self._found = {target: self._find(target, names) for target, names in wanted.items()}

    def resolve(self, field_config: FieldConfig, raw: Raw) -> tuple[frozenset[Uid], list[str]]:
        """The uids a cell names, and the names that nobody goes by."""
        found = self._found.get(field_config.to or "", {})
        names = self._names(field_config, raw)
        return frozenset(found[name] for name in names if name in found), [
            name for name in names if name not in found
        ]

    def _names(self, config: FieldConfig, raw: Raw) -> list[str]:
        if isinstance(raw, list):
            return list(raw)
        if raw is None or self._form(config.to or "") == "row_id":
            return []
        return [normalise_identifier(part) for part in _SEPARATORS.split(str(raw)) if part.strip()]


def link_cell(uids: Iterable[Uid], names: Mapping[Uid, str], form: Form) -> CellValue:
    """The cell that shows these records, or None while one of them has no name in the replica yet."""
    shown = [names.get(uid, "") for uid in sorted(uids)]
    if not all(shown):
        return None
    return tuple(shown) if form == "row_id" else SEPARATOR.join(sorted(shown))
