"""A config that changes while the daemon works: a good one is taken over, a bad one leaves the last good one at work."""

import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from sync.cycle import run_cycle
from sync.errors import Unavailable
from sync.reconfigure import reconfigure
from tablekeeper.archive import Archive, open_archive
from tablekeeper.config import load
from tablekeeper.daemon import Daemon, polling_of
from tablekeeper.diagnosis import diagnose
from tablekeeper.environment import Environment
from tablekeeper.extending import extend
from tablekeeper.lag import Lag
from tablekeeper.mailing import facts
from tablekeeper.metrics import Metrics
from tablekeeper.reload import ConfigWatch
from tablekeeper.status import standing
from tests.tablekeeper.cli_office import TABLES, Office, bare_office

KEY = "correct-battery-staple"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with bare_office(tmp_path) as office:
        office.make_vault()
        assert office.run("setup").code == 0
        yield office


@pytest.fixture
def archive(office: Office) -> Iterator[Archive]:
    structlog.reset_defaults()
    with (
        office.surroundings({}),
        open_archive(load(office.config), Environment.read()) as archive,
    ):
        run_cycle(archive.engine)
        yield archive


def change(office: Office, *path: str | int, to: object) -> None:
    with office.editing() as config:
        place: Any = config
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = to


def test_good_change_lets_the_daemon_begin_anew(office: Office, archive: Archive) -> None:
    watch = ConfigWatch(office.config, archive.hub, archive.vault)
    daemon = Daemon(archive, watch)
    daemon._cycle_and_next()
    assert not daemon.replaced
    change(office, "tables", "customers", "fields", "occupation", "name", to="现职业")
    daemon._cycle_and_next()
    assert daemon.replaced


def test_columns_that_setup_made_beside_the_daemon_let_it_begin_anew(
    office: Office, archive: Archive
) -> None:
    daemon = Daemon(archive, ConfigWatch(office.config, archive.hub, archive.vault))
    assert office.run("setup").code == 0
    daemon._cycle_and_next()
    assert not daemon.replaced
    office.delete_tab("客户基本信息")
    assert office.run("setup").code == 0
    daemon._cycle_and_next()
    assert daemon.replaced


def test_signal_that_comes_between_two_configs_ends_the_next_daemon_too(
    office: Office, archive: Archive
) -> None:
    ended = Event()
    first, second = (Daemon(archive, ended=ended) for _ in range(2))
    first._on_signal(signal.SIGTERM, None)
    running = Thread(target=second.run, daemon=True)
    running.start()
    running.join(timeout=20)
    assert not running.is_alive()


def test_broken_config_keeps_the_last_good_one_and_alarms_once(office: Office, archive: Archive) -> None:
    watch = ConfigWatch(office.config, archive.hub, archive.vault)
    change(office, "tables", "customers", "fields", "occupation", "type", to="txet")
    with capture_logs() as logs:
        assert [watch.ready(), watch.ready()] == [False, False]
    (alarm,) = [line for line in logs if line["event"] == "config_refused"]
    assert any("occupation" in problem for problem in alarm["problems"])
    change(office, "tables", "customers", "fields", "occupation", "type", to="text")
    assert watch.ready()


def test_sensitive_field_made_plain_by_nobody_is_refused_by_check_and_by_the_daemon(
    office: Office, archive: Archive
) -> None:
    watch = ConfigWatch(office.config, archive.hub, archive.vault)
    change(office, "tables", "customers", "fields", "marital", to={"name": "婚姻状况", "type": "text"})
    assert not watch.ready()
    answer = office.run("check", "--json")
    assert answer.code == 2
    assert any("marital" in problem["what"] for problem in answer.json["problems"])
    approved = {"approved_by": ["li.na", "wang.fang"], "reason": "无须保密"}
    change(office, "tables", "customers", "fields", "marital", "plain", to=approved)
    assert not watch.ready()
    for name, code in (("li.na", 4), ("wang.fang", 0)):
        person = ("--role", "主管", "--title", "主管", "--approved-by", "chen")
        assert office.run("vault", "user", "add", name, *person, given=f"{KEY}\n").code == 0
        said = ("vault", "declassify", "customers.marital", "--reason", "无须保密", "--user", name, "--json")
        answer = office.run(*said, changed={"TABLEKEEPER_USER_KEY": KEY})
        assert answer.code == code
    assert answer.json == {
        "field": "customers.marital",
        "approved_by": ["li.na", "wang.fang"],
        "enough": True,
    }
    problems = office.run("check", "--json").json["problems"]
    assert not [problem for problem in problems if problem["part"] == "config"]
    change(office, "tables", "customers", "fields", "marital", "note", to="公开")
    assert watch.ready()


def test_declassifying_without_users_or_by_a_wrong_name_is_refused(office: Office) -> None:
    said = ("vault", "declassify", "customers.marital", "--reason", "无须保密")
    answer = office.run(*said)
    assert answer.code == 2 and "vault user add" in answer.err
    assert office.run("vault", "declassify", "customers.martial", "--reason", "x").code == 2


