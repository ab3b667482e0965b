"""Restriction: while a law still asks for a person's values they are stored and nothing else; only a legal purpose opens them."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from vault.audit import Act
from vault.bulk import blocks
from vault.clock import stamp
from vault.errors import Restricted
from vault.people_tables import restriction
from vault.store import data_key

if TYPE_CHECKING:
    from vault.vault import Vault


RESTRICT = "restrict"
"""What it is called on record."""


@dataclass(frozen=True, slots=True)
class Restriction:
    """`until` is an ISO date, or empty while what starts the period has not happened yet; `law` names the rule that runs longest.

    `purposes` go on beside the legal ones, because a case of the person is open.
    """

    subject: str
    until: str
    law: str
    at: str
    purposes: tuple[str, ...] = ()

    @property
    def told(self) -> str:
        """Its terms, as the audit chain says them; `vault verify` holds the row against it."""
        return ", ".join((self.until, *self.purposes))


def restrict(
    vault: "Vault",
    subject: str,
    *,
    until: str,
    law: str,
    actor: str,
    reason: str,
    purposes: Iterable[str] = (),
) -> None:
    """Nothing of this person is opened from now on but for a legal purpose or one of these; again: anew. Audited."""
    made = Restriction(subject, until, law, stamp(vault.clock()), tuple(purposes))
    with vault.store.writing() as connection:
        lift(connection, subject)
        connection.execute(restriction.insert(), {**asdict(made), "purposes": "\n".join(made.purposes)})
        act = Act(actor, RESTRICT, subject=subject, purpose=reason, reason=made.told)
        vault.chain.append(connection, [act])


def lift(connection: sa.Connection, subject: str) -> None:
    """Nothing is kept of this person any more; the caller puts on record why."""
    connection.execute(restriction.delete().where(restriction.c.subject == subject))


def restrictions(vault: "Vault") -> list[Restriction]:
    """Everybody who is restricted, by date."""
    query = sa.select(restriction).order_by(restriction.c.until, restriction.c.subject)
    with vault.store.reading() as connection:
        return [restriction_of(row) for row in connection.execute(query)]


def restriction_of(row: Any) -> Restriction:
    """What a row of the table says."""
    return Restriction(row.subject, row.until, row.law, row.at, tuple(row.purposes.splitlines()))


def withheld(vault: "Vault", connection: sa.Connection, subjects: Iterable[str], *, purpose: str) -> set[str]:
    """Which of these persons may not be looked at for this purpose."""
    if purpose in vault.config.legal_purposes:
        return set()
    found: set[str] = set()
    for block in blocks(dict.fromkeys(subjects)):
        query = sa.select(restriction.c.subject, restriction.c.purposes)
        rows = connection.execute(query.where(restriction.c.subject.in_(block)))
        found |= {row.subject for row in rows if purpose not in row.purposes.splitlines()}
    return found


def refusal(vault: "Vault", connection: sa.Connection, row: Any, *, purpose: str) -> Restricted | None:
    """Why a value's row may not be opened, where its person is restricted."""
    if row is None or not withheld(vault, connection, [row.subject], purpose=purpose):
        return None
    return Restricted("this person's values are kept for the law alone; only a legal purpose opens them")


def lookable(vault: "Vault", connection: sa.Connection, rows: list[Any], *, purpose: str) -> list[Any]:
    """The rows of persons who may be looked at for this purpose."""
    kept_back = withheld(vault, connection, {row.subject for row in rows}, purpose=purpose)
    return [row for row in rows if row.subject not in kept_back]


def known_subjects(vault: "Vault", subjects: Iterable[str]) -> Iterator[str]:
    """Those of whom the vault holds a data key."""
    with vault.store.reading() as connection:
        for block in blocks(dict.fromkeys(subjects)):
            held = (data_key.c.subject.in_(block), data_key.c.body.is_not(None))
            yield from connection.execute(sa.select(data_key.c.subject).where(*held).distinct()).scalars()
