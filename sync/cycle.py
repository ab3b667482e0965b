"""One cycle: read what people did, agree, write what is missing. Read this file first; it names the steps and nothing else."""

from collections.abc import Container, Iterator, Sequence, Set
from contextlib import contextmanager

import structlog

from validators.schema import TableKey

from .arrived import recall
from .clears import put_back_clears
from .commit import Absorbed, commit
from .confirm import confirm, expect
from .connection import Listing, SeenRow, Uid
from .deletes import carry_out_deletions
from .engine import CycleReport, Engine, Replica
from .errors import ServiceError, TableMissing
from .freezing import note_frozen, recall_frozen
from .frozen import mask_torn
from .guesses import hold_guesses, note_findings
from .headers import name_columns
from .history_chain import chain_history
from .intake import know, settle
from .judge import check_rows, decode_rows, links_of, merge_rows
from .overwritten import note_overwritten, note_overwritten_unnumbered
from .plan import Plan, make_plan
from .protect import protect
from .queue import (
    ENGINE,
    daily_pass,
    listings_of,
    queued,
    remember_full,
    remember_missing,
    remember_torn,
    reread,
    unqueue,
)
from .reconfigure import reconfigure
from .stripped import without_stripped_links
from .windows import note_plaintext

log = structlog.get_logger("sync")

BLOCK_ROWS = 500
"""Rows judged, sealed and committed together: memory does not follow the size of a table."""
WAITING_ROWS_MAX = 1_000
"""Up to so many rows of a table wait until all replicas were read; more are written block by block as they are judged."""


def run_cycle(engine: Engine, *, full: bool = False, look_at: Container[str] | None = None) -> CycleReport:
    """Run one cycle over all replicas and tables. A service that fails does not stop the others.

    With `look_at` only these replicas are read; what the hub has for the others is written all the same.
    """
    report = CycleReport()
    reconfigure(engine)
    recall_frozen(engine)
    daily_pass(engine)
    absorbed = {
        replica.name: read(engine, replica, report, full=full)
        for replica in engine.replicas
        if look_at is None or replica.name in look_at
    }
    archive_deleted(engine, absorbed.keys(), report)
    for table in engine.order:
        for replica in engine.replicas:
            if replica.holds(table) and replica.name not in report.down:
                judged = absorbed.get(replica.name, {}).get(table, Absorbed())
                write(engine, replica, table, judged, report)
    report_recovered(engine, absorbed.keys(), report)
    engine.vault.close_cycle({"held": report.held})
    chain_history(engine.hub, engine.vault, ENGINE)
    report.rechecks = queued(engine)
    return report


def read(engine: Engine, replica: Replica, report: CycleReport, *, full: bool) -> dict[TableKey, Absorbed]:
    """The first half for one replica: what people did goes into the hub, and plaintext into the vault."""
    absorbed: dict[TableKey, Absorbed] = {}
    with guarded(engine, replica, report):
        full = full or engine.full_read_due(replica)
        pulled = replica.connection.pull(reread=reread(engine, replica), full=full)
        for listing in listings_of(engine, replica, pulled):
            absorbed[listing.table] = absorb(engine, replica, listing, report)
        for problem in replica.connection.problems:
            report_problem(engine, replica, problem, report)
        # A torn table has to be shown again until it is whole.
        if not any(one.torn for one in absorbed.values()):
            replica.connection.acknowledge()
        remember_full(engine, replica, full=full)
        note_frozen(engine, replica)
        name_columns(engine, replica, report)
    return absorbed


def archive_deleted(engine: Engine, looked_at: Set[str], report: CycleReport) -> None:
    """Between the halves: what people deleted is archived when it is known of every replica whether somebody edits it there.

    Whoever deletes a customer with all contracts means both: what is linked to goes after what links to it.
    """
    for table in reversed(engine.order):
        for replica in engine.replicas:
            if replica.name in looked_at - report.down.keys():
                carry_out_deletions(engine, replica, table, report)


def absorb(engine: Engine, replica: Replica, listing: Listing, report: CycleReport) -> Absorbed:
    """Take the rows of one table through the steps, in blocks."""
    remember_missing(engine, replica, listing)
    note_overwritten(engine, replica, listing, report)
    arrivals = settle(engine, replica, listing, report)
    absorbed = Absorbed(stray=arrivals.stray, torn=arrivals.torn, borne=arrivals.borne, queued=arrivals.done)
    if not arrivals.torn:
        note_overwritten_unnumbered(engine, replica, listing, report)
    remember_torn(engine, replica, listing, torn=arrivals.torn)
    mask_torn(engine, replica, listing.table, arrivals.torn_rows)
    for start in range(0, len(arrivals.rows), BLOCK_ROWS):
        rows = [row.loaded() for row in arrivals.rows[start : start + BLOCK_ROWS]]
        absorb_rows(engine, replica, listing, rows, absorbed, report)
        if len(arrivals.rows) > WAITING_ROWS_MAX:
            write_early(engine, replica, listing.table, absorbed, report)
    with engine.hub.unit() as unit:
        unit.lists.end_recheck(replica.name, listing.table, absorbed.queued)
    return absorbed


