"""Erases a person, or restricts what is kept of one while a law still asks for it, and certifies what was done and what was not."""

import hmac
from collections.abc import Mapping, Sequence, Set
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import orjson

from jobs.archive_register import Register
from sync.connection import Uid
from sync.erasing import Person, person, take_out
from sync.store.records import ERASED, RESTRICTED
from tablekeeper.archive import Archive
from tablekeeper.holds import Cases, held, of_the_archive, open_cases
from tablekeeper.keeping import shelf_of
from tablekeeper.mentions import numbers_of, tasks_about, withdraw_mails
from tablekeeper.retention import Duty, duty
from vault.anchors import take_anchor
from vault.errors import SubjectUnknown
from vault.restricting import known_subjects, restrict
from vault.vault import Vault

CERTIFICATES = "certificates"
NOT_COVERED = (
    "The services' version histories: Airtable's revision history and trash and Google's version history keep what stood in a cell, "
    "masks and whatever was typed before it was masked, until the service drops it; no API purges them.",
    "Backups made before this certificate, and journals of the vault that were moved away: they hold the values until their own "
    "date; a restore repeats the erasure before it serves. The journal in use is begun anew by the daemon within a minute.",
    "Mails that were sent, files that were exported or printed, and import workbooks outside the archive.",
    "The audit chain and the change history: they go on naming the record's number, tokens and times, without values.",
)


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to become of a person: the records that leave, the duty that stands against erasing, and the cases that go on."""

    who: Person
    duty: Duty | None
    subjects: tuple[str, ...]
    cases: Cases
    numbers: frozenset[str]
    """What mails call the records by."""

    @property
    def action(self) -> str:
        """`erased` or `restricted`."""
        return RESTRICTED if self.duty or self.cases.names else ERASED

    @property
    def law(self) -> str:
        """What the records are kept for; empty when they are not."""
        return self.duty.law if self.duty else "、".join(self.cases.names)

    @property
    def until(self) -> str:
        """Until when the law asks for the records; empty when that is open, or when it does not."""
        return self.duty.until.isoformat() if self.duty and self.duty.until else ""

    @property
    def rows(self) -> dict[str, int]:
        """Records by table."""
        return {table: len(uids) for table, uids in self.who.records.items()}


@dataclass(frozen=True, slots=True)
class Certificate:
    """What was done, by whom and why; `n` and `mac` name the entry of the audit chain that covers it; `seal` tells a forgery."""

    vault: str
    uid: Uid
    action: str
    at: str
    actor: str
    reason: str
    rows: Mapping[str, int]
    tokens: int
    mails: int
    law: str
    until: str
    n: int
    mac: str
    open_cases: Sequence[str] = ()
    not_covered: Sequence[str] = NOT_COVERED
    seal: str = field(default="")

    def text(self) -> str:
        """For people."""
        kept = f"Kept for the law ({self.law}) until {self.until or 'a day that is not known yet'}.\n"
        if self.open_cases:
            kept += f"What these open cases need stays in the tables: {'、'.join(self.open_cases)}.\n"
        rows = ", ".join(f"{table} {count}" for table, count in self.rows.items()) or "none"
        done = (
            f"values destroyed: {self.tokens}"
            if self.action == ERASED
            else "values: stored, opened only for a legal purpose"
        )
        return (
            f"Certificate: {self.uid} {self.action}\n\n"
            f"At {self.at}, by {self.actor}. Reason: {self.reason}\n"
            f"Records taken out of the tables: {rows}; {done}.\n"
            f"Mails of the outbox that named them, emptied: {self.mails}.\n"
            f"{kept if self.action == RESTRICTED else ''}"
            f"Audit chain of vault {self.vault}: entry {self.n}, {self.mac}\n\nNot covered:\n"
            + "".join(f"- {line}\n" for line in self.not_covered)
            + f"\nSeal: {self.seal}\n"
        )


def decide(archive: Archive, uid: Uid) -> Decision:
    """What erasing this person would do now.

    Raises SubjectUnknown when neither hub nor vault knows the record, BackupRefused when its file is the archive's to destroy.
    """
    engine, config, today = archive.engine, archive.config, archive.engine.today()
    judge = shelf_of(archive).judge
    kept = of_the_archive(Register(archive.hub).get(uid), today)
    with archive.hub.reading() as unit:
        who = person(config, unit, uid)
        found = kept or held(judge, config, unit, who)
        found = found or duty(config.retention, engine, unit, who, today=today)
        cases = open_cases(judge, config, unit, who, today)
        leaving = _without(who, cases.needed)
        numbers = frozenset(numbers_of(unit, leaving))
        tasks = tasks_about(unit, config.todo.table, leaving, numbers)
    subjects = tuple(known_subjects(archive.vault, who.uids))
    if not who.records and not subjects:
        raise SubjectUnknown("neither the hub nor the vault knows this record")
    if tasks and config.todo.table:
        leaving = Person(uid, {**leaving.records, config.todo.table: tasks})
    return Decision(leaving, found, subjects, cases, numbers)


def _without(who: Person, needed: Set[Uid]) -> Person:
    """The person's records but for those that an open case needs."""
    left = {table: tuple(uid for uid in uids if uid not in needed) for table, uids in who.records.items()}
    return Person(who.uid, {table: uids for table, uids in left.items() if uids})


