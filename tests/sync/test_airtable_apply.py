"""Writing: nothing twice, nothing over a person's edit, no bad record stopping a good one."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import pytest
import requests

from sync.connection import Insert, Operation, Remove, SeenRow, SystemColumn, Update
from sync.errors import AnswerLost, TableMissing, Throttled
from tests.sync.airtable_office import Office, open_office, update


@pytest.fixture(params=(False, True), ids=("as_likely", "other_way"))
def office(request: pytest.FixtureRequest) -> Iterator[Office]:
    """In both positions of every switch for what nobody is sure of."""
    with open_office(turned=request.param) as opened:
        yield opened


def names(office: Office) -> list[str]:
    """客户姓名 of all records as staff see them."""
    return sorted(record["fields"].get("客户姓名", "") for record in office.table().all())


def inserts(count: int) -> list[Insert]:
    return [Insert(f"R{n:02}", {"full_name": f"客户{n:02}"}, {}) for n in range(count)]


def some_rows(office: Office, count: int) -> list[SeenRow]:
    return [written.row for written in office.connection.apply("customers", inserts(count)).written]


def rename_all(rows: list[SeenRow]) -> list[Update]:
    return [update(row, {"full_name": row.cells["full_name"]}, full_name=f"新{row.uid}") for row in rows]


def test_thirty_records_take_three_calls(office: Office) -> None:
    mark = office.mark
    outcome = office.connection.apply("customers", inserts(30))
    assert [written.uid for written in outcome.written] == [op.uid for op in inserts(30)]
    assert len(office.writes(since=mark)) == 3


def test_thirty_records_are_looked_at_with_one_call(office: Office) -> None:
    rows = some_rows(office, 30)
    mark = office.mark
    office.connection.apply("customers", rename_all(rows))
    assert len(office.requests(since=mark)) == 1 + 3


def test_a_repeated_insert_changes_the_record_it_made(office: Office) -> None:
    some_rows(office, 3)
    some_rows(office, 3)
    assert names(office) == ["客户00", "客户01", "客户02"]


def test_an_insert_whose_answer_was_lost_makes_one_record(office: Office) -> None:
    office.fault("PATCH", "applied_then_lost")
    assert len(some_rows(office, 3)) == 3
    assert names(office) == ["客户00", "客户01", "客户02"]


def test_an_insert_that_never_arrived_is_sent_again(office: Office) -> None:
    office.fault("PATCH", "reset")
    assert len(some_rows(office, 3)) == 3
    assert names(office) == ["客户00", "客户01", "客户02"]


def test_an_insert_that_is_never_answered_is_given_up(office: Office) -> None:
    office.fault("PATCH", "reset", 2)
    with pytest.raises(AnswerLost):
        some_rows(office, 3)


def test_what_a_person_typed_after_an_insert_without_answer_stands(office: Office) -> None:
    """2: seed 1197. Sent again, the same cells would go over what was typed since."""
    client = office.connection._client
    plain = client.upsert

    def upsert(*args: Any, **options: Any) -> Any:
        try:
            return plain(*args, **options)
        except AnswerLost:
            office.table().update(office.table().all()[0]["id"], {"客户姓名": "张三"})
            raise

    client.upsert = upsert  # type: ignore[method-assign]
    office.fault("PATCH", "applied_then_lost")
    outcome = office.connection.apply("customers", inserts(3))
    assert [one.reason for one in outcome.refused] == ["uid_exists"] and len(outcome.written) == 2
    assert "张三" in names(office) and len(names(office)) == 3


def test_an_insert_among_twins_changes_one_of_them(office: Office) -> None:
    for name in ("甲", "乙"):
        office.table().create({"记录编号": "R00", "客户姓名": name})
    outcome = office.connection.apply("customers", inserts(2))
    assert [written.uid for written in outcome.written] == ["R00", "R01"]
    assert len(names(office)) == 3 and "客户00" in names(office) and "客户01" in names(office)


def test_an_update_changes_only_its_cells(office: Office) -> None:
    row = office.insert("R1", full_name="王伟", gender="男")
    outcome = office.connection.apply("customers", [update(row, {"full_name": "王伟"}, full_name="王炜")])
    assert outcome.written[0].row.cells == {"full_name": "王炜", "gender": "男"}


def test_an_update_may_number_a_row(office: Office) -> None:
    made = office.table().create({"客户姓名": "王伟"})
    op = Update("R1", made["id"], -1, False, {}, {}, {SystemColumn.UID: "R1"})
    (written,) = office.connection.apply("customers", [op]).written
    assert written.row.uid == "R1" and written.row.cells == {"full_name": "王伟"}


def test_what_a_person_changed_meanwhile_stands(office: Office) -> None:
    rows = some_rows(office, 3)
    office.table().update(rows[1].row_id, {"客户姓名": "张三"})
    outcome = office.connection.apply("customers", rename_all(rows))
    assert [(one.uid, one.reason) for one in outcome.refused] == [("R01", "changed_meanwhile")]
    assert names(office) == ["张三", "新R00", "新R02"]


def test_what_a_person_typed_into_a_blank_cell_stands(office: Office) -> None:
    row = office.insert("R1")
    office.table().update(row.row_id, {"身高": 1.8})
    outcome = office.connection.apply("customers", [update(row, {}, height=Decimal("1.70"))])
    assert [one.reason for one in outcome.refused] == ["changed_meanwhile"]


def test_a_person_who_typed_the_same_is_no_obstacle(office: Office) -> None:
    row = office.insert("R1", full_name="王伟")
    office.table().update(row.row_id, {"客户姓名": "王炜"})
    outcome = office.connection.apply("customers", [update(row, {"full_name": "王伟"}, full_name="王炜")])
    assert len(outcome.written) == 1


def test_before_may_be_given_as_it_was_once_written(office: Office) -> None:
    row = office.insert("R1", height=Decimal("1.80"), channels=("电话", "微信"))
    before = {"height": Decimal("1.80"), "channels": ("微信", "电话")}
    outcome = office.connection.apply("customers", [update(row, before, height=None, channels=None)])
    assert len(outcome.written) == 1


def test_system_columns_alone_are_written_without_looking(office: Office) -> None:
    row = office.insert("R1", full_name="王伟")
    mark = office.mark
    op = Update("R1", row.row_id, -1, True, {}, {}, {SystemColumn.NOTE: "已保存·缺职业类别,请补充"})
    assert office.connection.apply("customers", [op]).written[0].row.system[SystemColumn.NOTE]
    assert len(office.requests(since=mark)) == 1


def test_one_bad_record_does_not_stop_nine_good_ones(office: Office) -> None:
    ops = inserts(10)
    ops[6] = Insert("R06", {"full_name": "客户06", "referrer": ("recGone0000000000",)}, {})
    outcome = office.connection.apply("customers", ops)
    assert len(outcome.written) == 9
    assert [(one.uid, one.reason) for one in outcome.refused] == [("R06", "invalid_value")]
    assert "客户06" not in names(office)


def test_a_refusal_names_the_column_and_no_value(office: Office) -> None:
    op = Insert("R1", {"born": "330106198402291234"}, {})
    (refused,) = office.connection.apply("customers", [op]).refused
    assert refused.detail == "INVALID_VALUE_FOR_COLUMN 出生日期"


def test_a_row_deleted_meanwhile_is_told_apart(office: Office) -> None:
    rows = some_rows(office, 3)
    office.table().delete(rows[0].row_id)
    outcome = office.connection.apply("customers", rename_all(rows))
    assert [(one.uid, one.reason) for one in outcome.refused] == [("R00", "row_gone")]
    assert len(outcome.written) == 2


def test_a_row_deleted_meanwhile_is_told_apart_where_nobody_looked(office: Office) -> None:
    rows = some_rows(office, 3)
    office.table().delete(rows[0].row_id)
    ops = [Update(row.uid, row.row_id, -1, True, {}, {}, {SystemColumn.NOTE: "好"}) for row in rows]
    outcome = office.connection.apply("customers", ops)
    assert [(one.uid, one.reason) for one in outcome.refused] == [("R00", "row_gone")]


def test_an_update_whose_answer_was_lost_is_done(office: Office) -> None:
    rows = some_rows(office, 3)
    office.fault("PATCH", "applied_then_lost")
    assert len(office.connection.apply("customers", rename_all(rows)).written) == 3
    assert names(office) == ["新R00", "新R01", "新R02"]


def test_an_update_that_never_arrived_is_sent_again(office: Office) -> None:
    rows = some_rows(office, 3)
    office.fault("PATCH", "reset")
    assert len(office.connection.apply("customers", rename_all(rows)).written) == 3
    assert names(office) == ["新R00", "新R01", "新R02"]


def test_an_update_that_is_never_answered_is_given_up(office: Office) -> None:
    rows = some_rows(office, 1)
    office.fault("PATCH", "reset", 2)
    with pytest.raises(AnswerLost):
        office.connection.apply("customers", rename_all(rows))


def test_removing_deletes_and_forgives_what_is_gone(office: Office) -> None:
    rows = some_rows(office, 12)
    office.table().delete(rows[3].row_id)
    outcome = office.connection.apply("customers", [Remove(row.uid, row.row_id, -1) for row in rows])
    assert list(outcome.removed) == [row.uid for row in rows]
    assert names(office) == []


def test_a_delete_whose_answer_was_lost_is_done(office: Office) -> None:
    rows = some_rows(office, 2)
    office.fault("DELETE", "applied_then_lost")
    outcome = office.connection.apply("customers", [Remove(row.uid, row.row_id, -1) for row in rows])
    assert len(outcome.removed) == 2 and names(office) == []


def test_a_record_that_a_person_edits_before_a_second_try_to_delete_it_stands(office: Office) -> None:
    (row,) = some_rows(office, 1)
    client, plain = office.connection._client, office.connection._client.delete

    def delete(table_id: str, row_ids: Sequence[str]) -> None:
        office.table().update(row.row_id, {"客户姓名": "王小伟"})
        plain(table_id, row_ids)

    client.delete = delete  # type: ignore[assignment, method-assign]
    office.fault("DELETE", "reset")
    outcome = office.connection.apply("customers", [Remove(row.uid, row.row_id, -1, row.cells)])
    assert [one.reason for one in outcome.refused] == ["changed_meanwhile"] and not outcome.removed
    assert names(office) == ["王小伟"]


def test_an_option_that_airtable_lacks_is_added_in_a_call_of_its_own(office: Office) -> None:
    mark = office.mark
    outcome = office.connection.apply("customers", [Insert("R77", {"gender": "未说明"}, {}), *inserts(2)])
    assert [written.uid for written in outcome.written] == ["R77", "R00", "R01"]
    assert outcome.written[0].row.cells["gender"] == "未说明" and len(office.writes(since=mark)) == 2


def test_an_option_is_added_once(office: Office) -> None:
    office.connection.apply("customers", [Insert("R77", {"gender": "未说明"}, {})])
    mark = office.mark
    office.connection.apply("customers", [Insert("R78", {"gender": "未说明"}, {}), *inserts(1)])
    assert len(office.writes(since=mark)) == 1


def test_field_without_column_is_refused_and_its_row_untouched(office: Office) -> None:
    """Left out in silence it would count as written, and its blank cell as emptied once the column is back."""
    rows = some_rows(office, 2)
    delete_column(office, "备注")
    ops: list[Operation] = [
        Insert("R9", {"full_name": "王伟", "notes": "好"}, {}),
        update(rows[0], rows[0].cells, notes="好"),
    ]
    fine = update(rows[1], rows[1].cells, full_name="新")
    outcome = office.connection.apply("customers", [*ops, fine])
    assert [refused.reason for refused in outcome.refused] == ["column_missing"] * 2
    assert [one.row.cells for one in outcome.written] == [{"full_name": "新"}]


def test_a_column_that_a_person_retyped_is_left_alone_once_it_refused(office: Office) -> None:
    """Else the same write is refused in every cycle, and the other cells of its row never get through."""
    (row,) = some_rows(office, 1)
    retype_column(office, "备注", {"type": "number", "options": {"precision": 0}})
    op = update(row, row.cells, notes="好")
    assert [one.reason for one in office.connection.apply("customers", [op]).refused] == ["invalid_value"]
    assert [one.reason for one in office.connection.apply("customers", [op]).refused] == ["column_missing"]
    fine = update(row, row.cells, full_name="新")
    assert office.connection.apply("customers", [fine]).written


def retype_column(office: Office, header: str, settings: dict[str, object]) -> None:
    """What a person does in the column's menu."""
    place = office.served.description["airtable"]
    tables = f"{place['endpoint_url']}/v0/meta/bases/{place['base_id']}/tables"
    field = office.table().schema().field(header)
    requests.patch(
        f"{tables}/{office.bindings['table:customers']}/fields/{field.id}",
        headers={"Authorization": f"Bearer {place['staff_token']}"},
        json=settings,
        timeout=10,
    ).raise_for_status()


