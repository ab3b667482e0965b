"""Opening values for a person: every token goes on record before anything is opened, a batch in one transaction."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from vault import restricting, rows
from vault.audit import Act
from vault.bulk import blocks
from vault.errors import Restricted, TokenErased, TokenUnknown
from vault.plaintext import Plaintext
from vault.store import sealed_value
from vault.tokens import is_token

if TYPE_CHECKING:
    from vault.vault import Vault


def reveal_one(vault: "Vault", token: str, *, actor: str, purpose: str, reason: str = "") -> Plaintext[str]:
    """The value. Raises PurposeUnknown, TokenUnknown, TokenErased, Restricted."""
    opened = reveal_batch(vault, [token], actor=actor, purpose=purpose, reason=reason)
    if token in opened:
        return opened[token]
    known = vault.look_up([token])
    if token in known and known[token].state != "erased":
        raise Restricted("this person's values are kept for the law alone; only a legal purpose opens them")
    raise TokenErased("the value was destroyed") if known else TokenUnknown("no such token")


def reveal_batch(
    vault: "Vault", tokens: Iterable[str], *, actor: str, purpose: str, reason: str = ""
) -> dict[str, Plaintext[str]]:
    """The values by token; unknown and erased ones are absent, and on record as refused. Raises PurposeUnknown."""
    wanted = list(dict.fromkeys(tokens))
    vault.require_purpose([_refused(actor, token) for token in wanted], purpose)
    with vault.store.writing() as connection:
        found = rows.following(connection, wanted)
        subjects = {row.subject for row in found.values()}
        kept_back = restricting.withheld(vault, connection, subjects, purpose=purpose)
        standing = {
            token: row
            for token, row in found.items()
            if row.state != "erased" and row.subject not in kept_back
        }
        vault.chain.append(connection, [_act(actor, purpose, reason, token, standing) for token in wanted])
    return opened_values(vault, {token: row.token for token, row in standing.items()})


def every_plaintext(vault: "Vault", *, actor: str) -> Iterator[Plaintext[str]]:
    """Every value that can still be opened, a block at a time; on record before the first."""
    with vault.store.reading() as connection:
        query = sa.select(sealed_value.c.token).where(sealed_value.c.body.is_not(None))
        tokens = list(connection.execute(query).scalars())
    with vault.store.writing() as connection:
        vault.chain.append(connection, [Act(actor, "leak_scan", count=len(tokens))])
    for block in blocks(tokens):
        yield from opened_values(vault, {token: token for token in block}).values()


def _act(actor: str, purpose: str, reason: str, token: str, standing: Mapping[str, Any]) -> Act:
    row = standing.get(token)
    if row is None:
        return _refused(actor, token)
    return Act(
        actor,
        "reveal",
        field=row.field,
        subject=row.subject,
        token=row.token,
        purpose=purpose,
        reason=reason,
    )


def _refused(actor: str, token: str) -> Act:
    # What was given as a token may be a value pasted by mistake; only a token's form goes on record.
    return Act(actor, "reveal_refused", token=token if is_token(token) else "")


def find_acts(actor: str, field: str, purpose: str, found: Sequence[Any], *, reason: str = "") -> list[Act]:
    """One entry per value found, so that each person's record says who found them; one for a search that found nothing."""
    said = Act(actor, "find", field=field, purpose=purpose, reason=reason, count=len(found))
    return [replace(said, subject=one.subject, token=one.token) for one in found] or [said]


def opened_values(vault: "Vault", places: Mapping[str, str]) -> dict[str, Plaintext[str]]:
    """The values, by the token that was asked for. Rows are read anew: one may have got another key since, or none."""
    values: dict[str, Plaintext[str]] = {}
    for block in blocks(sorted(set(places.values()))):
        with vault.store.reading() as connection:
            found = [row for row in rows.by_token(connection, block).values() if row.body is not None]
            opened = rows.opened(connection, found, vault.subject_keys)
        values |= {row.token: value for row, value in zip(found, opened, strict=True)}
    return {token: values[place] for token, place in places.items() if place in values}
