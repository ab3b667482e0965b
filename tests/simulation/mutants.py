"""Bugs to be planted one at a time, each by replacing a named function; the simulation must notice every one."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from importlib import import_module
from typing import Any
from unittest.mock import patch

import structlog

from sync.merge import _Field
from sync.store.records import State
from tests.simulation.run import Verdict, run
from vault.plaintext import Plaintext

Function = Callable[..., Any]
Plant = Callable[[], AbstractContextManager[None]]


def catch(name: str, seeds: int) -> Verdict | None:
    """The first seed whose run notices the bug, and is well without it; None when the bug got away."""
    for seed in range(1, seeds + 1):
        with MUTANTS[name]():
            verdict = run(seed)
        if verdict.complaints and not run(seed).complaints:
            return verdict
    return None


def _instead(place: str, change: Callable[[Any], Any]) -> Plant:
    """Plant, at `module.name` or `module.Class.name`, what `change` makes of the right function."""

    @contextmanager
    def planted() -> Iterator[None]:
        owner, _, name = place.rpartition(".")
        target = _imported(owner)
        with patch.object(target, name, change(target.__dict__[name])):
            yield

    return planted


def _imported(path: str) -> Any:
    """A module, or a class in one."""
    try:
        return import_module(path)
    except ModuleNotFoundError:
        module, _, name = path.rpartition(".")
        return getattr(import_module(module), name)


def _always(value: object) -> Callable[[Any], Function]:
    return lambda right: lambda *args, **options: value


def _property(value: object) -> Callable[[Any], Any]:
    return lambda right: property(lambda self: value)


def _base_stays(right: Function) -> Function:
    def state(engine: Any, plan: Any, before: Any, *rest: Any) -> Any:
        return right(engine, plan, before, *rest).evolve(base=before.base)

    return state


def _partial_counts_as_complete(right: Function) -> Function:
    return lambda engine, replica, listing, report: right(
        engine, replica, replace(listing, complete=True), report
    )


def _without_frozen(right: Function) -> Function:
    return lambda *args, **options: right(*args, **{**options, "frozen": {}})


def _retried(right: Function) -> Function:
    return lambda *args, **options: right(*args, **{**options, "repeatable": True})


def _wanted_counts_as_agreed(right: Function) -> Function:
    def merged(*args: Any, **options: Any) -> Any:
        found = right(*args, **options)
        return replace(found, base=found.wanted)

    return merged


def _archived_wanted(right: Function) -> Function:
    def wanted(fields: Any, states: Any, records: Any, absorbed: Any) -> Any:
        return right(
            fields, states, {uid: replace(one, state=State.LIVE) for uid, one in records.items()}, absorbed
        )

    return wanted


def _talkative(right: Function) -> Function:
    def check(engine: Any, unit: Any, table: Any, decoded: Any, *rest: Any, **options: Any) -> Any:
        values = [
            one.expose() if isinstance(one, Plaintext) else one
            for row in decoded
            for one in row.typed.values()
        ]
        structlog.get_logger("sync").info("checked", values=values)
        return right(engine, unit, table, decoded, *rest, **options)

    return check


def _equal_changes_conflict(right: Function) -> Function:
    def field(base: Any, hub: Any, seen: Any, winner: Any) -> Any:
        return _Field(hub, hub, hub, "hub") if base != hub == seen else right(base, hub, seen, winner)

    return field


def _last_come_wins(right: Function) -> Function:
    def field(base: Any, hub: Any, seen: Any, winner: Any) -> Any:
        return _Field(seen, seen, seen) if seen != base else right(base, hub, seen, winner)

    return field


def _copies_keep_all(right: Function) -> Function:
    def decode(key: Any, config: Any, cell: Any, sealed: Any, draft: Any) -> None:
        if sealed is None:
            right(key, config, cell, sealed, draft)
        else:
            draft.copied[key] = sealed.token

    return decode


def _formulas_unseen(right: Function) -> Function:
    return lambda *args, **options: replace(right(*args, **options), formulas=frozenset())


def _last_claimant(right: Function) -> Function:
    return lambda claimants, *rest: claimants[-1]


def _exit_is_a_delete(right: Function) -> Function:
    def dated(
        engine: Any, unit: Any, replica: Any, table: Any, states: Any, belong: Any, outside: Any
    ) -> Any:
        for uid, record in unit.records.get_many(table, outside).items():
            unit.records.save(table, uid, record.values, state=State.ARCHIVED, now=engine.clock())
        return right(engine, unit, replica, table, states, belong, outside)

    return dated


MUTANTS: dict[str, Plant] = {
    "base not advanced": _instead("sync.confirm._state", _base_stays),
    "base advanced before the write": _instead("sync.cycle.merge_rows", _wanted_counts_as_agreed),
    "absence taken for delete in a partial listing": _instead(
        "sync.cycle.settle", _partial_counts_as_complete
    ),
    "held field dropped from its row": _instead("sync.judge.merge", _without_frozen),
    "held value overwritten": _instead("sync.planned_row.PlannedRow.frozen", _property(frozenset())),
    "retry of a create": _instead("sync.sheets.client.SheetsClient.update", _retried),
    "pre-image ignored on Sheets": _instead("sync.sheets.write._was_edited", _always(False)),
    "row not looked at before writing on Sheets": _instead("sync.sheets.write._verdict", _always(None)),
    "what a write replaced on Airtable not listened to": _instead(
        "sync.airtable.testimony.Testimony._unseen", _always({})
    ),
    "tombstone ignored": _instead("sync.plan._wanted", _archived_wanted),
    "plaintext logged": _instead("sync.cycle.check_rows", _talkative),
    "invalid value left in plain text": _instead("sync.display.Display.held", _always(None)),
    "lost value not in the ledger": _instead("sync.commit._note_conflict", _always(None)),
    "equal changes are a conflict": _instead("sync.merge._merge_field", _equal_changes_conflict),
    "last come wins": _instead("sync.merge._merge_field", _last_come_wins),
    "delete beats edit": _instead("sync.deletes._why_not", _always(None)),
    "copied row keeps another's secrets": _instead("sync.decode._decode_stray_in_fresh", _copies_keep_all),
    "formulas not seen": _instead("sync.sheets.tabs.as_row", _formulas_unseen),
    "torn rows merged": _instead("sync.intake._torn", _always(False)),
    "copy takes the original's place": _instead("sync.identify._original", _last_claimant),
    "filter exit taken for delete": _instead("sync.scope._dated", _exit_is_a_delete),
    "uid not journaled": _instead("sync.store.numbering.Numbering.begin", _always(None)),
}
