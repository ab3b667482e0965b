"""Setup, and what the hub has to forget because of it."""

from collections.abc import Iterable, Sequence

from validators.schema import FieldKey, TableKey

from .connection import Change, Connection
from .store.hub import Hub
from .store.records import State
from .store.seen import SeenState

ADOPTED, ARRIVING = "adopted", "arriving"
"""Tables that held rows before: not looked at by a person yet; looked at, and not read by a cycle yet."""
SET_UP = "set_up"
LEFT = "left"
"""What a person should delete, as the last setup found it."""
SEPARATOR = "、"


def set_up(connection: Connection, hub: Hub) -> Sequence[Change]:
    """Create what is missing on one side.

    A table or column that somebody deleted comes back blank. The hub forgets what it showed: otherwise its blanks would
    look like rows deleted and cells emptied. A row that was seen to be gone before the table was stays deleted.
    """
    changes = connection.setup()
    adopted = [change.table for change in changes if change.adopted]
    if adopted:
        hub.bindings(connection.name).set(ADOPTED, SEPARATOR.join(adopted))
    for change in changes:
        if change.blank is not None:
            _forget(hub, connection.name, *change.blank)
    if any(not change.why for change in changes):
        noted = hub.bindings(SET_UP)
        noted.set(SET_UP, str(int(noted.get(SET_UP) or 0) + 1))
    remember_left(hub, connection.name, changes)
    return changes


def times_set_up(hub: Hub) -> str | None:
    """Rises whenever a setup made something: a daemon that runs beside it has to look everything up anew."""
    return hub.bindings(SET_UP).get(SET_UP)


def left_behind(hub: Hub, replica: str) -> list[str]:
    """Columns and tables that the replica no longer holds and that a person should delete, as the last setup found them."""
    names = hub.bindings(replica).get(LEFT)
    return names.split(SEPARATOR) if names else []


def given_up(table: TableKey, key: FieldKey) -> str:
    """The name under which it is remembered that nobody reads a column any more, so that emptying it is no edit."""
    return f"given_up:{table}:{key}"


def remember_left(hub: Hub, replica: str, changes: Sequence[Change]) -> None:
    """What a person should delete, so that status and mails can say so."""
    noted = hub.bindings(replica)
    names = [f"{change.table}: {change.what}" for change in changes if change.left and change.why]
    if names:
        noted.set(LEFT, SEPARATOR.join(names))
    else:
        noted.drop(LEFT)


def unrehearsed(hub: Hub, replica: str) -> list[str]:
    """Tables that held rows before they were ours, and whose first cycle nobody has looked at beforehand."""
    names = hub.bindings(replica).get(ADOPTED)
    return names.split(SEPARATOR) if names else []


def rehearsed(hub: Hub, replica: str) -> None:
    """Somebody has seen what the first cycle would write."""
    noted = hub.bindings(replica)
    if names := noted.get(ADOPTED):
        noted.set(ARRIVING, names)
        noted.drop(ADOPTED)


def are_arriving(hub: Hub, replicas: Iterable[str]) -> bool:
    """Whether rows that stood in one of these before are still to be read: a number given now might be one of theirs."""
    return any(hub.bindings(name).get(mark) for name in replicas for mark in (ADOPTED, ARRIVING))


def arrived(hub: Hub, replica: str) -> None:
    """All rows of the replica were read."""
    noted = hub.bindings(replica)
    if noted.get(ARRIVING):
        noted.drop(ARRIVING)


def _forget(hub: Hub, replica: str, table: TableKey, fields: Sequence[FieldKey]) -> None:
    with hub.unit() as unit:
        states = unit.seen.of(replica, table)
        unit.seen.save(replica, table, [_unshown(state, fields) for state in states.values()])
        if not fields:
            # Rows that were still to be removed went with their tab.
            records = unit.records.get_many(table, states)
            archived = [uid for uid, record in records.items() if record.state is State.ARCHIVED]
            unit.seen.forget(replica, table, archived)


def _unshown(state: SeenState, fields: Sequence[FieldKey]) -> SeenState:
    if not fields:
        return state if state.gone_since else SeenState(state.uid, held=state.held)
    base = {key: value for key, value in state.base.items() if key not in fields}
    held = {key: one for key, one in state.held.items() if key not in fields}
    return state.evolve(base=base, held=held, rev=None, fingerprint=None)
