"""Coming to rest: time passes, a person decides what waits for one, and in the end nothing is written any more."""

from dataclasses import dataclass
from random import Random

from sync.config import SyncConfig
from tests.simulation import archive
from tests.simulation.actions import ACTIONS
from tests.simulation.deed import Deed
from tests.simulation.headers import wrong_headers
from tests.simulation.hub_files import HubFiles
from tests.simulation.sheets_side import SheetsSide
from tests.simulation.side import Side
from tests.simulation.staff import Staff
from tests.simulation.stage import SETTINGS, Stage

CYCLES_MAX = 40
FULL_READ_S = SyncConfig().full_read_every_s
SETTLED_S = SETTINGS["settle_partial_s"] + 1
READING = ("listRecords", "ByDataFilter", "developerMetadata:search", "/token", "/webhooks")


@dataclass(frozen=True, slots=True)
class Rest:
    """The end of a run."""

    stage: Stage
    staff: Staff
    sides: list[Side]

    def come(self) -> list[str]:
        """Run cycles until they write nothing, through the grace of deletions and the decisions on them."""
        random = Random(self.stage.seed)
        # Of a column that somebody put right no service tells: the next full reading sees it.
        self.stage.world.clock.advance(FULL_READ_S)
        for _ in range(4):
            if not self._calm():
                return [f"1 still writing after {CYCLES_MAX} cycles: {self._writes(self._mark() - 6)}"]
            self.stage.world.clock.advance(SETTINGS["delete_grace_s"] + 1)
            if not self._decide(random) and self._calm(few=True):
                return self._stay()
        return ["1 deletions still wait after four rounds"] if self._decide(random) else self._stay()

    def _calm(self, *, few: bool = False) -> bool:
        quiet = 0
        for _ in range(2 if few else CYCLES_MAX):
            before = self._mark()
            self.stage.world.clock.advance(SETTLED_S)
            report = self.stage.cycle()
            idle = (
                report is not None
                and not self._writes(before)
                and not report.settling
                and not report.rechecks
            )
            quiet = quiet + 1 if idle else 0
            if quiet == 2:
                return True
        return False

    def _stay(self) -> list[str]:
        """At rest, even a restart and a full reading write nothing; the first one may wipe what waits in a scratch tab."""
        self.stage.restart()
        self.stage.cycle()
        self.stage.restart()
        before = self._mark()
        self.stage.cycle()
        written = self._writes(before)
        return [f"1 at rest, a restart writes: {written}"] if written else []

    def _decide(self, random: Random) -> bool:
        """A person approves most of the deletions that wait."""
        waiting = HubFiles.read(self.stage.folder).waiting_deletions
        engine = self.stage.engine
        assert engine is not None
        origins = HubFiles.read(self.stage.folder).origins
        for table, uid in waiting:
            approved = random.random() < 0.7
            if not approved:
                self.staff.notebook.refused.add((table, origins.get((table, uid), "")))
            with engine.hub.unit() as unit:
                unit.lists.decide([uid], "approved" if approved else "refused")
        return bool(waiting)

    def shuffle(self, random: Random) -> list[str]:
        """7: somebody sorts a tab; nothing is written anywhere."""
        if not self._tabs:
            return []
        side, table = random.choice(self._tabs), random.choice(archive.TABLES)
        side.sort(table, archive.ORIGIN, descending=random.random() < 0.5)
        before = self._mark()
        for _ in range(2):
            self.stage.world.clock.advance(SETTLED_S)
            self.stage.cycle()
        written = self._writes(before)
        return [f"7 a sorted tab made the daemon write: {written}"] if written else []

    def spoil_headers(self) -> list[str]:
        """Somebody spoils headers where nothing else happens: they are right again, but for those of the staff's own."""
        random = Random(f"headers at rest {self.stage.seed}")
        wrong = [text for side in self._tabs for text in wrong_headers(side)]
        for _ in range(3):
            self.staff.do(random, ACTIONS[Deed.SPOIL_HEADERS], {side.name for side in self.sides})
        complaints = wrong if self._calm() else ["1 headers that somebody spoilt are written again and again"]
        return [*complaints, *(text for side in self._tabs for text in wrong_headers(side))]

    @property
    def _tabs(self) -> list[SheetsSide]:
        return [side for side in self.sides if isinstance(side, SheetsSide)]

    def _mark(self) -> int:
        log = self.stage.world.journal.since(0)
        return int(log[-1]["n"]) if log else 0

    def _writes(self, since: int) -> list[str]:
        return [
            f"{one['method']} {one['path']}"
            for one in self.stage.world.journal.since(since)
            if one["caller"] == "daemon"
            and one["method"] != "GET"
            and not any(part in one["path"] for part in READING)
        ]
