"""Distinctive values are typed through every path; afterwards nothing of ours but the vault knows them."""

import importlib
import io
import json
import logging
import resource
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import pytest
import requests
from prometheus_client import generate_latest
from pyairtable import Api

from sync import cycle
from tablekeeper import logs
from tablekeeper.archive import open_archive
from tablekeeper.config import load
from tablekeeper.daemon import Daemon
from tablekeeper.environment import Environment
from tests.tablekeeper.cli_office import Office, office_at_work

VALID = {"身份证号码": "110105199003078475", "手机号码": "18611118475", "电子邮箱": "canary8475@example.com"}
INVALID = {"身份证号码": "11010519900307847", "手机号码": "1861111999", "电子邮箱": "canary8475-at-example"}
PROSE, CRASHING, LATE = "13911128475", "18611138475", "18611148475"
MAIN = importlib.import_module("tablekeeper.cli.main")
CANARIES = [*VALID.values(), *INVALID.values(), PROSE, CRASHING, LATE]


@dataclass
class Traces:
    """What commands said, logged at the most talkative level, and sent to the services."""

    said: list[str] = field(default_factory=list)
    log: io.StringIO = field(default_factory=io.StringIO)
    sent: list[str] = field(default_factory=list)


def run(office: Office, traces: Traces, *arguments: str, given: str = "") -> int:
    """A command with debug logs, whose requests are kept."""
    send = requests.Session.send

    def keep(session: requests.Session, request: requests.PreparedRequest, **options: Any) -> Any:
        body = request.body or b""
        text = body.decode(errors="replace") if isinstance(body, bytes) else str(body)
        traces.sent.append(f"{request.url} {text}")
        return send(session, request, **options)

    def talkative() -> None:
        logs.start_logging(traces.log, level=logging.DEBUG)

    with (
        mock.patch.object(requests.Session, "send", keep),
        mock.patch.object(MAIN, "start_logging", talkative),
    ):
        answer = office.run(*arguments, given=given)
    traces.said += [answer.out, answer.err]
    return answer.code


def customer(office: Office, number: str, **cells: str) -> str:
    row = office.airtable("客户基本信息").create({"客户编号": number, "客户姓名": "钱八", **cells})
    return str(row["id"])


def fault(office: Office, kind: str) -> None:
    body = [{"match": "airtable (PATCH|POST)", "caller": "daemon", "kind": kind, "count": 1}]
    requests.post(
        f"{office.description['control_url'].rstrip('/')}/faults", json=body, timeout=10
    ).raise_for_status()


def crash(*arguments: Any, **_: Any) -> Any:
    """What a mistake of ours would raise: an error that holds all it was given."""
    rows = next(one for one in arguments if isinstance(one, list))
    raise ValueError(str([dict(getattr(row, "typed", {})) for row in rows]), rows)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Office, Traces]]:
    traces = Traces()
    with office_at_work(tmp_path_factory.mktemp("office")) as office:
        customer(office, "C00000071", **VALID)
        customer(office, "C00000072", **INVALID)
        customer(office, "C00000073", 备注=f"请打{PROSE}找她")
        assert run(office, traces, "sync") == 0
        crashing = customer(office, "C00000074", 手机号码=CRASHING)
        with mock.patch.object(cycle, "check_rows", crash):
            run(office, traces, "sync")
        with mock.patch.object(cycle, "merge_rows", crash):
            run(office, traces, "sync")
        customer(office, "C00000075", 手机号码=LATE)
        for kind in ("timeout", "500", "applied_then_lost"):
            fault(office, kind)
            run(office, traces, "sync")
        assert crashing
        for _ in range(2):
            run(office, traces, "sync")
        run(office, traces, "find", "mobile", "--json", given=VALID["手机号码"])
        for command in (["status", "--json"], ["held", "--json"], ["exposure", "--json"], ["digest", "send"]):
            run(office, traces, *command)
        run(office, traces, "audit", "export", "--json")
        yield office, traces


def hits(text: str) -> list[str]:
    return [canary for canary in CANARIES if canary in text]


def test_the_canaries_reached_the_vault(played: tuple[Office, Traces]) -> None:
    office, _ = played
    with office.surroundings({}), open_archive(load(office.config), Environment.read()) as archive:
        known = set(archive.vault.plaintexts_for_leak_scan())
    assert {*VALID.values(), CRASHING, LATE, PROSE} <= known


def test_no_command_says_logs_or_sends_a_value(played: tuple[Office, Traces]) -> None:
    _, traces = played
    assert traces.log.getvalue()
    assert traces.sent
    assert hits("\n".join(traces.said)) == []
    assert hits(traces.log.getvalue()) == []
    assert hits("\n".join(traces.sent)) == []


def test_no_file_of_the_archive_holds_a_value(played: tuple[Office, Traces]) -> None:
    office, _ = played
    files = [path for path in office.folder.rglob("*") if path.is_file()]
    assert any(path.name.startswith("hub") for path in files)
    found = {path.name: [one for one in CANARIES if one.encode() in path.read_bytes()] for path in files}
    assert {name: each for name, each in found.items() if each} == {}


def test_no_table_no_tab_and_no_mail_shows_a_value(played: tuple[Office, Traces]) -> None:
    """Every table of the base and every tab, those that are hidden among them: the scratch tab held what stood in the cells."""
    office, _ = played
    told = office.description["airtable"]
    base = Api(told["staff_token"], endpoint_url=told["endpoint_url"]).base(told["base_id"])
    rows = {table.name: table.all() for table in base.tables()}
    tabs = [one["properties"] for one in office._sheets("GET", "?fields=sheets.properties")["sheets"]]
    book = [office._sheets("GET", f"/values/'{tab['title']}'!A1:CZ60") for tab in tabs]
    hidden = [tab["title"] for tab in tabs if tab.get("hidden")]
    mails = requests.get(office.description["mailbox_url"], timeout=10).json()
    assert {"客户基本信息", "系统状态"} <= rows.keys()
    assert hidden, "the scratch tab is looked at too"
    assert hits(json.dumps([rows, book, mails], ensure_ascii=False)) == []


def test_no_figure_names_a_value(played: tuple[Office, Traces]) -> None:
    """What Prometheus is given, from a daemon that took in a value and one that refused another."""
    office, _ = played
    customer(office, "C00000076", 手机号码=VALID["手机号码"], 电子邮箱=INVALID["电子邮箱"])
    with office.surroundings({}), open_archive(load(office.config), Environment.read()) as archive:
        daemon = Daemon(archive)
        report = daemon.cycle()
        told = generate_latest(daemon._metrics.registry).decode()
    assert report.busy
    assert "tablekeeper_" in told
    assert hits(told) == []


def test_no_command_leaves_a_core(played: tuple[Office, Traces]) -> None:
    assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)


def test_the_archive_is_kept_in_files_that_overwrite_what_they_delete(played: tuple[Office, Traces]) -> None:
    office, _ = played
    with office.surroundings({}), open_archive(load(office.config), Environment.read()) as archive:
        with archive.hub.reading() as unit:
            assert unit.connection.exec_driver_sql("PRAGMA secure_delete").scalar() == 1
        with archive.vault.store.reading() as connection:
            assert connection.exec_driver_sql("PRAGMA secure_delete").scalar() == 1
