"""What a row showed when it was last looked at, though it was not judged: it still settled, and then vanished."""

from collections.abc import Set

from .connection import Listing, Uid
from .engine import Engine, Replica
from .judge import decode_rows, links_of
from .stages import Known
from .store.hub import Unit


def hear_of_writes(engine: Engine, unit: Unit, replica: Replica, listing: Listing, gone: Set[Uid]) -> None:
    """Of what was sent to such rows without an answer, what they showed had arrived: whoever deleted them saw it."""
    table = listing.table
    rows = {row.uid: row for row in engine.settling.numbered(replica.name, table) if row.uid in gone}
    sent = unit.unanswered.take(replica.name, table, rows)
    if not sent:
        return
    states, records = unit.seen.get_many(replica.name, table, sent), unit.records.get_many(table, sent)
    known = [Known(uid, rows[uid], states[uid], records.get(uid), sent=sent[uid]) for uid in sent]
    decoded = decode_rows(
        engine,
        table,
        known,
        links_of(engine, unit, replica, table, known),
        fields=replica.fields(table),
        missing=listing.missing,
        replica=replica,
    )
    unit.seen.save(replica.name, table, [row.known.state for row in decoded])
