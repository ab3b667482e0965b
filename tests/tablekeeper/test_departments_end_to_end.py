"""The shipped departments over the emulated services: three spreadsheets, each with what its people may see and change."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from tablekeeper.demo.office import SheetsScreen
from tests.tablekeeper.cli_office import ROOT, Office, bare_office

CLAIMS, FINANCE, UNDERWRITING = "理赔部", "财务部", "核保部"
VARIABLES = {
    CLAIMS: "TABLEKEEPER_SPREADSHEET_CLAIMS",
    FINANCE: "TABLEKEEPER_SPREADSHEET_FINANCE",
    UNDERWRITING: "TABLEKEEPER_SPREADSHEET_UNDERWRITING",
}
CUSTOMER_TAB, POLICY_TAB, CLAIM_TAB, TASK_TAB = "客户基本信息", "保险合同信息", "历史理赔记录", "提醒与待办"
NO_WAIT = {"settle_s": 0, "settle_partial_s": 0, "delete_grace_s": 0}
ACCOUNT = "6222020200112233446"


@dataclass(frozen=True)
class Departments:
    """The archive, and each department's spreadsheet as its people have it open."""

    office: Office
    screens: dict[str, SheetsScreen]

    def sync(self) -> None:
        answer = self.office.run("sync")
        assert answer.code == 0, answer.err

    def cells(self, name: str, tab: str, header: str, text: str) -> dict[str, object]:
        return dict(self.screens[name].row(tab, header, text) or {})

    def edit(self, name: str, tab: str, header: str, text: str, **cells: object) -> None:
        screen = self.screens[name]
        screen.edit(tab, screen.places(tab, header, text)[0], cells)


@pytest.fixture(scope="module")
def departments(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Departments]:
    with bare_office(tmp_path_factory.mktemp("departments")) as office:
        places = {name: f"sheet-of-{number}" for number, name in enumerate(VARIABLES)}
        sheets = [{"id": place, "title": name, "private": False} for name, place in places.items()]
        seed = f"{office.description['control_url']}/seed"
        requests.post(seed, json={"spreadsheets": sheets}, timeout=10).raise_for_status()
        variables = {VARIABLES[name]: place for name, place in places.items()}
        _write_settings(office)
        whole = Office(office.folder, {**office.environment, **variables}, office.description)
        whole.make_vault()
        assert whole.run("setup").code == 0
        google = office.description["google"]
        screens = {
            name: SheetsScreen(google["endpoint_url"], google["staff_token"], place)
            for name, place in places.items()
        }
        _type_the_first_records(whole)
        found = Departments(whole, screens)
        found.sync()
        yield found


