"""What a cycle does to what people type, over two replicas in memory."""

import re
from collections.abc import Sequence
from pathlib import Path
from random import Random

from sync.admit import NewRow, admit
from sync.connection import Change, Operation, Outcome, SystemColumn
from sync.errors import TableMissing
from sync.setting_up import set_up
from sync.uid import new_uid
from tests.sync.conftest import Office, build_office

GOOD_ID = "11010519900307123"
STAND_IN = re.compile(r"^1\*{16}.〔[0-9A-Z]{10}〕$")


def identity(body: str) -> str:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]


ID_NUMBER = identity(GOOD_ID)


def test_typed_row_appears_on_the_other_side(office: Office) -> None:
    office.airtable.type_row(
        "customers", full_name="王小明", birth_date="1990-03-07", id_number=ID_NUMBER, mobile="138 0013 8000"
    )
    office.calm()
    line = office.sheets.find("customers", full_name="王小明")
    assert line.cells["customer_no"] == "C00000001"
    assert STAND_IN.match(line.cells["id_number"])
    assert line.cells["birth_date"] == "1990-03-07"


def test_plaintext_leaves_the_cell_it_was_typed_in(office: Office) -> None:
    typed = office.airtable.type_row("customers", full_name="王小明", id_number=ID_NUMBER)
    office.calm()
    assert STAND_IN.match(typed.cells["id_number"])
    assert typed.system[SystemColumn.STATUS] == "提示"


def test_wrong_number_is_held_where_it_was_typed(office: Office) -> None:
    typed = office.airtable.type_row("customers", full_name="王小明", id_number=ID_NUMBER[:-2])
    office.calm()
    assert typed.cells["id_number"].startswith("待更正〔")
    assert typed.system[SystemColumn.STATUS] == "错误"
    assert "身份证号码" in typed.system[SystemColumn.NOTE]
    assert office.sheets.lines("customers") == []


def test_mended_number_lets_the_row_through(office: Office) -> None:
    typed = office.airtable.type_row(
        "customers", full_name="王小明", id_number=ID_NUMBER[:-2], occupation="教师"
    )
    office.calm()
    typed.cells["id_number"] = ID_NUMBER
    office.calm()
    assert typed.system[SystemColumn.STATUS] == "通过"
    assert office.sheets.find("customers", full_name="王小明")


def test_idle_cycle_writes_nothing(office: Office) -> None:
    office.airtable.type_row("customers", full_name="王小明", id_number=ID_NUMBER)
    office.calm()
    before = office.airtable.writes + office.sheets.writes
    report = office.cycle()
    assert office.airtable.writes + office.sheets.writes == before
    assert report.pulled == {}


def test_edits_of_different_fields_on_both_sides_both_stand(office: Office) -> None:
    mine = office.airtable.type_row("customers", full_name="王小明", occupation="教师")
    office.calm()
    theirs = office.sheets.find("customers", full_name="王小明")
    mine.cells["occupation"], theirs.cells["full_name"] = "护士", "王晓明"
    office.calm()
    assert (mine.cells["full_name"], theirs.cells["occupation"]) == ("王晓明", "护士")


def test_conflict_keeps_the_first_and_tells_the_second(office: Office) -> None:
    mine = office.airtable.type_row("customers", full_name="王小明", occupation="教师")
    office.calm()
    theirs = office.sheets.find("customers", full_name="王小明")
    mine.cells["occupation"], theirs.cells["occupation"] = "护士", "医生"
    office.calm()
    assert mine.cells["occupation"] == theirs.cells["occupation"] == "护士"
    assert "您填“医生”" in theirs.system[SystemColumn.NOTE]
    with office.engine.hub.unit() as unit:
        (entry,) = unit.lists.conflicts()
    assert (entry.kept, entry.other) == ("护士", "医生")


