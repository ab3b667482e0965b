"""A sort that tears the uids from their rows: told by keys and tokens that changed places, never by copies."""

from collections.abc import Iterable

import pytest

from sync.connection import SystemColumn
from sync.errors import TableMissing
from sync.freezing import frozen_parts
from sync.torn import Place, is_torn
from tests.sync.conftest import Office
from tests.sync.memory import Line
from tests.sync.people import ID_NUMBER

MOBILES = ("13800138000", "13800138001", "13800138002", "13800138003")


def staffed(office: Office) -> list[Line]:
    """Four customers, everywhere; their rows in the spreadsheet."""
    for n, mobile in zip("一二三四", MOBILES, strict=True):
        office.airtable.type_row("customers", full_name=f"王{n}明", occupation="教师", mobile=mobile)
    office.calm()
    return office.sheets.lines("customers")


def names(office: Office) -> dict[str, str]:
    return {line.cells["customer_no"]: line.cells["full_name"] for line in office.airtable.lines("customers")}


def test_two_rows_with_each_other_s_keys_are_torn_and_one_is_a_correction() -> None:
    one, two = Place({"no": "c2"}, {"no": "c1"}), Place({"no": "c1"}, {"no": "c2"})
    assert is_torn([one, two])
    assert not is_torn([one])
    assert not is_torn([one, Place({"no": "c3"}, {"no": "c2"})])


def test_rows_without_uid_are_torn_from_rows_that_keep_nothing() -> None:
    """Blank rows came between: the uids stand beside nothing, and beside the rows stands no uid."""
    emptied = [Place({}, {"no": f"c{n}", "mobile": f"t{n}"}) for n in (1, 2)]
    bare = [Place({"no": f"c{n}"}, {}) for n in (1, 2)]
    assert is_torn(emptied, unnumbered=bare)
    assert is_torn(emptied, unnumbered=[Place({"no": "c1", "mobile": "t1"}, {})])
    assert not is_torn(emptied, unnumbered=bare[:1])
    assert is_torn(emptied, unnumbered=bare[:1], already=True)


def test_rows_without_uid_whose_uid_stands_nowhere_are_not_torn() -> None:
    """Somebody emptied two cells of the column 记录编号: they are known by what they show."""
    bare = [Place({"no": f"c{n}", "mobile": f"t{n}"}, {}) for n in (1, 2)]
    vanished = [Place({}, {"no": f"c{n}", "mobile": f"t{n}"}) for n in (1, 2)]
    assert not is_torn([Place({"no": "c9"}, {"no": "c8"})], vanished=vanished, unnumbered=bare)


def test_new_rows_with_numbers_that_others_had_are_no_tear() -> None:
    renumbered = [
        Place({"no": f"n{n}", "mobile": f"t{n}"}, {"no": f"c{n}", "mobile": f"t{n}"}) for n in (1, 2)
    ]
    assert not is_torn(renumbered, unnumbered=[Place({"no": f"c{n}"}, {}) for n in (1, 2)])


def test_rows_that_show_what_others_still_show_are_copies() -> None:
    original = Place({"no": "c1"}, {"no": "c1"})
    assert not is_torn([original, Place({"no": "c1"}, {"no": "c8"}), Place({"no": "c1"}, {"no": "c9"})])


def test_one_copy_that_shows_what_another_row_lost_is_a_tear() -> None:
    lost = Place({}, {"no": "c2"})
    assert is_torn([lost], copies=[Place({"no": "c2"}, {"no": "c1"})])
    assert not is_torn([Place({"no": "c2"}, {"no": "c2"})], copies=[Place({"no": "c2"}, {"no": "c1"})])


def test_copy_that_shows_what_its_original_showed_is_no_tear() -> None:
    """Somebody copied a row and typed a new number into the original."""
    showed = {"no": "c1", "mobile": "t1"}
    assert not is_torn([Place({"no": "c1"}, showed)], copies=[Place({"mobile": "t1"}, showed)])


def test_one_row_with_key_and_token_of_one_that_vanished_is_a_tear() -> None:
    """Two rows were torn, and one of them was deleted: with the uid of the one went the person of the other."""
    vanished = Place({}, {"no": "c1", "mobile": "t1"})
    heir = {"no": "c2", "mobile": "t2"}
    assert is_torn([Place({"no": "c1", "mobile": "t1"}, heir)], vanished=[vanished])
    assert not is_torn([Place({"no": "c1", "mobile": "t2"}, heir)], vanished=[vanished])


