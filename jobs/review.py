"""The security review: what was looked at, what a person should look into, and what could not be looked at. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

_ENVIRONMENT = Environment(
    loader=PackageLoader("jobs"),
    autoescape=select_autoescape(enabled_extensions=("html.j2",)),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
KEY_AGE_MAX = timedelta(days=365)
BACKUP_AGE_MAX = timedelta(days=3)
DRILL_AGE_MAX = timedelta(days=100)
HELD_AGE_MAX = timedelta(days=92)


class Mark(StrEnum):
    """What a finding asks for."""

    GOOD = "good"
    LOOK = "look"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the review."""

    part: str
    mark: Mark
    what: str


@dataclass(frozen=True, slots=True)
class Permission:
    """Somebody who can open a spreadsheet. `kind`: user, group, domain or anyone."""

    kind: str
    who: str
    role: str


def of_permissions(
    place: str, found: Sequence[Permission], *, expected: Iterable[str], own: str
) -> list[Finding]:
    """Who can open one spreadsheet, against the list of the config; the daemon's own account belongs there.

    A name like `@insurer.cn` lists a whole domain.
    """
    part = f"access: {place}"
    listed = {name.casefold() for name in expected}
    lines = [
        Finding(
            part,
            Mark.LOOK,
            f"open by link to {'everybody' if one.kind == 'anyone' else one.who} as {one.role}",
        )
        for one in found
        if one.kind == "anyone" or (one.kind == "domain" and f"@{one.who}".casefold() not in listed)
    ]
    people = [one for one in found if one.kind in ("user", "group") and one.who.casefold() != own.casefold()]
    lines += [
        Finding(part, Mark.LOOK, f"{one.who} ({one.role}) is not in `people` of the config")
        for one in people
        if one.who.casefold() not in listed
    ]
    here = {one.who.casefold() for one in people} | {f"@{one.who}".casefold() for one in found}
    gone = sorted(listed - here)
    lines += [
        Finding(part, Mark.LOOK, f"{name} is in `people` of the config and has no access") for name in gone
    ]
    return lines or [Finding(part, Mark.GOOD, f"{len(people)} person(s), all listed; no link sharing")]


def of_base(shown: Mapping[str, Any]) -> list[Permission]:
    """Who can open an Airtable base, from the answer of its plan's metadata: people, groups, invitations by link."""
    found = []
    for kind, listed, key in (
        ("user", "individualCollaborators", "email"),
        ("group", "groupCollaborators", "name"),
    ):
        of_all = shown.get(listed, {})
        found += [
            Permission(kind, one.get(key, ""), one.get("permissionLevel", ""))
            for one in (*of_all.get("baseCollaborators", ()), *of_all.get("workspaceCollaborators", ()))
        ]
    links = shown.get("inviteLinks", {})
    return found + [
        Permission("anyone", "", one.get("permissionLevel", ""))
        for one in (*links.get("baseInviteLinks", ()), *links.get("workspaceInviteLinks", ()))
    ]


def of_age(part: str, at: str | None, now: datetime, *, most: timedelta, what: str) -> Finding:
    """Whether something happened lately enough; `at` is a stamp in UTC, None: never."""
    if at is None:
        return Finding(part, Mark.LOOK, f"{what}: never")
    late = now - datetime.fromisoformat(at) > most
    return Finding(part, Mark.LOOK if late else Mark.GOOD, f"{what}: {at[:10]}")


def counts(findings: Iterable[Finding]) -> Mapping[str, int]:
    """How much a person should look into, by part; not what: 提醒与待办 is abroad, the report is not."""
    return Counter(one.part for one in findings if one.mark is Mark.LOOK)


def as_text(archive: str, day: date, findings: Sequence[Finding]) -> str:
    """The review to read or to print."""
    signs = {Mark.GOOD: "  ok ", Mark.LOOK: "LOOK ", Mark.UNKNOWN: "  ?  "}
    lines = [f"{signs[one.mark]} {one.part}: {one.what}" for one in findings]
    return "\n".join([f"{archive}: security review of {day}", *lines, ""])


def as_html(archive: str, day: date, findings: Sequence[Finding]) -> str:
    """The same as a page."""
    return _ENVIRONMENT.get_template("review.html.j2").render(archive=archive, day=day, findings=findings)