def test_links_are_ids_on_one_side_and_keys_on_the_other(office: Office) -> None:
    customer = office.airtable.type_row("customers", full_name="王小明", occupation="教师")
    office.airtable.type_row(
        "policies",
        policy_no="p2020",
        customer_no=[office.airtable.row_id("customers", customer)],
        premium=12.5,
    )
    office.calm()
    line = office.sheets.find("policies", policy_no="P2020")
    assert line.cells["customer_no"] == "C00000001"
    office.sheets.type_row("policies", policy_no="P2021", customer_no="C00000001")
    office.calm()
    assert office.airtable.find("policies", policy_no="P2021").cells["customer_no"] == [
        office.airtable.row_id("customers", customer)
    ]


def test_policy_of_a_held_customer_waits_and_follows(office: Office) -> None:
    customer = office.airtable.type_row("customers", full_name="王小明", id_number="123", occupation="教师")
    policy = office.airtable.type_row(
        "policies", policy_no="P2020", customer_no=[office.airtable.row_id("customers", customer)]
    )
    office.calm()
    assert policy.system[SystemColumn.STATUS] == "等待"
    assert "C00000001" in policy.system[SystemColumn.NOTE]
    assert office.sheets.lines("policies") == []
    customer.cells["id_number"] = ID_NUMBER
    office.calm()
    assert policy.system[SystemColumn.STATUS] == "通过"
    assert office.sheets.find("policies", policy_no="P2020")


def test_unknown_policyholder_is_held_and_heals_when_the_customer_arrives(office: Office) -> None:
    policy = office.sheets.type_row("policies", policy_no="P2020", customer_no="C00000009")
    office.calm()
    assert policy.system[SystemColumn.STATUS] == "错误"
    office.sheets.type_row("customers", customer_no="C00000009", full_name="王小明", occupation="教师")
    office.calm()
    policy.cells["premium"] = 5
    office.calm()
    assert policy.system[SystemColumn.STATUS] == "通过"


def test_rule_across_fields_holds_what_was_changed(office: Office) -> None:
    office.airtable.type_row("customers", full_name="王小明", customer_no="C00000001", occupation="教师")
    policy = office.sheets.type_row(
        "policies", policy_no="P2020", customer_no="C00000001", start="2024-01-01", end="2025-01-01"
    )
    office.calm()
    policy.cells["end"] = "2023.1.1"
    office.calm()
    assert policy.system[SystemColumn.STATUS] == "错误"
    assert office.airtable.find("policies", policy_no="P2020").cells["end"] == "2025-01-01"
    assert policy.cells["end"] == "2023.1.1"


def test_deleted_row_is_archived_everywhere(office: Office) -> None:
    mine = office.airtable.type_row("customers", full_name="王小明", occupation="教师")
    office.calm()
    office.airtable.delete("customers", mine)
    office.calm()
    assert office.sheets.lines("customers") == []


def test_deleted_row_with_references_is_put_back(office: Office) -> None:
    customer = office.airtable.type_row("customers", full_name="王小明", occupation="教师")
    office.airtable.type_row(
        "policies", policy_no="P2020", customer_no=[office.airtable.row_id("customers", customer)]
    )
    office.calm()
    office.airtable.delete("customers", customer)
    office.calm()
    assert office.airtable.find("customers", full_name="王小明")
    assert office.sheets.find("customers", full_name="王小明")


def test_emptied_table_waits_for_a_person(office: Office) -> None:
    lines = [
        office.airtable.type_row("customers", full_name=f"王{n}明", occupation="教师") for n in "一二三四五"
    ]
    office.calm()
    for line in lines:
        office.airtable.delete("customers", line)
    report = office.cycle()
    assert report.waiting_deletions == 5
    assert len(office.sheets.lines("customers")) == 5


def test_sorted_tab_costs_no_write(office: Office) -> None:
    for n in "一二三四五":
        office.airtable.type_row("customers", full_name=f"王{n}明", occupation="教师")
    office.calm()
    before = office.airtable.writes + office.sheets.writes
    office.sheets.lines("customers").reverse()
    office.cycle()
    assert office.airtable.writes + office.sheets.writes == before


