"""Looks at all that a security review is about: the services, the vault, the hub, the installed libraries."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import requests
from sqlalchemy import select

from jobs.review import (
    BACKUP_AGE_MAX,
    DRILL_AGE_MAX,
    HELD_AGE_MAX,
    KEY_AGE_MAX,
    Finding,
    Mark,
    Permission,
    of_age,
    of_base,
    of_permissions,
)
from sync.config import ReplicaConfig
from sync.errors import ServiceError
from sync.sheets.credentials import ServiceAccount
from sync.store.tables import reminder
from tablekeeper.archive import GOOGLE, Archive
from tablekeeper.keeping_notes import BACKUP, CHECKS, LEAK_SCAN, LEAKS_FOUND
from vault import envelopes
from vault.alarms import open_alarms
from vault.report import key_report
from vault.users import Users
from vault.windows import Windows

DRIVE = "https://www.googleapis.com"
AIRTABLE = "https://api.airtable.com"
TIMEOUT_S, AUDIT_TIMEOUT_S = 30, 300
NAMED_MAX = 5
"""So many libraries are named that could not be looked up."""
QUARTER = timedelta(days=92)


def review(archive: Archive) -> list[Finding]:
    """Every part of the review; what cannot be looked at is said."""
    return [
        *_access(archive),
        *_users(archive),
        *_keys(archive),
        *_exposure(archive),
        *_held(archive),
        *_leaks(archive),
        *_libraries(),
    ]


def _access(archive: Archive) -> Iterator[Finding]:
    for replica in archive.engine.replicas:
        part = f"access: {replica.name}"
        try:
            if replica.config.service == "sheets":
                account = _account(archive)
                found = permissions(archive, account, archive.environment.place_of(replica.config) or "")
                yield from of_permissions(
                    replica.name, found, expected=replica.config.people, own=account.email
                )
            else:
                yield from _base(archive, replica.config)
        except (requests.RequestException, ServiceError) as error:
            yield Finding(part, Mark.UNKNOWN, f"could not be read: {_why(error)}")


def _account(archive: Archive) -> ServiceAccount:
    file = archive.environment.google_credentials
    assert file is not None, "an archive with a spreadsheet is not opened without it"
    return ServiceAccount(GOOGLE, file)


def permissions(archive: Archive, account: ServiceAccount, spreadsheet: str) -> list[Permission]:
    """Everybody who can open a spreadsheet, by Drive's permissions. Raises requests.RequestException, ServiceError."""
    url = f"{archive.environment.google_url or DRIVE}/drive/v3/files/{spreadsheet}/permissions"
    asked = {
        "fields": "nextPageToken,permissions(type,emailAddress,domain,role)",
        "supportsAllDrives": "true",
    }
    found: list[Permission] = []
    token = ""
    while True:
        page = {**asked, **({"pageToken": token} if token else {})}
        answer = requests.get(url, params=page, auth=account, timeout=TIMEOUT_S)
        answer.raise_for_status()
        body = answer.json()
        found += [
            Permission(one["type"], one.get("emailAddress") or one.get("domain") or "", one["role"])
            for one in body["permissions"]
        ]
        token = body.get("nextPageToken", "")
        if not token:
            return found


def _base(archive: Archive, replica: ReplicaConfig) -> list[Finding]:
    """Airtable tells who has a base on its Enterprise plan alone."""
    token = archive.environment.airtable_token
    assert token is not None, "an archive with a base is not opened without it"
    base = archive.environment.place_of(replica) or ""
    asked = "?include=collaborators&include=inviteLinks"
    url = f"{archive.environment.airtable_url or AIRTABLE}/v0/meta/bases/{base}{asked}"
    headers = {"Authorization": f"Bearer {token.get_secret_value()}"}
    answer = requests.get(url, headers=headers, timeout=TIMEOUT_S)
    found = of_base(answer.json()) if answer.ok else []
    if found:
        return of_permissions(replica.name, found, expected=replica.people, own="")
    told = "this Airtable plan does not tell who has the base: look at its Share dialog by hand"
    return [Finding(f"access: {replica.name}", Mark.UNKNOWN, told)]


def _users(archive: Archive) -> Iterator[Finding]:
    users = Users(archive.vault).all()
    today = archive.config.vault.day(archive.engine.clock())
    for user in users:
        if user.disabled:
            continue
        late = user.expires_on < today
        until = f"{'expired' if late else 'until'} {user.expires_on}"
        told = f"{user.name} ({user.title}), {user.role}, approved by {user.approved_by}, {until}"
        yield Finding("users", Mark.LOOK if late else Mark.GOOD, told)
    if not users:
        yield Finding("users", Mark.LOOK, "the vault has none: whoever holds the root key acts")
    if alarms := len(open_alarms(archive.vault)):
        yield Finding("alarms", Mark.LOOK, f"{alarms} that nobody has looked into: tablekeeper vault alarms")


