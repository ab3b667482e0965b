"""Verifying every row: each kind of damage is found and named, sound vaults are sound, and no value is shown."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from vault import audit
from vault.people_tables import restriction, vault_user
from vault.report import RESTORE_DRILL, key_report, note
from vault.restricting import restrict
from vault.rotation import reencrypt, rotate
from vault.store import audit as audit_table
from vault.store import data_key, key_encryption_key, sealed_value
from vault.users import User, Users
from vault.values import Secret
from vault.vault import Vault
from vault.verifying import RowFault, verify_rows

Build = Callable[..., Secret]


@pytest.fixture
def filled(vault: Vault, secret: Build) -> list[str]:
    """Tokens of twelve subjects with a value each; one moved, one cleared, one erased."""
    sealed = vault.seal([secret(f"VALUE {number}", subject=f"R{number:02}") for number in range(12)])
    tokens = [one.token for one in sealed]
    vault.move([tokens[9]], "R01")
    vault.clear([tokens[10]])
    vault.erase_subject("R11", actor="officer", reason="request")
    return tokens


def test_a_sound_vault_has_no_fault_and_its_values_are_counted(vault: Vault, filled: list[str]) -> None:
    steps: list[tuple[int, int]] = []
    found = verify_rows(vault, actor="officer", progress=lambda done, total: steps.append((done, total)))
    assert found.faults == []
    assert found.values == 11
    assert found.suites == {"aes": 11}
    assert found.erased == {"R11"}
    assert found.versions == {1: 11}
    assert steps[-1] == (13, 13)
    last = list(audit.entries(vault))[-1]
    assert (last["action"], last["count"], last["counts"]) == ("verify", 11, {"faults": 0})


def test_suites_and_versions_are_counted_after_a_move(vault: Vault, filled: list[str]) -> None:
    rotate(vault, actor="officer")
    reencrypt(vault, actor="officer", suite="sm4")
    found = verify_rows(vault, actor="officer")
    assert (found.faults, found.suites, found.versions) == ([], {"sm4": 11}, {3: 11})


def test_every_block_is_looked_at(vault: Vault, filled: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vault.verifying.AT_ONCE", 2)
    assert verify_rows(vault, actor="officer").values == 11


def test_a_key_that_went_without_an_erasure_on_record_is_no_tombstone(
    vault: Vault, filled: list[str]
) -> None:
    lost = {"body": None, "erased_at": "2026-03-01T08:00:00Z"}
    with vault.store.writing() as connection:
        connection.execute(data_key.update().where(data_key.c.subject == "R05").values(**lost))
    faults = verify_rows(vault, actor="officer").faults
    assert RowFault("tombstone", "R05") in faults
    assert RowFault("tombstone", "R11") not in faults


DAMAGE: list[tuple[str, sa.Table, dict[str, Any]]] = [
    ("value", sealed_value, {"body": b"\x01\x00\x01" + bytes(60)}),
    ("value", sealed_value, {"body": b"\x09\x00\x01" + bytes(60)}),
    ("value", sealed_value, {"body": b"\x01"}),
    ("value", sealed_value, {"field": "customers.mobile"}),
    ("value", sealed_value, {"subject": "R99"}),
    ("equality", sealed_value, {"equality": bytes(16)}),
    ("equality", sealed_value, {"valid": False}),
    ("index", sealed_value, {"index_mark": bytes(16)}),
    ("state", sealed_value, {"state": "erased"}),
    ("state", sealed_value, {"body": None}),
]


@pytest.mark.parametrize(("kind", "table", "changed"), DAMAGE)
def test_an_edited_row_is_found_and_named(
    vault: Vault, filled: list[str], kind: str, table: sa.Table, changed: dict[str, Any]
) -> None:
    with vault.store.writing() as connection:
        connection.execute(table.update().where(table.c.token == filled[3]).values(**changed))
    assert RowFault(kind, filled[3]) in verify_rows(vault, actor="officer").faults


def test_a_token_that_leads_nowhere_is_found(vault: Vault, filled: list[str]) -> None:
    with vault.store.writing() as connection:
        where = sealed_value.c.token == filled[9]
        connection.execute(sealed_value.update().where(where).values(moved_to="ABCDEFGH55"))
    assert verify_rows(vault, actor="officer").faults == [RowFault("moved_to", filled[9])]


@pytest.mark.parametrize(
    "changed", [{"body": bytes(60)}, {"body": b"\x01\x00\x01" + bytes(60)}, {"body": None}, {"wrapped_by": 7}]
)
def test_a_damaged_data_key_is_found_and_hides_no_other(
    vault: Vault, filled: list[str], changed: dict[str, Any]
) -> None:
    with vault.store.writing() as connection:
        connection.execute(data_key.update().where(data_key.c.subject == "R05").values(**changed))
    found = verify_rows(vault, actor="officer")
    assert RowFault("data_key", "R05") in found.faults
    assert {fault.name for fault in found.faults} <= {"R05", filled[5]}


def test_an_orphaned_value_is_found(vault: Vault, filled: list[str]) -> None:
    with vault.store.writing() as connection:
        connection.execute(data_key.delete().where(data_key.c.subject == "R05"))
    assert verify_rows(vault, actor="officer").faults == [RowFault("value", filled[5])]


def test_a_damaged_key_version_is_found_though_it_was_open(vault: Vault, filled: list[str]) -> None:
    with vault.store.writing() as connection:
        connection.execute(key_encryption_key.update().values(body=b"\x01\x00\x01" + bytes(60)))
    assert RowFault("key_encryption_key", "1") in verify_rows(vault, actor="officer").faults


def test_a_key_version_under_another_number_is_found(vault: Vault, filled: list[str]) -> None:
    """The old version as the newest one would undo a rotation."""
    rotate(vault, actor="officer")
    with vault.store.writing() as connection:
        first = key_encryption_key.update().where(key_encryption_key.c.version == 1)
        connection.execute(first.values(version=7))
    assert RowFault("key_encryption_key", "7") in verify_rows(vault, actor="officer").faults


USER_EDITS: list[dict[str, Any]] = [
    {"role": "合规"},
    {"expires_on": "2030-01-01"},
    {"expires_on": "no date"},
    {"approved_by": "nobody"},
    {"disabled": False},
    {"name": "zhao.lei"},
]


@pytest.mark.parametrize("changed", USER_EDITS)
def test_an_edited_user_is_found(
    vault: Vault, users: Users, add_user: Callable[..., User], changed: dict[str, Any]
) -> None:
    add_user("li.na")
    users.renew("li.na", approved_by="chen.jing", actor="ops")
    users.disable("li.na", actor="ops")
    users.set_key("li.na", "another-battery-staple", actor="ops")
    assert verify_rows(vault, actor="officer").faults == []
    with vault.store.writing() as connection:
        connection.execute(vault_user.update().values(**changed))
    assert RowFault("user", "li.na") in verify_rows(vault, actor="officer").faults


def test_a_user_whose_row_is_gone_is_found(vault: Vault, add_user: Callable[..., User]) -> None:
    """Without any users, whoever holds the root key acts."""
    add_user("li.na")
    with vault.store.writing() as connection:
        connection.execute(vault_user.delete())
    assert verify_rows(vault, actor="officer").faults == [RowFault("user", "li.na")]


@pytest.mark.parametrize("edit", [{"until": "2026-03-02"}, {"purposes": "理赔"}, {"subject": "R02"}, None])
def test_an_edited_or_lifted_restriction_is_found(
    vault: Vault, filled: list[str], edit: dict[str, Any] | None
) -> None:
    restrict(vault, "R03", until="2034-02-28", law="保险法第87条", actor="tester", reason="申请")
    restrict(vault, "R04", until="", law="保险法第87条", actor="tester", reason="申请", purposes=["理赔"])
    assert verify_rows(vault, actor="officer").faults == []
    mine = restriction.c.subject == "R03"
    with vault.store.writing() as connection:
        connection.execute(
            restriction.update().where(mine).values(**edit) if edit else restriction.delete().where(mine)
        )
    assert RowFault("restriction", "R03") in verify_rows(vault, actor="officer").faults


@pytest.mark.parametrize("entry", [b"", b"[]", b"{}", b'{"n": 1}', b"\xff"])
def test_an_entry_that_cannot_be_read_stops_no_look_at_the_rows(
    vault: Vault, filled: list[str], entry: bytes
) -> None:
    erasing = next(one["n"] for one in audit.entries(vault) if one["action"] == audit.ERASE)
    with vault.store.writing() as connection:
        chosen = audit_table.update().where(audit_table.c.n == erasing)
        connection.execute(chosen.values(entry=entry))
    assert verify_rows(vault, actor="officer").faults == [RowFault("tombstone", "R11")]
    assert audit.verify(vault).faults[0].n == erasing


@pytest.mark.in_files("a server looks after its own indexes")
def test_a_row_that_its_index_does_not_know_is_found(vault: Vault, filled: list[str]) -> None:
    """A search would not find it, and an equal value would get a second token."""
    with vault.store.writing() as connection:
        connection.exec_driver_sql("PRAGMA writable_schema=ON")
        gone = "UPDATE sqlite_master SET sql = sql || ' WHERE 0' WHERE name = 'sealed_value_index_mark'"
        connection.exec_driver_sql(gone)
    vault.store.close()
    (fault, *_) = verify_rows(vault, actor="officer").faults
    assert fault.kind == "file"


def test_the_report_says_what_was_done_last(vault: Vault, filled: list[str], clock: Any) -> None:
    before = key_report(vault)
    assert (before.suite, before.key_version, before.last_rotation, before.last_restore_drill) == (
        "aes",
        1,
        None,
        None,
    )
    assert before.key_since.startswith("2026-03-01")
    rotate(vault, actor="officer")
    clock.advance(days=1)
    reencrypt(vault, actor="officer", suite="sm4")
    assert key_report(vault).key_since.startswith("2026-03-02")
    note(vault, RESTORE_DRILL)
    note(vault, RESTORE_DRILL)
    after = key_report(vault)
    assert (after.suite, after.key_version, after.unfinished) == ("sm4", 3, None)
    assert str(after.last_rotation).startswith("2026-03-01")
    assert str(after.last_reencryption).startswith("2026-03-02")
    assert str(after.last_restore_drill).startswith("2026-03-02")