def test_one_row_with_key_and_token_of_one_that_was_given_another_key_is_a_tear() -> None:
    """Two rows were torn, one of them a copy, and somebody typed a number into the other."""
    taker, robbed = Place({"no": "c1", "mobile": "t1"}, {"no": "c2"}), {"no": "c1", "mobile": "t1"}
    assert is_torn([taker, Place({"no": "c3"}, robbed)])
    assert not is_torn([Place({"no": "c1"}, {"no": "c2"}), Place({"no": "c3"}, robbed)])
    assert not is_torn([taker, Place({"no": "c3", "mobile": "t1"}, robbed)])


def test_row_of_a_torn_pair_is_not_given_the_other_s_person(office: Office) -> None:
    first, second, *_ = staffed(office)
    before, number = names(office), second.cells["customer_no"]
    mine, other = (line.system[SystemColumn.UID] for line in (first, second))
    first.system[SystemColumn.UID], second.system[SystemColumn.UID] = other, mine
    office.sheets.delete("customers", second)
    assert office.cycle().torn == ["sheets/customers"]
    assert names(office) == before
    first.system[SystemColumn.UID] = mine
    office.calm()
    assert names(office) == {no: name for no, name in before.items() if no != number}


def test_a_torn_tab_stays_frozen_whatever_people_delete_and_type_in_it(office: Office) -> None:
    first, second, *_ = staffed(office)
    before, number = names(office), second.cells["customer_no"]
    mine, other = (line.system[SystemColumn.UID] for line in (first, second))
    first.system[SystemColumn.UID], second.system[SystemColumn.UID] = other, mine
    assert office.cycle().torn
    office.sheets.delete("customers", second)
    first.cells["customer_no"] = "C99999999"
    office.engine.frozen.clear()  # another process
    office.engine.torn.clear()
    assert office.cycle().torn == ["sheets/customers"]
    assert names(office) == before
    first.system[SystemColumn.UID], first.cells["customer_no"] = mine, "C00000001"
    office.calm()
    assert names(office) == {no: name for no, name in before.items() if no != number}


def test_a_sort_that_leaves_uid_and_key_behind_is_told_by_the_tokens(office: Office) -> None:
    lines, before = list(staffed(office)), names(office)
    moved = [{key: line.cells[key] for key in ("full_name", "mobile")} for line in lines]
    for line, cells in zip(lines, reversed(moved), strict=True):
        line.cells |= cells
    assert office.cycle().torn == ["sheets/customers"]
    assert names(office) == before
    for line, cells in zip(lines, moved, strict=True):
        line.cells |= cells
    office.calm()
    assert names(office) == before
    assert not any(line.system[SystemColumn.NOTE] for line in lines)


def test_rows_with_taken_keys_that_are_edited_together_are_no_tear(office: Office) -> None:
    lines = list(staffed(office))
    copies = [
        office.sheets.type_row("customers", customer_no=line.cells["customer_no"], full_name="李四")
        for line in lines[:2]
    ]
    office.calm()
    for copy in copies:
        copy.cells["occupation"] = "护士"
    assert office.cycle().torn == []


def test_plaintext_of_a_new_row_goes_from_a_torn_tab(office: Office) -> None:
    lines = list(staffed(office))
    uids = [line.system[SystemColumn.UID] for line in lines]
    for line, uid in zip(lines, reversed(uids), strict=True):
        line.system[SystemColumn.UID] = uid
    new = office.sheets.type_row("customers", full_name="赵六", id_number=ID_NUMBER)
    office.cycle()
    assert new.cells["id_number"].startswith("暂存〔")
    assert not new.system.get(SystemColumn.UID)
    for line, uid in zip(lines, uids, strict=True):
        line.system[SystemColumn.UID] = uid
    office.calm()
    assert office.airtable.find("customers", full_name="赵六").cells["id_number"] == new.cells["id_number"]


def _tear(lines: list[Line]) -> list[str]:
    """The column 记录编号 stands upside down; what stood there."""
    uids = [line.system[SystemColumn.UID] for line in lines]
    _number(lines, reversed(uids))
    return uids


def _number(lines: list[Line], uids: Iterable[str]) -> None:
    for line, uid in zip(lines, uids, strict=True):
        line.system[SystemColumn.UID] = uid


def test_rows_that_a_sort_took_away_from_their_uids_get_them_back(office: Office) -> None:
    """2, 5: seed 1384. The rows stood below blank ones, and all columns but 记录编号 were sorted."""
    lines, before = staffed(office), names(office)
    uids = [line.system.pop(SystemColumn.UID) for line in lines]
    lines.extend(Line({}, {SystemColumn.UID: uid}) for uid in uids)
    office.calm()
    assert [line.system[SystemColumn.UID] for line in lines[:4]] == uids
    assert names(office) == before


