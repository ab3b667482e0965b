"""Plays one run: events, then mending, then rest; and asks the oracle."""

import logging
import random as global_random
import shutil
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from tempfile import mkdtemp

from tests.simulation import archive
from tests.simulation.actions import ACTIONS
from tests.simulation.airtable_side import AirtableSide
from tests.simulation.config_changes import change
from tests.simulation.deed import Deed
from tests.simulation.hub_files import HubFiles
from tests.simulation.leaks import leaks
from tests.simulation.mending import mend
from tests.simulation.notebook import Cell
from tests.simulation.oracle import Oracle
from tests.simulation.reading import Reader
from tests.simulation.rest import Rest
from tests.simulation.scenario import (
    Act,
    BackUp,
    Cycle,
    Event,
    Join,
    Reconfigure,
    Restart,
    Restore,
    Spend,
    Wait,
    events_of,
)
from tests.simulation.sheets_side import SheetsSide
from tests.simulation.side import Hands, Side
from tests.simulation.spoken import Spoken
from tests.simulation.staff import Staff
from tests.simulation.stage import Stage, memory_folder
from vault.vault import Vault

CALLS_PER_S = 5
"""To an Airtable base, where the services count."""
TESTIMONY_S = 7 * 24 * 3600
"""How long Airtable tells of what a write replaced."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a run. `complaints` is empty when every invariant held."""

    seed: int
    complaints: tuple[str, ...]
    trace: tuple[str, ...] = field(repr=False)
    """The daemon's requests: method, path and status."""
    story: tuple[str, ...] = field(repr=False)
    cycles: int = 0


