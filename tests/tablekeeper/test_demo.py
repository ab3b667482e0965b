"""What the demo refuses, and the searchers that its account relies on."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tablekeeper.config import Config, load
from tablekeeper.demo.agreement import Exempt, Tables, differences
from tablekeeper.demo.leaks import Needles, home_files, readable
from tablekeeper.demo.stand_ins import bare_cells
from vault.masks import cell_text
from vault.tokens import new_token

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-c", "from tablekeeper.cli import main; main()", "demo")


def play(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *options], cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def config() -> Config:
    return load(ROOT / "config.yaml")


def test_a_workbook_that_cannot_be_read_ends_the_demo_before_it_begins(tmp_path: Path) -> None:
    ended = play("--json", "--input", str(tmp_path / "none.xlsx"))
    assert ended.returncode == 2 and "none.xlsx" in json.loads(ended.stdout)["error"]
    assert "Traceback" not in ended.stderr


def test_the_demo_refuses_a_folder_that_holds_something(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    ended = play("--keep", str(tmp_path))
    assert ended.returncode == 2 and [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_value_is_found_in_every_form_it_was_typed_in(config: Config) -> None:
    needles = Needles(["\uff11\uff13\uff18\uff10\uff10\uff11\uff13\uff18\uff10\uff10\uff10 "], config)
    assert needles.found_in("电话13800138000,周末") == {"13800138000"}
    assert needles.found_in('{"cell":"+8613800138000"}') == {"13800138000"}
    assert not needles.found_in("时间2138001380001")


def test_a_value_is_found_in_the_escapes_of_a_database(config: Config) -> None:
    address = "山东省济南市历下区泉城路18号"
    stored = json.dumps({"home_address": address}).encode() + b"\x00\xff"
    assert Needles([address], config).found_in(readable(stored)) == {address}


def test_words_that_stand_in_plain_columns_are_no_leak(config: Config) -> None:
    assert not len(
        Needles(["投资连结保险", "180000.00", "1000000.00", "150000", "北京市朝阳区", "短"], config)
    )


def test_every_file_of_the_home_is_searched(config: Config, tmp_path: Path) -> None:
    for name in ("hub.sqlite3-wal", "daemon.log", "vault.sqlite3"):
        (tmp_path / name).write_bytes(b"\x00" * 9 + "号码 13800138000".encode())
    found = {
        place: len(Needles(["13800138000"], config).found_in(text))
        for place, text in home_files(tmp_path).items()
    }
    assert found == {"hub.sqlite3-wal": 1, "daemon.log": 1, "vault file": 1}


def tables(config: Config, airtable: dict[str, Any] | None, sheets: dict[str, Any] | None) -> Tables:
    def side(row: dict[str, Any] | None) -> dict[str, Any]:
        return {table: {"R1": row} if table == "policies" and row else {} for table in config.tables}

    return Tables(side(airtable), side(sheets), 0)


NOTHING = Exempt(frozenset(), {})


def test_equal_contents_agree_however_a_service_shows_them(config: Config) -> None:
    airtable = {"投保日期": "2026-11-23", "保费金额": 1200, "终身保障": True, "投保人": "C00000001"}
    sheets = {"投保日期": 46349, "保费金额": 1200.0, "终身保障": True, "投保人": "C00000001"}
    assert differences(tables(config, airtable, sheets), NOTHING, config) == []


@pytest.mark.parametrize(
    "other", [{"投保日期": 46350}, {"保费金额": 1200.01}, {"保单状态": "终止"}, {"投保人": "C00000002"}]
)
def test_any_cell_that_differs_is_named(config: Config, other: dict[str, Any]) -> None:
    row = {"投保日期": 46349, "保费金额": 1200, "保单状态": "有效", "投保人": "C00000001"}
    found = differences(tables(config, row, row | other), NOTHING, config)
    assert found == [f"保险合同信息 R1 {next(iter(other))}"]


def test_a_record_on_one_side_only_agrees_while_it_is_held(config: Config) -> None:
    alone = tables(config, {"保费金额": 0}, None)
    assert differences(alone, NOTHING, config) == ["保险合同信息 R1 stands on one side only"]
    assert differences(alone, Exempt(frozenset({"R1"}), {}), config) == []


def test_a_held_field_may_differ_and_no_other(config: Config) -> None:
    sides = tables(config, {"保费金额": 0, "保单状态": "有效"}, {"保单状态": "终止"})
    held = Exempt(frozenset(), {"R1": frozenset({"premium"})})
    assert differences(sides, held, config) == ["保险合同信息 R1 保单状态"]


def test_a_sensitive_cell_without_stand_in_is_a_leak(config: Config) -> None:
    shown = cell_text("【已加密】", new_token(os.urandom))
    sides = tables(config, {"核保结论": "标准体"}, {"核保结论": shown})
    assert bare_cells(sides, config) == ["保险合同信息 R1 核保结论"]
