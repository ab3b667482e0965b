"""Rows that come from a file, not from a table: into the vault and the hub first, then into the home replica.

A row that does not pass stands there as a held row, its sensitive cells already tokens, for staff to mend.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from validators.issues import Issue
from validators.raw import Raw
from validators.schema import TEXTS, FieldConfig, FieldKey, SchemaConfig, TableKey

from .commit import Absorbed, store_records
from .confirm import confirm
from .connection import SeenRow, Uid
from .engine import CycleReport, Engine, Replica
from .judge import check_rows, decode_rows, merge_rows
from .links import LinkReader
from .plan import make_plan
from .protect import protect
from .stages import Checked, Decoded, Known, Protected
from .store.hub import Unit
from .store.records import State
from .store.seen import SeenState

BLOCK_ROWS = 500
SOURCE = "import"
HOLDING = (State.HELD, State.WAITING)


@dataclass(frozen=True, slots=True)
class NewRow:
    """One row of a file. `uid` is chosen by the reader, so that rows of one file can refer to each other."""

    table: TableKey
    uid: Uid
    cells: Mapping[FieldKey, Raw] = field(repr=False)
    links: Mapping[FieldKey, Uid] = field(default_factory=dict)
    """Link fields by the uid they point to; a link given in `cells` is looked up by business key."""
    origin: str = ""


@dataclass(slots=True)
class AdmitReport:
    """What became of the rows, per table."""

    live: dict[TableKey, int] = field(default_factory=dict)
    held: dict[TableKey, int] = field(default_factory=dict)
    waiting: dict[TableKey, int] = field(default_factory=dict)
    findings: list[tuple[str, str, str]] = field(default_factory=list)
    """Origin, field name or rule, message: what staff will have to mend; never a value."""
    written: CycleReport = field(default_factory=CycleReport)


class FileLinks(LinkReader):
    """A link cell of a file holds the uid it means, or a business key to look up."""

    def resolve(self, field_config: FieldConfig, raw: Raw) -> tuple[frozenset[Uid], list[str]]:
        return (frozenset(raw), []) if isinstance(raw, list) else super().resolve(field_config, raw)


def admit(
    engine: Engine,
    rows: Sequence[NewRow],
    *,
    actor: str | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> AdmitReport:
    """Take the rows in, table after table, so that links find their targets. Raises ServiceError of the home replica."""
    report, home = AdmitReport(), home_of(engine)
    for table in engine.order:
        mine = [row for row in rows if row.table == table]
        for start in range(0, len(mine), BLOCK_ROWS):
            block = mine[start : start + BLOCK_ROWS]
            protected = _admit_block(engine, home, table, block, actor)
            _count(engine, report, table, block, protected)
            _write(engine, home, table, protected, report)
            progress(len(block))
    return report


def enter(engine: Engine, rows: Sequence[NewRow], *, actor: str) -> AdmitReport:
    """Take rows in from a form: into vault and hub alone. The next cycle writes them into the tables."""
    report, home = AdmitReport(), home_of(engine)
    for table in engine.order:
        mine = [row for row in rows if row.table == table]
        _count(engine, report, table, mine, _admit_block(engine, home, table, mine, actor))
    return report


def home_of(engine: Engine) -> Replica:
    """Where rows from elsewhere first stand: a base before a spreadsheet, and never a department's."""
    whole = [replica for replica in engine.replicas if replica.config.is_whole] or list(engine.replicas)
    return next((one for one in whole if one.connection.link_form == "row_id"), whole[0])