def test_system_cells_of_a_column_that_vanished_are_left_out(office: Office) -> None:
    row = office.insert("R1")
    delete_column(office, "校验说明")
    op = Update("R1", row.row_id, -1, True, {}, {}, {SystemColumn.NOTE: "好", SystemColumn.STATUS: "提示"})
    (written,) = office.connection.apply("customers", [op]).written
    assert written.row.system == {SystemColumn.UID: "R1", SystemColumn.STATUS: "提示"}


def delete_column(office: Office, header: str) -> None:
    """What a person does in the column's menu; the web API cannot."""
    world = office.served.world
    with world.lock:
        for base in world.airtable._bases.values():
            table = base.tables[office.bindings["table:customers"]]
            (column,) = [one for one in table.fields.values() if one.name == header]
            del table.fields[column.id]


def test_a_table_that_vanished_is_named(office: Office) -> None:
    office.insert("R1")
    world = office.served.world
    with world.lock:
        for base in world.airtable._bases.values():
            del base.tables[office.bindings["table:customers"]]
    with pytest.raises(TableMissing):
        office.connection.apply("customers", inserts(1))


def test_a_rate_limit_closes_the_base_for_thirty_seconds(office: Office) -> None:
    office.fault("PATCH", "429")
    with pytest.raises(Throttled):
        office.connection.apply("customers", inserts(1))
    mark = office.mark
    with pytest.raises(Throttled):
        office.pull()
    assert office.requests(since=mark) == []
    office.served.world.clock.advance(31)
    assert office.connection.apply("customers", inserts(1)).written


def test_three_hundred_records_stay_below_the_rate_limit() -> None:
    with open_office(quotas=True) as office:
        assert len(office.connection.apply("customers", inserts(300)).written) == 300