def test_torn_sort_freezes_the_tab(office: Office) -> None:
    for n in "一二三四":
        office.airtable.type_row("customers", full_name=f"王{n}明", occupation="教师")
    office.calm()
    lines = office.sheets.lines("customers")
    torn = [line.system[SystemColumn.UID] for line in lines]
    for line, uid in zip(lines, reversed(torn), strict=True):
        line.system[SystemColumn.UID] = uid
    report = office.cycle()
    assert report.torn == ["sheets/customers"]
    assert {line.cells["full_name"] for line in office.airtable.lines("customers")} == {
        f"王{n}明" for n in "一二三四"
    }


def test_row_copied_for_the_wife_gets_its_own_number_and_phone(office: Office) -> None:
    office.airtable.type_row(
        "customers", full_name="王小明", occupation="教师", id_number=ID_NUMBER, mobile="13800138000"
    )
    office.calm()
    original = office.sheets.find("customers", full_name="王小明")
    copy = office.sheets.copy_row("customers", original, full_name="李小红", customer_no="")
    office.calm()
    assert copy.system[SystemColumn.UID] != original.system[SystemColumn.UID]
    assert copy.cells["customer_no"] == "C00000002"
    assert not copy.cells["id_number"]
    assert copy.cells["mobile"].startswith("138") and copy.cells["mobile"] != original.cells["mobile"]
    assert office.airtable.find("customers", full_name="李小红")


def test_half_edited_mask_is_put_back(office: Office) -> None:
    typed = office.airtable.type_row("customers", full_name="王小明", occupation="教师", mobile="13800138000")
    office.calm()
    good = typed.cells["mobile"]
    typed.cells["mobile"] = good.replace("138", "139", 1)
    office.calm()
    assert typed.cells["mobile"] == good
    assert "已还原·手机号码" in typed.system[SystemColumn.NOTE]


def test_token_of_another_person_is_never_honoured(office: Office) -> None:
    one = office.airtable.type_row("customers", full_name="王小明", occupation="教师", mobile="13800138000")
    two = office.airtable.type_row("customers", full_name="李小红", occupation="教师", mobile="13900139000")
    office.calm()
    good = two.cells["mobile"]
    two.cells["mobile"] = one.cells["mobile"]
    office.calm()
    assert two.cells["mobile"] == good


def test_number_in_the_notes_is_sealed_in_place(office: Office) -> None:
    typed = office.airtable.type_row(
        "customers", full_name="王小明", occupation="教师", notes="本人电话13800138000备用"
    )
    office.calm()
    assert re.fullmatch(r"本人电话138\*+8000〔\w{10}〕备用", typed.cells["notes"])
    assert office.sheets.find("customers", full_name="王小明").cells["notes"] == typed.cells["notes"]


def test_second_customer_with_the_same_number_is_held(office: Office) -> None:
    office.airtable.type_row("customers", full_name="王小明", occupation="教师", id_number=ID_NUMBER)
    office.calm()
    second = office.sheets.type_row("customers", full_name="王晓明", occupation="教师", id_number=ID_NUMBER)
    office.calm()
    assert second.system[SystemColumn.STATUS] == "错误"
    assert "C00000001" in second.system[SystemColumn.NOTE]


def test_one_service_down_does_not_stop_the_other(office: Office) -> None:
    office.sheets.down = True
    typed = office.airtable.type_row("customers", full_name="王小明", occupation="教师", id_number=ID_NUMBER)
    report = office.cycle()
    assert report.down == {"sheets": "Unavailable"}
    assert STAND_IN.match(typed.cells["id_number"])
    office.sheets.down = False
    office.calm()
    assert office.sheets.find("customers", full_name="王小明")


def test_row_on_both_sides_is_one_record(office: Office) -> None:
    office.airtable.type_row("customers", customer_no="C00000007", full_name="王小明", occupation="教师")
    office.sheets.type_row("customers", customer_no="C00000007", full_name="王小明", birth_date="1990-03-07")
    office.calm()
    (mine,), (theirs,) = office.airtable.lines("customers"), office.sheets.lines("customers")
    assert theirs.cells["occupation"] == "教师"
    assert mine.cells["birth_date"] == "1990-03-07"


