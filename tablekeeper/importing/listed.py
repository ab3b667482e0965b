"""Sheets that list the records of one table, a row each: staff, claims, and whatever else a configuration has."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from sync.admit import NewRow
from sync.connection import Uid
from validators.raw import Raw
from validators.schema import FieldKey, SchemaConfig, TableKey
from validators.text import normalise_identifier

from .directory import Directory
from .entries import EntryReader, origin_of
from .existing import Existing
from .layout import CLAIMS, ROOT
from .notes import Notes
from .policies import PolicyIndex
from .workbook import Cells, Sheet, is_blank


@dataclass(frozen=True, slots=True)
class _Draft:
    uid: Uid
    origin: str
    cells: Cells = field(repr=False)


class Lists:
    """Turns such sheets into rows."""

    def __init__(
        self,
        schema: SchemaConfig,
        existing: Existing,
        directory: Directory,
        policies: PolicyIndex,
        notes: Notes,
        new_uid: Callable[[], Uid],
    ) -> None:
        self._schema, self._existing, self._directory = schema, existing, directory
        self._policies, self._notes, self._new_uid = policies, notes, new_uid

    def split(self, table: TableKey, sheets: Iterable[Sheet], reader: EntryReader) -> Iterator[NewRow]:
        """The new rows of a table. All of them get their uids first: a row may refer to one further down."""
        for draft in list(self._drafts(table, sheets, reader)):
            cells, links = self._claim(draft.cells) if table == CLAIMS else (dict(draft.cells), {})
            cells, found = self._directory.linked(table, cells)
            yield NewRow(table, draft.uid, cells, {**found, **links}, draft.origin)

    def _drafts(self, table: TableKey, sheets: Iterable[Sheet], reader: EntryReader) -> Iterator[_Draft]:
        config = self._schema.tables[table]
        entries = [
            (origin_of(sheet, line), line.cells[table], dict(reader.values(table, line.cells[table])))
            for sheet in sheets
            for line in sheet.lines
        ]
        keys = [str(values.get(config.key) or "") for _, _, values in entries]
        present = self._existing.by_key(table, keys)
        for (origin, cells, values), key in zip(entries, keys, strict=True):
            self._notes.found[table] += 1
            if key in present:
                self._notes.present[table] += 1
                continue
            uid = self._new_uid()
            name = normalise_identifier(str(values.get(config.label or "") or ""))
            self._directory.add(table, uid, key=key, name=name)
            yield _Draft(uid, origin, cells)

    def _claim(self, cells: Cells) -> tuple[dict[FieldKey, Raw], dict[FieldKey, Uid]]:
        """A claim's policy by number, and its person by name where that is the name of somebody on the policy."""
        remaining = dict(cells)
        links: dict[FieldKey, Uid] = {}
        fields = self._schema.tables[CLAIMS].fields
        number = next((key for key, config in fields.items() if config.to == "policies"), "")
        person = next((key for key, config in fields.items() if config.to == ROOT), "")
        name = _text(cells.get(person))
        policy = self._policies.find(_text(cells.get(number)), name)
        if policy is None:
            return remaining, links
        links[number] = policy.uid
        del remaining[number]
        party = next((each for each in policy.parties if name and each.name == name), None)
        if party is not None:
            links[person] = party.uid
            del remaining[person]
        return remaining, links


def _text(raw: Raw) -> str:
    return "" if is_blank(raw) else normalise_identifier(str(raw))
