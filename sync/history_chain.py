"""The field history on the vault's audit chain: one entry per batch of rows, with a digest that a verification repeats.

The rows stay in the hub; who alters, drops or adds one there cannot alter what the chain says of it.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import select

from vault.audit import Act, entries
from vault.vault import DAEMON, Vault

from .store.hub import Hub, Unit
from .store.tables import history
from .store.times import utc

ACTION, REWRITTEN = "history", "history_rewritten"
SEALED = "history_sealed"
"""How the last row that is on the chain is remembered."""
BATCH_ROWS = 5_000


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of the history, by their numbers, and the digest of what they say."""

    first: int
    last: int
    count: int
    digest: str


def chain_history(hub: Hub, vault: Vault, remembered: str) -> int:
    """Put the rows since the last batch on the chain; how many. `remembered` is where the hub keeps how far that went."""
    noted = hub.bindings(remembered)
    done = 0
    while True:
        with hub.reading() as unit:
            batch = _batch(_rows(unit, after=int(noted.get(SEALED) or 0)))
        if batch is None:
            return done
        _append(vault, ACTION, [batch])
        noted.set(SEALED, str(batch.last))
        done += batch.count


def rewrite_on_chain(hub: Hub, vault: Vault, numbers: Iterable[int], *, reason: str) -> None:
    """Rows were purged of a value that became sensitive: the chain says so, and what the batches hold from now on."""
    touched = set(numbers)
    known = [
        batch for batch in _chained(vault) if any(batch.first <= number <= batch.last for number in touched)
    ]
    with hub.reading() as unit:
        renewed = [_batch(_rows(unit, after=one.first - 1, last=one.last)) for one in known]
    _append(vault, REWRITTEN, [batch for batch in renewed if batch], reason=reason)


def history_faults(hub: Hub, vault: Vault) -> list[Batch]:
    """The batches whose rows are not what the chain says of them."""
    with hub.reading() as unit:
        return [
            batch
            for batch in _chained(vault)
            if _batch(_rows(unit, after=batch.first - 1, last=batch.last)) != batch
        ]


def _append(vault: Vault, action: str, batches: Sequence[Batch], *, reason: str = "") -> None:
    acts = [
        Act(
            DAEMON,
            action,
            purpose=batch.digest,
            reason=reason,
            count=batch.count,
            counts={"first": batch.first, "last": batch.last},
        )
        for batch in batches
    ]
    with vault.store.writing() as connection:
        vault.chain.append(connection, acts)


def _chained(vault: Vault) -> list[Batch]:
    """What the chain says, the latest word on each batch."""
    found: dict[tuple[int, int], Batch] = {}
    for entry in entries(vault):
        if entry["action"] in (ACTION, REWRITTEN):
            first, last = entry["counts"]["first"], entry["counts"]["last"]
            found[first, last] = Batch(first, last, entry["count"], entry["purpose"])
    return list(found.values())


def _rows(unit: Unit, *, after: int, last: int | None = None) -> list[Mapping[str, Any]]:
    query = select(history).where(history.c.id > after).order_by(history.c.id)
    query = query.limit(BATCH_ROWS) if last is None else query.where(history.c.id <= last)
    found = unit.connection.execute(query)
    names = [str(name) for name in found.keys()]  # noqa: SIM118
    return [dict(zip(names, row, strict=True)) for row in found.all()]


def _batch(rows: Sequence[Mapping[str, Any]]) -> Batch | None:
    if not rows:
        return None
    lines = (orjson.dumps({**row, "at": utc(row["at"])}, option=orjson.OPT_SORT_KEYS) for row in rows)
    digest = hashlib.sha256(b"\n".join(lines)).hexdigest()
    return Batch(rows[0]["id"], rows[-1]["id"], len(rows), digest)
