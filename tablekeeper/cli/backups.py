"""The commands backup: make one, make one of the keys, verify one, try a restore."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from jobs.backup import Made, Places, back_up, back_up_keys
from jobs.backup_drill import Place, require_whole, verify_file
from sync.store.hub import Hub
from tablekeeper.cli.explain import Failed
from tablekeeper.cli.main import app, options, out, print_json
from tablekeeper.cli.opening import opened, opened_vault, settings
from tablekeeper.cli.output import JsonOption
from tablekeeper.cli.rotations import bar
from tablekeeper.config import Config
from tablekeeper.keeping import drilled, note_backup, places
from vault.age_keys import identity_key

backup = typer.Typer(help="Make a backup, look at one, try to restore one.", invoke_without_command=True)
app.add_typer(backup, name="backup")

PLACES: dict[Place, str] = {
    "files": "into files",
    "server": "into a schema of the server, which is gone again",
    "refused": "into files only: the database's user may not make a schema (GRANT CREATE ON DATABASE … TO …)",
}
ToOption = Annotated[
    Path | None, typer.Option("--to", help="Another folder than `backup.to` of config.yaml.")
]
IdentityOption = Annotated[
    Path, typer.Option("--identity", help="The file of an age identity that opens the backup.", exists=True)
]


@backup.callback()
def make(context: typer.Context, to: ToOption = None, json: JsonOption = False) -> None:
    """Copy hub, vault and config, and apart from them the keys, encrypted; the daemon may go on working."""
    if context.invoked_subcommand:
        return
    with _placed() as (places, config), bar("bytes") as progress:
        now = datetime.now(UTC)
        made = back_up(places, config.backup, now=now, folder=to, progress=progress)
    hub = Hub(places.hub, config)
    note_backup(hub, now.astimezone(ZoneInfo(config.archive.timezone)))
    hub.close()
    _tell(made, json=json)


@backup.command()
def keys(to: ToOption = None, json: JsonOption = False) -> None:
    """Copy the keys alone, as after `vault rotate`, `reencrypt`, `recover` or an erasure."""
    with _placed() as (places, config):
        made = back_up_keys(places, config.backup, now=datetime.now(UTC), folder=to)
    _tell(made, json=json)


@backup.command()
def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False)],
    identity: IdentityOption,
    json: JsonOption = False,
) -> None:
    """Decrypt a backup in a scratch place and look at all of it: sizes, every page, rows by table."""
    _, environment = settings()
    key = identity_key(identity.read_text(encoding="utf-8"))
    with TemporaryDirectory(prefix="copying-", dir=environment.home) as scratch:
        verified = verify_file(file, key.identity or "", Path(scratch))
    require_whole(verified, file)
    manifest = verified.manifest
    rows = sum(sum(tables.values()) for tables in manifest.rows.values())
    if json:
        print_json({"file": str(file), "kind": manifest.kind, "at": manifest.at, "rows": manifest.rows})
    else:
        out.print(f"{file} is whole: {manifest.kind} of {manifest.at}, {rows} row(s)", soft_wrap=True)


@backup.command("drill")
def try_restore(json: JsonOption = False) -> None:
    """Make a backup, restore it in a scratch place, compare every row, open every value. The daemon does it by itself."""
    with opened() as archive, bar("bytes") as progress:
        found = drilled(archive, options.config, progress)
    if json:
        print_json(
            {
                "passed": found.passed,
                "rows": found.rows,
                "values": found.values,
                "place": found.place,
                "faults": found.told(),
            }
        )
    if not found.passed:
        raise Failed(
            f"the restored copy is not what was backed up: {'; '.join(found.told())}",
            advice="keep the last good backup, check the disk, and report this",
        )
    if not json:
        out.print(
            f"{found.rows} row(s) came back unchanged, {found.values} value(s) open; restored {PLACES[found.place]}",
            soft_wrap=True,
        )


@contextmanager
def _placed() -> Iterator[tuple[Places, Config]]:
    """Where the parts of the archive lie; the vault is opened, so that a wrong home or key is told first."""
    _, environment = settings()
    with opened_vault() as (config, vault):
        stores = environment.stores(config.store)
        yield places(stores, environment.home, options.config, vault), config


def _tell(made: Sequence[Made], *, json: bool) -> None:
    if json:
        files = [{"kind": one.kind, "file": str(one.file), "bytes": one.size} for one in made]
        print_json({"files": files, "removed": [str(path) for one in made for path in one.removed]})
        return
    for one in made:
        out.print(f"{one.kind}: {one.file}  {one.size:,} bytes", soft_wrap=True)
    if removed := sum(len(one.removed) for one in made):
        out.print(f"{removed} older one(s) removed")
