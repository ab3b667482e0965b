"""Rows that somebody cut out and pasted elsewhere without their hidden column."""

import pytest

from sync.connection import SystemColumn
from tests.sync.conftest import NewOffice, Office
from tests.sync.memory import Line
from tests.sync.people import ID_NUMBER

OWN = (SystemColumn.STATUS, SystemColumn.NOTE)


def staffed(office: Office) -> list[Line]:
    for n, mobile in zip("一二三", ("13800138000", "13800138001", "13800138002"), strict=True):
        office.airtable.type_row("customers", full_name=f"王{n}明", occupation="教师", mobile=mobile)
    office.calm()
    return office.sheets.lines("customers")


def cut(office: Office, line: Line, *columns: SystemColumn) -> Line:
    """All that people fill in, and these columns, pasted below all rows."""
    pasted = office.sheets.type_row("customers", **line.cells)
    pasted.system = {column: line.system.pop(column) for column in columns}
    line.cells = {}
    return pasted


def shown(office: Office) -> list[dict[str, object]]:
    return [line.cells for line in office.airtable.lines("customers")]


@pytest.mark.parametrize("columns", [(), OWN])
def test_row_cut_out_without_its_hidden_column_keeps_its_record(
    office: Office, columns: tuple[SystemColumn, ...]
) -> None:
    first, *_ = staffed(office)
    before, uid = [dict(cells) for cells in shown(office)], first.system[SystemColumn.UID]
    pasted = cut(office, first, *columns)
    office.calm()
    assert pasted.system[SystemColumn.UID] == uid
    assert not any(first.system.values())
    assert shown(office) == before
    assert not pasted.system.get(SystemColumn.NOTE)


def test_row_cut_out_and_edited_keeps_its_record_and_its_edit(office: Office) -> None:
    first, *_ = staffed(office)
    uid = first.system[SystemColumn.UID]
    pasted = cut(office, first)
    pasted.cells["occupation"] = "护士"
    office.calm()
    assert pasted.system[SystemColumn.UID] == uid
    work = {cells["full_name"]: cells["occupation"] for cells in shown(office)}
    assert work == {"王一明": "教师", "王二明": "教师", "王三明": "教师"} | {
        pasted.cells["full_name"]: "护士"
    }


def test_row_typed_in_place_of_another_is_a_new_one(office: Office) -> None:
    """Somebody emptied a row, and typed its number for another person elsewhere."""
    first, *_ = staffed(office)
    number, uid = first.cells["customer_no"], first.system[SystemColumn.UID]
    first.cells = {}
    office.sheets.type_row("customers", customer_no=number, full_name="李四")
    office.calm()
    assert first.system[SystemColumn.UID] == uid
    assert "李四" not in {cells["full_name"] for cells in shown(office)}


def test_row_cut_out_while_it_settles_is_judged_where_it_was_pasted(new_office: NewOffice) -> None:
    """5: seed 3505. What was typed into it went with it; where it stood nothing is written any more."""
    office = new_office(settle_s=5, delete_grace_s=600)
    for name, mobile in (("王一明", "13800138000"), ("王二明", "13800138001")):
        office.sheets.type_row("customers", full_name=name, occupation="教师", mobile=mobile)
    office.cycles(4)
    first, _ = office.sheets.lines("customers")
    uid = first.system[SystemColumn.UID]
    first.cells["id_number"] = ID_NUMBER
    office.cycle()
    pasted = cut(office, first)
    for _ in range(4):
        office.clock.advance(6)
        assert office.cycle().refused == {}
    assert (pasted.system[SystemColumn.UID], first.cells) == (uid, {})
    assert not any(first.system.values())
    assert (
        office.airtable.find("customers", full_name="王一明").cells["id_number"] == pasted.cells["id_number"]
    )
