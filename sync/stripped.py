"""What a service takes out of link cells by itself: with a record it deletes every link that leads to it.

That is no edit. The rows count as having agreed on what is left, so that the link is written again if the record is put back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from validators.schema import FieldConfig, FieldKey, TableKey
from validators.values import refers

from .connection import Uid
from .engine import Engine, Replica
from .merge import Row
from .stages import Known
from .store.hub import Unit


def without_stripped_links(
    engine: Engine, unit: Unit, replica: Replica, table: TableKey, rows: Sequence[Known]
) -> list[Known]:
    """The same rows, their bases without the links that a deletion in this replica has taken out of their cells."""
    links = {
        key: config
        for key, config in engine.schema.tables[table].links.items()
        if replica.link_form(config.to or "") == "row_id"
    }
    named: dict[TableKey, set[Uid]] = {}
    for row in rows:
        for key, config in links.items():
            named.setdefault(config.to or "", set()).update(refers(config, row.state.base.get(key)))
    gone = {target: uids - _standing(unit, replica, target, uids) for target, uids in named.items() if uids}
    if not any(gone.values()):
        return list(rows)
    return [replace(row, state=row.state.evolve(base=_left(row.state.base, links, gone))) for row in rows]


def _standing(unit: Unit, replica: Replica, table: TableKey, uids: set[Uid]) -> set[Uid]:
    states = unit.seen.get_many(replica.name, table, uids)
    return {uid for uid, state in states.items() if state.placed and state.gone_since is None}


def _left(base: Row, links: Mapping[FieldKey, FieldConfig], gone: Mapping[TableKey, set[Uid]]) -> Row:
    left = dict(base)
    for key, config in links.items():
        before = set(refers(config, base.get(key)))
        kept = before - gone.get(config.to or "", set())
        if kept and kept != before:
            left[key] = frozenset(kept)
        elif kept != before:
            del left[key]
    return left
