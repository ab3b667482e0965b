"""What the daemon mails by itself, over days and restarts, and the sign of life in the evening."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import requests
from sqlalchemy import update

from jobs.calendar import Calendar
from jobs.config import CalendarConfig
from jobs.mail import Mail
from jobs.outbox import Outbox
from sync.store.tables import outbox as outbox_table
from tablekeeper.archive import Archive, open_archive
from tablekeeper.config import Config, load
from tablekeeper.environment import Environment
from tablekeeper.mailing import facts
from tablekeeper.posting import Posting
from tablekeeper.status import CycleNotes
from tests.tablekeeper.cli_office import Office, office_at_work
from vault.alarms import BUDGET, acknowledge, raise_alarm

SHANGHAI = ZoneInfo("Asia/Shanghai")
ALARMS = "保险库报警"
ALIVE = "http://127.0.0.1:1/alive"


def first_day() -> date:
    """A working day that is followed by another. Not in the past: the vault does not take a clock that was set back."""
    calendar, day = Calendar(CalendarConfig()), datetime.now(SHANGHAI).date()
    while True:
        day += timedelta(days=1)
        if calendar.is_working(day) and calendar.is_working(day + timedelta(days=1)):
            return day


@dataclass
class Evening:
    """A clock to be set, and whom the daemon called."""

    office: Office
    first: date = field(default_factory=first_day)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    calls: list[str] = field(default_factory=list)
    down: bool = False

    def call(self, url: str) -> None:
        if self.down:
            raise requests.ConnectionError
        self.calls.append(url)

    def at(self, day: int, hour: int, minute: int = 0) -> None:
        """Set the clock to a time of day in Shanghai; the first day is 0."""
        when = datetime.combine(self.first + timedelta(days=day), time(hour, minute), SHANGHAI)
        self.now = when.astimezone(UTC)

    @contextmanager
    def daemon(self) -> Iterator[tuple[Archive, Posting]]:
        """The archive, opened as after a restart."""
        config = load(self.office.config)
        changed: Config = config.model_copy(
            update={"mail": config.mail.model_copy(update={"alive_url": ALIVE})}
        )
        with (
            self.office.surroundings({}),
            open_archive(changed, Environment.read(), clock=lambda: self.now) as archive,
        ):
            yield archive, Posting(archive, self.call)

    def mails(self) -> int:
        return len(requests.get(self.office.description["mailbox_url"], timeout=10).json())


@pytest.fixture
def evening(tmp_path: Path) -> Iterator[Evening]:
    with office_at_work(tmp_path) as office:
        yield Evening(office)


def test_digests_go_out_at_their_hour_and_not_again_after_a_restart(evening: Evening) -> None:
    """The first day begins at its hour; a daemon that was down in the morning makes up for it once."""
    evening.at(0, 8, 31)
    with evening.daemon() as (_, posting):
        posting.look()
    counts = [evening.mails()]
    evening.at(1, 11)
    for _ in range(2):
        with evening.daemon() as (_, posting):
            posting.look()
        counts.append(evening.mails())
    assert 0 < counts[0] < counts[1] == counts[2]


def test_a_refused_address_is_told_to_operations_and_spoils_only_its_own_day(evening: Evening) -> None:
    """Masked; the others got their mail, and the day after ends with a sign of life."""
    evening.at(0, 9)
    with evening.daemon() as (archive, posting):
        outbox = Outbox(archive.hub, archive.engine.clock)
        outbox.put(Mail("1" * 64, "agent_daily", "wangfang@example.com", "待办", "x", "x", {}))
        with archive.hub.unit() as unit:
            unit.connection.execute(update(outbox_table).values(state="refused"))
        told = dict(facts(archive).operations)
        assert told["退信\uff1aw***@example.com"] == "1"
        for day, calls in ((0, []), (1, [ALIVE])):
            evening.at(day, 20, 5)
            CycleNotes(archive.hub).note([one.name for one in archive.engine.replicas], evening.now)
            posting._sign_of_life(evening.now.astimezone(SHANGHAI))
            assert evening.calls == calls


def test_an_alarm_of_the_vault_stands_in_the_mail_to_operations(evening: Evening) -> None:
    """Until somebody says to have looked into it."""
    evening.at(0, 9)
    with evening.daemon() as (archive, _):
        before = facts(archive)
        with archive.vault.store.writing() as connection:
            raise_alarm(archive.vault, connection, kind=BUDGET, actor="li.na", what="contact")
        told = facts(archive)
        assert (dict(before.operations)[ALARMS], dict(told.operations)[ALARMS]) == ("0", "1")
        assert told.troubles == before.troubles + 1
        acknowledge(archive.vault, actor="ops")
        assert facts(archive) == before


def test_a_good_day_ends_with_a_sign_of_life(evening: Evening) -> None:
    """Once; not before the evening, and not while a side was not worked with."""
    evening.at(0, 12)
    with evening.daemon() as (archive, posting):
        CycleNotes(archive.hub).note([replica.name for replica in archive.engine.replicas], evening.now)
        posting.look()
        evening.at(0, 20, 5)
        posting.look()
        assert evening.calls == []
        CycleNotes(archive.hub).note([replica.name for replica in archive.engine.replicas], evening.now)
        evening.down = True
        posting.look()
        evening.down = False
        posting.look()
        posting.look()
    assert evening.calls == [ALIVE]
