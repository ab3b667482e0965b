"""What people typed in the moment before a write of ours replaced it: sealed, then kept in the ledger, and told in the row."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import structlog

from validators.raw import Raw
from validators.schema import FieldKey, TableKey
from validators.values import Value, dump_value

from .connection import Listing, SeenRow
from .engine import CycleReport, Engine, Replica
from .intake import know
from .judge import check_rows, decode_rows, links_of
from .protect import protect
from .secrets import tokens_in
from .stages import Protected
from .store.hub import Unit
from .store.lists import LOST, WITHDRAWN
from .uid import is_uid

log = structlog.get_logger("sync")

_UNKNOWN = object()


def note_overwritten(engine: Engine, replica: Replica, listing: Listing, report: CycleReport) -> None:
    """Enter every replaced value as one that was not taken. A row that fails does not stop the others."""
    for row in listing.overwritten:
        if row.uid or row.row_id:
            with _alone(replica, listing.table, report), engine.hub.unit() as unit:
                _note_known(engine, unit, replica, listing.table, row, report)


def note_overwritten_unnumbered(
    engine: Engine, replica: Replica, listing: Listing, report: CycleReport
) -> None:
    """The same for rows that have no uid yet; their position tells which they are, so that each is given its uid for this."""
    bare = {row.position: row for row in listing.rows if not (row.row_id or is_uid(row.uid))}
    for row in listing.overwritten:
        if not (row.uid or row.row_id) and row.position in bare:
            with _alone(replica, listing.table, report), engine.hub.unit() as unit:
                shown = replace(bare[row.position], uid="")
                (known,) = know(engine, unit, replica, listing.table, [shown])
                _note_row(engine, unit, replica, listing.table, replace(row, uid=known.uid), report)


@contextmanager
def _alone(replica: Replica, table: TableKey, report: CycleReport) -> Iterator[None]:
    try:
        yield
    except (ArithmeticError, AssertionError, LookupError, TypeError, ValueError) as error:
        report.failed += 1
        log.error("row_failed", replica=replica.name, table=table, kind=type(error).__name__)


def _note_known(
    engine: Engine, unit: Unit, replica: Replica, table: TableKey, row: SeenRow, report: CycleReport
) -> None:
    uid = row.uid or unit.seen.name(replica.name, table, [row.row_id]).get(row.row_id)
    if uid is None or unit.records.get(table, uid) is None:
        return  # Nobody knows whose it is.
    _note_row(engine, unit, replica, table, replace(row, uid=uid), report)


def _note_row(
    engine: Engine, unit: Unit, replica: Replica, table: TableKey, row: SeenRow, report: CycleReport
) -> None:
    uid, protected = row.uid, _protect(engine, unit, replica, table, row)
    record = protected.known.record
    noted = {(one.replica, one.field): one.other for one in unit.lists.conflicts(uid)}
    keys = []
    for key, value, reason in _lost(engine, table, protected):
        kept = record.values.get(key) if record else None
        if value in (kept, protected.known.state.base.get(key)):
            continue  # Somebody typed just what replaced it, or it is what was meant to be replaced.
        # A stream that is read again after a crash tells the same again.
        if noted.get((replica.name, key), _UNKNOWN) == (None if value is None else dump_value(value)):
            continue
        keys.append(key)
        unit.lists.note_conflict(
            now=engine.clock(),
            replica=replica.name,
            table=table,
            uid=uid,
            key=key,
            kept=kept,
            other=value,
            reason=reason,
            resolved=reason == WITHDRAWN,
        )
    if keys:
        unit.lists.ask_recheck(replica.name, table, [uid], "overwritten")
        report.conflicts += len(keys)
        log.warning("edit_overwritten", replica=replica.name, table=table, uid=uid, fields=sorted(keys))


def _protect(engine: Engine, unit: Unit, replica: Replica, table: TableKey, row: SeenRow) -> Protected:
    """The same steps as for a row that shows this now: what is sensitive is in the vault when they are done."""
    known = know(engine, unit, replica, table, [row])
    links = links_of(engine, unit, replica, table, known)
    decoded = decode_rows(engine, table, known, links, fields=replica.fields(table), replica=replica)
    checked = check_rows(engine, unit, table, decoded, replica)
    (protected,) = protect(checked, table, schema=engine.schema, masks=engine.masks, vault=engine.vault)
    return protected


def _lost(engine: Engine, table: TableKey, row: Protected) -> Iterator[tuple[FieldKey, Value | None, str]]:
    """The values that stood in the row's cells, and why they are not current."""
    fields = engine.schema.tables[table].fields
    put_back = {key for issue in row.restored for key in issue.fields}
    for key, raw in row.known.row.cells.items():
        if fields[key].computed or (fields[key].to and raw is None):
            continue  # Nobody typed these: the service itself empties a link whose record is gone.
        if fields[key].sensitive and tokens_in([raw]):
            continue  # A stand-in: what it stands for is in the vault and in the record's history.
        if key in row.withdrawn:
            yield key, row.withdrawn[key], WITHDRAWN
        elif key in row.held:
            yield key, row.held[key].token or row.shown.get(key) or _text(raw), LOST
        elif key in row.shown and key not in put_back:
            yield key, row.shown[key], LOST


def _text(raw: Raw) -> Value:
    """A plain value that is no value of its field, as it stood there."""
    return frozenset(raw) if isinstance(raw, list) else str(raw)
