"""The commands that renew keys, beside a daemon that reads and writes: vault rotate, vault reencrypt."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated

import typer
from rich.progress import Progress as Bar

from tablekeeper.cli.explain import Failed, Misused
from tablekeeper.cli.main import console, out, print_json
from tablekeeper.cli.opening import actor, opened_vault
from tablekeeper.cli.output import JsonOption
from tablekeeper.cli.vaults import vault
from vault.rotation import Moved, Progress
from vault.rotation import reencrypt as reencrypt_all
from vault.rotation import rotate as rotate_all
from vault.suites import SUITES, SuiteName


@vault.command()
def rotate(json: JsonOption = False) -> None:
    """A new key-encryption key; every person's data key is wrapped under it. Killed, it goes on when run again."""
    with opened_vault() as (_, opened), bar("subjects") as progress:
        moved = rotate_all(opened, actor=actor(), progress=progress)
    _tell(moved, "wrapped under key version", json=json)


@vault.command()
def reencrypt(
    suite: Annotated[str, typer.Option(help="aes or sm4; default: `vault.suite` of config.yaml.")] = "",
    json: JsonOption = False,
) -> None:
    """New data keys, and every value under them, in another suite if named. Killed, it goes on when run again."""
    with opened_vault() as (config, opened), bar("subjects") as progress:
        moved = reencrypt_all(opened, actor=actor(), suite=_suite(suite), progress=progress)
        if moved.suite != config.vault.suite:
            console.print(
                f"config.yaml says `vault.suite: {config.vault.suite}`; set it to {moved.suite}", markup=False
            )
    _tell(moved, f"renewed in suite {moved.suite} under key version", json=json)


@contextmanager
def bar(what: str) -> Iterator[Progress]:
    """A progress bar on the terminal; elsewhere nothing."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    with Bar(console=console, transient=True) as shown:
        task = shown.add_task(what, total=None)
        yield lambda done, total: shown.update(task, completed=done, total=total)


@contextmanager
def bars() -> Iterator[Callable[[str], Progress]]:
    """A progress bar for each step on the terminal; elsewhere a line that names it."""
    if not sys.stderr.isatty():
        yield _named
        return
    with Bar(console=console, transient=True) as shown:
        yield lambda step: _shown(shown, step)


def _shown(shown: Bar, step: str) -> Progress:
    task = shown.add_task(step, total=None)
    return lambda done, total: shown.update(task, completed=done, total=total or None)


def _named(step: str) -> Progress:
    console.print(f"{step} …", markup=False)
    return lambda done, total: None


def _suite(name: str) -> SuiteName | None:
    if name and name not in SUITES:
        raise Misused(f"{name} is not a suite", advice=f"one of: {', '.join(SUITES)}")
    return next((suite for suite in SUITES if suite == name), None)


def _tell(moved: Moved, what: str, *, json: bool) -> None:
    if json:
        print_json(asdict(moved))
    else:
        again = "; an earlier run had begun it" if moved.resumed else ""
        out.print(f"{moved.subjects} subject(s) {what} {moved.version}{again}")
    if moved.left:
        raise Failed(
            f"{len(moved.left)} subject(s) could not be opened and were left as they are",
            advice="`tablekeeper vault verify` names the tokens; then restore the last backup beside this vault",
        )
