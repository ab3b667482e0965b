"""The journal: what a lost vault had since its backup comes back, and a journal that was touched is told."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.postgres import Copies, Stores
from vault import audit, journal
from vault.access import Access
from vault.alarms import open_alarms
from vault.errors import BudgetReached, JournalAhead, JournalDamaged, SubjectErased, VaultUnavailable
from vault.journal import Journal, frames_of
from vault.keys import RootKey
from vault.plaintext import Plaintext
from vault.replaying import replay
from vault.restricting import restrict, restrictions
from vault.rotation import reencrypt, rotate
from vault.store import data_key, sealed_value
from vault.users import User, Users
from vault.values import Secret
from vault.vault import Vault
from vault.verifying import verify_rows
from vault.windows import Shown, Windows

Build = Callable[..., Secret]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "elsewhere").mkdir()
    return tmp_path / "elsewhere/vault.journal"


@pytest.fixture
def backup(vault: Vault, url: str, copy_of: Copies, root: RootKey, clock: Any) -> Callable[[], Vault]:
    """Opens a copy of the vault as it is now."""

    def made() -> Vault:
        vault.store.forget()
        return Vault.open(copy_of(url), root, clock=clock)

    return made


def contents(vault: Vault) -> dict[str, Any]:
    with vault.store.reading() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(sa.select(table))))
            for table in (sealed_value, data_key)
        }


def test_everything_since_the_backup_comes_back(
    vault: Vault, secret: Build, file: Path, backup: Callable[[], Vault]
) -> None:
    before = vault.seal([secret(f"OLD {number}", subject=f"R{number}") for number in range(6)])
    restored = backup()
    writer = Journal(vault, file)
    writer.write()
    (new,) = vault.seal([secret("NEW", subject="R-new")])
    moved = vault.move([before[0].token], "R-new")[before[0].token]
    writer.write()
    vault.clear([before[1].token])
    vault.erase_subject("R2", actor="officer", reason="request")
    rotate(vault, actor="officer")
    reencrypt(vault, actor="officer", suite="sm4")
    vault.reveal(new.token, actor="clerk", purpose="理赔")
    writer.write()
    found = replay(file, restored, actor="officer")
    assert found.frames == 1, "the erasure began the journal anew"
    assert contents(restored) == contents(vault)
    assert restored.open_for_check([new.token, moved.token]) == {new.token: "NEW", moved.token: "OLD 0"}
    assert verify_rows(restored, actor="officer").faults == []
    assert audit.verify(restored).ok
    with pytest.raises(SubjectErased):
        restored.seal([secret(subject="R2")])
    restored.close()


def test_users_budgets_alarms_and_restrictions_come_back(
    vault: Vault, secret: Build, file: Path, backup: Callable[[], Vault], add_user: Callable[..., User]
) -> None:
    """A backup of before opens neither a disabled user nor a restricted person, and gives no budget twice."""
    (phone,) = vault.seal([secret("13800138000", field="customers.mobile")])
    clerk = Access(vault, add_user("li.na"))
    add_user("wu.di")
    restored = backup()
    for _ in range(2):
        clerk.reveal(phone.token, "理赔")
    with pytest.raises(BudgetReached):
        clerk.reveal(phone.token, "理赔")
    Users(vault).disable("wu.di", actor="ops")
    restrict(vault, "R7", until="2034-01-01", law="保险法", actor="ops", reason="申请")
    writer = Journal(vault, file)
    writer.write()
    Users(vault).disable("li.na", actor="ops")
    writer.write()
    replay(file, restored, actor="officer")
    assert {user.name: user.disabled for user in Users(restored).all()} == {"li.na": True, "wu.di": True}
    assert [one.subject for one in restrictions(restored)] == ["R7"]
    assert [one.kind for one in open_alarms(restored)] == ["budget"]
    budget = restored.config.budgets["contact"]
    assert Access(restored, clerk.user).left("contact") == budget - 2
    restored.close()


def test_windows_of_plaintext_come_back(
    vault: Vault, secret: Build, file: Path, backup: Callable[[], Vault]
) -> None:
    shown = [
        Shown(f"R{number}", "customers.mobile", f"R{number}", f"T{number}", "wu.di") for number in range(3)
    ]
    windows = Windows(vault)
    windows.note("airtable", shown[:1], readers=["li.na"])
    restored = backup()
    writer = Journal(vault, file)
    windows.note("sheets", shown[1:])
    assert writer.write() == 3
    windows.end("airtable", [("R0", "customers.mobile")])
    windows.end("sheets", [("R2", "customers.mobile")])
    assert writer.write() == 2
    assert writer.write() == 0
    assert replay(file, restored, actor="officer").rows == 5
    again = Windows(restored)
    assert sorted(map(repr, again.all())) == sorted(map(repr, windows.all()))
    again.note("airtable", shown[2:])
    assert len(list(again.all())) == 4
    restored.close()


def test_a_journal_that_holds_an_erased_person_is_begun_anew(
    vault: Vault, secret: Build, file: Path, backup: Callable[[], Vault]
) -> None:
    vault.seal([secret("STAYS", subject="R1"), secret("GOES", subject="R2", mask="G**S")])
    restored = backup()
    writer = Journal(vault, file)
    writer.write()
    old = [row for frame in frames_of(file, vault) for row in frame.rows["data_key"]]
    assert all(row["body"] for row in old)
    vault.erase_subject("R2", actor="officer", reason="request")
    writer.write()
    frames = list(frames_of(file, vault))
    keys = {row["subject"]: row["body"] for frame in frames for row in frame.rows["data_key"]}
    masks = {row["subject"]: row["mask"] for frame in frames for row in frame.rows["sealed_value"]}
    assert (keys["R2"], masks["R2"], bool(keys["R1"])) == (None, "", True)
    assert writer.write() == 0
    replay(file, restored, actor="officer")
    assert contents(restored) == contents(vault)
    assert audit.verify(restored).ok
    restored.close()


def test_replaying_again_changes_nothing(
    vault: Vault, secret: Build, file: Path, backup: Callable[[], Vault]
) -> None:
    restored = backup()
    vault.seal([secret()])
    Journal(vault, file).write()
    assert replay(file, restored, actor="officer").frames == 1
    assert replay(file, restored, actor="officer").frames == 0
    assert audit.verify(restored).ok
    restored.close()


def test_an_idle_vault_writes_nothing(vault: Vault, secret: Build, file: Path) -> None:
    writer = Journal(vault, file)
    assert writer.write() == 0
    vault.seal([secret()])
    assert writer.write() == 2
    size = file.stat().st_size
    assert writer.write() == 0
    assert Journal(vault, file).write() == 0, "a daemon that was started again"
    assert file.stat().st_size == size


def test_a_large_first_step_is_written_in_blocks(
    vault: Vault, secret: Build, file: Path, monkeypatch: pytest.MonkeyPatch, backup: Callable[[], Vault]
) -> None:
    monkeypatch.setattr(journal, "ROWS_AT_ONCE", 3)
    restored = backup()
    for number in range(10):
        vault.seal([secret(f"VALUE {number}", subject=f"R{number}")])
    Journal(vault, file).write()
    assert len(list(frames_of(file, vault))) > 2
    replay(file, restored, actor="officer")
    assert contents(restored) == contents(vault)
    restored.close()


def test_a_frame_that_a_crash_cut_short_is_written_again(
    vault: Vault, secret: Build, file: Path, backup: Callable[[], Vault]
) -> None:
    restored = backup()
    vault.seal([secret("one")])
    Journal(vault, file).write()
    whole = file.stat().st_size
    vault.seal([secret("two")])
    Journal(vault, file).write()
    complete = file.read_bytes()
    for kept in (whole + 2, whole + 10, len(complete) - 1, 5):
        file.write_bytes(complete[:kept])
        assert Journal(vault, file).write() > 0
        assert sum(frame.count for frame in frames_of(file, vault)) == 3
    replay(file, restored, actor="officer")
    assert contents(restored) == contents(vault)
    restored.close()


def test_a_journal_that_was_moved_away_begins_anew_with_everything(
    vault: Vault, secret: Build, file: Path
) -> None:
    writer = Journal(vault, file)
    vault.seal([secret("one"), secret("two")])
    writer.write()
    file.rename(file.with_suffix(".old"))
    vault.seal([secret("three")])
    assert writer.write() == 4


def test_every_flipped_bit_and_every_dropped_or_reordered_frame_is_found(
    vault: Vault, secret: Build, file: Path
) -> None:
    writer, ends = Journal(vault, file), []
    for number in range(3):
        vault.seal([secret(f"VALUE {number}")])
        writer.write()
        ends.append(file.stat().st_size)
    whole = file.read_bytes()
    header = whole.index(b"\n") + 1
    first, second, third = whole[header : ends[0]], whole[ends[0] : ends[1]], whole[ends[1] :]
    touched = [second + third, first + third, second + first + third, first + second + second]
    touched += [
        whole[header:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
        for place in range(header + 4, ends[0], 37)
    ]
    for body in touched:
        file.write_bytes(whole[:header] + body)
        with pytest.raises(JournalDamaged):
            list(frames_of(file, vault))
        with pytest.raises(JournalDamaged):
            Journal(vault, file).write()


def test_a_vault_that_was_set_back_does_not_write_over_its_journal(
    vault: Vault, secret: Build, file: Path, backup: Callable[[], Vault]
) -> None:
    vault.find("customers.id_number", Plaintext("x"), actor="clerk", purpose="理赔")
    older = backup()
    vault.seal([secret()])
    Journal(vault, file).write()
    before = file.read_bytes()
    with pytest.raises(JournalAhead):
        Journal(older, file).write()
    assert file.read_bytes() == before
    replay(file, older, actor="officer")
    older.seal([secret("goes on")])
    assert Journal(older, file).write() > 0
    older.close()


def test_a_vault_that_went_its_own_way_takes_nothing_in(
    vault: Vault, secret: Build, file: Path, backup: Callable[[], Vault]
) -> None:
    astray = backup()
    vault.find("customers.id_number", Plaintext("x"), actor="clerk", purpose="理赔")
    vault.seal([secret("one")])
    Journal(vault, file).write()
    astray.find("customers.id_number", Plaintext("y"), actor="clerk", purpose="理赔")
    astray.seal([secret("other")])
    before = contents(astray)
    with pytest.raises(JournalDamaged, match="since the backup"):
        replay(file, astray, actor="officer")
    assert contents(astray) == before
    astray.close()


def test_a_journal_of_another_vault_is_refused(
    vault: Vault, secret: Build, file: Path, root: RootKey, stores: Stores
) -> None:
    vault.seal([secret()])
    Journal(vault, file).write()
    other = Vault.create(stores("other"), root)
    with pytest.raises(JournalDamaged, match="another vault"):
        replay(file, other, actor="officer")
    file.write_bytes(b"something else")
    with pytest.raises(JournalDamaged):
        replay(file, other, actor="officer")
    other.close()


def test_a_second_place_that_is_away_is_worth_another_try(vault: Vault, secret: Build, file: Path) -> None:
    vault.seal([secret()])
    writer = Journal(vault, file)
    file.parent.rename(file.parent.with_name("away"))
    with pytest.raises(VaultUnavailable):
        writer.write()
    file.parent.with_name("away").rename(file.parent)
    assert writer.write() == 2


def test_no_value_mask_or_name_stands_in_a_journal(vault: Vault, secret: Build, file: Path) -> None:
    (sealed,) = vault.seal([secret("PLAINTEXT-ONE", mask="MASK-ONE", subject="SUBJECT-ONE")])
    Journal(vault, file).write()
    stored = file.read_bytes()
    for text in ("PLAINTEXT-ONE", "MASK-ONE", "SUBJECT-ONE", sealed.token, sealed.field):
        assert text.encode() not in stored
    assert oct(file.stat().st_mode & 0o777) == "0o600"