def test_where_one_row_was_typed_into_after_such_a_sort_all_are_left_alone(office: Office) -> None:
    """Nothing but its number says whose it is: that may be a mistake of whoever typed there."""
    lines = staffed(office)
    before = [dict(line.cells) for line in office.airtable.lines("customers")]
    uids = [line.system.pop(SystemColumn.UID) for line in lines]
    lines.extend(Line({}, {SystemColumn.UID: uid}) for uid in uids)
    lines[0].cells["mobile"] = "13800138009"
    assert office.cycle().torn == ["sheets/customers"]
    assert [line.cells for line in office.airtable.lines("customers")] == before


@pytest.mark.parametrize("above", [False, True])
@pytest.mark.parametrize("later", [False, True])
def test_copy_made_in_a_torn_tab_gets_nothing_that_was_taken_out_there(
    office: Office, above: bool, later: bool
) -> None:
    """7: seed 741. Both show the stand-in of what was typed; it belongs to the row that bears its uid."""
    lines = list(staffed(office))
    uids = _tear(lines)
    original = lines[0]
    original.cells["id_number"] = ID_NUMBER
    office.cycle()
    cells = {**original.cells, "customer_no": None, "full_name": "赵六"}
    _number(lines, uids)
    if later:
        office.calm()
    copied = office.sheets.type_row("customers", **cells)
    if above:
        office.sheets.lines("customers").reverse()
    office.calm()
    assert original.cells["id_number"].startswith("1")
    assert not copied.cells.get("id_number")


@pytest.mark.parametrize("numbered", [False, True])
def test_value_taken_out_of_a_torn_row_stands_though_its_next_write_fails(
    office: Office, numbered: bool
) -> None:
    """2: it has come in, and its first stand-in is spent; that still stands in the cell."""
    lines = list(staffed(office))
    uids = _tear(lines)
    row = lines[0] if numbered else office.sheets.type_row("customers", full_name="赵六")
    row.cells["id_number"] = ID_NUMBER
    office.cycle()
    _number(lines, uids)
    office.sheets.fail_after = 0
    office.cycle()
    office.sheets.fail_after = None
    assert row.cells["id_number"].startswith("暂存〔")
    office.calm()
    assert row.cells["id_number"].startswith("1")
    assert "已还原" not in row.system[SystemColumn.NOTE]


def test_a_torn_tab_is_told_until_it_is_whole(office: Office) -> None:
    lines = list(staffed(office))
    uids = [line.system[SystemColumn.UID] for line in lines]
    for line, uid in zip(lines, reversed(uids), strict=True):
        line.system[SystemColumn.UID] = uid
    office.cycle()
    (part,) = frozen_parts(office.engine.hub, "sheets")
    assert part.what.startswith("排序打乱了行与记录编号") and not part.unmasked
    office.clock.advance(60)
    office.cycle()
    assert frozen_parts(office.engine.hub, "sheets") == (part,)
    for line, uid in zip(lines, uids, strict=True):
        line.system[SystemColumn.UID] = uid
    office.calm()
    assert frozen_parts(office.engine.hub, "sheets") == ()


def test_a_column_that_is_gone_and_a_table_without_uids_are_told(office: Office) -> None:
    staffed(office)
    office.sheets.missing = frozenset({"mobile"})
    office.sheets.problems = [TableMissing("sheets", "保险合同信息", advice="")]
    office.cycle()
    parts = {part.table: part for part in frozen_parts(office.engine.hub, "sheets")}
    assert parts["客户"].unmasked and parts["保险合同信息"].unmasked
    # It may as well stand there and have got another type.
    assert "列找不到或类型已改" in parts["客户"].what and "不会加密" in parts["客户"].what


def test_a_tear_that_cannot_be_undone_is_mended_by_numbering_the_rows_anew(office: Office) -> None:
    lines, before = list(staffed(office)), names(office)
    uids = [line.system[SystemColumn.UID] for line in lines]
    for line, uid in zip(lines, reversed(uids), strict=True):
        line.system[SystemColumn.UID] = uid
    lines[0].cells["occupation"] = "护士"
    office.cycle()
    for line in lines:
        line.system[SystemColumn.UID] = ""
    office.calm()
    assert names(office) == before
    assert [line.system[SystemColumn.UID] for line in lines] == uids
    number = lines[0].cells["customer_no"]
    assert office.airtable.find("customers", customer_no=number).cells["occupation"] == "护士"
