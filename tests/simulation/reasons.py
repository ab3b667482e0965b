"""Invariant 11: whether a row that goes nowhere has a reason that a person can see, by the oracle's own judgement."""

from collections.abc import Iterator, Mapping, Sequence

from tests.simulation import archive
from tests.simulation.hub_files import HubFiles
from tests.simulation.notebook import Notebook
from tests.simulation.reading import Row
from tests.simulation.side import Side

UNFINISHED = ("held", "waiting", "arriving")
Rows = Mapping[tuple[str, str, str], Row]


def stuck(sides: Sequence[Side], hub: HubFiles, notebook: Notebook, rows: Rows) -> Iterator[str]:
    """Rows that stay where they were typed though nothing is wrong with them."""
    for (table, uid), state in sorted(hub.states.items()):
        origin = hub.origins[table, uid]
        for side in sides if origin and state in UNFINISHED else ():
            row = rows.get((side.name, table, origin))
            if row is not None and not _reason(side.name, table, uid, row, hub, notebook, rows):
                yield f"11 {side.name}/{table}/{origin} stays {state} without a reason"


def _reason(name: str, table: str, uid: str, row: Row, hub: HubFiles, notebook: Notebook, rows: Rows) -> bool:
    fields, rights = archive.fields(table), notebook.rights[name]
    number = next(iter(fields))
    required = {key for key, config in fields.items() if config.get("required")}
    # A number that the daemon gives is nothing to wait for.
    required |= set() if fields[number].get("auto") else {number}
    decisive = {number, *required, *(key for key, config in fields.items() if config.get("identity"))}
    sharing = {
        one for (_, of, one), other in rows.items() if of == table and other.get(number) == row.get(number)
    }
    live = {hub.origins[place] for place, state in hub.states.items() if state == "live"}
    links = [text for key, text in row.items() if fields[key]["type"] == "link"]
    return (
        any(not row.get(key) for key in required)
        or len(sharing) > 1
        or not decisive.isdisjoint(hub.held.get((name, table, uid), ()))
        or not rights.may_create(table)
        or not archive.belongs(rights, table, row)
        or any(text not in live for text in links)
    )
