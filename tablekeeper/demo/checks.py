"""The account at the end: do both sides agree, does the daemon rest, is plaintext left anywhere but in the vault."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import orjson

from tablekeeper.archive import Archive
from tablekeeper.demo import agreement
from tablekeeper.demo.leaks import Needles, home_files, split_history
from tablekeeper.demo.office import Office, wait_for
from tablekeeper.demo.show import Check
from tablekeeper.demo.stage import Stage
from tablekeeper.demo.stand_ins import bare_cells, bare_values
from tablekeeper.demo.traffic import is_write, rounds
from tablekeeper.status import standing

IDLE_S = 3.0
PLACES_TOLD, PLACES_MAX = 5, 100
"""How many places are named on the terminal, and in JSON."""


@dataclass(frozen=True, slots=True)
class Account:
    """What is true at the end. Names rows and places, never a value."""

    records: Mapping[str, int]
    held: Mapping[str, int]
    waiting: Mapping[str, int]
    tokens: int
    differences: list[str]
    bare: list[str]
    """Sensitive fields that show something else than a stand-in."""
    searched: int
    """How many different values were looked for."""
    leaks: Mapping[str, int]
    """Values found, by place."""
    history_exposures: int
    """Values that the services' own change history keeps: nobody can purge it."""
    rounds_when_idle: int
    writes_when_idle: int
    mails: int
    failures: list[str] = field(default_factory=list)
    """Scenes that did not end as they should."""

    @property
    def plaintext_found(self) -> int:
        """Places in which a sensitive value stands."""
        return sum(self.leaks.values()) + len(self.bare)

    def checks(self) -> list[Check]:
        """What has to hold."""
        return [
            Check("每一场都如期结束", not self.failures, "、".join(self.failures) or "是"),
            Check("两边逐格一致", not self.differences, _told(self.differences) or "是"),
            Check("无人编辑时只看不写", self._rests(), self._idle()),
            Check("保险库以外没有明文", self.plaintext_found == 0, self._where()),
            Check("主管收到邮件", self.mails > 0, f"{self.mails} 封"),
        ]

    def _rests(self) -> bool:
        return self.writes_when_idle == 0 and self.rounds_when_idle > 0

    def _idle(self) -> str:
        return f"{IDLE_S:.0f} 秒内看了 {self.rounds_when_idle} 轮,写入 {self.writes_when_idle} 次"

    def _where(self) -> str:
        if not self.plaintext_found:
            return f"查找 {self.searched} 个敏感值:0 处"
        places = [f"{place}: {count}" for place, count in self.leaks.items() if count]
        return _told([*places, *self.bare])

    def as_json(self) -> dict[str, object]:
        """The facts for `--json`."""
        return {
            "records": dict(self.records),
            "held": dict(self.held),
            "waiting": dict(self.waiting),
            "tokens": self.tokens,
            "plaintext_found": self.plaintext_found,
            "plaintext_places": {place: count for place, count in self.leaks.items() if count},
            "bare": self.bare[:PLACES_MAX],
            "history_exposures": self.history_exposures,
            "replicas_agree": not self.differences,
            "differences": self.differences[:PLACES_MAX],
            "writes_when_idle": self.writes_when_idle,
            "mails": self.mails,
        }


def _told(things: list[str]) -> str:
    more = f" … 共 {len(things)} 处" if len(things) > PLACES_TOLD else ""
    return "、".join(things[:PLACES_TOLD]) + more


def settle_accounts(
    stage: Stage, office: Office, archive: Archive, imported: Iterable[str], failures: list[str]
) -> Account:
    """Everything that can be checked. The daemon must be running and calm. Raises NotSeen."""
    tables = agreement.read_tables(office, stage.config)
    needles = Needles(
        {*(one.expose() for one in archive.vault.plaintexts_for_leak_scan()), *office.typed, *imported},
        stage.config,
    )
    writes, looked = _idle(stage)
    now, history = split_history(_saved_state(stage))
    places = {
        "tables": "\n".join(agreement.texts(tables)),
        "mails": orjson.dumps(stage.mails()).decode(),
        "services": now,
        **home_files(stage.home),
    }
    counts = standing(archive)
    return Account(
        records=counts.records,
        held=counts.held,
        waiting=counts.waiting,
        tokens=counts.tokens,
        differences=agreement.differences(tables, agreement.exempt(archive), stage.config),
        bare=[*bare_cells(tables, stage.config), *bare_values(archive)],
        searched=len(needles),
        leaks={place: len(needles.found_in(text)) for place, text in places.items()},
        history_exposures=len(needles.found_in(history)),
        rounds_when_idle=looked,
        writes_when_idle=writes,
        mails=len(stage.mails()),
        failures=failures,
    )


def _idle(stage: Stage) -> tuple[int, int]:
    """Writes of the daemon while nobody touches anything, and how often it looked meanwhile."""
    since = stage.last_request()
    time.sleep(IDLE_S)
    calls = stage.requests_since(since)
    return sum(map(is_write, calls)), rounds(calls, 1 + len(stage.departments))


def _saved_state(stage: Stage) -> dict[str, object]:
    """What the services hold, history included, once their state file on disk says the same. Raises NotSeen."""

    def saved() -> dict[str, object] | None:
        state: dict[str, object] = stage.stored(history=True)
        return state if _lasting(orjson.loads(stage.state_file.read_bytes())) == _lasting(state) else None

    return wait_for("服务的状态文件已写完", saved)


def _lasting(state: object) -> object:
    """The state without the ends of webhooks' lives, which every look at them puts off."""
    if isinstance(state, dict):
        return {key: _lasting(value) for key, value in state.items() if key != "expires"}
    return [_lasting(value) for value in state] if isinstance(state, list) else state
