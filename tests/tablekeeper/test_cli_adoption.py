"""Tables that held rows before they were ours: a person looks first, then both sides become one."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from emulators import running

CONFIG = """
archive: {name: 档案, timezone: Asia/Shanghai, locale: zh-CN}
tables:
  customers:
    name: 客户
    key: customer_no
    subject: self
    fields:
      customer_no: {name: 客户编号, type: text, unique: true, auto: 'C{seq:08}'}
      full_name: {name: 客户姓名, type: text, required: true, aliases: [姓名]}
      mobile: {name: 手机号码, type: phone, sensitive: {mask: phone, search: true}}
      occupation: {name: 职业, type: text}
sync:
  settle_s: 0
  settle_partial_s: 0
  replicas: [{name: airtable, service: airtable, calls_per_s: 0}, {name: sheets, service: sheets}]
"""


class Desk:
    """An archive in a folder, on services that already hold rows, and its command line."""

    def __init__(self, folder: Path, env: dict[str, str], services: dict[str, dict[str, str]]) -> None:
        self._folder = folder
        self._env = {
            **env,
            "TABLEKEEPER_HOME": str(folder / "home"),
            "TABLEKEEPER_PASSPHRASE": "only for tests",
        }
        (folder / "config.yaml").write_text(CONFIG, encoding="utf-8")
        airtable, google = services["airtable"], services["google"]
        self.base = f"{airtable['endpoint_url']}/v0/{airtable['base_id']}"
        self.meta = f"{airtable['endpoint_url']}/v0/meta/bases/{airtable['base_id']}/tables"
        self.sheet = f"{google['endpoint_url']}/v4/spreadsheets/{google['spreadsheet_id']}"
        self.airtable = {"Authorization": f"Bearer {airtable['staff_token']}"}
        self.google = {"Authorization": f"Bearer {google['staff_token']}"}

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        start = "from tablekeeper.cli import main; main()"
        command = [sys.executable, "-c", start, "--config", "config.yaml", *arguments]
        env = {**self._env, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
        return subprocess.run(command, cwd=self._folder, env=env, capture_output=True, text=True, timeout=60)

    def fill(self) -> None:
        fields = [
            {"name": name, "type": "singleLineText"} for name in ("客户编号", "姓名", "手机号码", "职业")
        ]
        requests.post(
            self.meta, headers=self.airtable, json={"name": "客户", "fields": fields}
        ).raise_for_status()
        record = {"客户编号": "C00000001", "姓名": "王小明", "手机号码": "13800138000", "职业": "教师"}
        requests.post(f"{self.base}/客户", headers=self.airtable, json={"fields": record}).raise_for_status()
        tab = {"requests": [{"addSheet": {"properties": {"title": "客户"}}}]}
        requests.post(f"{self.sheet}:batchUpdate", headers=self.google, json=tab).raise_for_status()
        rows = [
            ["客户编号", "姓名", "职业"],
            ["C00000001", "王小明", "司机"],
            ["C00000002", "李小红", "护士"],
        ]
        address = f"{self.sheet}/values/客户!A1?valueInputOption=RAW"
        requests.put(address, headers=self.google, json={"values": rows}).raise_for_status()

    def rows(self) -> dict[str, dict[str, str]]:
        """The tab's rows by business key."""
        header, *rows = requests.get(f"{self.sheet}/values/客户", headers=self.google).json()["values"]
        found = [dict(zip(header, row, strict=False)) for row in rows]
        return {row["客户编号"]: row for row in found}

    def records(self) -> dict[str, dict[str, str]]:
        """The base's records by business key."""
        records = requests.get(f"{self.base}/客户", headers=self.airtable).json()["records"]
        return {record["fields"]["客户编号"]: record["fields"] for record in records}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with running(quotas=False) as world:
        desk = Desk(tmp_path, world.env, world.description)
        desk.fill()
        yield desk


def test_tables_with_rows_wait_until_somebody_has_looked(desk: Desk) -> None:
    assert desk.run("setup").returncode == 0
    refused = desk.run("sync")
    assert refused.returncode == 4 and "--dry-run" in refused.stderr
    assert desk.records()["C00000001"]["手机号码"] == "13800138000"


def test_both_sides_become_one_and_nothing_is_lost(desk: Desk) -> None:
    desk.run("setup")
    shown = json.loads(desk.run("sync", "--dry-run", "--json").stdout)
    assert shown["would_write"]["airtable"]["客户"]["change"] == 1
    assert desk.run("sync").returncode == 0
    assert desk.records().keys() == desk.rows().keys() == {"C00000001", "C00000002"}
    assert desk.rows()["C00000001"]["手机号码"].startswith("138****8000〔")
    (conflict,) = json.loads(desk.run("conflicts", "--json").stdout)["conflicts"]
    assert {"教师", "司机"} <= set(map(str, conflict.values()))


def test_a_row_without_number_gets_none_that_a_row_of_any_table_bears(desk: Desk) -> None:
    """The base is read first, when nobody knows yet which numbers stand in the spreadsheet."""
    new = {"fields": {"姓名": "赵六", "手机号码": "13800138006"}}
    requests.post(f"{desk.base}/客户", headers=desk.airtable, json=new).raise_for_status()
    desk.run("setup")
    rehearsal = desk.run("sync", "--dry-run", "--json")
    assert json.loads(rehearsal.stdout)["would_write"]["airtable"]["客户"]["change"] == 2
    assert "row_refused" not in rehearsal.stderr
    assert desk.run("sync").returncode == 0
    names = {"C00000001": "王小明", "C00000002": "李小红", "C00000003": "赵六"}
    assert {key: row["姓名"] for key, row in desk.records().items()} == names
    assert {key: row["姓名"] for key, row in desk.rows().items()} == names
    assert desk.records()["C00000003"]["手机号码"].startswith("138****8006〔")
