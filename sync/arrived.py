"""What a write of ours without an answer left in a table: found there, nobody typed it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from validators.schema import TableKey

from .connection import Listing, SeenRow, Uid
from .engine import Engine, Replica
from .judge import decode_rows, links_of
from .stages import Known
from .store.hub import Unit
from .store.seen import Mark, SeenState


def note_arrived(
    engine: Engine,
    unit: Unit,
    replica: Replica,
    listing: Listing,
    changed: Sequence[tuple[Uid, SeenRow]],
    known: Mapping[Uid, Mark],
) -> None:
    """Take what such a write left for agreed on at once, even in a row that still settles: whoever deletes it has seen that."""
    # A row that has to be given the uid still was typed by somebody.
    fresh = {uid: row for uid, row in changed if row.uid == uid and not (uid in known and known[uid].placed)}
    _note_inserted(unit, replica, listing.table, fresh)
    _note_updated(
        engine,
        unit,
        replica,
        listing,
        {uid: row for uid, row in changed if uid in known and known[uid].placed},
    )


def _note_inserted(unit: Unit, replica: Replica, table: TableKey, rows: Mapping[Uid, SeenRow]) -> None:
    """Rows seen for the first time: what the write left there is their base. They are known from now on: else their deletion
    would be nobody's."""
    sent = unit.unanswered.take(replica.name, table, rows)
    states = unit.seen.get_many(replica.name, table, sent)
    unit.seen.save(
        replica.name,
        table,
        [
            states.get(uid, SeenState(uid)).evolve(
                row_id=rows[uid].row_id,
                position=rows[uid].position,
                base={key: value for key, value in cells.items() if value is not None},
            )
            for uid, cells in sent.items()
        ],
    )


def _note_updated(
    engine: Engine, unit: Unit, replica: Replica, listing: Listing, rows: Mapping[Uid, SeenRow]
) -> None:
    """Rows that stood there already: of their cells, those that show what was sent."""
    table = listing.table
    sent = unit.unanswered.noted(replica.name, table, rows)
    states = unit.seen.get_many(replica.name, table, sent)
    records = unit.records.get_many(table, states)
    known = [
        Known(uid, rows[uid].loaded(), state, records.get(uid), sent=sent[uid])
        for uid, state in states.items()
    ]
    if not known:
        return
    decoded = decode_rows(
        engine,
        table,
        known,
        links_of(engine, unit, replica, table, known),
        fields=replica.fields(table),
        missing=listing.missing,
        lost_options=listing.lost_options,
        replica=replica,
    )
    unit.seen.save(replica.name, table, [one.known.state for one in decoded])


def recall(unit: Unit, replica: Replica, table: TableKey, known: Sequence[Known]) -> list[Known]:
    """The same rows with what was sent to them without an answer: found there, it is ours."""
    sent = unit.unanswered.take(replica.name, table, [k.uid for k in known])
    return [replace(k, sent=sent[k.uid]) if k.uid in sent else k for k in known]
