"""The commands below vault: make it, recover it, replay its journal."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from tablekeeper.cli.explain import Misused
from tablekeeper.cli.main import app, out, print_json
from tablekeeper.cli.opening import actor, create_vault, open_vault, opened_vault, settings
from tablekeeper.cli.output import JsonOption
from tablekeeper.config import Config
from tablekeeper.environment import Environment
from vault import envelopes
from vault.age_keys import AgeKey, identity_key, recovery_key
from vault.errors import VaultExists
from vault.keys import RootKey, from_passphrase
from vault.replaying import replay
from vault.vault import Vault

vault = typer.Typer(
    help="The vault: make it, verify it, renew its keys, erase a person.", no_args_is_help=True
)
app.add_typer(vault, name="vault")


@vault.command()
def init(
    recovery: Annotated[
        str, typer.Option(metavar="RECIPIENT", help="An age recipient whose identity is kept elsewhere.")
    ] = "",
    accept_loss: Annotated[
        bool, typer.Option("--accept-loss", help="Nobody shall be able to recover this vault.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Make the vault of a new archive, or give an existing one another recovery recipient."""
    if bool(recovery) == accept_loss:
        raise Misused(
            "who opens the vault when its root key is lost?",
            advice="--recovery RECIPIENT: an age recipient (`age-keygen` prints it), the identity kept elsewhere; or "
            "--accept-loss: nobody, every value is lost then",
        )
    config, environment = settings()
    key = recovery_key(recovery) if recovery else None
    try:
        create_vault(config, environment, recovery=key)
        created = True
    except VaultExists:
        created = False
        if key is None or not _add_recovery(config, environment, key):
            raise
    if json:
        print_json({"created": created, "home": str(environment.home), "recovery": recovery or None})
    else:
        _print_made(environment, created, recovery)


def _add_recovery(config: Config, environment: Environment, key: AgeKey) -> bool:
    present = open_vault(config, environment)
    try:
        return envelopes.add_recovery(present, key, actor=actor())
    finally:
        present.close()


def _print_made(environment: Environment, created: bool, recovery: str) -> None:
    if created:
        out.print(f"vault created in {environment.home}", soft_wrap=True)
    if recovery:
        told = (
            f"the identity of {recovery} opens it when the root key is lost; keep it away from this machine"
        )
    else:
        told = "without its root key nobody can ever open it"
    out.print(told, soft_wrap=True)


@vault.command()
def recover(
    identity: Annotated[Path, typer.Option(help="The file of the recovery identity.", exists=True)],
    json: JsonOption = False,
) -> None:
    """Set a new root key with the recovery identity: a passphrase that is asked for or read from standard input, else what the environment names."""
    config, environment = settings()
    key = identity_key(identity.read_text(encoding="utf-8"), kind="recovery")
    root = _new_root(environment)
    present = Vault.open(environment.stores(config.store).vault, key, config=config.vault)
    try:
        envelopes.replace_root(present, root, actor=actor())
    finally:
        present.close()
    if json:
        print_json({"recovered": True, "root_key": root.kind})
    else:
        out.print(
            "the new root key opens the vault from now on, the old one no longer; restart the daemon with it"
        )


def _new_root(environment: Environment) -> RootKey:
    if environment.identity_file is not None:
        return environment.root_key()
    if sys.stdin.isatty():
        prompt = "new passphrase"
        return from_passphrase(typer.prompt(prompt, hide_input=True, confirmation_prompt=True, err=True))
    given = sys.stdin.readline().strip()
    return from_passphrase(given) if given else environment.root_key()


@vault.command("replay")
def replay_journal(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The vault's journal.", exists=True)],
    json: JsonOption = False,
) -> None:
    """Bring a vault that came from a backup up to its journal; the daemon must not have worked on it since."""
    with opened_vault() as (_, restored), restored.store.lease():
        found = replay(file, restored, actor=actor())
    if json:
        print_json(asdict(found))
    else:
        through = f"; the vault stands as of {found.through}" if found.through else ""
        out.print(f"{found.rows} row(s) in {found.frames} step(s) taken in{through}")


@vault.command("accept-clock")
def accept_clock(json: JsonOption = False) -> None:
    """Vouch for this machine's clock after the vault was written under a wrong one. On record."""
    config, environment = settings()
    trusting = open_vault(config, environment, trust_clock=True)
    try:
        trusting.accept_clock(actor=actor())
    finally:
        trusting.close()
    if json:
        print_json({"accepted": True})
    else:
        out.print("the clock is taken as right from now on")