def _keys(archive: Archive) -> Iterator[Finding]:
    now, found = archive.engine.clock(), key_report(archive.vault)
    key = f"version {found.key_version} (renewed by tablekeeper vault rotate), since"
    yield of_age("keys", found.key_since, now, most=KEY_AGE_MAX, what=key)
    yield of_age(
        "restore drill", found.last_restore_drill, now, most=DRILL_AGE_MAX, what="last one that passed"
    )
    if not envelopes.recipients(archive.vault):
        yield Finding(
            "recovery", Mark.LOOK, "losing the root key loses everything: tablekeeper vault init --recovery"
        )
    yield _backup(archive)


def _backup(archive: Archive) -> Finding:
    if not archive.config.backup.recipients:
        return Finding("backup", Mark.LOOK, "none is made: `backup.recipients` is empty")
    told, zone = archive.hub.bindings(CHECKS).get(BACKUP), ZoneInfo(archive.config.archive.timezone)
    at = datetime.fromisoformat(told).replace(tzinfo=zone).isoformat() if told else None
    return of_age("backup", at, archive.engine.clock(), most=BACKUP_AGE_MAX, what="last one that was made")


def _exposure(archive: Archive) -> Iterator[Finding]:
    since = archive.engine.clock() - QUARTER
    found = [one for one in Windows(archive.vault).all() if one.until is None or one.until >= since]
    standing = sum(one.until is None for one in found)
    people = len({one.subject for one in found})
    told = f"{len(found)} value(s) of {people} person(s) stood in plain text this quarter until masked, {standing} not known to be masked"
    yield Finding("plaintext", Mark.LOOK if standing else Mark.GOOD, told)


def _held(archive: Archive) -> Iterator[Finding]:
    before = archive.engine.clock() - HELD_AGE_MAX
    query = select(reminder.c.table).where(
        reminder.c.reminder == "held_rows", reminder.c.closed_at.is_(None), reminder.c.first_at < before
    )
    with archive.hub.reading() as unit:
        count = len(unit.connection.execute(query).all())
    told = f"{count} row(s) wait to be mended for more than a quarter"
    yield Finding("held rows", Mark.LOOK if count else Mark.GOOD, told)


def _leaks(archive: Archive) -> Iterator[Finding]:
    known = archive.hub.bindings(CHECKS)
    if (told := known.get(LEAK_SCAN)) is None:
        yield Finding("leaks", Mark.UNKNOWN, "nobody has looked yet: tablekeeper leaks")
        return
    count = int(known.get(LEAKS_FOUND) or 0)
    what = f"{count} number(s) where none belong, looked at on {told[:10]}"
    yield Finding("leaks", Mark.LOOK if count else Mark.GOOD, what)


def _libraries() -> Iterator[Finding]:
    part = "libraries"
    # Beside this Python first: the daemon's PATH need not have its folder.
    tool = shutil.which("pip-audit", path=str(Path(sys.executable).parent)) or shutil.which("pip-audit")
    if tool is None:
        what = "pip-audit is not installed: known vulnerabilities were not looked up → make setup"
        yield Finding(part, Mark.UNKNOWN, what)
        return
    command = [tool, "--format", "json", "--progress-spinner", "off", "--local"]
    try:
        ran = subprocess.run(command, capture_output=True, timeout=AUDIT_TIMEOUT_S, check=False)
        listed = json.loads(ran.stdout)["dependencies"]
    except (OSError, subprocess.TimeoutExpired, ValueError, KeyError):
        yield Finding(part, Mark.UNKNOWN, "pip-audit could not reach its database: nothing was looked up")
        return
    yield from _vulnerable(part, listed)


def _vulnerable(part: str, listed: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    """What pip-audit says of each library; of one that its database does not know it says `skip_reason`."""
    bad = [f"{one['name']} {one['version']}" for one in listed if one.get("vulns")]
    skipped = [one["name"] for one in listed if "skip_reason" in one]
    good = len(listed) - len(bad) - len(skipped)
    if bad:
        yield Finding(part, Mark.LOOK, f"known vulnerabilities in {', '.join(bad)}")
    if good:
        yield Finding(part, Mark.GOOD, f"{good} without a known vulnerability")
    if skipped:
        named = ", ".join(skipped[:NAMED_MAX]) + (" …" if len(skipped) > NAMED_MAX else "")
        yield Finding(part, Mark.UNKNOWN, f"{len(skipped)} that the database does not know: {named}")


def _why(error: Exception) -> str:
    """In words that carry no address with a key in it."""
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"the service answered {error.response.status_code}"
    return str(error) if isinstance(error, ServiceError) else type(error).__name__
