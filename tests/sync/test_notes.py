"""What staff read in their row about what was undone or passed over, and how long it stands there."""

from sync.connection import SystemColumn
from tests.sync.conftest import Office
from tests.sync.memory import FORMULA, Line


def note(line: Line) -> str:
    return line.system[SystemColumn.NOTE]


def look_again(office: Office) -> None:
    """Every row of the spreadsheet is judged anew though nobody touched it, as when a service tells of our own write."""
    with office.engine.hub.unit() as unit:
        unit.lists.ask_recheck("sheets", "customers", unit.seen.of("sheets", "customers"), "test")
    office.cycle()


def test_what_was_undone_stays_told_until_somebody_edits_the_row(office: Office) -> None:
    office.airtable.type_row("customers", full_name="王小明", occupation="教师")
    office.calm()
    (line,) = office.sheets.lines("customers")
    line.cells["full_name"] = ""
    office.calm()
    told = note(line)
    assert told.startswith("已还原·客户姓名")
    look_again(office)
    assert note(line) == told
    line.cells["occupation"] = "护士"
    office.calm()
    assert "已还原" not in note(line)


def test_an_emptied_number_of_a_record_is_put_back(office: Office) -> None:
    office.airtable.type_row("customers", full_name="王小明", occupation="教师")
    office.calm()
    (line,) = office.sheets.lines("customers")
    line.cells["customer_no"] = ""
    office.calm()
    assert line.cells["customer_no"] == "C00000001"
    assert note(line).startswith("已还原·客户编号:此栏不能留空")


def test_a_formula_is_left_alone_and_the_row_says_so(office: Office) -> None:
    office.airtable.type_row("customers", full_name="王小明", occupation="教师")
    office.calm()
    (line,), (other,) = office.sheets.lines("customers"), office.airtable.lines("customers")
    line.cells["occupation"] = FORMULA
    office.calm()
    other.cells["occupation"] = "护士"
    office.calm()
    assert line.cells["occupation"] == FORMULA
    assert note(line).startswith("未同步·职业:公式不会同步 → 直接填写结果")
    line.cells["occupation"] = "律师"
    office.calm()
    assert "未同步" not in note(line)


def test_cells_that_an_option_took_along_are_given_back(office: Office) -> None:
    line = office.airtable.type_row("customers", full_name="王小明", occupation="教师", id_type="护照")
    office.calm()
    line.cells["id_type"] = ""
    office.airtable.lost_options = {"id_type": frozenset({"护照"})}
    office.calm()
    assert (
        line.cells["id_type"]
        == office.sheets.find("customers", full_name="王小明").cells["id_type"]
        == "护照"
    )
    assert note(line).startswith("已还原·证件类型:选项从列中被删除")
    office.airtable.lost_options = {}
    line.cells["id_type"] = ""
    office.calm()
    assert not office.sheets.find("customers", full_name="王小明").cells["id_type"]
