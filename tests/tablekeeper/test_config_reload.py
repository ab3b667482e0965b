"""A config that changes while the daemon works: a good one is taken over, a bad one leaves the last good one at work."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
import yaml
from structlog.testing import capture_logs

from sync.cycle import run_cycle
from tablekeeper.archive import Archive, open_archive
from tablekeeper.config import load
from tablekeeper.daemon import Daemon
from tablekeeper.environment import Environment
from tablekeeper.reload import ConfigWatch
from tests.tablekeeper.cli_office import Office, bare_office


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


def change(office: Office, *path: str, to: object) -> None:
    raw = yaml.safe_load(office.config.read_text(encoding="utf-8"))
    place = raw
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    office.config.write_text(yaml.safe_dump(raw, allow_unicode=True), encoding="utf-8")


def test_good_change_lets_the_daemon_begin_anew(office: Office, archive: Archive) -> None:
    watch = ConfigWatch(office.config, archive.hub)
    daemon = Daemon(archive, watch)
    daemon._cycle_and_next()
    assert not daemon.replaced
    change(office, "tables", "customers", "fields", "occupation", "name", to="现职业")
    daemon._cycle_and_next()
    assert daemon.replaced


def test_broken_config_keeps_the_last_good_one_and_alarms_once(office: Office, archive: Archive) -> None:
    watch = ConfigWatch(office.config, archive.hub)
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
    watch = ConfigWatch(office.config, archive.hub)
    change(office, "tables", "customers", "fields", "marital", to={"name": "婚姻状况", "type": "text"})
    assert not watch.ready()
    answer = office.run("check", "--json")
    assert answer.code == 2
    assert any("marital" in problem["what"] for problem in answer.json["problems"])
    approved = {"approved_by": ["甲", "乙"], "reason": "无须保密"}
    change(office, "tables", "customers", "fields", "marital", "plain", to=approved)
    assert watch.ready()