def _write_settings(office: Office) -> None:
    """The shipped config without its patience."""
    office.config.write_text((ROOT / "config.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    with office.editing() as raw:
        raw["sync"] |= NO_WAIT
        raw["sync"]["replicas"][0]["calls_per_s"] = 0


def _type_the_first_records(office: Office) -> None:
    people = [("A0001", "李理赔", CLAIMS), ("A0002", "周财务", FINANCE)]
    staff = {
        number: office.airtable("员工与部门").create({"工号": number, "姓名": name, "部门": department})["id"]
        for number, name, department in people
    }
    customer = office.airtable(CUSTOMER_TAB).create({"客户编号": "C00000001", "客户姓名": "赵六"})["id"]
    policy = office.airtable(POLICY_TAB).create(
        {"保单号": "P2024000001", "投保人": [customer], "产品名称": "安心重疾险", "缴费账号": ACCOUNT}
    )["id"]
    office.airtable(CLAIM_TAB).create(
        {
            "赔案号": "LP2024001",
            "保单号": [policy],
            "出险人": [customer],
            "诊断结果": "阑尾炎",
            "收款账号": ACCOUNT,
        }
    )
    for number, title in (("A0001", "联系报案人"), ("A0002", "核对账户")):
        office.airtable(TASK_TAB).create({"事项": title, "到期日": "2027-01-01", "负责人": [staff[number]]})


def test_department_finds_the_columns_it_may_see_and_no_others(departments: Departments) -> None:
    finance, claims = departments.screens[FINANCE], departments.screens[CLAIMS]
    assert set(finance.headers(CLAIM_TAB)) == {
        *("校验状态", "校验说明", "查看", "记录编号"),
        *("赔案号", "未决赔款准备", "收款账号"),
    }
    assert "核保结论" not in finance.headers(POLICY_TAB) and "缴费账号" in finance.headers(POLICY_TAB)
    assert "缴费账号" not in claims.headers(POLICY_TAB) and "核保结论" in claims.headers(POLICY_TAB)
    finance.tab(POLICY_TAB)
    assert CUSTOMER_TAB not in finance._tabs and "健康状况与风险评估" not in finance._tabs


def test_department_sees_masks_of_what_it_may_see(departments: Departments) -> None:
    row = departments.cells(FINANCE, POLICY_TAB, "保单号", "P2024000001")
    assert str(row["缴费账号"]).endswith("〕") and ACCOUNT not in str(row)
    assert row["投保人"] == "C00000001"


def test_department_finds_its_own_tasks(departments: Departments) -> None:
    titles = {name: [row["事项"] for row in departments.screens[name].rows(TASK_TAB)] for name in VARIABLES}
    assert titles == {CLAIMS: ["联系报案人"], FINANCE: ["核对账户"], UNDERWRITING: []}


def test_department_puts_its_tasks_off_and_hands_them_over(departments: Departments) -> None:
    departments.edit(CLAIMS, TASK_TAB, "事项", "联系报案人", 延后至="2027-02-01", 转交="A0002")
    departments.sync()
    staff = {one["id"]: one["fields"]["工号"] for one in departments.office.airtable("员工与部门").all()}
    tasks = {one["fields"]["事项"]: one["fields"] for one in departments.office.airtable(TASK_TAB).all()}
    task = tasks["联系报案人"]
    assert (task["延后至"], [staff[each] for each in task["转交"]]) == ("2027-02-01", ["A0002"])


def test_amount_that_a_department_keeps_reaches_everybody(departments: Departments) -> None:
    departments.edit(FINANCE, CLAIM_TAB, "赔案号", "LP2024001", 未决赔款准备=1200)
    departments.sync()
    claims = departments.office.airtable(CLAIM_TAB).all()
    assert [one["fields"]["未决赔款准备"] for one in claims if one["fields"]["赔案号"] == "LP2024001"] == [
        1200
    ]
    assert departments.cells(CLAIMS, CLAIM_TAB, "赔案号", "LP2024001")["未决赔款准备"] == "1,200.00"


def test_edit_of_what_another_department_keeps_is_undone_with_its_name(departments: Departments) -> None:
    departments.edit(CLAIMS, POLICY_TAB, "保单号", "P2024000001", 核保结论="拒保")
    departments.sync()
    row = departments.cells(CLAIMS, POLICY_TAB, "保单号", "P2024000001")
    assert "核保结论" not in row
    assert "已撤回·核保结论由核保部维护 → 联系核保部" in str(row["校验说明"])


def test_claim_made_by_its_department_stands_everywhere_and_can_be_paid(departments: Departments) -> None:
    claims = departments.screens[CLAIMS]
    place = len(claims.tab(CLAIM_TAB).get_values("A:Z")) + 1
    claims.edit(
        CLAIM_TAB,
        place,
        {"赔案号": "LP2024002", "保单号": "P2024000001", "出险人": "C00000001", "收款账号": f"'{ACCOUNT}"},
    )
    departments.sync()
    assert departments.cells(FINANCE, CLAIM_TAB, "赔案号", "LP2024002")
    assert departments.cells(UNDERWRITING, CLAIM_TAB, "赔案号", "LP2024002")["保单号"] == "P2024000001"
    assert ACCOUNT not in str(departments.cells(CLAIMS, CLAIM_TAB, "赔案号", "LP2024002"))


def test_new_policy_in_a_department_that_may_make_none_is_held(departments: Departments) -> None:
    finance = departments.screens[FINANCE]
    place = len(finance.tab(POLICY_TAB).get_values("A:Z")) + 1
    finance.edit(POLICY_TAB, place, {"保单号": "P2024000009"})
    departments.sync()
    assert "本表不能新增行" in str(
        departments.cells(FINANCE, POLICY_TAB, "保单号", "P2024000009")["校验说明"]
    )
    assert len(departments.office.airtable(POLICY_TAB).all()) == 1


def test_column_that_a_department_loses_leaves_its_spreadsheet_and_no_other(departments: Departments) -> None:
    office, screen = departments.office, departments.screens[FINANCE]
    departments.edit(FINANCE, CLAIM_TAB, "赔案号", "LP2024001", 未决赔款准备=1300)
    departments.sync()
    filled = sum(bool(row["收款账号"]) for row in screen.rows(CLAIM_TAB))
    with office.editing() as raw:
        (finance,) = [one for one in raw["sync"]["replicas"] if one["name"] == FINANCE]
        finance["fields"]["claims"].remove("payee_account")
    changes = office.run("check", "--diff", "--json").json["config_changes"]
    assert [(one["where"], one["what"]) for one in changes] == [(FINANCE, f"{CLAIM_TAB}将移除1列,{filled}格")]
    assert office.run("setup").code == 0
    departments.sync()
    assert screen.tab(CLAIM_TAB).row_values(1)[3:] == ["赔案号", "未决赔款准备", "记录编号"]
    assert "收款账号" in departments.cells(CLAIMS, CLAIM_TAB, "赔案号", "LP2024001")
    assert departments.cells(FINANCE, CLAIM_TAB, "赔案号", "LP2024001")["未决赔款准备"] == "1,300.00"


def test_archive_works_where_only_the_main_spreadsheet_is_named(tmp_path: Path) -> None:
    with bare_office(tmp_path) as office:
        _write_settings(office)
        office.make_vault()
        assert office.run("setup").code == 0
        notes = [note["part"] for note in office.run("check", "--json").json["notes"]]
        assert {name: notes.count(name) for name in VARIABLES} == dict.fromkeys(VARIABLES, 1)
        assert office.run("sync").code == 0
        assert office.run("status", "--json").json["unserved"] == VARIABLES
