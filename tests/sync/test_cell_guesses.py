"""A cell is no oracle: what is typed into it again and again is held until the next day, right or wrong."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sync.connection import SystemColumn
from sync.correct import CannotCorrect, Correction, correct
from tests.sync.conftest import NewOffice, Office
from tests.sync.people import ID_NUMBER
from validators.values import Value
from vault.alarms import open_alarms
from vault.config import GuessesConfig, VaultConfig

MOBILE = "13900139000"
TOO_OFTEN = "输入的次数太多"


@pytest.fixture
def office(new_office: NewOffice) -> Office:
    built = new_office()
    config = VaultConfig(guesses=GuessesConfig(cell_max=3, replica_max=6))
    config.settle(classes={}, zone=ZoneInfo("Asia/Shanghai"))
    built.engine.vault.config = config
    return built


def customer(office: Office, **more: object) -> Any:
    row = office.airtable.type_row("customers", full_name="王小明", occupation="教师", **more)
    office.calm()
    return row


def note(row: Any) -> str:
    return str(row.system.get(SystemColumn.NOTE, ""))


def test_a_right_guess_past_the_limit_is_not_told_from_a_wrong_one(office: Office) -> None:
    row = customer(office, mobile=MOBILE)
    token = row.cells["mobile"]
    for number in range(3):
        row.cells["mobile"] = f"1390013900{number + 1}"
        office.calm()
    for typed in (MOBILE, "13900139009"):
        row.cells["mobile"] = typed
        office.calm()
        assert row.cells["mobile"].startswith("待更正〔")
        assert row.cells["mobile"] != token
        assert TOO_OFTEN in note(row)
    assert [(one.kind, one.actor) for one in open_alarms(office.engine.vault)] == [("guesses", "airtable")]
    assert "1390013" not in str(open_alarms(office.engine.vault))


def test_what_waited_is_taken_the_next_day(office: Office) -> None:
    row = customer(office, mobile=MOBILE)
    for number in range(4):
        row.cells["mobile"] = f"1390013900{number + 1}"
        office.calm()
    assert row.cells["mobile"].startswith("待更正〔")
    office.clock.advance(24 * 3600)
    office.calm()
    assert row.cells["mobile"].startswith("139****9004〔")
    assert note(row) == ""
    (copy,) = office.sheets.lines("customers")
    assert copy.cells["mobile"] == row.cells["mobile"]


def test_the_rest_of_the_row_goes_on(office: Office) -> None:
    row = customer(office, mobile=MOBILE)
    for number in range(4):
        row.cells["mobile"] = f"1390013900{number + 1}"
        office.calm()
    row.cells["occupation"] = "医生"
    office.calm()
    (copy,) = office.sheets.lines("customers")
    assert copy.cells["occupation"] == "医生"
    assert copy.cells["mobile"].startswith("139****9003〔")


def test_first_values_and_one_correction_each_are_never_too_many(office: Office) -> None:
    rows = [customer(office, mobile=f"139001390{number:02}") for number in range(10)]
    for number, row in enumerate(rows):
        row.cells["mobile"] = f"138001380{number:02}"
    office.calm()
    assert all(row.cells["mobile"].startswith("138****") for row in rows)
    assert open_alarms(office.engine.vault) == []


def test_the_same_text_read_again_counts_once(office: Office) -> None:
    row = customer(office, mobile=MOBILE)
    for _ in range(5):
        row.cells["mobile"] = "13900139001"
        office.calm()
    assert row.cells["mobile"].startswith("139****9001〔")


def test_a_number_that_others_have_is_named_only_so_often_per_replica(office: Office) -> None:
    customer(office, id_number=ID_NUMBER)
    for _ in range(7):
        row = customer(office, id_number=ID_NUMBER)
        assert "已有相同的记录" in note(row)
    for number in (ID_NUMBER, "110101199003070118"):
        assert TOO_OFTEN in note(customer(office, id_number=number))
    assert [one.what for one in open_alarms(office.engine.vault)] == ["all"]


def test_a_plain_field_that_a_rule_compares_cannot_be_used_to_guess(office: Office) -> None:
    row = customer(office, id_number=ID_NUMBER)
    for day in range(10, 14):
        row.cells["birth_date"] = f"1970-01-{day}"
        office.calm()
        assert "不一致" in note(row)
    row.cells["birth_date"] = f"{ID_NUMBER[6:10]}-{ID_NUMBER[10:12]}-{ID_NUMBER[12:14]}"
    office.calm()
    assert TOO_OFTEN in note(row)
    (copy,) = office.sheets.lines("customers")
    assert copy.cells.get("birth_date") is None


def identity_numbers() -> Iterator[str]:
    """Valid ones of people born on one day."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    for number in range(1000):
        body = f"11010119900307{number:03}"
        yield body + "10X98765432"[sum(map(int.__mul__, weights, map(int, body))) % 11]


def typed_at_once(office: Office, numbers: Iterable[str]) -> list[Any]:
    rows = [
        office.airtable.type_row("customers", full_name="王小明", id_number=number, occupation="教师")
        for number in numbers
    ]
    office.calm()
    return rows


def test_guesses_in_many_new_rows_are_held_as_soon_as_they_are_too_many(office: Office) -> None:
    alike = (number for number in identity_numbers() if number.endswith("8"))
    target, *wrong = islice(alike, 24)
    customer(office, id_number=target)
    rows = typed_at_once(office, wrong)
    assert [TOO_OFTEN in note(row) for row in rows] == [False] * 19 + [True] * 4
    office.clock.advance(24 * 3600)
    office.calm()
    assert not any(TOO_OFTEN in note(row) for row in rows)
    more = typed_at_once(office, islice(alike, 17))
    assert [TOO_OFTEN in note(row) for row in more] == [False] * 16 + [True]
    hit = customer(office, id_number=target)
    assert (TOO_OFTEN in note(hit), "已有相同的记录" in note(hit)) == (True, False)
    hit.cells["occupation"] = "医生"
    office.calm()
    assert (TOO_OFTEN in note(hit), "已有相同的记录" in note(hit)) == (True, False)
    assert {one.what for one in open_alarms(office.engine.vault)} == {"customers.id_number·new"}
    assert target not in str(open_alarms(office.engine.vault))


def test_many_new_rows_of_honest_work_are_never_too_many(office: Office) -> None:
    rows = typed_at_once(office, islice(identity_numbers(), 90))
    assert not any(TOO_OFTEN in note(row) for row in rows)
    assert open_alarms(office.engine.vault) == []


def test_counts_survive_a_restart(office: Office) -> None:
    row = customer(office, mobile=MOBILE)
    for number in range(3):
        row.cells["mobile"] = f"1390013900{number + 1}"
        office.calm()
    office.engine.__post_init__()
    row.cells["mobile"] = MOBILE
    office.calm()
    assert TOO_OFTEN in note(row)


def test_the_desk_is_no_way_around(office: Office) -> None:
    row = customer(office, mobile=MOBILE)
    with office.engine.hub.reading() as unit:
        (uid,) = unit.records.by_key("customers", ["C00000001"]).values()

    def tried(actor: str, typed: str) -> Value | None:
        return correct(office.engine, Correction("customers", uid, "mobile", typed), actor=actor)

    for number in range(3):
        tried("li.na", f"1390013900{number + 1}")
    with pytest.raises(CannotCorrect, match=TOO_OFTEN):
        tried("li.na", MOBILE)
    assert tried("wu.di", "13900139008")
    assert row.cells["mobile"]
