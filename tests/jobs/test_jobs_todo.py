"""提醒与待办: open items as rows, what closes them, and what staff may wish there."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from jobs.config import JobsConfig
from jobs.mail import Mailer
from jobs.noted import note
from jobs.outbox import Outbox
from jobs.preview import Archive, preview
from jobs.send_digests import send_digests
from jobs.tend import TendReport, follow, newest_revision, tend
from jobs.todo_config import SnoozeConfig
from sync.engine import Engine
from sync.filters import Filters
from sync.store.hub import Hub
from sync.store.records import State
from tests.jobs.jobs_default import CONFIG, SCHEMA
from tests.jobs.jobs_office import MONDAY, Office
from validators.rules import RuleBook
from vault.masks import MasksConfig

TUESDAY = MONDAY + timedelta(days=1)


@dataclass
class Board:
    """The to-do table of the shipped archive, over a hub, without services."""

    office: Office
    today: date = MONDAY
    config: JobsConfig = CONFIG
    random: Iterator[int] = field(default_factory=lambda: iter(range(10**6)))

    def __post_init__(self) -> None:
        replica = SimpleNamespace(name="sheets", holds=lambda table: True)
        self.engine = cast(
            Engine,
            SimpleNamespace(
                schema=SCHEMA,
                hub=self.office.hub,
                replicas=(replica,),
                rules=RuleBook(SCHEMA),
                filters=Filters(SCHEMA, []),
                clock=lambda: datetime.combine(self.today, time(1), UTC),
                today=lambda: self.today,
                random_bits=lambda bits: next(self.random),
            ),
        )

    @property
    def archive(self) -> Archive:
        hub, masks = self.office.hub, MasksConfig()
        return Archive("档案", hub, SCHEMA, self.config, masks, lambda _: {}, lambda _: {}, "http://desk")

    def tend(self, today: date | None = None) -> TendReport:
        self.today = today or self.today
        return tend(self.archive, self.engine)

    def rows(self, **having: Any) -> list[dict[str, Any]]:
        """The rows that show these values, with their uid."""
        with self.office.hub.unit() as unit:
            found = [{"uid": each.uid, **each.values} for each in unit.records.of_table("tasks")]
        return [row for row in found if having.items() <= row.items()]

    def type(self, uid: str, **values: Any) -> None:
        """Staff type into a row, and the engine takes it into the hub."""
        with self.office.hub.unit() as unit:
            row = unit.records.get_many("tasks", [uid])[uid].values
        self.office.save("tasks", uid, **{**row, **values})


@pytest.fixture
def board(tmp_path: Path) -> Iterator[Board]:
    """Agents wang and liu; contract p of customer c ends in a week, claim k has to be decided in two days."""
    hub = Hub(f"sqlite:///{tmp_path}/hub.db", SCHEMA)
    made = Board(Office(hub))
    made.office.hire("wang", name="王芳")
    made.office.hire("liu", name="刘洋")
    made.office.save(
        "customers", "c", customer_no="C00000001", full_name="欧阳建国", agent_no="wang", status="在保客户"
    )
    ending = {"effective_date": date(2025, 12, 1), "expiry_date": date(2026, 11, 30)}
    made.office.save("policies", "p", policy_no="P20200001", customer_no="c", status="有效", **ending)
    made.office.save("claims", "k", claim_no="CL2026001", handler_no="liu", decide_by=date(2026, 11, 25))
    yield made
    hub.close()


def test_an_open_item_stands_as_a_row(board: Board) -> None:
    """What, whose, until when, why, and a link."""
    board.tend()
    [row] = board.rows(target_no="P20200001")
    assert row["title"] == "保单到期\uff0c联系客户续保\uff08欧阳**\uff09"
    assert (row["kind"], row["due_on"], row["owner_no"], row["status"]) == (
        "续保",
        date(2026, 11, 30),
        "wang",
        "已升级",
    )
    assert (row["why"], row["target_link"]) == ("保险合同信息 · 续保 · 到期前7天", "http://desk/r/p")
    [claim] = board.rows(target_no="CL2026001")
    assert (claim["law"], claim["owner_no"], claim["priority"]) == ("保险法23", "liu", "高")
    assert {row["task_no"] for row in board.rows()} == {"T00000001", "T00000002"}


def test_an_unchanged_item_is_not_written_again(board: Board) -> None:
    """Neither on the same day nor on the next, unless its stage moves."""
    assert board.tend().rows == 2
    with board.office.hub.unit() as unit:
        revision = newest_revision(unit)
    assert board.tend().rows == 0
    assert board.tend(TUESDAY).rows == 0
    with board.office.hub.unit() as unit:
        assert newest_revision(unit) == revision


def test_a_row_closes_when_the_condition_is_false(board: Board) -> None:
    """The contract was terminated: nobody has to tick it off."""
    board.tend()
    board.office.save("policies", "p", policy_no="P20200001", customer_no="c", status="终止")
    assert board.tend().closed == 1
    [row] = board.rows(target_no="P20200001")
    assert (row["status"], row["done_on"], row["outcome"]) == ("已完成", MONDAY, "条件已满足\uff0c自动完成")
    assert "reply" not in row


def test_a_mail_in_between_leaves_the_rows_to_the_pass(board: Board) -> None:
    """Sent after the contract was terminated and before its row was seen to."""
    board.tend()
    board.office.save("policies", "p", policy_no="P20200001", customer_no="c", status="终止")
    mailer = Mailer("smtp://127.0.0.1:1", sender="archive@insurer.example", timeout_s=1)
    send_digests(
        board.archive, today=MONDAY, outbox=Outbox(board.office.hub, board.engine.clock), mailer=mailer
    )
    assert board.tend().closed == 1
    assert [row["status"] for row in board.rows(target_no="P20200001")] == ["已完成"]


def test_what_changed_is_followed_without_looking_at_everything(board: Board) -> None:
    """The same as a whole pass, from the revision on."""
    board.tend()
    with board.office.hub.unit() as unit:
        revision = newest_revision(unit)
    board.office.save("policies", "p", policy_no="P20200001", customer_no="c", status="终止")
    report = follow(board.archive, board.engine, revision)
    assert report is not None and (report.closed, report.rows) == (1, 1)
    [claim] = board.rows(target_no="CL2026001")
    assert claim["status"] != "已完成"


def test_a_successor_closes_the_renewal_of_another_record(board: Board) -> None:
    """The new contract names the old one, which did not change itself."""
    board.tend()
    with board.office.hub.unit() as unit:
        revision = newest_revision(unit)
    board.office.save("policies", "q", policy_no="P20260002", customer_no="c", prior_policy_no="p")
    report = follow(board.archive, board.engine, revision)
    assert report is not None and report.closed == 1


def test_ticking_does_not_close_what_is_still_true(board: Board) -> None:
    """It is explained, and stands open again."""
    board.tend()
    [row] = board.rows(target_no="P20200001")
    board.type(row["uid"], status="已完成")
    board.tend()
    [row] = board.rows(target_no="P20200001")
    assert row["status"] == "已升级"
    assert "条件仍成立" in row["reply"]
    board.tend()
    assert board.rows(target_no="P20200001") == [row], "the explanation stays to be read"
    board.type(row["uid"], status="处理中")
    board.tend()
    assert "条件仍成立" not in board.rows(target_no="P20200001")[0]["reply"]


def test_an_item_follows_its_day(board: Board) -> None:
    """The contract was prolonged: the old item is gone, and the row comes back with the new day."""
    board.tend()
    ending = {"effective_date": date(2025, 12, 1), "expiry_date": date(2026, 12, 1)}
    board.office.save("policies", "p", policy_no="P20200001", customer_no="c", status="有效", **ending)
    board.tend()
    [row] = board.rows(target_no="P20200001")
    assert row["due_on"] == date(2026, 12, 1)


def test_staff_put_an_item_off_within_limits(board: Board) -> None:
    """It is not mailed until then; three times, and no more than thirty days."""
    board.tend()
    [row] = board.rows(target_no="P20200001")
    for times, day in enumerate((TUESDAY, date(2026, 11, 25), date(2026, 11, 26)), start=1):
        board.type(row["uid"], snooze_until=day)
        board.tend()
        [row] = board.rows(target_no="P20200001")
        assert (row["status"], f"第{times}次" in row["reply"]) == ("已延后", True)
    assert not any("P20200001" in mail.text for mail in preview(board.archive, today=MONDAY).mails)
    board.type(row["uid"], snooze_until=date(2026, 11, 27))
    board.tend()
    [row] = board.rows(target_no="P20200001")
    assert row["status"] == "已升级"
    assert "已延后3次\uff0c不能再延后" in row["reply"]


def test_an_item_cannot_be_put_off_for_months(board: Board) -> None:
    """The row says until when."""
    board.tend()
    [row] = board.rows(target_no="P20200001")
    board.type(row["uid"], snooze_until=date(2027, 3, 1))
    board.tend()
    [row] = board.rows(target_no="P20200001")
    assert row["status"] == "已升级"
    assert "最多延后7天\uff0c请改填2026-11-30或更早" in row["reply"]


def test_a_finding_about_the_archive_is_a_row_without_owner(board: Board) -> None:
    """It can be handed over like any other, and is done when the next look finds nothing."""
    note(
        board.office.hub,
        "review",
        {"keys": 1, "backup": 1},
        MONDAY,
    )
    board.tend()
    found = {row["title"]: row for row in board.rows(kind="安全审计")}
    assert len(found) == 2
    row = found["安全审查\uff1a密钥轮换\uff081项\uff09"]
    assert ("owner_no" in row, row["target_link"]) == (False, "http://desk/status")
    board.type(row["uid"], hand_to="liu")
    with board.office.hub.unit() as unit:
        since = newest_revision(unit) - 1
    assert follow(board.archive, board.engine, since)
    assert board.rows(uid=row["uid"])[0]["owner_no"] == "liu"
    note(board.office.hub, "review", {"backup": 1}, TUESDAY)
    board.tend(TUESDAY)
    assert [row["status"] for row in board.rows(uid=row["uid"])] == ["已完成"]
    assert [
        row["status"] for row in board.rows(kind="安全审计", title="安全审查\uff1a备份\uff081项\uff09")
    ] == ["待办"]


def test_a_kind_may_have_narrower_limits(board: Board) -> None:
    """Renewals only for so many days; the others as all."""
    narrow = CONFIG.todo.model_copy(update={"snooze": {"续保": SnoozeConfig(days_max=2, times_max=1)}})
    board.config = CONFIG.model_copy(update={"todo": narrow})
    board.tend()
    [row] = board.rows(target_no="P20200001")
    board.type(row["uid"], snooze_until=date(2026, 11, 26))
    board.tend()
    [row] = board.rows(target_no="P20200001")
    assert "最多延后2天\uff0c请改填2026-11-25或更早" in row["reply"]
    board.type(row["uid"], snooze_until=date(2026, 11, 24))
    board.tend()
    board.type(row["uid"], snooze_until=date(2026, 11, 25))
    board.tend()
    [row] = board.rows(target_no="P20200001")
    assert "已延后1次\uff0c不能再延后" in row["reply"]


def test_a_legal_clock_is_never_put_off(board: Board) -> None:
    """And the row says why."""
    board.tend()
    [row] = board.rows(target_no="CL2026001")
    board.type(row["uid"], snooze_until=TUESDAY)
    board.tend()
    [row] = board.rows(target_no="CL2026001")
    assert row["status"] == "已升级"
    assert "法定时限不能延后" in row["reply"]


def test_staff_hand_an_item_over(board: Board) -> None:
    """Its owner and the mails follow; somebody who left cannot take it."""
    board.tend()
    [row] = board.rows(target_no="P20200001")
    board.type(row["uid"], hand_to="liu")
    board.tend()
    [row] = board.rows(target_no="P20200001")
    assert (row["owner_no"], row["reply"]) == ("liu", "已转交刘洋\uff1b已升级至直属主管")
    board.office.hire("liu", name="刘洋", active=None)
    board.tend()
    [row] = board.rows(target_no="P20200001")
    assert row["owner_no"] == "wang"
    assert "未转交" in row["reply"]


def test_a_new_archive_does_not_bury_its_staff(board: Board) -> None:
    """The most pressing first, so many a pass; the rest is counted and comes later."""
    config = CONFIG.model_copy(update={"todo": CONFIG.todo.model_copy(update={"new_max": 1})})
    archive = Archive("档案", board.office.hub, SCHEMA, config, MasksConfig(), lambda _: {}, lambda _: {})
    report = tend(archive, board.engine)
    assert (report.open, report.rows, report.waiting) == (2, 1, 1)
    assert [row["target_no"] for row in board.rows()] == ["CL2026001"]
    assert tend(archive, board.engine).waiting == 0


def test_a_deleted_row_comes_back_with_the_next_stage_only(board: Board) -> None:
    """Whoever deletes it is not asked again the same day, nor on the day on which the stage came up."""
    board.tend()
    [row] = board.rows(target_no="P20200001")
    with board.office.hub.unit() as unit:
        record = unit.records.get_many("tasks", [row["uid"]])[row["uid"]]
        unit.records.save("tasks", row["uid"], record.values, state=State.ARCHIVED, now=board.engine.clock())
    board.tend()
    assert board.rows(target_no="P20200001") == []
    board.tend(TUESDAY)
    assert board.rows(target_no="P20200001") == []
    board.tend(date(2026, 11, 30))
    assert len(board.rows(target_no="P20200001")) == 1


def test_rows_that_were_done_long_ago_leave_the_table(board: Board) -> None:
    """After thirty days; they stay in the hub."""
    board.tend()
    board.office.save("policies", "p", policy_no="P20200001", customer_no="c", status="终止")
    board.tend()
    board.tend(MONDAY + timedelta(days=30))
    assert board.rows(target_no="P20200001")
    board.tend(MONDAY + timedelta(days=31))
    assert board.rows(target_no="P20200001") == []


def test_a_row_that_staff_wrote_is_left_alone(board: Board) -> None:
    """The table is theirs too."""
    board.office.save(
        "tasks", "own", task_no="T00000009", title="买蛋糕", due_on=date(2027, 1, 1), owner_no="wang"
    )
    before = board.rows(task_no="T00000009")
    board.tend()
    assert board.rows(task_no="T00000009") == before
