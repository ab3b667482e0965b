"""The shipped sample: the same from the same seed, sound but for the faults it names, and with things that are due."""

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest

from sync.admit import NewRow
from tablekeeper.demo.sample import SEED, sample_grids, sample_rows, save
from tablekeeper.demo.sample_people import CLAIMS, CUSTOMERS, ENDING_EACH, ENDING_IN_DAYS, POLICIES, STAFF
from tablekeeper.importing.existing import Empty
from tablekeeper.importing.read import read_grids
from tablekeeper.importing.report import ImportReport, preview
from tablekeeper.importing.split import split
from tests.tablekeeper.workbooks import TODAY, archive_config, uids

DAYS = [TODAY, date(2027, 3, 1), date(2028, 2, 29)]


def sample(today: date) -> tuple[tuple[NewRow, ...], ImportReport]:
    workbook = sample_rows(SEED, today=today, schema=archive_config())
    parts = split(workbook, archive_config(), Empty(), new_uid=uids(), today=today)
    return parts.rows, preview(workbook, parts, archive_config(), Empty(), today=today)


@pytest.fixture(scope="module", params=DAYS, ids=str)
def on_a_day(request: pytest.FixtureRequest) -> tuple[date, tuple[NewRow, ...], ImportReport]:
    return request.param, *sample(request.param)


def test_one_seed_gives_one_sample() -> None:
    assert sample_grids(1, today=TODAY) == sample_grids(1, today=TODAY)
    assert sample_grids(1, today=TODAY) != sample_grids(2, today=TODAY)


def test_it_has_its_size_and_every_header_is_understood(
    on_a_day: tuple[date, tuple[NewRow, ...], ImportReport],
) -> None:
    _, rows, report = on_a_day
    sizes = Counter(row.table for row in rows)
    assert [sizes[table] for table in ("customers", "policies", "claims", "staff")] == [
        *(CUSTOMERS, POLICIES, CLAIMS, STAFF)
    ]
    assert report.unmapped == {}


def test_its_faults_are_found_and_nothing_else(
    on_a_day: tuple[date, tuple[NewRow, ...], ImportReport],
) -> None:
    found = {p.message: len(p.origins) for p in on_a_day[2].problems if p.level == "错误"}
    assert found == {
        "校验码不符": 2,
        "共15位,一代号码已失效,应为18位": 2,
        "表格把长号码变成了数字,末几位已丢失": 2,
        "出生日期与证件号码不一致": 2,
        "性别与证件号码不一致": 2,
        "共9位,应为11位": 2,
        "不能为空": 1,
        "应大于0": 2,
        "日期不存在": 2,
        "满期日期早于生效日期": 2,
        "已有相同的记录": 2,
        "保险合同信息中没有这个保单号": 1,
        "客户基本信息中没有这个客户编号": 1,
        "出险日期早于保单生效日期": 1,
        "赔付金额大于申请金额": 1,
        "报案日期早于出险日期": 1,
    }


def test_policies_end_within_the_spans_that_managers_are_told_of(
    on_a_day: tuple[date, tuple[NewRow, ...], ImportReport],
) -> None:
    today, rows, _ = on_a_day
    ends = Counter(
        row.cells.get("expiry_date")
        for row in rows
        if row.table == "policies" and row.cells["status"] == "有效"
    )
    assert all(ends[today + timedelta(days)] >= ENDING_EACH for days in ENDING_IN_DAYS)


def test_some_customers_are_due_for_review(on_a_day: tuple[date, tuple[NewRow, ...], ImportReport]) -> None:
    today, rows, _ = on_a_day
    reviewed = [row.cells.get("reviewed_on") for row in rows if row.table == "customers"]
    due = [day for day in reviewed if isinstance(day, date) and (today - day).days > 92]
    assert 5 <= len(due) <= 40


def test_every_agent_has_a_manager() -> None:
    staff = [row for row in sample(TODAY)[0] if row.table == "staff"]
    managers = {row.uid for row in staff if not row.links}
    assert {row.links["manager_no"] for row in staff if row.links} == managers
    assert len(managers) == 2


def test_no_number_can_be_a_real_persons() -> None:
    ledger = sample_grids(SEED, today=TODAY)[0]
    header = next(row for row in ledger.rows if "身份证号" in row)
    rows = ledger.rows[ledger.rows.index(header) + 1 :]
    column, phone = header.index("身份证号"), header.index("联系电话")
    assert all("154" in str(row[phone]) for row in rows)
    tidy = [str(row[column]) for row in rows if str(row[column]).isdecimal()]
    assert all(int(number[:2]) == 17 for number in tidy)


def test_as_a_file_it_reads_the_same(tmp_path: Path) -> None:
    grids = sample_grids(SEED, today=TODAY)
    save(grids, tmp_path / "sample.xlsx")
    again = read_grids(tmp_path / "sample.xlsx")
    assert [grid.title for grid in again] == [grid.title for grid in grids]
    assert [len(grid.rows) for grid in again] == [len(grid.rows) for grid in grids]
    remarks = [row[-1] for row in again[0].rows if row and str(row[-1]).startswith("=")]
    assert remarks == ['=HYPERLINK("http://example.com","点击")']
