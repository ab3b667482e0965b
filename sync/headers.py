"""Headers that people spoiled, put right once they have stood so for a while: whoever sees the mishap undoes it at once."""

from datetime import timedelta

import structlog

from .engine import CycleReport, Engine, Replica
from .errors import HeadersSpoiled
from .freezing import words_of_headers

log = structlog.get_logger("sync")


def name_columns(engine: Engine, replica: Replica, report: CycleReport) -> None:
    """Put right what stands wrong long enough. What was typed meanwhile is its column's; nothing tells what was meant."""
    keys = {table.name: key for key, table in engine.schema.tables.items()}
    for problem in _spoiled(replica):
        if problem.given_up:
            continue
        if _is_fresh(engine, replica, problem):
            report.settling += 1
            continue
        replica.connection.name_columns(keys[problem.table])
        report.add(report.written, replica.name, 1)
        if problem.table not in {one.table for one in _spoiled(replica)}:
            log.warning(
                "headers_put_right", replica=replica.name, table=problem.table, columns=problem.columns
            )


def _spoiled(replica: Replica) -> list[HeadersSpoiled]:
    return [one for one in replica.connection.problems if isinstance(one, HeadersSpoiled)]


def _is_fresh(engine: Engine, replica: Replica, problem: HeadersSpoiled) -> bool:
    told = (problem.table, words_of_headers(problem))
    since = next(one.since for one in engine.frozen[replica.name] if (one.table, one.what) == told)
    return engine.clock() - since < timedelta(seconds=engine.config.settle_s)
