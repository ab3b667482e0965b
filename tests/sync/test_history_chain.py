"""The field history: who changed what from where, and a chain that says when somebody tampered with it."""

from datetime import datetime

import pytest
from sqlalchemy import delete, func, insert, select, update

from sync.history_chain import Batch, history_faults, history_report, note_restored
from sync.queue import ENGINE
from sync.store.tables import history
from tests.sync.conftest import Office
from vault.audit import entries


@pytest.fixture
def written(office: Office) -> Office:
    """An office with a history of three batches."""
    line = office.airtable.type_row("customers", full_name="王小明", occupation="教师", mobile="13800138000")
    office.calm()
    line.cells["occupation"] = "护士"
    office.calm()
    office.sheets.lines("customers")[0].cells["full_name"] = "王晓明"
    office.calm()
    return office


def faults(office: Office) -> list[Batch]:
    return history_faults(office.engine.hub, office.engine.vault)


def last(office: Office) -> int:
    with office.engine.hub.reading() as unit:
        return int(unit.connection.execute(select(func.max(history.c.id))).scalar_one())


def test_history_says_who_changed_what_from_where(written: Office) -> None:
    with written.engine.hub.reading() as unit:
        (uid,) = {row.uid for row in unit.connection.execute(select(history.c.uid))}
        changed = [row for row in unit.lists.history(uid) if row["before"] is not None]
    assert [(row["field"], row["replica"], row["before"], row["after"]) for row in changed] == [
        ("occupation", "airtable", "教师", "护士"),
        ("full_name", "sheets", "王小明", "王晓明"),
    ]


def test_untouched_history_is_as_the_chain_says(written: Office) -> None:
    assert faults(written) == []
    assert sum(entry["action"] == "history" for entry in entries(written.engine.vault)) == 3


@pytest.mark.parametrize("number", range(1, 8))
@pytest.mark.parametrize("what", ["altered", "dropped"])
def test_tampering_with_any_row_is_found(written: Office, what: str, number: int) -> None:
    number = min(number, last(written))
    with written.engine.hub.unit() as unit:
        chosen = history.c.id == number
        change = update(history).values(actor="nobody") if what == "altered" else delete(history)
        assert unit.connection.execute(change.where(chosen)).rowcount == 1
    (found,) = faults(written)
    assert found.first <= number <= found.last


def test_row_slipped_in_between_is_found(written: Office) -> None:
    with written.engine.hub.unit() as unit:
        row = dict(unit.connection.execute(select(history).where(history.c.id == 2)).mappings().one())
        unit.connection.execute(update(history).where(history.c.id == 2).values(id=1000))
        unit.connection.execute(insert(history).values(**{**row, "after": "x"}))
    assert faults(written)


def test_row_written_before_a_crash_reaches_the_chain_later(written: Office) -> None:
    written.engine.hub.bindings(ENGINE).drop("history_sealed")
    written.cycle()
    assert faults(written) == []


def test_idle_cycle_adds_nothing_to_the_chain(written: Office) -> None:
    before = sum(1 for _ in entries(written.engine.vault))
    written.cycle()
    assert sum(1 for _ in entries(written.engine.vault)) == before


def set_back(office: Office, number: int) -> None:
    """The hub's history as it was when row `number` was its last, as a backup brings it back."""
    with office.engine.hub.unit() as unit:
        unit.connection.execute(delete(history).where(history.c.id > number))
    office.engine.hub.bindings(ENGINE).set("history_sealed", str(number))


def restored(office: Office, backup_at: datetime) -> None:
    note_restored(office.engine.hub, office.engine.vault, ENGINE, actor="restore", backup_at=backup_at)


@pytest.fixture
def behind(written: Office) -> tuple[Office, datetime, int]:
    """An office whose hub was set back to where a backup was made, without a word; when that was, and its last row."""
    office, number = written, last(written)
    office.clock.advance(60)
    made = office.clock.now
    office.clock.advance(60)
    for job in ("司机", "医生"):
        office.airtable.lines("customers")[0].cells["occupation"] = job
        office.calm()
    set_back(office, number)
    return office, made, number


def test_a_hub_set_back_without_a_word_is_found(behind: tuple[Office, datetime, int]) -> None:
    office, _, number = behind
    assert [batch.first > number for batch in faults(office)] == [True, True]


def test_a_restore_explains_what_was_chained_after_its_backup(behind: tuple[Office, datetime, int]) -> None:
    office, made, number = behind
    office.clock.advance(60)
    restored(office, made)
    (told,) = history_report(office.engine.hub, office.engine.vault).restores
    assert (told.at, told.backup_at, told.actor) == (office.clock.now, made, "restore")
    assert faults(office) == [] and all(batch.first > number for batch in told.given_up)
    office.airtable.lines("customers")[0].cells["occupation"] = "厨师"
    office.calm()
    assert last(office) > number and faults(office) == []


def test_a_restore_explains_no_row_that_the_backup_should_hold(behind: tuple[Office, datetime, int]) -> None:
    office, made, number = behind
    with office.engine.hub.unit() as unit:
        unit.connection.execute(update(history).where(history.c.id == number).values(actor="nobody"))
    restored(office, made)
    (found,) = faults(office)
    assert found.last == number


def test_a_hub_older_than_the_backup_that_is_named_is_not_explained(
    behind: tuple[Office, datetime, int],
) -> None:
    office, made, number = behind
    set_back(office, 1)
    restored(office, made)
    assert faults(office) and all(batch.first <= number for batch in faults(office))


def test_what_is_altered_after_a_restore_is_found(behind: tuple[Office, datetime, int]) -> None:
    office, made, _ = behind
    restored(office, made)
    office.clock.advance(60)
    office.airtable.lines("customers")[0].cells["occupation"] = "厨师"
    office.calm()
    with office.engine.hub.unit() as unit:
        unit.connection.execute(delete(history).where(history.c.id == last(office)))
    assert faults(office)
