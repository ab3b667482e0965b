"""What would become of new rows: the engine's own decoding and checks, in memory. Seals nothing, numbers nothing, writes nothing."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import groupby

from sync.admit import FileLinks, NewRow, known_row
from sync.check import Surroundings, check
from sync.connection import Uid
from sync.decode import decode
from sync.reader import Reader
from sync.secrets import exposed
from sync.stages import Checked, Decoded
from sync.store.records import Record, State
from validators.rows import RowParser
from validators.rules import RuleBook
from validators.schema import FieldKey, SchemaConfig, TableKey
from validators.values import Value, refers
from vault.plaintext import Plaintext

from .existing import Existing


@dataclass(frozen=True, slots=True)
class Judged:
    """A new row and what the engine would say of it."""

    row: NewRow
    checked: Checked = field(repr=False)

    @property
    def has_error(self) -> bool:
        """Whether some of its fields would wait where they stand."""
        return any(issue.holds for issue in self.checked.issues)


class Judge:
    """Judges the rows of one file, those that others refer to first."""

    def __init__(
        self,
        schema: SchemaConfig,
        existing: Existing,
        today: date,
        *,
        parser: RowParser | None = None,
        rules: RuleBook | None = None,
    ) -> None:
        self._schema, self._existing, self._today = schema, existing, today
        # Compiling them takes longer than judging a row: whoever has them lends them.
        self._parser, self._rules = parser or RowParser(schema), rules or RuleBook(schema)
        self._records: dict[Uid, Record] = {}
        """What links may lead to: rows judged so far, and records of the archive."""
        self._numbers: Counter[TableKey] = Counter()

    def judge(self, rows: Sequence[NewRow]) -> list[Judged]:
        """All rows, in order; they must be grouped by table."""
        return [
            judged
            for table, group in groupby(rows, key=lambda row: row.table)
            for judged in self._table(table, list(group))
        ]

    def _table(self, table: TableKey, rows: Sequence[NewRow]) -> Iterable[Judged]:
        known = [known_row(row) for row in rows]
        links = FileLinks(self._schema, lambda target: "key", self._existing.by_key)
        links.prepare(table, [row.row for row in known])
        reader = Reader(
            schema=self._schema,
            look_up=lambda token: None,
            opened=lambda token: None,
            links=links,
            today=self._today,
            fields=frozenset(self._schema.tables[table].fields),
        )
        decoded = [decode(each, table, reader) for each in known]
        self._load_linked(table, decoded)
        checked_rows = check(decoded, self._surroundings(table))
        for row, each, checked in zip(rows, decoded, checked_rows, strict=True):
            passed = {key: exposed(value) for key, value in each.typed.items() if key not in checked.held}
            self._remember(table, row.uid, {**passed, **checked.fill}, checked.state)
            yield Judged(row, checked)

    def _remember(
        self, table: TableKey, uid: Uid, values: Mapping[FieldKey, Value | None], state: State
    ) -> None:
        config = self._schema.tables[table]
        plain = {
            key: value for key, value in values.items() if value is not None and key not in config.sensitive
        }
        key, beginning = str(plain.get(config.key, "")), datetime.min.replace(tzinfo=UTC)
        self._records[uid] = Record(table, uid, 0, key, state, plain, beginning, beginning)

    def _load_linked(self, table: TableKey, rows: Iterable[Decoded]) -> None:
        """Fetch the records of the archive that these rows link to."""
        wanted: dict[TableKey, set[Uid]] = defaultdict(set)
        for key, config in self._schema.tables[table].links.items():
            for row in rows:
                wanted[config.to or ""] |= refers(config, exposed(row.typed.get(key))) - self._records.keys()
        for target, uids in wanted.items():
            self._records |= self._existing.get_many(target, uids)

    def _surroundings(self, table: TableKey) -> Surroundings:
        return Surroundings(
            schema=self._schema,
            rules=self._rules,
            parser=self._parser,
            table=table,
            today=self._today,
            opened={},
            linked=self._records,
            holders=lambda key, text: self._holders(table, key, text),
            find=self._records.get,
            key_of=lambda uid: "",
            next_number=lambda: self._next_number(table),
            key_taken=lambda key: False,
        )

    def _holders(self, table: TableKey, key: FieldKey, text: Plaintext[str]) -> set[Uid]:
        if key in self._schema.tables[table].sensitive:
            return self._existing.by_secret(table, key, text)
        return self._existing.holders(table, key, text.expose())

    def _next_number(self, table: TableKey) -> int:
        self._numbers[table] += 1
        return self._numbers[table]
