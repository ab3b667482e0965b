"""Rows of sealed values: building, finding and opening them. The only place where a value becomes a ciphertext and back."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from vault.box import RandomBytes, bound, bound_name, encoded, key_version, open_box, seal_box
from vault.bulk import blocks, select_in
from vault.errors import TokenErased, TokenUnknown, Unopenable
from vault.index import MARK_LENGTH, index_mark
from vault.keys import Keys
from vault.plaintext import Plaintext
from vault.store import sealed_value
from vault.subjects import SubjectKey, SubjectKeys
from vault.suites import digest_of
from vault.tokens import is_token
from vault.values import Sealed, Secret

_VALUE = bound("value")
_WHAT_MAY_CHANGE = tuple(
    sealed_value.c[name]
    for name in ("equality", "token", "subject", "mask", "index_mark", "state", "state_at")
)


def sealed_of(row: Any) -> Sealed:
    """What a row tells without being opened."""
    return Sealed(
        token=row.token, field=row.field, subject=row.subject, mask=row.mask, valid=row.valid, state=row.state
    )


def by_token(connection: sa.Connection, tokens: Iterable[str]) -> dict[str, Any]:
    """The rows of the tokens that this vault issued. A text that is no token, perhaps a value, never reaches the driver."""
    wanted = sorted({token for token in tokens if is_token(token)})
    return _found(connection, sealed_value.c.token, wanted, "token")


def by_equality(connection: sa.Connection, marks: Iterable[bytes]) -> dict[bytes, Any]:
    """The rows that hold these values, by equality mark: token, subject, and what today's config may change."""
    return {bytes(row.equality): row for row in select_in(connection, _WHAT_MAY_CHANGE, marks)}


def by_index_mark(connection: sa.Connection, marks: Sequence[bytes]) -> list[Any]:
    """The live rows that stand in the index under these marks, all of one field, because marks are keyed per field."""
    wanted = (sealed_value.c.index_mark.in_(marks), sealed_value.c.state == "live")
    return list(connection.execute(sa.select(sealed_value).where(*wanted).order_by(sealed_value.c.token)))


def following(connection: sa.Connection, tokens: Iterable[str]) -> dict[str, Any]:
    """Like `by_token`, but a moved token gives the row where its value stands now."""
    rows = by_token(connection, tokens)
    moved = by_token(connection, (row.moved_to for row in rows.values() if row.state == "moved"))
    return {token: moved[row.moved_to] if row.state == "moved" else row for token, row in rows.items()}


def standing(found: Mapping[str, Any], tokens: Iterable[str]) -> Mapping[str, Any]:
    """The rows, when every token has one that can still be opened."""
    missing = [token for token in tokens if token not in found]
    if missing:
        raise TokenUnknown(f"{len(missing)} token(s) that this vault never issued")
    erased = [token for token, row in found.items() if row.state == "erased"]
    if erased:
        raise TokenErased(f"{len(erased)} token(s) whose value was destroyed: {', '.join(erased[:5])}")
    return found


def equality_mark(key: SubjectKey, secret: Secret) -> bytes:
    """Equal for equal values of one subject, field and validity, and for nothing else."""
    compared = _compared(secret.field, secret.valid) + bound(secret.value.expose())
    return digest_of(key.equality, compared)[:MARK_LENGTH]


@lru_cache
def _compared(name: str, valid: bool) -> bytes:
    return bound(name) + bound(str(valid))


def sealed_body(secret: Secret, token: str, key: SubjectKey, *, random_bytes: RandomBytes) -> bytes:
    """The value under the subject's key, bound to its field, subject and token."""
    context = _context(secret.field, secret.subject, token)
    return seal_box(
        key,
        encoded(secret.value.expose()),
        key_version=key.version,
        context=context,
        random_bytes=random_bytes,
    )


def index_of(secret: Secret, key: SubjectKey, keys: Keys) -> bytes | None:
    """The value's place in the search index, in the suite of its data key; None when it is not to be found."""
    return index_mark(keys, key.suite, secret.field, secret.value) if secret.searchable else None


def renewed(
    row: Any, value: Plaintext[str], key: SubjectKey, keys: Keys, random_bytes: RandomBytes
) -> tuple[bytes, bytes, bytes | None]:
    """Body, equality mark and index mark of a row whose value comes under another data key of its subject."""
    secret = as_secret(row, value, subject=row.subject)
    body = sealed_body(secret, row.token, key, random_bytes=random_bytes)
    return body, equality_mark(key, secret), index_of(secret, key, keys)


def as_secret(row: Any, value: Plaintext[str], *, subject: str) -> Secret:
    """What is sealed anew when a row's value goes to another subject or under another key."""
    return Secret(row.field, subject, value, row.mask, valid=row.valid, searchable=row.index_mark is not None)


def opened(connection: sa.Connection, rows: Sequence[Any], subject_keys: SubjectKeys) -> list[Plaintext[str]]:
    """The values of rows that have a body, in order. Raises Unopenable, SuiteUnknown."""
    found = subject_keys.stored(connection, (row.subject for row in rows))
    return [open_row(row, found.get((row.subject, key_version(row.body)))) for row in rows]


def open_row(row: Any, key: SubjectKey | None) -> Plaintext[str]:
    """The value of a row that has a body. Raises Unopenable, SuiteUnknown."""
    if key is None:
        raise Unopenable(f"the data key of token {row.token} is missing")
    opened = open_box(key, row.body, context=_context(row.field, row.subject, row.token))
    return Plaintext(opened.decode(errors="surrogatepass"))


def _context(name: str, subject: str, token: str) -> bytes:
    return _named(name) + bound_name(subject) + bound(token)


@lru_cache
def _named(name: str) -> bytes:
    return _VALUE + bound(name)


def _found(connection: sa.Connection, column: sa.Column[Any], wanted: list[Any], name: str) -> dict[Any, Any]:
    found = {}
    for block in blocks(wanted):
        rows = connection.execute(sa.select(sealed_value).where(column.in_(block)))
        found.update({getattr(row, name): row for row in rows})
    return found