def carry_out(archive: Archive, decision: Decision, *, actor: str, reason: str) -> Certificate:
    """Take the person out of hub and tables, destroy or restrict the values, and file the certificate.

    The hub goes first: cut short, the command finds the rest on its next run.
    """
    take_out(
        archive.hub,
        archive.vault,
        archive.config,
        decision.who,
        mark=decision.action,
        now=archive.engine.clock(),
    )
    mails = withdraw_mails(archive.hub, decision.who, decision.numbers)
    tokens = 0
    for subject in decision.subjects:
        if decision.action == RESTRICTED:
            restrict(
                archive.vault,
                subject,
                until=decision.until,
                law=decision.law,
                actor=actor,
                reason=reason,
                purposes=decision.cases.purposes,
            )
        else:
            tokens += archive.vault.erase_subject(subject, actor=actor, reason=reason)
    archive.hub.forget()
    anchor = take_anchor(archive.vault, actor=actor)
    certificate = Certificate(
        vault=anchor.vault,
        uid=decision.who.uid,
        action=decision.action,
        at=anchor.at,
        actor=actor,
        reason=reason,
        rows=decision.rows,
        tokens=tokens,
        mails=mails,
        law=decision.law,
        until=decision.until,
        n=anchor.n,
        mac=anchor.mac,
        open_cases=decision.cases.names,
    )
    return sealed(archive.vault, certificate)


def sealed(vault: Vault, certificate: Certificate) -> Certificate:
    """The certificate with its seal, which only this vault's root key can make."""
    content = {name: value for name, value in asdict(certificate).items() if name != "seal"}
    seal = hmac.digest(
        vault.derived_key("certificate"), orjson.dumps(content, option=orjson.OPT_SORT_KEYS), "sha256"
    )
    return Certificate(**{**content, "seal": seal.hex()})


def file(certificate: Certificate, folder: Path) -> Path:
    """Write it as JSON and as text, for the owner alone; the path of the JSON."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{certificate.uid}-{certificate.action}-{certificate.n}.json"
    for place, content in (
        (path, orjson.dumps(asdict(certificate), option=orjson.OPT_INDENT_2)),
        (path.with_suffix(".txt"), certificate.text().encode()),
    ):
        place.touch(mode=0o600)
        place.write_bytes(content)
    return path


def is_genuine(vault: Vault, content: Mapping[str, Any]) -> bool:
    """Whether this vault made the certificate, and nothing of it was changed since."""
    try:
        given = Certificate(**content)
    except TypeError:
        return False
    return hmac.compare_digest(sealed(vault, given).seal, given.seal)
