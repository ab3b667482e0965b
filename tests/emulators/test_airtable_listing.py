"""Listing records: order, pages, iterators, filters, sorts, views, and how cells look."""

from typing import Any

import pytest

from tests.emulators.airtable_world import Office


@pytest.fixture
def office() -> Office:
    return Office()


def read_all(office: Office, query: dict[str, str], *, limit: int = 50) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for _ in range(limit):
        page = office.daemon("GET", office.path, query=query).body
        found += page["records"]
        if "offset" not in page:
            return found
        query = query | {"offset": page["offset"]}
    raise AssertionError("the listing does not end")


def names(records: list[dict[str, Any]]) -> list[str]:
    return [record["fields"]["姓名"] for record in records]


def test_without_view_and_sort_the_order_is_by_record_id(office: Office) -> None:
    made = office.create(*({"姓名": str(n)} for n in range(10)))
    found = [record["id"] for record in read_all(office, {"pageSize": "3"})]
    assert found == sorted(made)


def test_a_view_keeps_the_order_of_creation(office: Office) -> None:
    office.create(*({"姓名": str(n)} for n in range(10)))
    assert names(read_all(office, {"view": "Grid view", "pageSize": "4"})) == [str(n) for n in range(10)]
    assert office.daemon("GET", office.path, query={"view": "别的"}).error == "VIEW_NAME_NOT_FOUND"


def test_a_sorted_listing_stays_sorted_over_pages(office: Office) -> None:
    office.create(
        *({"姓名": name, "等级": level} for name, level in zip("丁甲丙乙", "银金银金", strict=True))
    )
    query = {
        "sort[0][field]": "等级",
        "sort[1][field]": "姓名",
        "sort[1][direction]": "desc",
        "pageSize": "1",
    }
    assert names(read_all(office, query)) == sorted("甲乙", reverse=True) + sorted("丁丙", reverse=True)


def test_the_same_offset_can_be_read_again(office: Office) -> None:
    office.create(*({"姓名": str(n)} for n in range(6)))
    offset = office.daemon("GET", office.path, query={"pageSize": "2"}).body["offset"]
    query = {"pageSize": "2", "offset": offset}
    assert (
        office.daemon("GET", office.path, query=query).body
        == office.daemon("GET", office.path, query=query).body
    )


def test_the_last_page_has_no_offset_even_when_it_is_full(office: Office) -> None:
    office.create({}, {}, {}, {})
    first = office.daemon("GET", office.path, query={"pageSize": "2"}).body
    last = office.daemon("GET", office.path, query={"pageSize": "2", "offset": first["offset"]}).body
    assert len(last["records"]) == 2 and "offset" not in last


def test_max_records_counts_over_pages(office: Office) -> None:
    office.create(*({"姓名": str(n)} for n in range(8)))
    assert len(read_all(office, {"pageSize": "2", "maxRecords": "5"})) == 5


def test_an_iterator_left_alone_is_gone(office: Office) -> None:
    office.create({}, {}, {})
    offset = office.daemon("GET", office.path, query={"pageSize": "1"}).body["offset"]
    office.wait(301)
    refused = office.daemon("GET", office.path, query={"pageSize": "1", "offset": offset})
    assert (refused.status, refused.body) == (422, {"error": {"type": "LIST_RECORDS_ITERATOR_NOT_AVAILABLE"}})
    assert office.daemon("GET", office.path, query={"offset": "5"}).error == "INVALID_OFFSET_VALUE"


def test_a_row_deleted_between_pages_is_missed_without_an_error(office: Office) -> None:
    made = sorted(office.create({}, {}, {}))
    offset = office.daemon("GET", office.path, query={"pageSize": "1"}).body["offset"]
    office.daemon("DELETE", f"{office.path}/{made[1]}")
    rest = office.daemon("GET", office.path, query={"offset": offset}).body["records"]
    assert [record["id"] for record in rest] == made[2:]


@pytest.mark.parametrize(
    ("formula", "wanted"),
    [
        ('{姓名}="甲"', "甲"),
        ("AND({保费}>1, NOT({等级}='银'))", "乙"),
        ("OR(姓名='甲', 姓名='乙')", "甲乙"),
        ("{已签}", "丙"),
        ("IS_AFTER({生日}, '1990-01-01')", "乙"),
        ("{等级}=BLANK()", "丙"),
        ("1", "甲乙丙"),
        ("ERROR()", ""),
    ],
)
def test_a_formula_filters(office: Office, formula: str, wanted: str) -> None:
    office.create(
        {"姓名": "甲", "等级": "银", "保费": 5, "生日": "1980-05-05"},
        {"姓名": "乙", "等级": "金", "保费": 5, "生日": "1999-05-05"},
        {"姓名": "丙", "已签": True},
    )
    assert sorted(names(read_all(office, {"filterByFormula": formula}))) == sorted(wanted)


def test_a_formula_that_cannot_be_read_is_refused_in_airtables_words(office: Office) -> None:
    refused = office.daemon("GET", office.path, query={"filterByFormula": "AND(("})
    message = "The formula for filtering records is invalid: Invalid formula. Please check your formula text."
    assert refused.body == {"error": {"type": "INVALID_FILTER_BY_FORMULA", "message": message}}