def test_unfinished_number_waits(office: Office) -> None:
    office.engine.settling._wait_partial = office.engine.settling._wait_partial.__class__(seconds=60)
    typed = office.airtable.type_row("customers", full_name="王小明", occupation="教师", mobile="138001")
    office.cycle()
    assert typed.system == {}
    typed.cells["mobile"] = "13800138000"
    office.calm()
    assert typed.cells["mobile"].startswith("138****8000〔")


def test_untidy_cell_is_put_in_order_once(office: Office) -> None:
    office.airtable.type_row("customers", full_name="王小明", customer_no="C00000001", occupation="教师")
    policy = office.sheets.type_row(
        "policies", policy_no=" p20 20 ", customer_no="C00000001", start="2024.3.1"
    )
    office.calm()
    assert (policy.cells["policy_no"], policy.cells["start"]) == ("P2020", "2024-03-01")
    before = office.sheets.writes
    policy.cells["premium"] = 5
    office.calm()
    assert office.sheets.writes == before


def test_wrong_number_is_not_called_missing_as_well(office: Office) -> None:
    typed = office.airtable.type_row("customers", full_name="王小明", occupation="教师", id_number="123")
    office.calm()
    assert "缺" not in typed.system[SystemColumn.NOTE]


def test_copied_row_that_is_deleted_again_is_archived(office: Office) -> None:
    office.airtable.type_row("customers", full_name="王小明", occupation="教师", mobile="13800138000")
    office.calm()
    copy = office.sheets.copy_row(
        "customers", office.sheets.lines("customers")[0], full_name="李小红", customer_no=""
    )
    office.calm()
    office.sheets.delete("customers", copy)
    office.calm()
    assert [line.cells["full_name"] for line in office.airtable.lines("customers")] == ["王小明"]


def test_row_put_back_says_why(office: Office) -> None:
    customer = office.airtable.type_row("customers", full_name="王小明", occupation="教师")
    office.airtable.type_row(
        "policies", policy_no="P2020", customer_no=[office.airtable.row_id("customers", customer)]
    )
    office.calm()
    office.airtable.delete("customers", customer)
    office.calm()
    assert "不能删除" in office.airtable.find("customers", full_name="王小明").system[SystemColumn.NOTE]


def test_hints_stand_on_both_sides(office: Office) -> None:
    typed = office.airtable.type_row("customers", full_name="王小明")
    office.calm()
    theirs = office.sheets.find("customers", full_name="王小明")
    assert theirs.system[SystemColumn.NOTE] == typed.system[SystemColumn.NOTE] == "已保存·缺职业,请补充"


def test_plaintext_goes_even_if_the_first_write_fails(office: Office) -> None:
    typed = office.airtable.type_row("customers", full_name="王小明", occupation="教师", mobile="13800138000")
    office.airtable.fail_after = 0
    office.cycle()
    assert typed.cells["mobile"] == "13800138000"
    office.airtable.fail_after = None
    office.calm()
    assert typed.cells["mobile"].startswith("138****8000〔")


def test_edit_that_still_settles_is_not_swallowed_by_a_write_to_its_row(office: Office) -> None:
    office.airtable.type_row("customers", full_name="王小明", occupation="教师")
    office.calm()
    office.engine.settling._wait = office.engine.settling._wait.__class__(seconds=5)
    office.sheets.lines("customers")[0].cells["full_name"] = "王晓明"
    office.cycle()
    office.clock.advance(3)
    office.airtable.lines("customers")[0].cells["occupation"] = "护士"
    for _ in range(5):
        office.cycle()
        office.clock.advance(3)
    assert office.airtable.find("customers", full_name="王晓明", occupation="护士")


