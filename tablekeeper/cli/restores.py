"""The commands restore and resume: bring an archive back from its backup, look at the plan, let it serve."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from jobs.backup import keys_folder_of
from jobs.backup_rotation import at_of
from jobs.restore import Plan, Present, Steps, Wanted, discard, finish, install, stage
from jobs.restore_marker import Marker, read_marker, require_installed
from jobs.restore_marker import resume as take_up
from sync.lease import lease, undisturbed
from sync.store.hub import Hub
from tablekeeper.cli.backups import IdentityOption
from tablekeeper.cli.explain import Misused, Waits
from tablekeeper.cli.main import app, options, out, print_json
from tablekeeper.cli.output import JsonOption
from tablekeeper.cli.rotations import bars
from tablekeeper.config import Config, load
from tablekeeper.environment import Environment
from tablekeeper.keeping import open_copy
from tablekeeper.stores import StoreConfig
from vault.age_keys import identity_key
from vault.sqlite import sqlite_path
from vault.store import Store

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False)]


@app.command()
def restore(
    file: FileArgument,
    identity: IdentityOption,
    keys: Annotated[
        Path | None,
        typer.Option(help="The backup of its keys; else the one of the same moment.", exists=True),
    ] = None,
    keys_identity: Annotated[
        Path | None, typer.Option(help="What opens it, if that is another identity.", exists=True)
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan and change nothing.")] = False,
    json: JsonOption = False,
) -> None:
    """Bring the archive back as it was, led on by the vault's journal and by erasures. It then waits for `resume`."""
    environment = Environment.read()
    require_installed(environment.home)
    home = environment.home
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    over = _present(environment)
    with lease(home), undisturbed(home), _alone(over.vault), bars() as steps:
        plan = _staged(environment, over, file, identity, keys, keys_identity or identity, steps)
        if dry_run:
            discard(home)
        else:
            install(over, plan)
    _tell(plan, json=json, dry_run=dry_run)
    if not dry_run:
        raise Waits("the archive is restored and waits", advice=f"tablekeeper resume --accept {plan.id}")


@app.command()
def resume(
    accept: Annotated[
        str, typer.Option(metavar="PLAN", help="The plan's name, as `restore` printed it.")
    ] = "",
    json: JsonOption = False,
) -> None:
    """Look at what was restored; with --accept let the archive serve again."""
    environment = Environment.read()
    home = environment.home
    marker = read_marker(home)
    if marker is None:
        raise Misused("nothing waits: the archive serves as usual")
    if accept == marker.plan and marker.stage == "installing":
        finish(_present(environment), marker)
    if accept:
        take_up(home, accept)
    if json:
        print_json({**marker.summary, "resumed": bool(accept)})
    elif accept:
        out.print(
            f"the archive serves again; what was there before lies in {_aside(environment, marker)}",
            soft_wrap=True,
        )
    else:
        _print(marker.summary)
    if not accept:
        raise Waits("the archive waits", advice=f"tablekeeper resume --accept {marker.plan}")


def _staged(
    environment: Environment,
    over: Present,
    file: Path,
    identity: Path,
    keys: Path | None,
    keys_identity: Path,
    steps: Steps,
) -> Plan:
    present = load(options.config) if options.config.exists() else None
    folder = keys_folder_of(present.backup, environment.home) if present else file.parent / "keys"
    wanted = Wanted(
        file=file,
        keys=keys or _keys_beside(file, folder),
        identity=_secret(identity),
        keys_identity=_secret(keys_identity),
        over=over,
        journal=present.backup.vault_journal if present else None,
        newest_keys=max(_keys_in(folder), default=None, key=lambda path: path.name),
    )
    return stage(
        wanted,
        lambda vault, config: open_copy(present or _usable(config), environment, f"sqlite:///{vault}"),
        lambda hub, config: Hub(f"sqlite:///{hub}", present or _usable(config)),
        now=datetime.now(UTC),
        config=options.config,
        steps=steps,
    )


def _present(environment: Environment) -> Present:
    """Where hub and vault go: files, or databases of a server."""
    stores = environment.stores(load(options.config).store if options.config.exists() else StoreConfig())
    return Present(environment.home, stores.hub, stores.vault)


@contextmanager
def _alone(vault: str) -> Iterator[None]:
    """No other daemon works on this vault. Raises VaultInUse."""
    store = Store(vault)
    try:
        with store.lease():
            yield
    finally:
        store.close()


def _aside(environment: Environment, marker: Marker) -> str:
    """Where what was there before is kept."""
    over = _present(environment)
    files = [sqlite_path(url) for url in (over.hub, over.vault)]
    folders = dict.fromkeys(str(file.parent / marker.aside) for file in files if file)
    schema = [] if all(files) else [f"the database's schema {marker.aside}"]
    return " and ".join([*folders, *schema])


def _usable(config: Path) -> Config:
    """The backup's own settings, on a machine that has none."""
    return load(config)


def _secret(identity: Path) -> str:
    return identity_key(identity.read_text(encoding="utf-8")).identity or ""


def _keys_in(folder: Path) -> list[Path]:
    return [path for path in folder.glob("*.age") if at_of(path.name, "keys")] if folder.is_dir() else []


def _keys_beside(file: Path, folder: Path) -> Path:
    """The keys of the same moment, or the first later ones. Raises Misused."""
    at = at_of(file.name, "archive")
    later = [path for path in _keys_in(folder) if at is None or str(at_of(path.name, "keys")) >= str(at)]
    if not later:
        raise Misused(f"no backup of the keys for {file} in {folder}", advice="name it with --keys FILE")
    return min(later, key=lambda path: path.name)


def _tell(plan: Plan, *, json: bool, dry_run: bool) -> None:
    if json:
        print_json({**asdict(plan), "restored": not dry_run})
    else:
        _print(asdict(plan))


def _print(plan: Any) -> None:
    made = ", ".join(f"{name} {count}" for name, count in plan["records"].items()) or "no records"
    present = ", ".join(f"{name} {count}" for name, count in plan["present"].items()) or "nothing"
    lines = [
        f"plan {plan['id']}",
        f"  from      {plan['backup']}, made {plan['made_at']}",
        f"  brings    {made}; {plan['values']} sealed value(s), every one opened",
        f"  replaces  {present}; {plan['newer']} record(s) changed since and go back; kept in {plan['aside']}",
        f"  erasures  {plan['erased_again']} person(s) erased since are erased again",
    ]
    if plan["restricted_again"] or plan["disabled_again"]:
        people, users = plan["restricted_again"], plan["disabled_again"]
        lines.append(f"  bound     {people} person(s) are restricted and {users} user(s) disabled again")
    if plan["orphans"]:
        lines.append(
            f"  lost      {plan['orphans']} value(s), in neither backup nor journal; their rows will say so"
        )
    if plan["journal_through"]:
        lines.append(
            f"  journal   {plan['journal_rows']} row(s), the vault stands as of {plan['journal_through']}"
        )
    if plan["config_differs"]:
        lines.append("  config    differs; the backup's stands as config.from-backup.yaml in the home")
    out.print("\n".join(lines), soft_wrap=True)
