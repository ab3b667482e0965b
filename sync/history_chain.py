"""The field history on the vault's audit chain: one entry per batch of rows, with a digest that a verification repeats.

The rows stay in the hub; who alters, drops or adds one there cannot alter what the chain says of it.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import select

from vault.audit import Act, entries
from vault.vault import DAEMON, Vault

from .store.hub import Hub, Unit
from .store.tables import history
from .store.times import utc

ACTION, REWRITTEN, RESTORED = "history", "history_rewritten", "hub_restored"
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


@dataclass(frozen=True, slots=True)
class Restore:
    """A restore that set the hub back: what was chained of the history after its backup was made has no rows any more."""

    at: datetime
    backup_at: datetime
    actor: str
    given_up: tuple[Batch, ...]


@dataclass(frozen=True, slots=True)
class HistoryReport:
    """What holding the history against the chain found."""

    faults: tuple[Batch, ...] = ()
    """Batches whose rows are not what the chain says of them, and no restore explains it."""
    restores: tuple[Restore, ...] = ()


@dataclass(frozen=True, slots=True)
class _Said:
    """What the chain says of a batch, and when."""

    at: datetime
    batch: Batch
    rewritten: bool

    def is_ahead(self, backup_at: datetime, last: int) -> bool:
        """Whether a hub of that backup, whose history was chained up to row `last`, cannot hold what was said.

        Only what was chained after the backup was made: a restore explains nothing that should have been in the backup.
        """
        return self.at >= backup_at and (self.rewritten or self.batch.first > last)


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
    batches, _ = _chained(vault)
    known = [batch for batch in batches if any(batch.first <= number <= batch.last for number in touched)]
    with hub.reading() as unit:
        renewed = [_batch(_rows(unit, after=one.first - 1, last=one.last)) for one in known]
    _append(vault, REWRITTEN, [batch for batch in renewed if batch], reason=reason)


def note_restored(hub: Hub, vault: Vault, remembered: str, *, actor: str, backup_at: datetime) -> None:
    """Put on the chain that the hub is an earlier one from now on: what was chained after its backup was made lies ahead of it."""
    last = int(hub.bindings(remembered).get(SEALED) or 0)
    act = Act(actor, RESTORED, purpose=utc(backup_at).isoformat(), counts={"last": last})
    with vault.store.writing() as connection:
        vault.chain.append(connection, [act])


def history_report(hub: Hub, vault: Vault) -> HistoryReport:
    """Hold the history against the chain."""
    batches, restores = _chained(vault)
    with hub.reading() as unit:
        faults = [
            batch for batch in batches if _batch(_rows(unit, after=batch.first - 1, last=batch.last)) != batch
        ]
    return HistoryReport(tuple(faults), tuple(restores))


def history_faults(hub: Hub, vault: Vault) -> list[Batch]:
    """The batches whose rows are not what the chain says of them."""
    return list(history_report(hub, vault).faults)


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


def _chained(vault: Vault) -> tuple[list[Batch], list[Restore]]:
    """What the chain says, the latest word on each batch, and the restores that left batches without their rows."""
    said: list[_Said] = []
    restores: list[Restore] = []
    for entry in entries(vault):
        counts, at = entry["counts"], datetime.fromisoformat(entry["at"])
        if entry["action"] in (ACTION, REWRITTEN):
            batch = Batch(counts["first"], counts["last"], entry["count"], entry["purpose"])
            said.append(_Said(at, batch, rewritten=entry["action"] == REWRITTEN))
        elif entry["action"] == RESTORED:
            backup_at = datetime.fromisoformat(entry["purpose"])
            kept = [one for one in said if not one.is_ahead(backup_at, counts["last"])]
            given_up = [one.batch for one in said if one.is_ahead(backup_at, counts["last"])]
            if given_up:
                restores.append(Restore(at, backup_at, entry["actor"], tuple(given_up)))
            said = kept
    return list({(one.batch.first, one.batch.last): one.batch for one in said}.values()), restores


def _rows(unit: Unit, *, after: int, last: int | None = None) -> list[Mapping[str, Any]]:
    query = select(history).where(history.c.id > after).order_by(history.c.id)
    query = query.limit(BATCH_ROWS) if last is None else query.where(history.c.id <= last)
    found = unit.connection.execute(query)
    names = [str(name) for name in found.keys()]  # noqa: SIM118
    return [dict(zip(names, row, strict=True)) for row in found.all()]


def _batch(rows: Sequence[Mapping[str, Any]]) -> Batch | None:
    if not rows:
        return None
    lines = (orjson.dumps(row, option=orjson.OPT_SORT_KEYS) for row in rows)
    digest = hashlib.sha256(b"\n".join(lines)).hexdigest()
    return Batch(rows[0]["id"], rows[-1]["id"], len(rows), digest)