def test_edit_between_reading_and_writing_is_seen_next_time(office: Office) -> None:
    office.airtable.type_row("customers", full_name="王小明", occupation="教师")
    office.calm()
    theirs, apply = office.sheets.lines("customers")[0], office.sheets.apply

    def meanwhile(table: str, operations: Sequence[Operation]) -> Outcome:
        theirs.cells["full_name"] = "王晓明"
        return apply(table, operations)

    office.sheets.apply = meanwhile  # type: ignore[method-assign]
    office.airtable.lines("customers")[0].cells["occupation"] = "护士"
    office.cycle()
    office.sheets.apply = apply  # type: ignore[method-assign]
    office.calm()
    assert office.airtable.find("customers", full_name="王晓明", occupation="护士")


def test_retyping_a_value_closes_its_conflict(office: Office) -> None:
    mine = office.airtable.type_row("customers", full_name="王小明", occupation="教师")
    office.calm()
    theirs = office.sheets.find("customers", full_name="王小明")
    mine.cells["occupation"], theirs.cells["occupation"] = "护士", "医生"
    office.calm()
    theirs.cells["occupation"] = "医生"
    office.calm()
    assert mine.cells["occupation"] == "医生"
    with office.engine.hub.unit() as unit:
        assert unit.lists.conflicts() == []


def test_nothing_is_kept_of_an_erased_person_and_the_others_go_on(office: Office) -> None:
    erased = office.airtable.type_row(
        "customers", full_name="王小明", occupation="教师", mobile="13800138000"
    )
    other = office.airtable.type_row("customers", full_name="李小红", occupation="教师")
    office.calm()
    office.engine.vault.erase_subject(erased.system[SystemColumn.UID], actor="tests", reason="request")
    erased.cells["mobile"], other.cells["mobile"] = "13800138001", "13900139000"
    office.calm()
    assert not erased.cells["mobile"]
    assert "依法删除" in erased.system[SystemColumn.NOTE]
    assert other.cells["mobile"].startswith("139****9000〔")


def test_column_emptied_at_a_stroke_is_put_back(tmp_path: Path) -> None:
    office = build_office(tmp_path, clears_max=2)
    for n in "一二三四":
        office.airtable.type_row(
            "customers", full_name=f"王{n}明", occupation="教师", mobile=f"1380013800{ord(n) % 10}"
        )
    office.calm()
    shown = [line.cells["mobile"] for line in office.sheets.lines("customers")]
    for line in office.sheets.lines("customers"):
        line.cells["occupation"] = line.cells["mobile"] = ""
    office.calm()
    assert [line.cells["mobile"] for line in office.sheets.lines("customers")] == shown
    assert {line.cells["occupation"] for line in office.airtable.lines("customers")} == {"教师"}


def test_table_made_anew_is_filled_and_deletes_nothing(office: Office) -> None:
    office.airtable.type_row("customers", full_name="王小明", occupation="教师")
    held = office.sheets.type_row("customers", full_name="李小红", occupation="教师", id_number="123")
    office.calm()
    office.sheets.lines("customers").clear()
    blank = [Change("客户", "create the tab", blank=("customers", ()))]
    office.sheets.setup = lambda *, dry_run=False: blank  # type: ignore[method-assign]
    set_up(office.sheets, office.engine.hub)
    office.calm()
    names = {line.cells["full_name"] for line in office.sheets.lines("customers")}
    assert names == {"王小明", held.cells["full_name"]}
    assert len(office.airtable.lines("customers")) == 1


def test_rows_of_one_file_that_link_to_each_other_do_not_wait(office: Office) -> None:
    one, two = (new_uid(office.clock(), Random(n).getrandbits) for n in (7, 8))
    rows = [
        NewRow("policies", two, {"policy_no": "P2020"}, {"customer_no": one}, "表 第2行"),
        NewRow("customers", one, {"full_name": "王小明", "mobile": "13800138000"}, origin="表 第2行"),
    ]
    report = admit(office.engine, rows)
    assert report.live == {"customers": 1, "policies": 1}
    office.calm()
    assert office.sheets.find("policies", policy_no="P2020").cells["customer_no"] == "C00000001"


