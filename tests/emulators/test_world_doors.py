"""The three doors: in process, over HTTP with real clients, and as a program that survives being killed."""

import json
import os
import signal
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import orjson
import pytest
import requests
from pyairtable import Api

import emulators
from emulators.adapter import IN_PROCESS_URL, mount
from emulators.server import Running
from emulators.world import World
from tests.emulators.airtable_world import CUSTOMER_FIELDS
from tests.google_answers import judged, watched

ROOT = Path(__file__).parents[2]
STARTUP_S = 30
SECOND = {"姓名": "乙", "等级": "银", "标签": ["老客户"], "保费": 5, "生日": "1990-01-01", "已签": True}


@pytest.fixture
def served() -> Iterator[Running]:
    with emulators.running(quotas=False, clock="manual") as running:
        yield running


def morning(api: Api, base_id: str) -> list[Any]:
    """What a client sees when it makes a table, fills it and reads it back."""
    base = api.base(base_id)
    table = base.create_table("客户", CUSTOMER_FIELDS)
    filters = {
        "options": {"filters": {"dataTypes": ["tableData"]}, "includes": {"includePreviousCellValues": True}}
    }
    hook = base.webhook(base.add_webhook("https://hooks.invalid", filters).id)
    made = table.batch_create([{"姓名": "甲", "等级": "金"}, {"姓名": "乙"}])
    upserted = table.batch_upsert([{"fields": SECOND}], key_fields=["姓名"])
    table.batch_delete([made[0]["id"]])
    told = [payload.model_dump() for payload in hook.payloads()]
    return [api.whoami(), made, upserted, table.all(), base.schema().tables[0].model_dump(), told]


def in_process(seed: int) -> list[Any]:
    world = World(seed=seed, quotas=False)
    api = Api(world.airtable.token, endpoint_url=IN_PROCESS_URL, retry_strategy=None)
    mount(world, api.session)
    return [*morning(api, world.base_id), world.journal.since(0)]


def test_the_same_seed_gives_the_same_trace_and_another_seed_another() -> None:
    assert in_process(7) == in_process(7)
    assert in_process(7) != in_process(8)


def test_the_trace_does_not_depend_on_the_process() -> None:
    script = "import sys; sys.path[:0] = ['tests', 'tests/emulators']; import test_world_doors as doors; print(doors.in_process(7))"
    traces = []
    for hash_seed in ("1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": hash_seed}
        command = [sys.executable, "-c", script]
        traces.append(subprocess.run(command, capture_output=True, check=True, env=environment).stdout)
    assert traces[0] == traces[1]


def test_pyairtable_works_unchanged_over_http(served: Running) -> None:
    airtable = served.description["airtable"]
    api = Api(airtable["token"], endpoint_url=airtable["endpoint_url"])
    _, made, upserted, rows, _, _ = morning(api, airtable["base_id"])
    assert [row["fields"] for row in rows] == [SECOND]
    assert upserted["updatedRecords"] == [made[1]["id"]]


def test_a_connection_is_cut_where_a_fault_says_so_and_the_next_request_is_served(served: Running) -> None:
    url = f"{served.description['airtable']['endpoint_url']}/v0/meta/whoami"
    faults = f"{served.description['control_url']}/faults"
    headers = {"Authorization": f"Bearer {served.description['airtable']['token']}"}
    for kind in ("reset", "applied_then_lost", "timeout"):
        requests.post(
            faults, json=[{"match": "whoami", "caller": "daemon", "kind": kind, "count": 1}], timeout=5
        )
        with pytest.raises((requests.exceptions.ConnectionError, requests.exceptions.ReadTimeout)):
            requests.get(url, headers=headers, timeout=(5, 0.3))
        assert requests.get(url, headers=headers, timeout=5).status_code == 200


def test_a_mail_arrives_decoded(served: Running) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@x.cn", "经理 <b@x.cn>", "续期提醒"
    message.set_content("正文")
    message.add_alternative("<b>正文</b>", subtype="html")
    smtp = served.description["smtp"]
    with smtplib.SMTP(smtp["host"], smtp["port"]) as client:
        client.send_message(message)
    (mail,) = requests.get(served.description["mailbox_url"], timeout=5).json()
    assert (mail["from"], mail["to"], mail["subject"]) == ("a@x.cn", ["b@x.cn"], "续期提醒")
    assert (mail["text"].strip(), mail["html"].strip()) == ("正文", "<b>正文</b>")