def test_a_refused_config_is_told_by_status_metrics_and_mail_until_the_file_is_right(
    office: Office, archive: Archive
) -> None:
    watch = ConfigWatch(office.config, archive.hub, archive.vault)
    change(office, "tables", "customers", "fields", "occupation", "type", to="txet")
    assert not watch.ready()
    change(office, "tables", "customers", "fields", "occupation", "type", to="text")
    told = standing(archive)
    assert told.config_refused is not None and "occupation" in str(told.config_refused.problems)
    diagnosis = diagnose(archive.engine.clock(), replace(told, running=True, last_cycle={}), max_lag_s=1e9)
    assert (diagnosis.kind, diagnosis.next) == ("config", "tablekeeper check")
    assert ("未采用的新配置", "1") in facts(archive).operations
    engine = archive.engine
    metrics = Metrics(engine, polling_of(engine), Lag((), limit_s=60, clock=engine.clock))
    assert metrics.registry.get_sample_value("tablekeeper_config_refused") == 1
    ConfigWatch(office.config, archive.hub, archive.vault)
    assert standing(archive).config_refused is None
    assert metrics.registry.get_sample_value("tablekeeper_config_refused") == 0


def test_new_columns_are_made_without_anybody_calling_setup(office: Office, archive: Archive) -> None:
    hobby = {"name": "爱好", "type": "text"}
    change(office, "tables", "customers", "fields", "hobby", to=hobby)
    with open_archive(load(office.config), Environment.read()) as changed:
        assert reconfigure(changed.engine)
    with open_archive(load(office.config), Environment.read()) as changed:
        with capture_logs() as logs:
            extend(changed)
        made = {line["replica"]: line["changes"] for line in logs if line["event"] == "tables_extended"}
        assert made.keys() == {"airtable", "sheets"}
        assert all("爱好" in str(changes) for changes in made.values())
        assert not run_cycle(changed.engine).problems
        with capture_logs() as logs:
            extend(changed)
        assert logs == []


def test_a_table_that_held_rows_is_not_taken_over_unseen(office: Office, archive: Archive) -> None:
    office.airtable("客户基本信息").base.create_table("旧保单", [{"name": "名称", "type": "singleLineText"}])
    table = {
        "name": "旧保单",
        "key": "title",
        "fields": {"title": {"name": "名称", "type": "text", "unique": True, "required": True}},
    }
    change(office, "tables", "old_policies", to=table)
    change(office, "sync", "replicas", 0, "tables", to=[*TABLES, "old_policies"])
    with open_archive(load(office.config), Environment.read()) as changed, capture_logs() as logs:
        extend(changed)
    waits = {line["replica"]: line["advice"] for line in logs if line["event"] == "tables_not_extended"}
    assert waits == {"airtable": "tablekeeper setup, then tablekeeper sync --dry-run"}


def test_a_service_that_is_away_does_not_stop_the_others_from_being_extended(
    office: Office, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(office, "tables", "customers", "fields", "hobby", to={"name": "爱好", "type": "text"})

    def away(**_: object) -> None:
        raise Unavailable("airtable", "no answer")

    with open_archive(load(office.config), Environment.read()) as changed, capture_logs() as logs:
        monkeypatch.setattr(changed.engine.replicas[0].connection, "setup", away)
        extend(changed)
    assert [(line["event"], line["replica"]) for line in logs] == [
        ("tables_not_extended", "airtable"),
        ("tables_extended", "sheets"),
    ]


@pytest.fixture
def started(office: Office, monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    """Starts the daemon, which ends at once; says the name that its config gives a field, or why there is none."""
    names: list[str] = []

    def work(daemon: Daemon) -> None:
        names.append(daemon.archive.config.tables["customers"].fields["occupation"].name)

    monkeypatch.setattr(Daemon, "run", work)

    def start() -> str:
        answer = office.run("run")
        return names.pop() if names else str(answer.code)

    return start


def refused(office: Office) -> bool:
    diagnosis: dict[str, Any] = office.run("status", "--json").json
    return diagnosis["config_refused"] is not None


def test_daemon_that_starts_on_a_broken_config_works_with_the_last_good_one_and_alarms(
    office: Office, started: Callable[[], str]
) -> None:
    assert started() == "职业"
    change(office, "tables", "customers", "fields", "occupation", "name", to="现职业")
    change(office, "tables", "customers", "fields", "occupation", "type", to="txet")
    assert [started(), started()] == ["职业", "职业"]
    assert refused(office)
    change(office, "tables", "customers", "fields", "occupation", "type", to="text")
    assert started() == "现职业"
    assert not refused(office)


def test_first_start_on_a_broken_config_ends(office: Office, started: Callable[[], str]) -> None:
    change(office, "tables", "customers", "fields", "occupation", "type", to="txet")
    assert started() == "2"


def test_a_config_that_another_command_has_replaced_since_is_not_gone_back_to(
    office: Office, started: Callable[[], str]
) -> None:
    assert started() == "职业"
    change(office, "tables", "customers", "fields", "hobby", to={"name": "爱好", "type": "text"})
    assert office.run("setup").code == 0
    assert office.run("sync").code == 0
    change(office, "tables", "customers", "fields", "occupation", "type", to="txet")
    assert started() == "2"


def test_daemon_that_starts_on_an_unapproved_config_works_with_the_last_good_one(
    office: Office, started: Callable[[], str]
) -> None:
    assert started() == "职业"
    assert office.run("sync").code == 0
    change(office, "tables", "customers", "fields", "marital", to={"name": "婚姻状况", "type": "text"})
    assert started() == "职业"
    assert refused(office)