def write_early(
    engine: Engine, replica: Replica, table: TableKey, absorbed: Absorbed, report: CycleReport
) -> None:
    """Write the rows judged so far and let go of them: plaintext is masked sooner, and memory holds one block.

    A service that failed is left for this cycle: what it did not take is not known as agreed, and is looked at again.
    """
    if replica.name not in report.down:
        with guarded(engine, replica, report):
            plan = make_plan(engine, replica, table, absorbed, judged_only=True)
            absorbed.refused |= carry_out(engine, replica, table, plan, report)
    absorbed.judged.clear()


def absorb_rows(
    engine: Engine,
    replica: Replica,
    listing: Listing,
    rows: Sequence[SeenRow],
    absorbed: Absorbed,
    report: CycleReport,
) -> None:
    """Absorb a block; when it fails for something in it, find the row and let the others go on."""
    try:
        absorb_block(engine, replica, listing, rows, absorbed, report)
    except (ArithmeticError, AssertionError, LookupError, TypeError, ValueError) as error:
        if len(rows) == 1:
            report.failed += 1
            log.error("row_failed", replica=replica.name, table=listing.table, kind=type(error).__name__)
            return
        half = len(rows) // 2
        for part in (rows[:half], rows[half:]):
            absorb_rows(engine, replica, listing, part, absorbed, report)


def absorb_block(
    engine: Engine,
    replica: Replica,
    listing: Listing,
    rows: Sequence[SeenRow],
    absorbed: Absorbed,
    report: CycleReport,
) -> None:
    """decode, check, protect, merge, commit: one transaction of the hub, after the vault's own."""
    table = listing.table
    with engine.hub.unit() as unit:
        known = recall(unit, replica, table, know(engine, unit, replica, table, rows, absorbed.borne))
        known = without_stripped_links(engine, unit, replica, table, known)
        # Before anything wakes them: what a row is woken for from here on, it has not been judged with.
        judged = unqueue(unit, replica, table, known, absorbed)
        links = links_of(engine, unit, replica, table, known)
        decoded = decode_rows(
            engine,
            table,
            known,
            links,
            fields=replica.fields(table),
            missing=listing.missing,
            lost_options=listing.lost_options,
            replica=replica,
        )
        decoded = put_back_clears(
            decoded,
            clears_max=engine.config.clears_max,
            sensitive=engine.schema.tables[table].sensitive.keys(),
        )
        decoded = hold_guesses(engine, replica.name, table, decoded)
        checked = check_rows(engine, unit, table, decoded, replica)
        note_findings(engine, replica.name, table, checked)
        protected = protect(checked, table, schema=engine.schema, masks=engine.masks, vault=engine.vault)
        note_plaintext(engine, replica, table, checked, protected)
        merged = merge_rows(
            protected, fields=replica.fields(table), policy=engine.policy(table, replica.name)
        )
        replaced = commit(engine, unit, replica, table, protected, merged, absorbed, report)
    absorbed.queued -= judged
    # A value that waited for its row has come in: whoever copied its stand-in copied nothing.
    engine.vault.clear([*replaced, *(token for row in decoded for token in row.taken_out)])


def write(engine: Engine, replica: Replica, table: TableKey, absorbed: Absorbed, report: CycleReport) -> None:
    """The second half for one table of one replica: plan, apply, confirm. A torn table is left alone."""
    if (replica.name, table) in engine.torn:
        return
    with guarded(engine, replica, report):
        carry_out(engine, replica, table, make_plan(engine, replica, table, absorbed), report)


def carry_out(
    engine: Engine, replica: Replica, table: TableKey, plan: Plan, report: CycleReport
) -> frozenset[Uid]:
    """apply and confirm; a plan without writes only has to be remembered. Returns what the service did not take."""
    if plan.operations:
        expect(engine, replica, table, plan)
        outcome = replica.connection.apply(table, plan.operations)
        confirm(engine, replica, table, plan, outcome, report)
        return frozenset(one.uid for one in outcome.refused)
    if plan.settled:
        with engine.hub.unit() as unit:
            unit.seen.save(replica.name, table, plan.settled)
    return frozenset()


@contextmanager
def guarded(engine: Engine, replica: Replica, report: CycleReport) -> Iterator[None]:
    """One service that fails is reported and left for this cycle; the others go on."""
    try:
        yield
    except TableMissing as error:
        report_problem(engine, replica, error, report)  # The replica's other tables go on.
    except ServiceError as error:
        report.down[replica.name] = type(error).__name__
        report_problem(engine, replica, error, report)


def report_problem(engine: Engine, replica: Replica, error: ServiceError, report: CycleReport) -> None:
    """Tell operations what failed, and what to do where a person has to act; the log once, when it begins."""
    report.problems.append(
        f"{replica.name}: {error.message}" + (f" → {error.advice}" if error.advice else "")
    )
    if engine.troubles.begins(replica.name, error):
        log.warning(
            "service_failed",
            replica=replica.name,
            kind=type(error).__name__,
            message=error.message,
            advice=error.advice,
        )


def report_recovered(engine: Engine, looked_at: Set[str], report: CycleReport) -> None:
    """Tell of the troubles that are over."""
    for replica, kind, table in engine.troubles.ended(looked_at - report.down.keys()):
        log.info("service_recovered", replica=replica, kind=kind, table=table)