def test_the_environment_names_everything_the_product_reads(served: Running) -> None:
    assert set(served.env) == {
        "TABLEKEEPER_AIRTABLE_URL",
        "TABLEKEEPER_AIRTABLE_TOKEN",
        "TABLEKEEPER_AIRTABLE_BASE",
        "TABLEKEEPER_GOOGLE_URL",
        "TABLEKEEPER_GOOGLE_CREDENTIALS",
        "TABLEKEEPER_SPREADSHEET",
        "TABLEKEEPER_SMTP_URL",
    }
    key_file = Path(served.env["TABLEKEEPER_GOOGLE_CREDENTIALS"])
    assert key_file.stat().st_mode & 0o777 == 0o600
    assert json.loads(key_file.read_bytes())["token_uri"] == f"{served.env['TABLEKEEPER_GOOGLE_URL']}/token"


def test_a_manual_clock_over_http_stands_still_until_told(served: Running) -> None:
    url = f"{served.description['control_url']}/clock"
    first = requests.get(url, timeout=5).json()
    assert requests.get(url, timeout=5).json() == first
    assert requests.post(url, json={"advance_s": 1}, timeout=5).json() != first


def start(folder: Path) -> tuple["subprocess.Popen[str]", dict[str, Any]]:
    command = watched("import runpy; runpy.run_module('emulators', run_name='__main__')", folder / "judged")
    options = ["--state", str(folder / "state"), "--quotas", "off"]
    program = subprocess.Popen([*command, *options], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert program.stdout is not None
    return program, orjson.loads(program.stdout.readline())


def stop(program: "subprocess.Popen[str]", number: int) -> int:
    program.send_signal(number)
    code = program.wait(timeout=STARTUP_S)
    assert program.stdout is not None
    program.stdout.close()
    return code


def sheet_id(description: dict[str, Any], *added: str) -> int:
    """The id of the tab 客户, which is added first if so wished, as a clerk would."""
    google = description["google"]
    url = f"{google['endpoint_url']}/v4/spreadsheets/{google['spreadsheet_id']}"
    bearer = {"Authorization": f"Bearer {google['staff_token']}"}
    if added:
        asked = {"requests": [{"addSheet": {"properties": {"title": title}}} for title in added]}
        requests.post(f"{url}:batchUpdate", json=asked, headers=bearer, timeout=5).raise_for_status()
    sheets = requests.get(url, headers=bearer, timeout=5).json()["sheets"]
    return int(
        next(sheet["properties"]["sheetId"] for sheet in sheets if sheet["properties"]["title"] == "客户")
    )


def tables(description: dict[str, Any]) -> list[dict[str, Any]]:
    airtable = description["airtable"]
    api = Api(airtable["token"], endpoint_url=airtable["endpoint_url"])
    return [table.model_dump() for table in api.base(airtable["base_id"]).schema().tables]


def test_the_state_survives_an_orderly_stop_and_a_kill(tmp_path: Path) -> None:
    program, first = start(tmp_path)
    airtable = first["airtable"]
    api = Api(airtable["token"], endpoint_url=airtable["endpoint_url"])
    api.base(airtable["base_id"]).create_table("客户", CUSTOMER_FIELDS)
    before, tab = tables(first), sheet_id(first, "客户")
    assert stop(program, signal.SIGTERM) == 0
    program, second = start(tmp_path)
    assert tables(second) == before
    stop(program, signal.SIGKILL)
    program, third = start(tmp_path)
    assert tables(third) == before
    assert sheet_id(third) == tab
    assert third["airtable"]["staff_token"] == first["airtable"]["staff_token"]
    assert stop(program, signal.SIGINT) == 0
    assert judged(tmp_path / "judged") == {""}


def test_a_loaded_world_is_equal_to_the_one_that_was_dumped() -> None:
    world = World(seed=3, quotas=False)
    api = Api(world.airtable.token, endpoint_url=IN_PROCESS_URL, retry_strategy=None)
    mount(world, api.session)
    morning(api, world.base_id)
    stored = orjson.dumps(world.dump())
    other = World(seed=4, quotas=False)
    other.load(orjson.loads(stored))
    assert orjson.dumps(other.dump()) == stored
