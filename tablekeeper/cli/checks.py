"""The command check: config and connections, all problems at once, and what a changed config would do."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from sync.effects import Effect
from tablekeeper.cli.explain import DONE, USAGE
from tablekeeper.cli.main import app, options, out, print_json
from tablekeeper.cli.output import JsonOption, add_row, table
from tablekeeper.cli.probing import Finding, Probe, config_effects, probe
from tablekeeper.disclosure import Disclosure, disclosures
from tablekeeper.dry import rehearse, rehearsing

LEAST_SHOWN = 8
UNKNOWN = "what {} cannot be told before the problems are mended"
Counts = dict[str, dict[str, dict[str, int]]]
"""Rows to create, change and remove, by replica and table name."""


@app.command()
def check(
    diff: Annotated[
        bool, typer.Option("--diff", help="Also say what setup and the next cycle would change.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Config, environment, vault and services: every problem at once. Writes nothing."""
    found = probe(options.config)
    # What the hub is in the shape of now, before the rehearsal takes a copy of it further.
    changes = config_effects(found) if diff else []
    would_write = _rehearsed(found) if diff else None
    if json:
        print_json(_as_json(found, would_write, changes, diff=diff))
    else:
        _print(found, would_write, changes, diff=diff)
    raise typer.Exit(USAGE if found.problems else DONE)


def _rehearsed(found: Probe) -> Counts | None:
    """What a cycle would write; None when it cannot be told."""
    if not found.openable or found.config is None or found.environment is None:
        return None
    with rehearsing(found.config, found.environment) as (archive, rehearsals):
        report = rehearse(archive, rehearsals)
        found.notes += [Finding("rehearsal", problem) for problem in report.problems]
        return {rehearsal.name: rehearsal.counts(found.config) for rehearsal in rehearsals}


def _as_json(
    found: Probe, would_write: Counts | None, changes: Sequence[Effect], *, diff: bool
) -> dict[str, object]:
    answer: dict[str, object] = {
        "ok": not found.problems,
        "problems": [_finding(each) for each in found.problems],
        "notes": [_finding(each) for each in found.notes],
        "disclosure": [asdict(one) for one in _disclosed(found)],
    }
    if diff:
        answer["setup"] = {
            name: [{"table": one.table, "what": one.what, "why": one.why} for one in changes]
            for name, changes in found.setup.items()
        }
        answer["would_write"] = would_write
        answer["config_changes"] = [
            {"where": one.where, "what": one.what, "count": one.count} for one in changes
        ]
    return answer


def _disclosed(found: Probe) -> list[Disclosure]:
    config = found.config
    return disclosures(config, config.sync, config.masks) if config else []


def _print_disclosure(found: Probe) -> None:
    """The fields that leave least open, each once: what is the same in several replicas is told for the first of them."""
    least: dict[tuple[str, str, int], Disclosure] = {}
    for one in _disclosed(found):
        if one.candidates is not None:
            least.setdefault((one.table, one.field, one.candidates), one)
    made = table("replica", "field", "mask", "left open", "beside", title="what a row leaves open")
    for one in sorted(least.values(), key=lambda one: one.candidates or 0)[:LEAST_SHOWN]:
        add_row(made, (one.replica, f"{one.table}.{one.field}", one.mask, f"{one.candidates:,}", one.beside))
    if made.row_count:
        out.print(made)


def _finding(found: Finding) -> dict[str, str]:
    return {"part": found.part, "what": found.what, "mend": found.mend}


def _print(found: Probe, would_write: Counts | None, changes: Sequence[Effect], *, diff: bool) -> None:
    for mark, style, findings in (("✗", "red", found.problems), ("!", "yellow", found.notes)):
        for each in findings:
            out.print(f"{mark} {each.part}: {each.what}", style=style, soft_wrap=True)
            if each.mend:
                out.print(f"  → {each.mend}", soft_wrap=True)
    if not found.problems:
        out.print("✓ config, environment, vault and services are in order", style="green")
    _print_disclosure(found)
    if diff:
        _print_changes(changes, usable=found.config is not None)
        _print_setup(found)
        _print_writes(would_write)


def _print_changes(changes: Sequence[Effect], *, usable: bool) -> None:
    """What becomes of the values; of a config that cannot be used nobody knows."""
    same = "the config is as it was" if usable else UNKNOWN.format("the changed config would do")
    out.print("the changed config would do this" if changes else same, style="bold")
    for one in changes:
        out.print(f"  {one}")


def _print_setup(found: Probe) -> None:
    for name, changes in found.setup.items():
        doable = [change for change in changes if not change.why]
        out.print(f"setup would make {len(doable)} change(s) in {name}", style="bold")
        for change in doable:
            out.print(f"  {change.table}  {change.what}")


def _print_writes(would_write: Counts | None) -> None:
    if would_write is None:
        out.print(UNKNOWN.format("a cycle would write"), style="bold")
        return
    made = table("replica", "表", "create", "change", "remove", title="a cycle would write these rows")
    for name, tables in would_write.items():
        for title, counts in tables.items():
            add_row(made, (name, title, counts["create"], counts["change"], counts["remove"]))
    out.print(made if made.row_count else "a cycle would write nothing")