def test_row_of_a_file_that_is_wrong_stands_held_at_home_without_plaintext(office: Office) -> None:
    uid = new_uid(office.clock(), Random(7).getrandbits)
    cells = {"full_name": "王小明", "id_number": "123456", "birth_date": "二月三十日"}
    admit(office.engine, [NewRow("customers", uid, cells, origin="表 第2行")])
    office.calm()
    (line,) = office.airtable.lines("customers")
    assert line.cells["id_number"].startswith("待更正〔")
    assert "二月三十日" in line.system[SystemColumn.NOTE]
    assert office.sheets.lines("customers") == []


def test_new_row_goes_nowhere_before_its_uid_was_read_back(office: Office) -> None:
    typed = office.sheets.type_row("customers", full_name="王小明", occupation="教师")
    office.sheets.fail_after = 0
    for _ in range(3):
        office.cycle()
    assert office.airtable.tables.get("customers") is None
    office.sheets.fail_after = None
    office.calm()
    assert (
        office.airtable.find("customers", full_name="王小明").system[SystemColumn.UID]
        == typed.system[SystemColumn.UID]
    )


def test_missing_tab_does_not_stop_the_other_tabs(office: Office) -> None:
    apply = office.sheets.apply

    def without_customers(table: str, operations: Sequence[Operation]) -> Outcome:
        if table == "customers":
            raise TableMissing("sheets", "客户", advice="run setup")
        return apply(table, operations)

    office.sheets.apply = without_customers  # type: ignore[method-assign]
    customer = office.airtable.type_row("customers", full_name="王小明", occupation="教师")
    link = [office.airtable.row_id("customers", customer)]
    office.airtable.type_row("policies", policy_no="P2020", customer_no=link)
    for _ in range(4):
        report = office.cycle()
    assert office.sheets.find("policies", policy_no="P2020")
    assert report.down == {} and "run setup" in report.problems[0]


def test_lost_value_stays_in_the_explanation_when_the_row_changes_elsewhere(office: Office) -> None:
    mine = office.airtable.type_row("customers", full_name="王小明", occupation="教师")
    office.calm()
    theirs = office.sheets.find("customers", full_name="王小明")
    mine.cells["occupation"], theirs.cells["occupation"] = "护士", "医生"
    office.calm()
    mine.cells["birth_date"] = "1990-03-07"
    office.calm()
    assert theirs.cells["birth_date"] == "1990-03-07"
    assert "您填“医生”" in theirs.system[SystemColumn.NOTE]


def test_value_held_on_one_side_does_not_make_the_hints_swing(office: Office) -> None:
    mine = office.airtable.type_row("customers", full_name="王小明")
    office.calm()
    theirs = office.sheets.find("customers", full_name="王小明")
    mine.cells["birth_date"] = "二月三十日"
    office.calm()
    theirs.cells["mobile"] = "13800138000"
    office.calm()
    before = office.airtable.writes + office.sheets.writes
    for replica in office.engine.replicas:
        with office.engine.hub.unit() as unit:
            unit.lists.ask_recheck(replica.name, "customers", unit.seen.of(replica.name, "customers"), "day")
        office.calm()
    assert office.airtable.writes + office.sheets.writes == before


def test_plaintext_goes_even_from_a_torn_tab_and_reaches_its_own_person(office: Office) -> None:
    for n in "一二三四":
        office.airtable.type_row("customers", full_name=f"王{n}明", occupation="教师")
    office.calm()
    lines = office.sheets.lines("customers")
    uids = [line.system[SystemColumn.UID] for line in lines]
    for line, uid in zip(lines, reversed(uids), strict=True):
        line.system[SystemColumn.UID] = uid
    lines[0].cells["mobile"] = "13800138000"
    name = lines[0].cells["full_name"]
    office.cycle()
    assert lines[0].cells["mobile"].startswith("暂存〔")
    for line, uid in zip(lines, uids, strict=True):
        line.system[SystemColumn.UID] = uid
    office.calm()
    assert lines[0].cells["mobile"].startswith("138****8000〔")
    assert office.airtable.find("customers", full_name=name).cells["mobile"] == lines[0].cells["mobile"]
    assert sum(bool(line.cells.get("mobile")) for line in office.airtable.lines("customers")) == 1
