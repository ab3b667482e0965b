"""Importing into an archive that holds records: what is there is recognised, by whatever still names it, and left alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest

from sync.admit import admit
from sync.engine import Engine, Replica
from sync.store.hub import Hub
from sync.uid import new_uid
from tablekeeper.importing.existing import Archive
from tablekeeper.importing.report import ImportReport, preview, rendered
from tablekeeper.importing.split import Split, split
from tablekeeper.importing.workbook import Grid, Workbook
from tests.sync.memory import MemoryConnection
from tests.tablekeeper.workbooks import (
    BIRTH,
    NUMBER,
    TODAY,
    archive_config,
    identity_number,
    ledger,
    ledger_row,
    workbook_of,
)
from vault.keys import Argon2Cost, from_passphrase
from vault.plaintext import Plaintext
from vault.vault import Vault

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


@dataclass
class Office:
    """An archive with one table service, and an importer."""

    engine: Engine

    def look(self, *grids: Grid) -> tuple[Split, ImportReport]:
        workbook: Workbook = workbook_of(*grids)
        with self.engine.hub.unit() as unit:
            archive = Archive(unit.records, self.engine.vault)
            parts = split(workbook, archive_config(), archive, new_uid=self._uid, today=TODAY)
            return parts, preview(workbook, parts, archive_config(), archive, today=TODAY)

    def take(self, *grids: Grid) -> None:
        admit(self.engine, self.look(*grids)[0].rows)

    def adds(self, *grids: Grid) -> list[str]:
        return [row.table for row in self.look(*grids)[0].rows]

    def _uid(self) -> str:
        return new_uid(NOW, self.engine.random_bits)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    config = archive_config()
    root = from_passphrase("only for tests", cost=Argon2Cost(iterations=1, lanes=1, memory_kib=64))
    engine = Engine(
        schema=config,
        config=config.sync,
        hub=Hub(f"sqlite:///{tmp_path}/hub.sqlite3", config),
        vault=Vault.create(f"sqlite:///{tmp_path}/vault.sqlite3", root, clock=lambda: NOW),
        masks=config.masks,
        replicas=(Replica(MemoryConnection("airtable", "row_id"), config.sync.replicas[0], config),),
        clock=lambda: NOW,
        random_bits=Random(1).getrandbits,
        zone=ZoneInfo("Asia/Shanghai"),
    )
    yield Office(engine)
    engine.hub.close()
    engine.vault.close()


CLAIMS = Grid(
    "理赔",
    (("赔案号", "保单号", "出险人", "出险日期"), ("CL000001", "P2020000001", "王芳", date(2021, 1, 5))),
)
STAFF = Grid("业务员", (("工号", "姓名", "部门"), ("A1001", "何平", "业务部")))


def test_the_same_file_again_adds_nothing_and_says_so(office: Office) -> None:
    grids = ledger(ledger_row(), ledger_row(保单号="P2020000002", 健康状况="优良")), CLAIMS, STAFF
    office.take(*grids)
    _, report = office.look(*grids)
    assert report.adds == 0
    assert {count.table: count.present for count in report.tables} == {
        "staff": 1,
        "customers": 1,
        "policies": 2,
        "health_risk": 2,
        "finances": 1,
        "claims": 1,
    }
    assert "都已在档" in str(list(rendered(report).renderables)[1])


def test_a_new_policy_of_a_known_customer_is_linked_to_him(office: Office) -> None:
    office.take(ledger(ledger_row()))
    same = ledger_row(保单号="P2020000002", 投保时间=date(2021, 1, 1), 年收入=None, 健康状况=None)
    parts, _ = office.look(ledger(same))
    (known,) = office.engine.vault.matches("customers.id_number", Plaintext(NUMBER))
    assert [(row.table, row.links["customer_no"]) for row in parts.rows] == [("policies", known.subject)]


def test_a_customer_held_for_his_number_is_known_by_his_policy(office: Office) -> None:
    held = ledger_row(身份证号=float(NUMBER[:17] + "0"))
    office.take(ledger(held))
    assert office.adds(ledger(held)) == []


def test_a_policy_held_for_its_number_is_known_by_customer_product_and_date(office: Office) -> None:
    other = ledger_row(姓名="李芳", 身份证号=identity_number(BIRTH, 2), 联系电话="15400000002")
    office.take(ledger(ledger_row(), other))
    assert office.adds(ledger(ledger_row(), other)) == []


def test_somebody_elses_number_on_a_policy_of_the_archive_is_a_new_row(office: Office) -> None:
    office.take(ledger(ledger_row()))
    other = ledger_row(姓名="李芳", 身份证号=identity_number(BIRTH, 2), 联系电话="15400000002")
    parts, report = office.look(ledger(other))
    assert "policies" in [row.table for row in parts.rows]
    assert [problem.message for problem in report.problems if problem.level == "错误"] == ["已有相同的记录"]


def test_another_name_under_a_known_number_is_not_the_same_person(office: Office) -> None:
    office.take(ledger(ledger_row()))
    _, report = office.look(ledger(ledger_row(姓名="李芳", 保单号="P2020000009")))
    assert [p.field for p in report.problems if p.message == "已有相同的记录"] == ["身份证号码"]


def test_a_claim_in_a_later_file_finds_the_policy_and_its_person(office: Office) -> None:
    office.take(ledger(ledger_row()))
    parts, report = office.look(CLAIMS)
    (claim,) = parts.rows
    assert set(claim.links) == {"policy_no", "customer_no"}
    assert [problem.message for problem in report.problems if problem.level == "错误"] == []


def test_a_rule_reads_the_policy_that_the_archive_has(office: Office) -> None:
    begins = date(2022, 1, 1)
    office.take(ledger(("王芳", "P2020000001", begins), headers=["姓名", "保单号", "生效日期"]))
    _, report = office.look(CLAIMS)
    assert "出险日期早于保单生效日期" in [problem.message for problem in report.problems]


def test_a_customer_of_the_archive_is_not_taken_by_name_for_somebody_insured(office: Office) -> None:
    office.take(ledger(ledger_row(姓名="李明")))
    parts, _ = office.look(ledger(("王芳", "P2020000002", "李明"), headers=["姓名", "保单号", "被保险人"]))
    policy = next(row for row in parts.rows if row.table == "policies")
    assert ("insured_no" in policy.links, policy.cells["insured_no"]) == (False, "李明")


def test_an_agent_of_the_archive_is_found_by_name(office: Office) -> None:
    office.take(STAFF)
    parts, _ = office.look(ledger(("王芳", "P2020000001", "何平"), headers=["姓名", "保单号", "业务员"]))
    assert all("agent_no" in row.links for row in parts.rows)


def test_the_dry_run_foretells_what_the_import_does(office: Office) -> None:
    grids = (
        ledger(
            ledger_row(身份证号=None, 姓名=None),
            ledger_row(身份证号=NUMBER[:-1] + "?", 姓名="赵芳", 联系电话="15400000003", 保单号="P2020000003"),
            ledger_row(保单号="P2020000004"),
        ),
        CLAIMS,
    )
    parts, report = office.look(*grids)
    done = admit(office.engine, parts.rows)
    assert {count.table: count.held for count in report.tables if count.held} == done.held
    assert {count.table: count.waiting for count in report.tables if count.waiting} == done.waiting
    assert done.held
