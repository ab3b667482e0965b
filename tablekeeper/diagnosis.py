"""What the figures of an archive mean: one diagnosis, the most pressing one, and the command that comes next. Pure."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Literal

from tablekeeper.status import NOTED_EVERY, Standing

TYPED_SINCE = "what staff typed since then is not masked yet"
NOT_EXPOSED = "no"
NOTHING_LOST = "no: what staff typed stands in the tables, what was not taken in the ledger"


Kind = Literal[
    "well",
    "never",
    "restored",
    "stopped",
    "lags",
    "frozen",
    "unwritten",
    "calls",
    "alarms",
    "config",
    "deletions",
    "mails",
    "mails_wait",
    "conflicts",
    "held",
]
"""The diagnoses there are, for whoever tells them in other words."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is the matter, since when, whether plaintext stands in a table, whether anything is lost, what to do."""

    ok: bool
    kind: Kind
    what: str
    since: datetime | None = None
    exposed: str = ""
    """Which plaintext may stand in a table; empty when none does."""
    lost: str = ""
    """What may be lost; empty when nothing is."""
    next: str | None = None

    @property
    def lines(self) -> dict[str, str]:
        """The answers in words."""
        return {
            "plaintext exposed": f"yes: {self.exposed}" if self.exposed else NOT_EXPOSED,
            "anything lost": f"perhaps: {self.lost}" if self.lost else NOTHING_LOST,
            "next": self.next or "nothing to do",
        }

    def as_json(self) -> dict[str, object]:
        """For `--json`."""
        return {**asdict(self), "plaintext_exposed": bool(self.exposed), "anything_lost": bool(self.lost)}


def diagnose(now: datetime, standing: Standing, *, max_lag_s: float) -> Diagnosis:
    """The most pressing thing. What stops the masking comes first, what waits for a person next, what is only untidy last."""
    return (
        _stopped(standing)
        or _lags(now, standing, timedelta(seconds=max_lag_s) + NOTED_EVERY)
        or _frozen(standing)
        or _unwritten(standing)
        or _calls(standing)
        or _alarms(standing)
        or _config(standing)
        or _deletions(standing)
        or _mails(standing)
        or _conflicts(standing)
        or _held(standing)
        or Diagnosis(True, "well", "running, everything is in step")
    )


def _stopped(standing: Standing) -> Diagnosis | None:
    if standing.running:
        return None
    times = [last for last in standing.last_cycle.values() if last]
    if standing.restored:
        what = "the archive was restored and waits for a person"
        return Diagnosis(
            False, "restored", what, min(times, default=None), TYPED_SINCE, next="tablekeeper resume"
        )
    if not times:
        what = "the daemon has never worked on this archive"
        exposed = "whatever staff have typed into the tables is not masked"
        return Diagnosis(
            False,
            "never",
            what,
            None,
            exposed,
            next="tablekeeper check, then tablekeeper setup and tablekeeper run",
        )
    return Diagnosis(
        False, "stopped", "the daemon is not running", min(times), TYPED_SINCE, next="tablekeeper run"
    )


def _lags(now: datetime, standing: Standing, limit: timedelta) -> Diagnosis | None:
    late = {name: last for name, last in standing.last_cycle.items() if last is None or now - last > limit}
    if not late:
        return None
    times = [last for last in late.values() if last]
    what = f"the daemon runs, but has not got through a cycle with {', '.join(late)}"
    return Diagnosis(False, "lags", what, min(times, default=None), TYPED_SINCE, next="tablekeeper check")


def _frozen(standing: Standing) -> Diagnosis | None:
    parts = [(name, part) for name, found in standing.frozen.items() for part in found]
    if not parts:
        return None
    tables = dict.fromkeys(f"{part.table} of {name}" for name, part in parts)
    unmasked = dict.fromkeys(f"{part.table} of {name}" for name, part in parts if part.unmasked)
    return Diagnosis(
        False,
        "frozen",
        f"left alone until somebody mends it: {', '.join(tables)}",
        min(part.since for _, part in parts),
        f"what staff type into {', '.join(unmasked)} is not masked" if unmasked else "",
        next="see below what is wrong; tablekeeper check",
    )


def _unwritten(standing: Standing) -> Diagnosis | None:
    behind = {name: count for name, count in standing.unwritten.items() if count}
    if not behind:
        return None
    counts = ", ".join(f"{count} in {name}" for name, count in behind.items())
    exposed = "in those rows, if they hold a sensitive value that was typed last"
    what = f"rows are not written yet: {counts}"
    return Diagnosis(False, "unwritten", what, exposed=exposed, next="tablekeeper check --diff")


def _calls(standing: Standing) -> Diagnosis | None:
    """The service may count otherwise, and go on. When it declines, the replica lags, and that is more pressing."""
    spent = [
        f"{name} ({calls.used:,} of {calls.limit:,})"
        for name, calls in standing.calls.items()
        if calls.used >= calls.limit
    ]
    if not spent:
        return None
    what = f"the month's calls are used up: {', '.join(spent)}"
    advice = "a larger plan, and sync.replicas.….calls_per_month in config.yaml"
    return Diagnosis(False, "calls", what, next=advice)


def _alarms(standing: Standing) -> Diagnosis | None:
    if not standing.alarms:
        return None
    what = f"{standing.alarms} alarm(s) of the vault: {', '.join(standing.alarm_kinds)}"
    return Diagnosis(False, "alarms", what, standing.oldest_alarm, next="tablekeeper vault alarms")


def _config(standing: Standing) -> Diagnosis | None:
    refused = standing.config_refused
    if refused is None:
        return None
    what = f"config.yaml was changed into one that cannot be used ({len(refused.problems)} problem(s)); the last good one is at work"
    return Diagnosis(False, "config", what, refused.since, next="tablekeeper check")


def _deletions(standing: Standing) -> Diagnosis | None:
    if not standing.deletions:
        return None
    what = f"{standing.deletions} deletion(s) wait for a person: too many at once"
    return Diagnosis(False, "deletions", what, standing.oldest_deletion, next="tablekeeper deletions")


def _mails(standing: Standing) -> Diagnosis | None:
    if standing.mails.get("unknown") or standing.mails.get("refused"):
        counts = f"{standing.mails['unknown']} of unknown fate, {standing.mails['refused']} refused"
        lost = f"mails: {counts}; of the records nothing"
        advice = "tablekeeper digest preview; the mail server's log tells what arrived"
        return Diagnosis(
            False, "mails", f"mails did not go out for certain: {counts}", lost=lost, next=advice
        )
    if standing.mails.get("waiting"):
        what = f"{standing.mails['waiting']} mail(s) wait for the mail server"
        return Diagnosis(False, "mails_wait", what, next="tablekeeper check")
    return None


def _conflicts(standing: Standing) -> Diagnosis | None:
    if not standing.conflicts:
        return None
    what = f"{standing.conflicts} value(s) were not taken, because somebody else had changed the field first"
    return Diagnosis(False, "conflicts", what, standing.oldest_conflict, next="tablekeeper conflicts")


def _held(standing: Standing) -> Diagnosis | None:
    held, waiting = sum(standing.held.values()), sum(standing.waiting.values())
    if not held and not waiting:
        return None
    what = f"running and in step; {held} row(s) wait to be mended, {waiting} wait for those"
    return Diagnosis(True, "held", what, next="tablekeeper held")