def test_records_changed_since_are_found_by_their_last_change(office: Office) -> None:
    old, new = office.create({"姓名": "甲"}, {"姓名": "乙"})
    office.wait(3600)
    office.daemon("PATCH", f"{office.path}/{new}", {"fields": {"姓名": "丙"}})
    query = {"filterByFormula": 'IS_AFTER(LAST_MODIFIED_TIME(), "2026-03-02T01:30:00.000Z")'}
    assert [record["id"] for record in read_all(office, query)] == [new]
    assert old != new


def test_posting_the_options_does_what_the_address_does(office: Office) -> None:
    office.create({"姓名": "甲", "保费": 1}, {"姓名": "乙", "保费": 2})
    body = {
        "fields": ["姓名"],
        "sort": [{"field": "保费", "direction": "desc"}],
        "filterByFormula": "{保费}>0",
    }
    found = office.daemon("POST", f"{office.path}/listRecords", body).body["records"]
    assert [record["fields"] for record in found] == [{"姓名": "乙"}, {"姓名": "甲"}]


def test_fields_can_be_named_and_shown_by_id(office: Office) -> None:
    office.create({"姓名": "甲", "保费": 1})
    column = office.field("姓名")["id"]
    query = [("fields[]", column), ("returnFieldsByFieldId", "1")]
    (record,) = office.daemon("GET", office.path, query=query).body["records"]
    assert record["fields"] == {column: "甲"}


def test_cells_as_text_need_a_zone_and_a_locale(office: Office) -> None:
    office.create({"姓名": "甲", "保费": 1.5, "已签": True, "回访时间": "2026-03-02 09:05"})
    assert office.daemon("GET", office.path, query={"cellFormat": "string"}).status == 422
    query = {"cellFormat": "string", "timeZone": "Asia/Shanghai", "userLocale": "zh-cn"}
    (record,) = office.daemon("GET", office.path, query=query).body["records"]
    assert record["fields"] == {
        "姓名": "甲",
        "保费": "¥1.50",
        "已签": "checked",
        "回访时间": "3/2/2026 9:05am",
    }


def test_an_address_of_sixteen_thousand_characters_is_refused(office: Office) -> None:
    long = '{姓名}="' + "甲" * 2000 + '"'
    assert office.daemon("GET", office.path, query={"filterByFormula": long}).status == 414
    assert office.daemon("POST", f"{office.path}/listRecords", {"filterByFormula": long}).status == 200


@pytest.mark.parametrize(
    "formula",
    [
        "{姓名}='甲'",
        "'甲'={姓名}",
        "AND({姓名}='甲', {保费}=1)",
        "OR({姓名}='甲', {姓名}='乙')",
        "OR({姓名}='甲', {保费}=2)",
        "{姓名}=''",
        "NOT({姓名}='甲')",
        "{等级}='金'",
        "AND({等级}='金', {姓名}='丙')",
    ],
)
def test_a_filter_answered_from_an_index_finds_what_reading_every_row_finds(
    office: Office, formula: str
) -> None:
    office.create(
        {"姓名": "甲", "保费": 1}, {"姓名": "甲", "保费": 2}, {"姓名": "乙"}, {"保费": 2, "等级": "金"}
    )
    indexed = read_all(office, {"filterByFormula": formula})
    every = read_all(office, {"filterByFormula": f"IF({formula}, 1, 0)"})
    assert indexed == every


def test_an_index_follows_changes_and_deletes(office: Office) -> None:
    one, two = office.create({"姓名": "甲"}, {"姓名": "甲"})
    query = {"filterByFormula": "{姓名}='甲'"}
    assert len(read_all(office, query)) == 2
    office.daemon("PATCH", f"{office.path}/{one}", {"fields": {"姓名": "乙"}})
    office.daemon("DELETE", f"{office.path}/{two}")
    assert read_all(office, query) == []
    assert len(read_all(office, {"filterByFormula": f"OR(RECORD_ID()='{one}', RECORD_ID()='{two}')"})) == 1


def test_the_newest_changes_are_found_after_every_kind_of_change(office: Office) -> None:
    one, two, three = office.create({"姓名": "甲"}, {"姓名": "乙"}, {"姓名": "丙"})
    since = '"2026-03-02T01:00:30.000Z"'
    quick = {"filterByFormula": f"IS_AFTER(LAST_MODIFIED_TIME(), DATETIME_PARSE({since}))"}
    every = {"filterByFormula": f"IF(IS_AFTER(LAST_MODIFIED_TIME(), {since}), 1, 0)"}
    assert read_all(office, quick) == []
    office.wait(60)
    office.daemon("PATCH", f"{office.path}/{two}", {"fields": {"姓名": "丁"}})
    refused = [{"id": one, "fields": {"姓名": "戊"}}, {"id": three, "fields": {"没有的列": 1}}]
    office.daemon("PATCH", office.path, {"records": refused})
    (four,) = office.create({"姓名": "己"})
    office.daemon("DELETE", f"{office.path}/{three}")
    assert read_all(office, quick) == read_all(office, every)
    assert {record["id"] for record in read_all(office, quick)} == {two, four}
