"""Cells of every type: out to the service and back by every way they come back."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.airtable.bound import BoundColumn, BoundTable
from sync.airtable.cells import decode, encode, is_blank, same, whole_row
from sync.connection import SystemColumn
from tests.sync.airtable_office import Office, open_office, update

CELLS: dict[str, tuple[Any, Any]] = {
    "full_name": ("王伟", "王伟"),
    "gender": ("女", "女"),
    "age": (Decimal("41"), 41),
    "id_number": ("3****************4〔9TQK27MB4D〕", "3****************4〔9TQK27MB4D〕"),
    "income": ("20-30万〔ABCDEFGH12〕", "20-30万〔ABCDEFGH12〕"),
    "history": ("〔已加密〕\n〔ABCDEFGH13〕", "〔已加密〕\n〔ABCDEFGH13〕"),
    "born": (date(1984, 2, 29), "1984-02-29"),
    "visited": (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "2026-01-02T03:04:05.000Z"),
    "height": (Decimal("1.78"), 1.78),
    "share": (Decimal("0.1234"), 0.1234),
    "vip": (True, True),
    "channels": (("微信", "电话"), ["微信", "电话"]),
    "phone": ("021-55551234", "021-55551234"),
    "email": ("a@example.com", "a@example.com"),
    "account": ("0012345678901234567", "0012345678901234567"),
    "notes": ("第一行\n第二行", "第一行\n第二行"),
}
WRITTEN = {key: value for key, (value, _) in CELLS.items()}
SHOWN = {key: shown for key, (_, shown) in CELLS.items()}


@pytest.fixture
def office() -> Iterator[Office]:
    with open_office() as opened:
        yield opened


def test_every_type_reads_the_same_in_the_answer_the_listing_and_the_webhook(office: Office) -> None:
    office.pull()
    row = office.insert("R1", **WRITTEN)
    assert row.cells == SHOWN
    assert [one.cells for one in office.pull()["customers"].rows] == [SHOWN]
    assert [one.cells for one in office.pull(full=True)["customers"].rows] == [SHOWN]


def test_every_type_reads_the_same_after_a_change_told_by_the_webhook(office: Office) -> None:
    row = office.insert("R1")
    office.pull()
    office.connection.apply("customers", [update(row, {}, **WRITTEN)])
    (seen,) = office.pull()["customers"].rows
    assert seen.partial and dict(seen.cells) == SHOWN


def test_links_are_record_ids_in_every_reading(office: Office) -> None:
    one, two = office.insert("R1"), office.insert("R2")
    office.pull()
    links = {"referrer": (one.row_id,), "family": (one.row_id, two.row_id)}
    shown = {"referrer": [one.row_id], "family": [one.row_id, two.row_id]}
    (written,) = office.connection.apply("customers", [update(two, {}, **links)]).written
    (seen,) = [row for row in office.pull()["customers"].rows if row.row_id == two.row_id]
    (listed,) = [row for row in office.pull(full=True)["customers"].rows if row.row_id == two.row_id]
    assert written.row.cells == seen.cells == listed.cells == shown


@pytest.mark.parametrize("key", CELLS)
def test_none_clears_a_cell_of_any_type(office: Office, key: str) -> None:
    row = office.insert("R1", **WRITTEN)
    office.pull()
    (written,) = office.connection.apply("customers", [update(row, SHOWN, **{key: None})]).written
    assert key not in written.row.cells
    (seen,) = office.pull()["customers"].rows
    assert seen.cells == {key: None}


def test_system_columns_are_text_and_a_cleared_one_is_an_empty_text(office: Office) -> None:
    row = office.insert("R1")
    assert row.system == {SystemColumn.UID: "R1", SystemColumn.STATUS: "通过"}
    office.pull()
    office.table().update(row.row_id, {"校验状态": None})
    (seen,) = office.pull()["customers"].rows
    assert seen.system == {SystemColumn.STATUS: ""} and seen.cells == {} and seen.uid == ""


def test_a_uid_that_somebody_changed_is_shown(office: Office) -> None:
    row = office.insert("R1")
    office.pull()
    office.table().update(row.row_id, {"记录编号": "R2"})
    (seen,) = office.pull()["customers"].rows
    assert seen.uid == seen.system[SystemColumn.UID] == "R2"


def test_zero_is_a_value_and_false_is_none(office: Office) -> None:
    row = office.insert("R1", height=Decimal(0), vip=False)
    assert row.cells == {"height": 0}


def test_an_instant_is_written_in_utc() -> None:
    noon = datetime(2026, 1, 2, 12, tzinfo=timezone(timedelta(hours=8)))
    assert encode(noon) == "2026-01-02T04:00:00.000Z"


@pytest.mark.parametrize("blank", [None, "", [], False, ()])
def test_blanks_clear(blank: Any) -> None:
    assert encode(blank) is None


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("number", "12"),
        ("number", True),
        ("checkbox", "yes"),
        ("singleLineText", {"text": "x"}),
        ("multipleSelects", "a"),
    ],
)
def test_a_shape_that_a_column_cannot_have_is_no_cell(kind: str, value: Any) -> None:
    with pytest.raises(ValueError):
        decode(kind, value)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (13911113333, "13911113333"),
        (13911113333.0, "13911113333"),
        (110101199003074514, "1.10101199003075e+17"),
    ],
)
def test_a_number_in_a_column_of_text_is_read_with_the_digits_that_are_certain(
    number: float, text: str
) -> None:
    assert decode("singleLineText", number) == text


def test_a_cell_that_cannot_be_read_is_not_taken_for_a_cleared_one() -> None:
    columns = {
        key: BoundColumn(key, f"fld{key}", key, "singleLineText", frozenset())
        for key in ("name", "phone", "note")
    }
    by_id = {column.id: column for column in columns.values()}
    table = BoundTable("customers", "tblX", columns, by_id, frozenset(), {})
    row = whole_row(table, "recX", {"fldname": "王伟", "fldphone": {"text": "x"}})
    assert row.partial and row.cells == {"name": "王伟", "note": None}


@given(
    st.lists(st.sampled_from("abcdef"), min_size=1, unique=True).flatmap(
        lambda x: st.tuples(st.just(x), st.permutations(x))
    )
)
def test_the_order_of_a_list_does_not_count(lists: tuple[list[str], list[str]]) -> None:
    assert same(*lists) and not same(lists[0], [*lists[1], "z"])


@given(st.decimals(-(10**9), 10**9, places=2))
def test_amounts_survive_the_way_through_json(amount: Decimal) -> None:
    assert Decimal(str(encode(amount))) == amount and not is_blank(encode(amount))
