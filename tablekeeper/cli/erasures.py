"""The commands that end what is kept of a person: vault erase, vault restricted, vault certificate."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from sync.connection import Uid
from sync.store.hub import Unit
from sync.store.records import ERASED
from tablekeeper.archive import Archive
from tablekeeper.cli.explain import FAILED, Misused
from tablekeeper.cli.main import out, print_json
from tablekeeper.cli.opening import actor, opened, opened_vault
from tablekeeper.cli.output import JsonOption, add_row, table
from tablekeeper.cli.reasons import reason_option
from tablekeeper.cli.vaults import vault
from tablekeeper.erasing import (
    CERTIFICATES,
    NOT_COVERED,
    Certificate,
    Decision,
    carry_out,
    decide,
    file,
    is_genuine,
)
from tablekeeper.holds import CannotHold, set_hold
from tablekeeper.showing import Showing
from vault.restricting import restrictions

UidArgument = Annotated[str, typer.Argument(metavar="UID", help="The person's 记录编号.")]
ReasonOption = Annotated[str, reason_option("Why; it stands in the audit chain.")]


@vault.command()
def erase(
    uid: UidArgument,
    reason: ReasonOption,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Take a person out of the tables and destroy every value of theirs; nobody can undo it. Where a law still asks for the
    records (`retention`), they are restricted instead: stored, and opened only for a legal purpose."""
    with opened() as archive:
        with archive.hub.reading() as unit:
            who = _called(archive, unit, uid)
        decision = decide(archive, uid)
        if dry_run:
            _tell_plan(who, decision, json=json)
            return
        _confirm(who, decision, yes=yes)
        certificate = carry_out(archive, decision, actor=actor(), reason=reason)
        path = file(certificate, archive.environment.home / CERTIFICATES)
    _tell(who, certificate, path, json=json)


@vault.command()
def restricted(json: JsonOption = False) -> None:
    """Who is kept for the law alone, until when, and by which law."""
    with opened_vault() as (_, present):
        found = restrictions(present)
    if json:
        print_json({"restricted": [asdict(one) for one in found]})
        return
    made = table("record", "until", "law", "still open for", "since")
    for one in found:
        add_row(made, (one.subject, one.until or "open", one.law, "、".join(one.purposes), one.at))
    out.print(made if found else "nobody is restricted")


@vault.command()
def hold(uid: UidArgument, reason: ReasonOption, json: JsonOption = False) -> None:
    """Keep a restricted person's records beyond the law's period, until `vault release`. A live file is held in its table."""
    _hold(uid, reason, on=True, json=json)


@vault.command()
def release(uid: UidArgument, reason: ReasonOption, json: JsonOption = False) -> None:
    """End the legal hold of a restricted person; `vault erase` then goes by the law's periods alone."""
    _hold(uid, reason, on=False, json=json)


def _hold(uid: Uid, reason: str, *, on: bool, json: bool) -> None:
    with opened() as archive:
        try:
            set_hold(archive, uid, on=on, reason=reason, actor=actor())
        except CannotHold as error:
            raise Misused(str(error), advice="tablekeeper vault restricted") from None
    if json:
        print_json({"uid": uid, "held": on})
    else:
        out.print(f"{uid} is {'held' if on else 'released'}")


@vault.command()
def certificate(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="The certificate, as JSON.", exists=True)],
    json: JsonOption = False,
) -> None:
    """Whether this vault made a certificate, and nothing of it was changed since."""
    try:
        content: Any = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError:
        content = None
    with opened_vault() as (_, present):
        genuine = isinstance(content, dict) and is_genuine(present, content)
    if json:
        print_json({"genuine": genuine})
    else:
        out.print("genuine" if genuine else "NOT genuine: altered, or of another vault")
    if not genuine:
        raise typer.Exit(FAILED)


def _called(archive: Archive, unit: Unit, uid: Uid) -> str:
    """What staff call the record, in whichever table it stands."""
    showing = Showing(archive, unit)
    tables = (table for table in archive.config.tables if unit.records.get(table, uid))
    return next((f"{showing.table(table)} {showing.key(table, uid)}" for table in tables), uid)


def _confirm(who: str, decision: Decision, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise Misused("erasing needs a person's word", advice="add --yes when nobody can be asked")
    typer.confirm(f"{who}: {_says(decision)}?", abort=True, err=True)


def _says(decision: Decision) -> str:
    rows = f"{sum(decision.rows.values())} record(s) leave the tables"
    if decision.action == ERASED:
        return f"{rows}, all sensitive values are destroyed for ever"
    until = f"until {decision.until}" if decision.until else "until a day that is not known yet"
    goes_on = "".join(f"; {name} is open, what it needs stays" for name in decision.cases.names)
    return f"{rows}, the values are kept for {decision.law} {until}{goes_on}"


def _tell_plan(who: str, decision: Decision, *, json: bool) -> None:
    if not json:
        out.print(f"{who}: {_says(decision)}")
        return
    plan = {"would": decision.action, "rows": decision.rows, "until": decision.until, "law": decision.law}
    print_json(
        {**plan, "open_cases": decision.cases.names, "uid": decision.who.uid, "not_covered": NOT_COVERED}
    )


def _tell(who: str, made: Certificate, path: Path, *, json: bool) -> None:
    if json:
        print_json({**asdict(made), made.action: made.uid, "certificate": str(path)})
        return
    if made.action == ERASED:
        out.print(f"{who}: {made.tokens} value(s) destroyed; the rows leave the tables with the next cycle")
    else:
        until = made.until or "a day that is not known yet"
        out.print(f"{who}: kept for {made.law} until {until}; the rows leave the tables with the next cycle")
    out.print(f"certificate, and what it does not cover: {path.with_suffix('.txt')}")
