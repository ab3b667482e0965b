"""More rows than wait for each other: written block by block while they are judged, with nothing lost on the way."""

from collections.abc import Callable
from typing import Any

import pytest

from sync import cycle
from sync.connection import SystemColumn
from sync.errors import Unavailable
from tests.sync.conftest import Office
from tests.sync.people import ID_NUMBER

ROWS = 7


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rows are a block, and more than three do not wait."""
    monkeypatch.setattr(cycle, "BLOCK_ROWS", 2)
    monkeypatch.setattr(cycle, "WAITING_ROWS_MAX", 3)


def typed(office: Office) -> None:
    for number in range(ROWS):
        office.sheets.type_row("customers", customer_no=f"C{number:08}", full_name=f"王{number}")
    office.sheets.lines("customers")[0].cells["id_number"] = ID_NUMBER


def numbers(office: Office, side: str) -> list[str]:
    return sorted(line.cells["customer_no"] for line in office.replica(side).lines("customers"))


def test_plaintext_of_the_first_rows_is_masked_before_the_last_ones_are_judged(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed(office)
    shown: list[Any] = []
    judge = cycle.absorb_block

    def watched(*arguments: Any) -> None:
        shown.append(office.sheets.lines("customers")[0].cells["id_number"])
        judge(*arguments)

    monkeypatch.setattr(cycle, "absorb_block", watched)
    office.cycle()
    assert shown[0] == ID_NUMBER
    assert len(shown) == 4
    assert ID_NUMBER not in str(shown[1:])


def test_all_rows_reach_the_other_side_and_then_nothing_is_written(office: Office) -> None:
    typed(office)
    office.calm()
    assert numbers(office, "airtable") == numbers(office, "sheets") == [f"C{n:08}" for n in range(ROWS)]
    assert {line.system[SystemColumn.STATUS] for line in office.sheets.lines("customers")} == {"提示"}


@pytest.mark.parametrize("writes_before", range(ROWS + 1))
def test_a_service_that_fails_between_blocks_gives_no_record_twice(
    office: Office, writes_before: int
) -> None:
    typed(office)
    office.sheets.fail_after = writes_before
    office.cycle()
    office.sheets.fail_after = None
    office.calm()
    uids = [line.system[SystemColumn.UID] for line in office.sheets.lines("customers")]
    assert len(set(uids)) == ROWS == len(office.airtable.lines("customers"))


def killed_after(blocks: int) -> Callable[..., None]:
    """The daemon dies when it is about to judge the block after these."""
    judge, judged = cycle.absorb_block, [0]

    def dying(*arguments: Any) -> None:
        judged[0] += 1
        if judged[0] > blocks:
            raise KeyboardInterrupt
        judge(*arguments)

    return dying


@pytest.mark.parametrize("blocks", range(4))
def test_a_kill_between_blocks_gives_no_record_twice(
    office: Office, monkeypatch: pytest.MonkeyPatch, blocks: int
) -> None:
    typed(office)
    with monkeypatch.context() as dying:
        dying.setattr(cycle, "absorb_block", killed_after(blocks))
        with pytest.raises(KeyboardInterrupt):
            office.cycle()
    office.calm()
    assert numbers(office, "airtable") == numbers(office, "sheets") == [f"C{n:08}" for n in range(ROWS)]


def test_a_row_edited_between_reading_and_writing_keeps_the_edit(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed(office)
    apply = office.sheets.apply

    def late(table: str, operations: Any) -> Any:
        monkeypatch.setattr(office.sheets, "apply", apply)
        office.sheets.lines("customers")[1].cells["full_name"] = "李晚"
        return apply(table, operations)

    monkeypatch.setattr(office.sheets, "apply", late)
    office.calm()
    assert office.sheets.find("customers", customer_no="C00000001").cells["full_name"] == "李晚"
    assert office.airtable.find("customers", customer_no="C00000001").cells["full_name"] == "李晚"


def test_what_was_refused_early_is_not_written_again_unread(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed(office)
    office.calm()
    asked: list[list[str]] = []
    apply = office.sheets.apply
    lines = office.sheets.lines("customers")
    for line in lines[:4]:
        line.cells["id_number"] = "1"

    def refusing(table: str, operations: Any) -> Any:
        asked.append([operation.uid for operation in operations])
        lines[0].cells["id_number"] = f"{len(asked)}1"
        return apply(table, operations)

    monkeypatch.setattr(office.sheets, "apply", refusing)
    office.cycle()
    first = lines[0].system[SystemColumn.UID]
    assert sum(first in uids for uids in asked) == 1


def test_a_service_that_is_down_is_asked_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    typed(office)
    asked = [0]

    def down(*_: Any) -> None:
        asked[0] += 1
        raise Unavailable("sheets", "down")

    monkeypatch.setattr(office.sheets, "apply", down)
    assert office.cycle().down == {"sheets": "Unavailable"}
    assert asked == [1]
