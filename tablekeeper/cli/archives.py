"""The commands archive: which files may leave the tables, who lets them, and how they come back or end."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated

import typer

from jobs import archive_ending, archiving
from jobs.archive_candidates import File
from jobs.archiving import Shelf
from tablekeeper.archive import Archive
from tablekeeper.cli.acting import key_of
from tablekeeper.cli.backups import IdentityOption
from tablekeeper.cli.explain import Failed, Misused, Waits
from tablekeeper.cli.main import app, out, print_json
from tablekeeper.cli.opening import actor, opened
from tablekeeper.cli.output import JsonOption, add_row, table
from tablekeeper.cli.reasons import reason_option
from tablekeeper.keeping import shelf_of
from vault.age_keys import identity_key
from vault.users import Users

archive = typer.Typer(help="Files of people that leave the tables, and come back.", no_args_is_help=True)
app.add_typer(archive, name="archive")

UidArgument = Annotated[str, typer.Argument(metavar="UID", help="The person's 记录编号.")]
UserOption = Annotated[str, typer.Option("--user", help="Who you are in the vault; else TABLEKEEPER_USER.")]


@archive.command("list")
def list_files(json: JsonOption = False) -> None:
    """The files that may go, those that something keeps, and those that went."""
    with _shelf() as (opened_archive, shelf):
        free, blocked = archiving.candidates(shelf, opened_archive.engine.today())
        gone = list(shelf.register.all())
    if json:
        print_json(
            {
                "candidates": [_told(one) for one in free],
                "blocked": [_told(one) for one in blocked],
                "files": [asdict(one) for one in gone],
            }
        )
        return
    made = table("UID", "编号", "stage", "records", "kept until")
    for one in free:
        until = one.retain_until or "unknown"
        add_row(made, (one.person.uid, one.person.key, "candidate", 1 + len(one.members), until))
    for entry in gone:
        add_row(
            made, (entry.uid, entry.number, entry.stage, len(entry.members), entry.retain_until or "unknown")
        )
    out.print(made if free or gone else "nothing may go, and nothing went")
    out.print(f"{len(blocked)} file(s) stay; --json says why")


@archive.command()
def approve(
    uids: Annotated[list[str], typer.Argument(metavar="UID...")],
    user: UserOption = "",
    json: JsonOption = False,
) -> None:
    """Let files go: whoever has the role `archiving.role`. `archive run`, or the daemon, does it."""
    with _shelf() as (opened_archive, shelf):
        by = _signed_in(opened_archive, user, opened_archive.config.archiving.role)
        engine = opened_archive.engine
        made = archiving.approve(shelf, uids, by=by, now=engine.clock(), today=engine.today())
    if json:
        print_json({"approved": [asdict(one) for one in made]})
    else:
        out.print(f"{len(made)} file(s) approved by {by}; tablekeeper archive run")


@archive.command()
def run(json: JsonOption = False) -> None:
    """Pack what was approved, take its rows from the tables with the next cycles, and empty the hub once they are gone."""
    with _shelf() as (opened_archive, shelf):
        engine = opened_archive.engine
        steps = archiving.carry_out(shelf, now=engine.clock(), today=engine.today())
    if json:
        print_json(steps)
    else:
        out.print(", ".join(f"{name} {count}" for name, count in steps.items()))


@archive.command()
def restore(uid: UidArgument, identity: IdentityOption, json: JsonOption = False) -> None:
    """Bring a file back exactly as it left; the next cycles write its rows."""
    key = identity_key(identity.read_text(encoding="utf-8"))
    with _shelf() as (opened_archive, shelf):
        now = opened_archive.engine.clock()
        count = archiving.bring_back(shelf, uid, key.identity or "", by=actor(), now=now)
    if json:
        print_json({"restored": uid, "records": count})
    else:
        out.print(f"{count} record(s) are back; the next cycle writes their rows")


@archive.command()
def hold(
    uid: UidArgument,
    reason: Annotated[str, reason_option("Why; it keeps the archived file from being destroyed.")],
    json: JsonOption = False,
) -> None:
    """Keep an archived file for the law."""
    _hold(uid, reason, json=json)


@archive.command()
def release(uid: UidArgument, json: JsonOption = False) -> None:
    """End the hold of an archived file."""
    _hold(uid, "", json=json)


@archive.command()
def destroy(uid: UidArgument, user: UserOption = "", json: JsonOption = False) -> None:
    """After retention: one person of `archiving.role` asks, another of `second_role` confirms; a certificate stays."""
    with _shelf() as (opened_archive, shelf):
        config, engine = opened_archive.config.archiving, opened_archive.engine
        entry = shelf.register.get(uid)
        role = config.second_role if entry and entry.wanted_by else config.role
        by = _signed_in(opened_archive, user, role, must=True)
        file = archive_ending.destroy(shelf, uid, by=by, now=engine.clock(), today=engine.today())
    if json:
        print_json({"destroyed": file is not None, "certificate": str(file) if file else None})
    elif file:
        out.print(f"destroyed; the certificate is {file}", soft_wrap=True)
    if file is None:
        raise Waits(
            f"{uid}: a second person must confirm",
            advice=f"with the role {config.second_role}: the same command",
        )


def _hold(uid: str, reason: str, *, json: bool) -> None:
    with _shelf() as (_, shelf):
        archive_ending.hold(shelf, uid, reason, by=actor())
    if json:
        print_json({"uid": uid, "held": bool(reason)})
    else:
        out.print(f"{uid} is {'held' if reason else 'released'}")


@contextmanager
def _shelf() -> Iterator[tuple[Archive, Shelf]]:
    with opened() as found:
        if found.config.archiving.table is None:
            raise Misused("nothing is archived", advice="set `archiving.table` in config.yaml")
        yield found, shelf_of(found)


def _signed_in(found: Archive, name: str, role: str, *, must: bool = False) -> str:
    """The user who acts, who must have the role. While the vault has no users, the holder of the root key."""
    users = Users(found.vault)
    if not users.any():
        if must:
            raise Misused("destroying needs two users of the vault", advice="tablekeeper vault user add")
        return actor()
    name = name or actor()
    user = users.sign_in(name, key_of(name))
    if user.role != role:
        raise Failed(f"{user.name} has the role {user.role}; this needs {role}")
    return user.name


def _told(one: File) -> dict[str, object]:
    return {
        "uid": one.person.uid,
        "number": one.person.key,
        "records": 1 + len(one.members),
        "retain_until": one.retain_until,
        "blocked": list(one.blocked),
    }
