"""The command status: one diagnosis, then counts."""

from collections.abc import Iterator

from rich.table import Table

from tablekeeper.archive import Archive, open_archive
from tablekeeper.cli.main import app, out, print_json
from tablekeeper.cli.opening import NEXT_RECOVERY, settings
from tablekeeper.cli.output import JsonOption, add_row, table
from tablekeeper.config import Config
from tablekeeper.config_problems import ConfigProblems
from tablekeeper.diagnosis import Diagnosis, diagnose
from tablekeeper.environment import Environment
from tablekeeper.reload import kept_config
from tablekeeper.showing import Showing
from tablekeeper.status import Standing, standing


@app.command()
def status(json: JsonOption = False) -> None:
    """One diagnosis: what, since when, is plaintext exposed, is anything lost, what to do; then counts."""
    config, environment, refused = _config_at_work()
    with open_archive(config, environment, calling=False) as archive:
        engine, now = archive.engine, standing(archive)
        diagnosis = diagnose(engine.clock(), now, max_lag_s=engine.config.max_lag_s)
        if json:
            print_json({"diagnosis": diagnosis.as_json(), **now.as_json()})
        else:
            _print(archive, diagnosis, now)
    if refused:
        raise refused


def _config_at_work() -> tuple[Config, Environment, ConfigProblems | None]:
    """What the file holds; where it cannot be used, what the daemon took over last, and why not the file."""
    try:
        return *settings(), None
    except ConfigProblems as problems:
        environment = Environment.read()
        kept = kept_config(environment.home)
        if kept is None:
            raise
        return kept, environment, problems


def _print(archive: Archive, diagnosis: Diagnosis, now: Standing) -> None:
    with archive.hub.reading() as unit:
        moment = Showing(archive, unit).moment
    out.print(diagnosis.what, style="bold green" if diagnosis.ok else "bold red")
    since = {"since": moment(diagnosis.since)} if diagnosis.since else {}
    lines = Table.grid(padding=(0, 2))
    for name, text in {**since, **diagnosis.lines}.items():
        add_row(lines, (f"  {name}", text))
    out.print(lines, _by_table(now))
    last = (f"{name} {moment(at) if at else 'never'}" for name, at in now.last_cycle.items())
    out.print(
        f"conflicts {now.conflicts} · deletions that wait {now.deletions} · tokens {now.tokens} · alarms {now.alarms}\n"
        f"mails: {_counts(now.mails)}\n"
        f"rows not written yet: {_counts(now.unwritten)}\n"
        f"last cycle: {', '.join(last)}"
    )
    out.print("\n".join(_upkeep(now)), soft_wrap=True)
    if now.unserved:
        listed = ", ".join(f"{name} ({variable} is not set)" for name, variable in now.unserved.items())
        out.print(f"not served: {listed}")
    if not now.recovery:
        out.print(f"no recovery: losing the root key loses every value → {NEXT_RECOVERY}", soft_wrap=True)


def _upkeep(now: Standing) -> Iterator[str]:
    """What runs beside the cycles; of what is not known, the command that makes it known."""
    for name, calls in now.calls.items():
        yield f"calls of {name} this month: {calls.used:,} of {calls.limit:,}"
    if now.cycle_s is not None:
        yield f"a cycle takes {now.cycle_s:g} s"
    for name, parts in now.frozen.items():
        yield from (f"left alone in {name}: {part.table}\uff1a{part.what}" for part in parts)
    for name, found in now.left.items():
        yield f"to be deleted by hand in {name}, then tablekeeper setup: {'; '.join(found)}"
    yield f"mails sent in 7 days: {now.mails_sent}"
    yield f"last backup: {now.backup or 'unknown → tablekeeper backup'}"
    yield f"last restore drill: {now.restore_drill or 'unknown → tablekeeper backup drill'}"
    for one in now.exposure.thresholds if now.exposure else ():
        yield f"people exposed this year: {one.people:,} of {one.limit:,} ({one.name}){' → tablekeeper exposure' if one.reached else ''}"
    yield f"last leak scan: {now.leak_scan or 'unknown → tablekeeper leaks'}"
    yield f"plaintext: stands in {now.plaintext.standing} cells; found in {now.plaintext.found} within 30 days"


def _by_table(now: Standing) -> Table:
    made = table("表", "records", "held", "waiting")
    for name, count in now.records.items():
        add_row(made, (name, count, now.held[name], now.waiting[name]))
    return made


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())