@dataclass(slots=True)
class Run:
    """One run in the making."""

    seed: int
    folder: Path
    stage: Stage = field(init=False)
    staff: Staff = field(init=False)
    spoken: Spoken = field(default_factory=Spoken)
    tokens: dict[str, str | None] = field(default_factory=dict)
    cycles: int = 0
    meanwhile: range = range(0)
    """Numbers of the values that were typed while the last cycle ran."""
    spoilt: bool = False
    """Whether somebody spoilt headers."""

    def __post_init__(self) -> None:
        archive.begin()
        # In one run of three the services count, as the real ones do.
        strict = self.seed % 3 == 0
        plans = archive.replicas_of(Random(f"replicas {self.seed}"), calls_per_s=CALLS_PER_S if strict else 0)
        self.stage = Stage(self.seed, self.folder, plans, self._act, strict=strict)
        self.staff = Staff({plan.config.name: self._side(plan) for plan in plans}, Reader(self._open_token))
        self.staff.notebook.rights = {plan.config.name: plan.config for plan in plans}

    def _side(self, plan: archive.ReplicaPlan) -> Side:
        world, place = self.stage.world, self.stage.places[plan.config.name]
        if plan.config.service == "airtable":
            return AirtableSide(plan.config.name, place, Hands(world, world.airtable.staff_token))
        return SheetsSide(plan.config.name, place, Hands(world, world.google.staff_token))

    def _open_token(self, token: str) -> str | None:
        """What stands behind a token, by a vault of the oracle's own; a token never changes its meaning."""
        if self.tokens.get(token) is None:
            engine = self.stage.engine
            vault: Vault | None = engine.vault if engine else None
            assert vault is not None, "staff work while the daemon runs"
            self.tokens[token] = (
                opened.expose() if (opened := vault.open_for_check([token]).get(token)) else None
            )
        return self.tokens[token]

    @property
    def sides(self) -> list[Side]:
        """The replicas that work."""
        return self.staff.at(self.stage.joined)

    def _act(self, deed: Deed, seed: int) -> None:
        self.spoilt |= deed is Deed.SPOIL_HEADERS
        self.staff.do(Random(seed), ACTIONS[deed], self.stage.joined)

    def begin(self) -> None:
        """Tables are made; staff add a column of their own."""
        self.stage.open()
        self._set_up(self.stage.joined)

    def _set_up(self, fresh: set[str]) -> None:
        with self.stage.tokens_in_process():
            self.stage.set_up()
        for side in self.sides:
            side.learn()
            if side.name in fresh:
                for table in archive.TABLES:
                    side.add_own_column(table)
                side.learn()

    def play(self, event: Event) -> None:
        """One event."""
        stage = self.stage
        match event:
            case Act(deed=deed, seed=seed):
                self._act(deed, seed)
            case Cycle(due=due):
                self.cycles += 1
                before = self.staff.notebook.count
                stage.cycle(dict(due))
                self.meanwhile = range(before, self.staff.notebook.count)
                self._note_what_spread()
            case Wait(seconds=seconds):
                stage.world.clock.advance(seconds)
                if seconds >= TESTIMONY_S:
                    self._excuse_what_the_base_forgot()
            case Restart():
                stage.restart()
            case BackUp():
                self.staff.notebook.backed_up = set(self.staff.notebook.spread)
                stage.back_up(self.folder / "backup")
            case Restore():
                self._restore()
            case Join():
                self._join()
            case Reconfigure(seed=seed):
                self._reconfigure(Random(seed))
            case Spend():
                stage.spent = not stage.spent

    def _note_what_spread(self) -> None:
        shown: set[tuple[Cell, str]] = set()
        oracle = self._oracle()
        self.staff.notebook.archive_has(dict(oracle.hub.cells(oracle.reader)))
        for (_, table, origin), row in oracle.rows.items():
            cells = {((table, origin, key), text) for key, text in row.items()}
            self.staff.notebook.shown_twice(shown & cells)
            shown |= cells

    def _restore(self) -> None:
        source = self.folder / "backup"
        if not source.is_dir():
            return
        self._remember_what_a_backup_cannot_know(HubFiles.read(source))
        self.stage.restore(source)
        self.tokens.clear()
        self._set_up(set())

    def _remember_what_a_backup_cannot_know(self, backup: HubFiles) -> None:
        """Sensitive values that were sealed since are in no vault any more, the ledger forgets what came in since, and of a row
        that nobody knew to stand there, nobody knows that it is gone, nor who typed what it shows."""
        notebook = self.staff.notebook
        sealed = {
            (one.cell, one.value)
            for one in notebook.typed
            if archive.fields(one.table)[one.key].get("sensitive") or one.key == "notes"
        }
        notebook.excused |= sealed - notebook.backed_up
        oracle = self._oracle()
        notebook.ledger |= oracle._ledger()
        stood = {(name, table, backup.origins.get((table, uid))) for name, table, uid in backup.held}
        notebook.ahead |= oracle.rows.keys() - stood
        notebook.forgotten |= {
            (one.table, one.origin, one.number)
            for one in notebook.deleted
            if (one.replica, one.table, one.origin) not in stood
        }

    def _excuse_what_the_base_forgot(self) -> None:
        """A base has no compare-and-set: what a write of the last cycle replaced, it tells for a week, and then nobody can."""
        notebook = self.staff.notebook
        notebook.excused |= {
            (typed.cell, typed.value)
            for typed in notebook.typed
            if typed.number in self.meanwhile and notebook.rights[typed.replica].service == "airtable"
        }

    def _join(self) -> None:
        late = [plan.config.name for plan in self.stage.plans if plan.config.name not in self.stage.joined]
        if late:
            self.stage.joined.add(late[0])
            self.stage.restart()
            self._set_up({late[0]})

    def _reconfigure(self, random: Random) -> None:
        """The operator stops the daemon, changes config.yaml, runs `setup`, and starts it again."""
        stage = self.stage
        configs = {plan.config.name: plan.config for plan in stage.plans}
        change(self.staff, random, configs)
        stage.plans = tuple(
            replace(plan, config=configs[plan.config.name])
            for plan in stage.plans
            if plan.config.name in configs
        )
        self.staff.notebook.rights |= configs
        stage.joined &= configs.keys()
        stage.schema = archive.schema()
        stage.restart()
        self._set_up(set())

    def end(self) -> list[str]:
        """People mend what was broken; everything comes to rest; the oracle speaks."""
        self.stage.spent, self.stage.interruptions.undisturbed = False, True
        while len(self.stage.joined) < len(self.stage.plans):
            self._join()
        mend(self.staff, self.sides)
        self._set_up(set())
        rest = Rest(self.stage, self.staff, self.sides)
        complaints = rest.come()
        oracle = self._oracle()
        complaints += oracle.complaints()
        complaints += leaks(self.stage, self.staff.notebook, self.sides, self.spoken)
        complaints += rest.shuffle(Random(self.seed)) if not complaints else []
        if self.spoilt and not complaints:
            complaints = [*rest.spoil_headers(), *self._oracle().complaints()]
        return [*self.stage.failures, *self.spoken.complaints(), *complaints]

    def _oracle(self) -> Oracle:
        return Oracle(self.sides, self.staff.reader, self.staff.notebook, HubFiles.read(self.folder))

    def trace(self) -> tuple[str, ...]:
        """What the daemon asked for, ids that are drawn at random included: they come from the seed too."""
        return tuple(
            f"{one['method']} {one['path']} {one['status']} {one['fault']}"
            for one in self.stage.world.journal.since(0)
        )


def run(seed: int, events: Sequence[Event] | None = None) -> Verdict:
    """Play one seed, or other events on its replicas."""
    # tenacity draws its waits from the global source.
    global_random.seed(seed)
    with _folder() as folder:
        current = Run(seed, folder)
        with current.spoken.listening():
            try:
                current.begin()
                for event in events_of(seed) if events is None else events:
                    current.play(event)
                complaints = current.end()
            except Exception as error:
                where = "".join(traceback.format_exception(error)[-3:])
                complaints = [f"11 {type(error).__name__}: {error}\n{where}"]
            finally:
                current.stage.close()
        return Verdict(seed, tuple(complaints), current.trace(), tuple(current.staff.story), current.cycles)


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(mkdtemp(prefix="simulation-", dir=memory_folder()))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


logging.getLogger("alembic").setLevel(logging.WARNING)
