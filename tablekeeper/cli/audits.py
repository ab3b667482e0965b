"""The commands below audit: whether the chain is whole, and its entries for whoever has to read them."""

import csv
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import orjson
import typer

from sync.history_chain import HistoryReport, Restore, history_report
from sync.secrets import vault_field
from sync.store.hub import Hub
from tablekeeper.audit_export import BROKEN, COLUMNS, UNKNOWABLE, Wanted, cell, notes, who_could_have, who_saw
from tablekeeper.cli.explain import FAILED, Failed, Misused
from tablekeeper.cli.main import app, out, print_json
from tablekeeper.cli.opening import actor, opened_vault
from tablekeeper.cli.output import JsonOption, day
from tablekeeper.config import Config
from tablekeeper.environment import Environment
from tablekeeper.stores import is_missing
from vault.anchors import Kind, check_anchors, take_anchor
from vault.audit import Act
from vault.audit import verify as verify_chain
from vault.vault import Vault

_ANCHOR_WORDS: Mapping[Kind, str] = {
    "unreadable": "this line is no anchor",
    "foreign": "it is of another vault",
    "forged": "it was not written by this vault, or was changed since",
    "set_back": "the chain is shorter now: entries were cut off, or an older copy was restored",
    "different": "another entry stands there now: an older copy was restored and went on from there",
}


class Form(StrEnum):
    """How an export is written."""

    CSV = "csv"
    JSONL = "jsonl"


audit = typer.Typer(help="The audit chain: who did what to which value.", no_args_is_help=True)
app.add_typer(audit, name="audit")


@audit.command()
def verify(
    anchor: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also hold it against the anchors in this file.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Whether entries were altered, dropped, reordered, added or cut off; with --anchor, also whether all was set back."""
    anchors = _lines(anchor) if anchor else []
    with opened_vault() as (config, vault):
        report = verify_chain(vault)
        history = _history(config, vault)
        unfit = check_anchors(vault, anchors)
    ok = report.ok and not history.faults and not unfit
    if json:
        print_json(
            {
                "ok": ok,
                "entries": report.entries,
                "faults": [{"entry": fault.n, "kind": fault.kind} for fault in report.faults],
                "altered_history": [{"first": batch.first, "last": batch.last} for batch in history.faults],
                "restores": [_told(one) for one in history.restores],
                "anchors": len(anchors),
                "anchor_faults": [asdict(fault) for fault in unfit],
            }
        )
    else:
        out.print(f"{report.entries} entries, {'the chain is whole' if report.ok else 'THE CHAIN IS BROKEN'}")
        for fault in report.faults:
            out.print(f"  entry {fault.n}: {fault.kind}")
        for restore in history.restores:
            told = _told(restore)
            out.print(
                f"  {told['at']} {restore.actor}: the hub of the backup of {told['backup_at']} was put back; history rows "
                f"{told['first']} to {told['last']}, chained in between, went with the hub that it replaced",
                soft_wrap=True,
            )
        for batch in history.faults:
            out.print(f"  history rows {batch.first} to {batch.last}: not what the chain says of them")
        for one in unfit:
            out.print(f"  anchor in line {one.line}, entry {one.n}: {_ANCHOR_WORDS[one.kind]}")
        if anchor:
            out.print(f"{len(anchors)} anchor(s), {len(anchors) - len(unfit)} of them fit")
    if not ok:
        raise typer.Exit(FAILED)


@audit.command("anchor")
def take(
    to: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Append it to this file, outside of TABLEKEEPER_HOME.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Write down where the chain stands. Kept where the vault's administrator cannot change it, it proves that nothing was set back."""
    home = Environment.read().home.resolve()
    if to and home in to.resolve().parents:
        raise Misused(
            f"{to} lies in TABLEKEEPER_HOME",
            advice="keep anchors elsewhere: they would be set back with the vault",
        )
    with opened_vault() as (_, vault):
        taken = take_anchor(vault, actor=actor())
    if to:
        with to.open("a", encoding="utf-8") as file:
            file.write(taken.line() + "\n")
    if json:
        print_json({**asdict(taken), "file": str(to) if to else None})
    else:
        out.print(f"{taken.n} entries anchored in {to}" if to else taken.line(), soft_wrap=True)


@audit.command()
def export(
    subject: Annotated[str, typer.Option(help="Only this person's, by 记录编号.")] = "",
    field: Annotated[str, typer.Option(help="Only this field's, by header or key.")] = "",
    first: Annotated[str, typer.Option("--from", metavar="DATE", help="From this day on.")] = "",
    last: Annotated[str, typer.Option("--to", metavar="DATE", help="Up to this day, included.")] = "",
    form: Annotated[Form, typer.Option("--format", help="csv, or one JSON object per line.")] = Form.CSV,
    json: JsonOption = False,
) -> None:
    """Who saw it, who could have, and what cannot be known; as CSV, safe to open in a spreadsheet, or JSON lines."""
    since, until = (day(text) if text else None for text in (first, last))
    with opened_vault() as (config, vault):
        wanted = Wanted(
            zone=ZoneInfo(config.archive.timezone),
            subject=subject,
            fields=_fields(config, field) if field else None,
            since=since,
            until=until,
        )
        saw, could_have = list(who_saw(vault, wanted)), list(who_could_have(vault, wanted))
        whole = verify_chain(vault).ok
        # A person that nothing is known of may be a value, typed by mistake: it stays out of the chain.
        known = subject if saw or could_have else ""
        span = " ".join(["fields", *sorted(wanted.fields or []), "from", str(since), "to", str(until)])
        with vault.store.writing() as connection:
            vault.chain.append(connection, [Act(actor(), "audit_export", subject=known, reason=span)])
    if json:
        told = {"entries": saw, "could_have_seen": could_have, "note": UNKNOWABLE}
        print_json(told if whole else {**told, "broken": BROKEN})
    elif form is Form.JSONL:
        for row in (*saw, *could_have, *notes(whole=whole)):
            typer.echo(orjson.dumps(row).decode())
    else:
        _write_csv([*saw, *could_have, *notes(whole=whole)])
    if not whole:
        raise Failed(BROKEN)


def _told(restore: Restore) -> dict[str, object]:
    return {
        "at": restore.at.isoformat(timespec="seconds"),
        "by": restore.actor,
        "backup_at": restore.backup_at.isoformat(timespec="seconds"),
        "first": min(batch.first for batch in restore.given_up),
        "last": max(batch.last for batch in restore.given_up),
        "batches": len(restore.given_up),
    }


def _history(config: Config, vault: Vault) -> HistoryReport:
    """The field history held against the chain; nothing where there is no hub yet."""
    url = Environment.read().stores(config.store).hub
    if is_missing(url):
        return HistoryReport()
    hub = Hub(url, config)
    try:
        return history_report(hub, vault)
    finally:
        hub.close()


def _fields(config: Config, wanted: str) -> set[str]:
    """The vault's names of the sensitive fields that go by this header or key."""
    found = {
        vault_field(table, key)
        for table, spec in config.tables.items()
        for key, field in spec.fields.items()
        if wanted in (key, field.name, vault_field(table, key))
    }
    if not found:
        raise Misused(
            f"no field is called {wanted}", advice="give a header, or table.field as in config.yaml"
        )
    return found


def _lines(file: Path) -> list[str]:
    """The anchors of a file. One without any proves nothing, so it is told."""
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    if not lines:
        raise Misused(f"{file} holds no anchor", advice="tablekeeper audit anchor --to FILE writes one")
    return lines


def _write_csv(rows: Sequence[Mapping[str, Any]]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([cell(row.get(column, "")) for column in COLUMNS] for row in rows)
