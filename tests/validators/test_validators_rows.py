"""Whole rows: a bad cell is a value, the kind of document is found, what is missing is told."""

from datetime import date

import pytest

from validators.issues import Rejection
from validators.raw import Raw
from validators.rows import RowParser
from validators.schema import Level, SchemaConfig

PASSPORT = "E12345678"


@pytest.fixture
def rows(schema: SchemaConfig) -> RowParser:
    return RowParser(schema)


def test_only_the_given_cells_are_parsed(rows: RowParser, today: date) -> None:
    cells: dict[str, Raw] = {"full_name": " 张三 ", "birth_date": "1990.1.2", "gender": None}
    assert rows.parse("customers", cells, today=today) == {
        "full_name": "张三",
        "birth_date": date(1990, 1, 2),
        "gender": None,
    }


def test_a_bad_cell_names_its_field_and_leaves_the_others_alone(rows: RowParser, today: date) -> None:
    parsed = rows.parse("customers", {"birth_date": "1990-02-30", "full_name": "张三"}, today=today)
    bad = parsed["birth_date"]
    assert isinstance(bad, Rejection)
    assert bad.issue.fields == ("birth_date",)
    assert parsed["full_name"] == "张三"


def test_an_identity_number_finds_its_kind_in_a_later_column(rows: RowParser, today: date) -> None:
    parsed = rows.parse("customers", {"id_number": PASSPORT, "id_type": "护照"}, today=today)
    assert parsed["id_number"] == PASSPORT


def test_an_identity_number_finds_its_kind_in_what_is_known_of_the_row(rows: RowParser, today: date) -> None:
    parsed = rows.parse("customers", {"id_number": PASSPORT}, today=today, context={"id_type": "护照"})
    assert parsed["id_number"] == PASSPORT


def test_the_kind_in_the_row_beats_the_known_one_even_when_cleared(rows: RowParser, today: date) -> None:
    cells: dict[str, Raw] = {"id_number": PASSPORT, "id_type": ""}
    parsed = rows.parse("customers", cells, today=today, context={"id_type": "护照"})
    assert isinstance(parsed["id_number"], Rejection)


def test_an_unknown_kind_leaves_the_number_to_the_rules_of_a_resident(rows: RowParser, today: date) -> None:
    parsed = rows.parse("customers", {"id_number": PASSPORT, "id_type": "不明"}, today=today)
    assert isinstance(parsed["id_type"], Rejection)
    assert isinstance(parsed["id_number"], Rejection)


def test_a_field_may_be_called_like_a_method_of_the_model(rows: RowParser, today: date) -> None:
    assert rows.parse("customers", {"copy": "甲"}, today=today) == {"copy": "甲"}


def test_the_raw_text_is_in_no_rejection(rows: RowParser, today: date) -> None:
    parsed = rows.parse("customers", {"id_number": "11010519760108", "mobile": "138001380"}, today=today)
    assert "1101051976" not in repr(parsed)
    assert "138001380" not in repr(parsed)


def test_a_blank_required_field_is_an_error_and_blank_expected_ones_are_one_hint(rows: RowParser) -> None:
    error, hint = rows.missing("customers", {"full_name": None})
    assert (error.level, error.fields, error.message) == (Level.ERROR, ("full_name",), "不能为空")
    assert (hint.level, hint.fields) == (Level.HINT, ("gender", "mobile"))
    assert (hint.message, hint.mend) == ("缺性别、手机号码", "请补充")


def test_a_filled_row_misses_nothing(rows: RowParser) -> None:
    assert rows.missing("customers", {"full_name": "张三", "gender": "男", "mobile": "13800138000"}) == []


def test_an_unticked_box_is_not_missing(rows: RowParser) -> None:
    assert all("active" not in issue.fields for issue in rows.missing("customers", {"active": None}))


def test_a_rejected_field_is_not_missing_as_well(rows: RowParser, today: date) -> None:
    parsed = rows.parse("customers", {"mobile": "138", "full_name": "张三", "gender": "男"}, today=today)
    assert rows.missing("customers", parsed) == []


def test_many_blank_fields_are_counted_and_not_all_named() -> None:
    fields = {f"f{number}": {"name": f"栏{number}", "type": "text", "expected": True} for number in range(8)}
    schema = SchemaConfig.model_validate({"tables": {"t": {"name": "t", "key": "f0", "fields": fields}}})
    (hint,) = RowParser(schema).missing("t", {})
    assert hint.message == "缺栏0、栏1、栏2、栏3、栏4等8项"
    assert len(hint.fields) == 8
