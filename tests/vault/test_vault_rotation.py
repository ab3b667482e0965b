"""New key versions and new data keys, while others work on the vault, and after a kill at any point."""

import subprocess
import sys
import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from vault import audit, rotation, subjects
from vault.box import box_suite
from vault.errors import SubjectErased, WorkUnfinished
from vault.keys import RootKey
from vault.plaintext import Plaintext
from vault.rotation import reencrypt, rotate
from vault.store import data_key, key_encryption_key, sealed_value
from vault.values import Sealed, Secret
from vault.vault import Vault

Build = Callable[..., Secret]
SUBJECTS = 250


class Killed(BaseException):
    """Stands for the end of the process."""


def fill(vault: Vault, secret: Build, subjects: int = SUBJECTS) -> dict[str, Plaintext[str]]:
    """Two values for each subject; values by token."""
    secrets = [
        secret(f"VALUE {number} {part}", subject=f"R{number}")
        for number in range(subjects)
        for part in (1, 2)
    ]
    sealed = vault.seal(secrets)
    return {one.token: secret.value for one, secret in zip(sealed, secrets, strict=True)}


def bodies(vault: Vault, table: sa.Table) -> list[bytes]:
    with vault.store.reading() as connection:
        return list(connection.execute(sa.select(table.c.body).where(table.c.body.is_not(None))).scalars())


def wrapped_by(vault: Vault) -> set[int]:
    with vault.store.reading() as connection:
        return set(connection.execute(sa.select(data_key.c.wrapped_by)).scalars())


def suites(vault: Vault) -> set[str]:
    return {box_suite(body).name for table in (data_key, sealed_value) for body in bodies(vault, table)}


def test_rotating_wraps_every_data_key_anew_and_touches_no_value(vault: Vault, secret: Build) -> None:
    values = fill(vault, secret)
    before, sealed = set(bodies(vault, data_key)), bodies(vault, sealed_value)
    moved = rotate(vault, actor="officer")
    assert (moved.version, moved.subjects, moved.left, moved.resumed) == (2, SUBJECTS, (), False)
    assert not before & set(bodies(vault, data_key))
    assert bodies(vault, sealed_value) == sealed
    assert vault.open_for_check(values) == values


@pytest.mark.parametrize("suite", ["aes", "sm4"])
def test_reencrypting_renews_keys_values_index_and_equality(vault: Vault, secret: Build, suite: str) -> None:
    values = fill(vault, secret)
    before = {*bodies(vault, data_key), *bodies(vault, sealed_value)}
    moved = reencrypt(vault, actor="officer", suite=suite)
    assert (moved.version, moved.suite, moved.subjects) == (2, suite, SUBJECTS)
    assert not before & {*bodies(vault, data_key), *bodies(vault, sealed_value)}
    assert suites(vault) == {suite}
    assert vault.open_for_check(values) == values
    again = fill(vault, secret)
    assert again == values, "equal values keep their token"
    (found,) = vault.matches("customers.id_number", Plaintext("VALUE 7 2"))
    assert found.subject == "R7"


def test_an_archive_goes_to_sm4_and_back(vault: Vault, secret: Build) -> None:
    values = fill(vault, secret, 3)
    reencrypt(vault, actor="officer", suite="sm4")
    rotate(vault, actor="officer")
    assert suites(vault) == {"sm4"}
    assert reencrypt(vault, actor="officer").suite == "aes", "the config's"
    assert suites(vault) == {"aes"}
    assert vault.open_for_check(values) == values


def test_new_subjects_take_the_newest_version_in_a_vault_that_was_open_before(
    vault: Vault, url: str, root: RootKey, secret: Build
) -> None:
    """The daemon has the vault open while a command moves it to another suite."""
    values = fill(vault, secret, 3)
    command = Vault.open(url, root)
    reencrypt(command, actor="officer", suite="sm4")
    command.close()
    assert vault.open_for_check(values) == values
    fresh, known = vault.seal([secret("new", subject="R-new"), secret("VALUE 1 1", subject="R1")])
    assert values[known.token] == "VALUE 1 1"
    assert suites(vault) == {"sm4"}
    assert vault.matches(fresh.field, Plaintext("new")) == [fresh]
    assert wrapped_by(vault) == {2}


