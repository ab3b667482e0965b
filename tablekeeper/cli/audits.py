"""The commands below audit: whether the chain is whole, and its entries for whoever has to read them."""

import csv
import sys
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import orjson
import typer

from sync.history_chain import Batch, history_faults
from sync.secrets import vault_field
from sync.store.hub import Hub
from tablekeeper.archive import HUB_FILE, hub_url
from tablekeeper.cli.explain import FAILED, Misused
from tablekeeper.cli.main import app, out, print_json
from tablekeeper.cli.opening import opened_vault
from tablekeeper.cli.output import JsonOption, day
from tablekeeper.config import Config
from tablekeeper.environment import Environment
from vault.audit import entries
from vault.audit import verify as verify_chain
from vault.vault import Vault

audit = typer.Typer(help="The audit chain: who did what to which value.", no_args_is_help=True)
app.add_typer(audit, name="audit")

COLUMNS = ("n", "at", "actor", "action", "field", "subject", "token", "purpose", "reason", "count", "counts")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@audit.command()
def verify(json: JsonOption = False) -> None:
    """Whether entries were altered, dropped, reordered, added or cut off."""
    with opened_vault() as (config, vault):
        report = verify_chain(vault)
        altered = _altered_history(config, vault)
    faults = [{"entry": fault.n, "kind": fault.kind} for fault in report.faults]
    if json:
        print_json(
            {
                "ok": report.ok and not altered,
                "entries": report.entries,
                "faults": faults,
                "altered_history": [{"first": batch.first, "last": batch.last} for batch in altered],
            }
        )
    else:
        out.print(f"{report.entries} entries, {'the chain is whole' if report.ok else 'THE CHAIN IS BROKEN'}")
        for fault in report.faults:
            out.print(f"  entry {fault.n}: {fault.kind}")
        for batch in altered:
            out.print(f"  history rows {batch.first} to {batch.last}: not what the chain says of them")
    if not report.ok or altered:
        raise typer.Exit(FAILED)


@audit.command()
def export(
    subject: Annotated[str, typer.Option(help="Only this person's, by 记录编号.")] = "",
    field: Annotated[str, typer.Option(help="Only this field's, by header or key.")] = "",
    first: Annotated[str, typer.Option("--from", metavar="DATE", help="From this day on.")] = "",
    last: Annotated[str, typer.Option("--to", metavar="DATE", help="Up to this day, included.")] = "",
    json: JsonOption = False,
) -> None:
    """The entries as CSV on standard output, safe to open in a spreadsheet."""
    since, until = (day(text) if text else None for text in (first, last))
    with opened_vault() as (config, vault):
        fields = _fields(config, field) if field else None
        zone = ZoneInfo(config.archive.timezone)
        chosen = [
            entry
            for entry in entries(vault)
            if (not subject or entry["subject"] == subject)
            and (fields is None or entry["field"] in fields)
            and _within(entry, zone, since, until)
        ]
    if json:
        print_json({"entries": chosen})
    else:
        _write_csv(chosen)


def _altered_history(config: Config, vault: Vault) -> list[Batch]:
    """The batches of the field history that are not as they were written; none where there is no hub yet."""
    home = Environment.read().home
    if not (home / HUB_FILE).exists():
        return []
    hub = Hub(hub_url(home), config)
    try:
        return history_faults(hub, vault)
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


def _within(entry: Mapping[str, Any], zone: ZoneInfo, since: date | None, until: date | None) -> bool:
    on = datetime.fromisoformat(entry["at"]).astimezone(zone).date()
    return (since is None or since <= on) and (until is None or on <= until)


def _write_csv(chosen: list[dict[str, Any]]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([_cell(entry[column]) for column in COLUMNS] for entry in chosen)


def _cell(value: object) -> str:
    """Text that no spreadsheet program takes for a formula."""
    text = orjson.dumps(value).decode() if isinstance(value, dict) else str(value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
