"""A vault that came back from a backup without some of its values: the rows say so, and go on around them."""

from jobs.restore_standing import ask_for_orphans
from sync.connection import SystemColumn
from tests.sync.conftest import Office
from tests.sync.people import ID_NUMBER
from vault.masks import cell_text, invalid_text, tokens_within
from vault.store import sealed_value


def test_a_row_that_is_asked_for_says_what_was_lost_though_nobody_touched_it(office: Office) -> None:
    row = office.airtable.type_row("customers", full_name="王小明", id_number=ID_NUMBER)
    office.calm()
    with office.engine.vault.store.writing() as connection:
        connection.execute(sealed_value.delete())
    office.calm()
    assert "保险库" not in row.system[SystemColumn.NOTE]
    assert ask_for_orphans(office.engine.hub, office.engine.vault) == 1
    office.calm()
    assert "保险库中已没有这个值" in row.system[SystemColumn.NOTE]
    theirs = office.sheets.find("customers", full_name="王小明")
    assert theirs and "保险库中已没有这个值" in theirs.system[SystemColumn.NOTE]


def test_a_value_that_the_vault_lost_is_explained_and_may_be_typed_anew(office: Office) -> None:
    row = office.airtable.type_row("customers", full_name="王小明", id_number=ID_NUMBER, occupation="教师")
    office.calm()
    shown = row.cells["id_number"]
    with office.engine.vault.store.writing() as connection:
        connection.execute(sealed_value.delete())
    row.cells["occupation"] = "护士"
    office.calm()
    assert "保险库中已没有这个值" in row.system[SystemColumn.NOTE]
    line = office.sheets.find("customers", full_name="王小明")
    assert line and line.cells["occupation"] == "护士", "the rest of the row goes on"
    row.cells["id_number"] = ID_NUMBER
    office.calm()
    assert row.cells["id_number"].startswith(shown.split("〔")[0])
    assert row.cells["id_number"] != ID_NUMBER
    assert row.system[SystemColumn.STATUS] == "通过"


def test_a_number_typed_in_front_of_a_lost_token_does_not_stay(office: Office) -> None:
    row = office.airtable.type_row("customers", full_name="王小明", id_number=ID_NUMBER, occupation="教师")
    office.calm()
    (token,) = tokens_within(row.cells["id_number"])
    with office.engine.vault.store.writing() as connection:
        connection.execute(sealed_value.delete())
    row.cells["id_number"] = cell_text(ID_NUMBER, token)
    office.calm()
    assert row.cells["id_number"] == invalid_text(token)
    assert "保险库中已没有这个值" in row.system[SystemColumn.NOTE]
    line = office.sheets.find("customers", full_name="王小明")
    assert line and ID_NUMBER not in str(line.cells)