def _admit_block(
    engine: Engine, home: Replica, table: TableKey, rows: Sequence[NewRow], actor: str | None
) -> list[Protected]:
    fields = frozenset(engine.schema.tables[table].fields)
    with engine.hub.unit() as unit:
        known = [known_row(row, actor) for row in rows]
        links = FileLinks(engine.schema, lambda target: "key", unit.records.by_key)
        links.prepare(table, [row.row for row in known])
        decoded = decode_rows(engine, table, known, links, fields=fields)
        checked = [_quote(engine, table, row) for row in check_rows(engine, unit, table, decoded)]
        protected = protect(checked, table, schema=engine.schema, masks=engine.masks, vault=engine.vault)
        store_records(engine, unit, SOURCE, table, protected, merge_rows(protected, fields=fields, policy={}))
        _reserve(unit, home, table, protected)
        for row in decoded:
            _keep_unshown(engine, unit, home, table, row)
    return protected


def known_row(row: NewRow, actor: str | None = None) -> Known:
    """A row of a file as the steps take it."""
    cells: dict[FieldKey, Raw] = {**row.cells, **{key: [uid] for key, uid in row.links.items()}}
    cells = {key: raw for key, raw in cells.items() if raw is not None}
    # Not fresh: its uid is settled before any replica has the row.
    shown = SeenRow(uid=row.uid, row_id="", position=-1, cells=cells, actor=actor)
    return Known(row.uid, shown, SeenState(row.uid), None)


def _reserve(unit: Unit, home: Replica, table: TableKey, rows: Iterable[Protected]) -> None:
    """Rows that are not live belong to the home replica before they stand there: a crash in between loses none."""
    unit.seen.save(
        home.name, table, [SeenState(row.known.uid, held=row.held) for row in rows if row.state in HOLDING]
    )


def _unshown(schema: SchemaConfig, table: TableKey, row: Decoded) -> dict[FieldKey, str]:
    """Plain values that are none of their field, and that its column cannot show: words in a date column."""
    fields = schema.tables[table].fields
    cells = row.known.row.cells
    return {
        key: str(cells[key])
        for key in row.bad
        if isinstance(cells.get(key), str) and not fields[key].sensitive and fields[key].type not in TEXTS
    }


def _quote(engine: Engine, table: TableKey, row: Checked) -> Checked:
    """What a column cannot show is quoted in the explanation, for staff to type it right."""
    unshown = _unshown(engine.schema, table, row.decoded)

    def quoted(issue: Issue) -> Issue:
        texts = [unshown[key] for key in issue.fields if key in unshown]
        return replace(issue, message=f"{issue.message}(文件中为“{'、'.join(texts)}”)") if texts else issue

    return replace(
        row,
        issues=tuple(map(quoted, row.issues)),
        held={key: quoted(issue) for key, issue in row.held.items()},
    )


def _keep_unshown(engine: Engine, unit: Unit, home: Replica, table: TableKey, row: Decoded) -> None:
    """A value that stands nowhere goes to the ledger, so that it outlives the explanation."""
    for key, text in _unshown(engine.schema, table, row).items():
        unit.lists.note_conflict(
            now=engine.clock(),
            replica=home.name,
            table=table,
            uid=row.known.uid,
            key=key,
            kept=None,
            other=text,
            reason=SOURCE,
        )


def _write(
    engine: Engine, home: Replica, table: TableKey, rows: Sequence[Protected], report: AdmitReport
) -> None:
    absorbed = Absorbed(judged={row.known.uid: row for row in rows})
    plan = make_plan(engine, home, table, absorbed)
    if plan.operations:
        confirm(engine, home, table, plan, home.connection.apply(table, plan.operations), report.written)


def _count(
    engine: Engine,
    report: AdmitReport,
    table: TableKey,
    rows: Sequence[NewRow],
    protected: Sequence[Protected],
) -> None:
    lists = {State.HELD: report.held, State.WAITING: report.waiting}
    fields = engine.schema.tables[table].fields
    for row, result in zip(rows, protected, strict=True):
        counts = lists.get(result.state, report.live)
        counts[table] = counts.get(table, 0) + 1
        for issue in result.issues:
            if issue.holds:
                about = "、".join(fields[key].name for key in issue.fields)
                report.findings.append((row.origin, about, issue.message))
