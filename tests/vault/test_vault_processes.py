"""Several processes on one vault, and a process that is killed while it writes."""

import subprocess
import sys
from collections.abc import Callable

import pytest

from vault.audit import verify
from vault.errors import SubjectErased
from vault.keys import RootKey
from vault.values import Secret
from vault.vault import Vault

START = """
import sys
from vault.keys import from_passphrase
from vault.plaintext import Plaintext
from vault.values import Secret
from vault.vault import Vault
vault = Vault.open(sys.argv[1], from_passphrase("correct horse"))
"""
WRITER = """
for number in range(30):
    (sealed,) = vault.seal([Secret("customers.phone", f"R{number}", Plaintext(f"value {number}"), "****", searchable=True)])
    vault.reveal(sealed.token, actor="clerk", purpose="理赔")
"""
ENDLESS = """
number = 0
while True:
    sealed = vault.seal([Secret("customers.phone", f"R{number}-{part}", Plaintext(f"value {number} {part}"), "****") for part in range(5)])
    print(number, *(one.token for one in sealed), flush=True)
    number += 1
"""


def start(code: str, url: str) -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, "-c", START + code, url], stdout=subprocess.PIPE, text=True)


def test_processes_that_write_at_once_share_tokens_and_one_chain(vault: Vault, url: str) -> None:
    writers = [start(WRITER, url) for _ in range(3)]
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0, 0]
    for writer in writers:
        writer.communicate()
    assert vault.counts()["tokens"] == {"customers.phone": 30}
    report = verify(vault)
    assert report.ok
    assert report.entries == 90


def test_a_killed_process_loses_nothing_that_it_reported(vault: Vault, url: str) -> None:
    """What `seal` answered is on disk; what it did not answer is there wholly or not at all."""
    writer = start(ENDLESS, url)
    assert writer.stdout is not None
    reported = [writer.stdout.readline().split() for _ in range(10)]
    writer.kill()
    rest, _ = writer.communicate()
    reported += [line.split() for line in rest.splitlines()]
    values = {
        token: f"value {number} {part}" for number, *tokens in reported for part, token in enumerate(tokens)
    }
    assert vault.open_for_check(values) == values
    assert vault.counts()["tokens"]["customers.phone"] % 5 == 0


def test_a_person_erased_by_one_process_is_erased_for_all(
    vault: Vault, url: str, root: RootKey, secret: Callable[..., Secret]
) -> None:
    """The daemon has the data key in its cache while the command erases."""
    (sealed,) = vault.seal([secret()])
    vault.open_for_check([sealed.token])
    command = Vault.open(url, root)
    command.erase_subject("R1", actor="officer", reason="request")
    command.close()
    assert vault.open_for_check([sealed.token]) == {}
    with pytest.raises(SubjectErased):
        vault.seal([secret("new")])