def test_values_are_found_in_either_suite_while_the_archive_moves(
    vault: Vault, secret: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = fill(vault, secret)
    kill_in_block(vault, monkeypatch, 1, lambda: reencrypt(vault, actor="officer", suite="sm4"))
    assert suites(vault) == {"aes", "sm4"}
    for number in range(SUBJECTS):
        (found,) = vault.matches("customers.id_number", Plaintext(f"VALUE {number} 1"))
        assert values[found.token] == f"VALUE {number} 1"
    assert fill(vault, secret) == values


def kill_in_block(
    vault: Vault, monkeypatch: pytest.MonkeyPatch, survives: int, work: Callable[[], object]
) -> None:
    """Run `work`, which ends inside the transaction of the block after `survives` blocks."""
    monkeypatch.setattr(rotation, "REWRAPPED_AT_ONCE", 100)
    wrapped = 0

    def dying(wrap: Callable[..., bytes]) -> Callable[..., bytes]:
        def counted(*arguments: object) -> bytes:
            nonlocal wrapped
            wrapped += 1
            if wrapped > survives * 100 + 20:
                raise Killed
            return wrap(*arguments)

        return counted

    with monkeypatch.context() as patch:
        # The first wraps new data keys, the second those that stay.
        for name in ("_wrapped", "seal_padded"):
            patch.setattr(subjects, name, dying(getattr(subjects, name)))
        with pytest.raises(Killed):
            work()


@pytest.mark.parametrize("work", [rotate, reencrypt])
@pytest.mark.parametrize("survives", [0, 1, 2])
def test_a_killed_run_goes_on_where_it_was(
    vault: Vault,
    secret: Build,
    monkeypatch: pytest.MonkeyPatch,
    work: Callable[..., rotation.Moved],
    survives: int,
) -> None:
    values = fill(vault, secret)
    kill_in_block(vault, monkeypatch, survives, lambda: work(vault, actor="officer"))
    assert vault.open_for_check(values) == values
    steps: list[tuple[int, int]] = []
    moved = work(vault, actor="officer", progress=lambda done, total: steps.append((done, total)))
    assert (moved.version, moved.subjects, moved.resumed) == (2, SUBJECTS - survives * 100, True)
    assert steps[0] == (0, moved.subjects)
    assert steps[-1] == (moved.subjects, moved.subjects)
    assert wrapped_by(vault) == {2}
    assert vault.open_for_check(values) == values
    assert audit.verify(vault).ok


def test_another_kind_of_work_waits_until_the_first_is_ended(
    vault: Vault, secret: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(vault, secret)
    kill_in_block(vault, monkeypatch, 0, lambda: reencrypt(vault, actor="officer", suite="sm4"))
    with pytest.raises(WorkUnfinished, match="vault reencrypt --suite sm4"):
        rotate(vault, actor="officer")
    with pytest.raises(WorkUnfinished):
        reencrypt(vault, actor="officer", suite="aes")
    reencrypt(vault, actor="officer")
    assert suites(vault) == {"sm4"}
    assert rotate(vault, actor="officer").version == 3


ENDLESS = """
import sys
from vault.keys import from_passphrase
from vault.rotation import rotate, reencrypt
from vault.vault import Vault
vault = Vault.open(sys.argv[1], from_passphrase("correct horse"))
tell = lambda done, total: print(done, flush=True)
while True:
    rotate(vault, actor="officer", progress=tell)
    reencrypt(vault, actor="officer", suite="sm4", progress=tell)
    reencrypt(vault, actor="officer", suite="aes", progress=tell)
"""


def test_a_killed_process_loses_nothing_while_the_daemon_reads_and_writes(
    vault: Vault, url: str, secret: Build
) -> None:
    values = fill(vault, secret)
    for blocks in (2, 4, 9):
        process = subprocess.Popen([sys.executable, "-c", ENDLESS, url], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        for number in range(blocks):
            process.stdout.readline()
            subject = f"R-new {blocks} {number}"
            (sealed,) = vault.seal([secret("fresh", subject=subject)])
            values[sealed.token] = Plaintext("fresh")
            assert vault.open_for_check(values) == values
            assert vault.reveal(sealed.token, actor="clerk", purpose="理赔") == "fresh"
        process.kill()
        process.communicate()
    assert vault.open_for_check(values) == values
    assert audit.verify(vault).ok


def test_readers_and_writers_never_notice_a_move(vault: Vault, secret: Build) -> None:
    """Threads of one process: one moves the archive to and fro, the other works as the daemon does."""
    values = fill(vault, secret, 40)
    ended = threading.Event()

    def move() -> None:
        for suite in ("sm4", "aes", "sm4"):
            reencrypt(vault, actor="officer", suite=suite)
            rotate(vault, actor="officer")
        ended.set()

    mover = threading.Thread(target=move)
    mover.start()
    rounds = 0
    while not ended.is_set() or not rounds:
        assert vault.open_for_check(values) == values
        assert fill(vault, secret, 40) == values
        assert vault.reveal(next(iter(values)), actor="clerk", purpose="理赔") == "VALUE 0 1"
        rounds += 1
    mover.join()
    assert audit.verify(vault).ok


def test_a_subject_that_does_not_open_is_left_as_it_is_and_named(vault: Vault, secret: Build) -> None:
    values = fill(vault, secret, 4)
    broken: list[Sealed] = vault.seal([secret("VALUE 2 1", subject="R2")])
    with vault.store.writing() as connection:
        flipped = sealed_value.update().where(sealed_value.c.token == broken[0].token)
        connection.execute(flipped.values(body=b"\x01" + bytes(60)))
        connection.execute(data_key.update().where(data_key.c.subject == "R3").values(body=bytes(5)))
    assert reencrypt(vault, actor="officer", suite="sm4").left == ("R2", "R3")
    assert rotate(vault, actor="officer").left == ("R2", "R3")
    whole = {token: value for token, value in values.items() if value.expose().split()[1] in "01"}
    assert vault.open_for_check(whole) == whole


def test_an_erased_subject_stays_erased(vault: Vault, secret: Build) -> None:
    fill(vault, secret, 2)
    vault.erase_subject("R1", actor="officer", reason="request")
    assert rotate(vault, actor="officer").subjects == 1
    assert reencrypt(vault, actor="officer").subjects == 1
    with pytest.raises(SubjectErased):
        vault.seal([secret(subject="R1")])


def test_the_chain_tells_begin_and_end_of_every_move(vault: Vault, secret: Build) -> None:
    fill(vault, secret, 2)
    rotate(vault, actor="officer")
    reencrypt(vault, actor="officer", suite="sm4")
    told = [(entry["action"], entry["count"], entry["purpose"]) for entry in audit.entries(vault)]
    assert told == [
        ("rotate_begin", 1, "version 2, suite aes"),
        ("rotate", 2, "version 2, suite aes"),
        ("reencrypt_begin", 1, "version 3, suite sm4"),
        ("reencrypt", 2, "version 3, suite sm4"),
    ]
    with vault.store.reading() as connection:
        unfinished = sa.select(sa.func.count()).where(key_encryption_key.c.finished_at.is_(None))
        assert connection.execute(unfinished).scalar_one() == 0
