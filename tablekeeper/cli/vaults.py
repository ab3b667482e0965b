"""The commands below vault: make it, verify it against the hub, erase a person."""

import sys
from collections.abc import Iterator
from typing import Annotated

import typer

from sync.connection import Uid
from sync.store.hub import Unit
from sync.store.records import State
from tablekeeper.archive import Archive
from tablekeeper.cli.explain import FAILED, Misused
from tablekeeper.cli.main import app, out, print_json
from tablekeeper.cli.opening import actor, create_vault, opened, settings
from tablekeeper.cli.output import JsonOption
from tablekeeper.showing import Showing
from vault import audit

vault = typer.Typer(help="The vault: make it, verify it, erase a person.", no_args_is_help=True)
app.add_typer(vault, name="vault")


@vault.command()
def init(json: JsonOption = False) -> None:
    """Make the vault of a new archive. The passphrase is the only way into it: keep a copy in a safe."""
    config, environment = settings()
    create_vault(config, environment)
    if json:
        print_json({"created": True, "home": str(environment.home)})
    else:
        out.print(
            f"vault created in {environment.home}; without its passphrase nobody can ever open it",
            soft_wrap=True,
        )


@vault.command()
def verify(json: JsonOption = False) -> None:
    """Whether the audit chain is whole, and the vault knows every token that the hub names."""
    with opened() as archive:
        chain = audit.verify(archive.vault)
        tokens = _tokens(archive)
        states = _states(archive, tokens)
        counts = archive.vault.counts()
    faults = [{"entry": fault.n, "kind": fault.kind} for fault in chain.faults]
    # A record that names a cleared token would lose its value when the vault is purged.
    broken = sum(states.get(state, 0) for state in ("unknown", "cleared"))
    answer = {
        "ok": chain.ok and not broken,
        "audit_entries": chain.entries,
        "audit_faults": faults,
        "hub_tokens": states,
        "vault_tokens": counts["tokens"],
        "subjects": counts["subjects"],
    }
    if json:
        print_json(answer)
    else:
        out.print(
            f"audit chain: {chain.entries} entries, {'whole' if chain.ok else f'{len(faults)} FAULT(S)'}"
        )
        out.print(
            f"tokens in the hub: {len(tokens)}, {', '.join(f'{count} {state}' for state, count in states.items())}"
        )
        out.print(
            f"live tokens in the vault: {sum(counts['tokens'].values())}, of {counts['subjects']} people"
        )
    if not answer["ok"]:
        raise typer.Exit(FAILED)


@vault.command()
def erase(
    uid: Annotated[str, typer.Argument(metavar="UID", help="The person's 记录编号.")],
    reason: Annotated[str, typer.Option(help="Why; it stands in the audit chain.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: JsonOption = False,
) -> None:
    """Destroy a person's data key, and so every sensitive value of theirs. Nobody can undo it."""
    with opened() as archive:
        with archive.hub.reading() as unit:
            who = _called(archive, unit, uid)
        _confirm(who, yes=yes)
        gone = archive.vault.erase_subject(uid, actor=actor(), reason=reason)
    if json:
        print_json({"erased": uid, "tokens": gone})
    else:
        out.print(f"{who}: {gone} value(s) destroyed; backups of the vault still hold them until they expire")


def _called(archive: Archive, unit: Unit, uid: Uid) -> str:
    """What staff call the record, in whichever table it stands."""
    showing = Showing(archive, unit)
    tables = (table for table in archive.config.tables if unit.records.get(table, uid))
    return next((f"{showing.table(table)} {showing.key(table, uid)}" for table in tables), uid)


def _confirm(who: str, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise Misused("erasing needs a person's word", advice="add --yes when nobody can be asked")
    typer.confirm(f"{who}: destroy all sensitive values for ever?", abort=True, err=True)


def _tokens(archive: Archive) -> set[str]:
    """Every token that a standing record or a held field names."""
    with archive.hub.reading() as unit:
        return {token for token in _named(archive, unit) if token}


def _named(archive: Archive, unit: Unit) -> Iterator[str | None]:
    standing = [state for state in State if state is not State.ARCHIVED]
    for table, config in archive.config.tables.items():
        for record in unit.records.of_table(table, *standing):
            yield from (str(record.values[key]) for key in config.sensitive if key in record.values)
        for replica in archive.engine.replicas:
            for state in unit.seen.with_held(replica.name, table).values():
                yield from (held.token for held in state.held.values())


def _states(archive: Archive, tokens: set[str]) -> dict[str, int]:
    """How many of the tokens are live, cleared, moved, erased, or unknown to the vault."""
    known = archive.vault.look_up(tokens)
    counts: dict[str, int] = {}
    for token in tokens:
        state = known[token].state if token in known else "unknown"
        counts[state] = counts.get(state, 0) + 1
    return dict(sorted(counts.items()))
