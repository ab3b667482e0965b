"""Who acts when a command opens values: a user of the vault who signs in, or, while there are none, the holder of the root key."""

import os
import sys
from pathlib import Path
from typing import Annotated, Protocol

import structlog
import typer

from tablekeeper.cli.explain import Misused
from tablekeeper.cli.opening import actor
from vault.access import Access
from vault.plaintext import Plaintext
from vault.users import Users
from vault.vault import Sealed, Vault

log = structlog.get_logger("vault")

UserOption = Annotated[
    str, typer.Option("--user", help="Who you are in the vault; else TABLEKEEPER_USER, or your login name.")
]
KEY, KEY_FILE = "TABLEKEEPER_USER_KEY", "TABLEKEEPER_USER_KEY_FILE"
NO_USERS = "no users yet"


class Acting(Protocol):
    """What a command may ask of the vault for a person."""

    def reveal(self, token: str, purpose: str) -> Plaintext[str]: ...

    def find(self, field: str, value: Plaintext[str], purpose: str) -> list[Sealed]: ...


class RootHolder:
    """Whoever can open a vault that has no users yet; on record as such, without role or budget."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._actor = actor()
        log.warning("vault_without_users", actor=self._actor, next="tablekeeper vault user add")

    def reveal(self, token: str, purpose: str) -> Plaintext[str]:
        """See Vault.reveal."""
        return self._vault.reveal(token, actor=self._actor, purpose=purpose, reason=NO_USERS)

    def find(self, field: str, value: Plaintext[str], purpose: str) -> list[Sealed]:
        """See Vault.find."""
        return self._vault.find(field, value, actor=self._actor, purpose=purpose, reason=NO_USERS)


def acting(vault: Vault, name: str = "") -> Acting:
    """Sign the user in. Raises kinds of SignInRefused, Misused when there is no way to ask for the key."""
    users = Users(vault)
    if not users.any():
        return RootHolder(vault)
    name = name or actor()
    return Access(vault, users.sign_in(name, key_of(name)))


def key_of(name: str) -> str:
    """The user's key, from the environment or the terminal; never from the arguments, which others can see."""
    if key := os.environ.get(KEY, ""):
        return key
    if file := os.environ.get(KEY_FILE, ""):
        return Path(file).expanduser().read_text(encoding="utf-8").strip()
    if sys.stdin.isatty():
        return str(typer.prompt(f"key of {name}", hide_input=True, err=True))
    raise Misused(f"the key of {name} is needed", advice=f"set {KEY}, or {KEY_FILE} to the file it stands in")
