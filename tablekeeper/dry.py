"""A rehearsal: a cycle over copies of hub and vault, with connections that read and never write."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import structlog

from jobs.backup_server import HUB_FORM, VAULT_FORM, Form, copy_state
from sync.confirm import REHEARSED
from sync.connection import (
    Change,
    Connection,
    Insert,
    Listing,
    Operation,
    Outcome,
    Refused,
    RowId,
    Texts,
    Update,
)
from sync.cycle import run_cycle
from sync.engine import CycleReport
from sync.errors import ServiceError
from sync.setting_up import rehearsed
from tablekeeper.archive import Archive, open_archive
from tablekeeper.config import Config
from tablekeeper.environment import Environment
from tablekeeper.stores import is_missing, stores
from validators.schema import TableKey


class Rehearsal(Connection):
    """Passes reading on and remembers what would have been written."""

    link_form: Literal["row_id", "key"]

    def __init__(self, real: Connection) -> None:
        self._real = real
        self.name, self.link_form = real.name, real.link_form
        self.operations: list[tuple[TableKey, Operation]] = []

    @property
    def calls(self) -> int:
        return self._real.calls

    @property
    def problems(self) -> Sequence[ServiceError]:
        return self._real.problems

    def setup(self, *, dry_run: bool = False) -> Sequence[Change]:
        return self._real.setup(dry_run=True)

    def pull(self, *, reread: Mapping[TableKey, frozenset[RowId]], full: bool) -> Iterator[Listing]:
        # Completely, because a rehearsal must not move the cursor of the real run.
        return self._real.pull(reread=reread, full=True)

    def acknowledge(self) -> None:
        """Nothing is acknowledged: the real run has to see it all."""

    def apply(self, table: TableKey, operations: Sequence[Operation]) -> Outcome:
        self.operations += [(table, operation) for operation in operations]
        return Outcome(refused=[Refused(operation.uid, REHEARSED) for operation in operations])

    def stamp(self, values: Mapping[str, str]) -> None:
        """Nothing is stamped."""

    def texts(self) -> Iterator[Texts]:
        return self._real.texts()

    def url(self, table: TableKey, row_id: RowId, position: int) -> str | None:
        return self._real.url(table, row_id, position)

    def counts(self, config: Config) -> dict[str, dict[str, int]]:
        """By table name: how many rows would be created, changed and removed."""
        found: dict[str, dict[str, int]] = {}
        for table, operation in self.operations:
            kind = (
                "create"
                if isinstance(operation, Insert)
                else "change"
                if isinstance(operation, Update)
                else "remove"
            )
            counts = found.setdefault(config.tables[table].name, {"create": 0, "change": 0, "remove": 0})
            counts[kind] += 1
        return found


@contextmanager
def rehearsing(config: Config, environment: Environment) -> Iterator[tuple[Archive, Sequence[Rehearsal]]]:
    """An archive on copies of its databases, in a private folder that is removed afterwards."""
    rehearsals: list[Rehearsal] = []

    def wrap(connection: Connection) -> Connection:
        rehearsals.append(Rehearsal(connection))
        return rehearsals[-1]

    settings = config.model_copy(
        update={"sync": config.sync.model_copy(update={"settle_s": 0, "settle_partial_s": 0})}
    )
    with (
        tempfile.TemporaryDirectory(prefix="tablekeeper-") as folder,
        # What a cycle logs here has not happened.
        structlog.contextvars.bound_contextvars(rehearsal=True),
    ):
        lying, copied = environment.stores(config.store), stores(Path(folder))
        _copy(lying.hub, copied.hub, HUB_FORM)
        _copy(lying.vault, copied.vault, VAULT_FORM)
        with open_archive(settings, environment, wrap=wrap, home=Path(folder)) as archive:
            yield archive, rehearsals


def rehearse(archive: Archive, rehearsals: Sequence[Rehearsal]) -> CycleReport:
    """A cycle, and another one where new rows had to wait in the first until all that stood there before was known."""
    for replica in archive.engine.replicas:
        rehearsed(archive.hub, replica.name)
    first = run_cycle(archive.engine, full=True)
    if not first.settling:
        return first
    for rehearsal in rehearsals:
        rehearsal.operations.clear()
    report = run_cycle(archive.engine, full=True)
    report.conflicts += first.conflicts
    return report


def _copy(source: str, target: str, form: Form) -> None:
    """The database as it is, in a file."""
    if not is_missing(source):
        copy_state(source, Path(target.removeprefix("sqlite:///")), form)
