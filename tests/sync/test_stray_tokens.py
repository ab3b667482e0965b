"""A token that does not belong where it stands says what is the matter with it, and what stood there before comes back."""

import secrets
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from sync.connection import SystemColumn
from sync.store.tables import record, seen
from tests.sync.conftest import Office
from tests.sync.people import ID_NUMBER
from vault.masks import cell_text, tokens_within
from vault.purging import purge
from vault.store import sealed_value
from vault.tokens import is_token, new_token

MISTYPED, UNKNOWN = "加密代码有错字", "保险库中没有这个加密代码"
FOREIGN, GONE = "粘贴的加密代码不属于此人此栏", "这个加密代码的内容已删除,不能恢复"


def mistyped(office: Office, good: str) -> str:
    token = good[-11:-1]
    wrong = next(
        token[:-1] + other
        for other in "0123456789"
        if other != token[-1] and not is_token(token[:-1] + other)
    )
    return good.replace(token, wrong)


def forged(office: Office, good: str) -> str:
    return cell_text("139****0000", new_token(secrets.token_bytes))


def anothers(office: Office, good: str) -> str:
    other = office.airtable.type_row("customers", full_name="李小红", mobile="13900139000")
    office.calm()
    return str(other.cells["mobile"])


def of_another_field(office: Office, good: str) -> str:
    other = office.airtable.type_row("customers", full_name="李小红", id_number=ID_NUMBER)
    office.calm()
    return str(other.cells["id_number"])


def erased(office: Office, good: str) -> str:
    stand_in = anothers(office, good)
    office.engine.vault.erase_subject(subject(office, stand_in), actor="test", reason="本人申请")
    return stand_in


def subject(office: Office, stand_in: str) -> str:
    (token,) = tokens_within(stand_in)
    return office.engine.vault.look_up([token])[token].subject


@pytest.mark.parametrize(
    ("stray", "told"),
    [
        (mistyped, MISTYPED),
        (forged, UNKNOWN),
        (anothers, FOREIGN),
        (of_another_field, FOREIGN),
        (erased, GONE),
    ],
)
def test_each_kind_of_stray_token_has_words_of_its_own_and_the_cell_its_value_back(
    office: Office, stray: Callable[[Office, str], str], told: str
) -> None:
    row = office.airtable.type_row("customers", full_name="王小明", occupation="教师", mobile="13800138000")
    office.calm()
    good = row.cells["mobile"]
    row.cells["mobile"] = stray(office, good)
    office.calm()
    assert row.cells["mobile"] == good
    assert f"已还原·手机号码:{told} → " in row.system[SystemColumn.NOTE]


@pytest.mark.parametrize(("stray", "told"), [(mistyped, MISTYPED), (forged, UNKNOWN), (erased, GONE)])
def test_a_new_row_with_such_a_token_says_so_too_and_goes_on_without_it(
    office: Office, stray: Callable[[Office, str], str], told: str
) -> None:
    old = office.airtable.type_row("customers", full_name="王小明", occupation="教师", mobile="13800138000")
    office.calm()
    row = office.airtable.type_row(
        "customers", full_name="张大山", occupation="护士", mobile=stray(office, old.cells["mobile"])
    )
    office.calm()
    assert not row.cells.get("mobile")
    assert told in row.system[SystemColumn.NOTE]
    theirs = office.sheets.find("customers", full_name="张大山")
    assert theirs and not theirs.cells.get("mobile")


def test_an_undone_clearing_whose_value_is_destroyed_brings_nothing_back(office: Office) -> None:
    row = office.airtable.type_row("customers", full_name="王小明", occupation="教师", mobile="13800138000")
    office.calm()
    first = row.cells["mobile"]
    row.cells["mobile"] = "13900139000"
    office.calm()
    second = row.cells["mobile"]
    office.clock.advance(31 * 86_400)
    purge(office.engine.vault, spare=(), actor="test")
    row.cells["mobile"] = first
    office.calm()
    assert row.cells["mobile"] == second
    assert GONE in row.system[SystemColumn.NOTE]


def test_rows_of_after_the_backup_say_that_their_values_are_lost_and_are_counted(office: Office) -> None:
    """Neither hub nor vault of a backup know of them."""
    row = office.airtable.type_row(
        "customers", full_name="王小明", occupation="教师", mobile="13800138000", id_number=ID_NUMBER
    )
    office.calm()
    with office.engine.vault.store.writing() as connection:
        connection.execute(sealed_value.delete())
    with office.engine.hub.unit() as unit:
        for table in (record, seen):
            unit.connection.execute(table.delete())
    with capture_logs() as logs:
        office.calm()
    assert not row.cells.get("mobile")
    assert UNKNOWN in row.system[SystemColumn.NOTE]
    told = [one["tokens"] for one in logs if one["event"] == "tokens_unknown"]
    assert told[0] == 2
