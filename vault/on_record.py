"""What the audit chain says of erasures, users and restrictions, held against the rows that have to say the same.

Whoever edits the database can lift a restriction, raise a role or bring a user back; but not put it on record.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from vault.audit import ERASE, entries
from vault.people_tables import vault_user
from vault.restricting import RESTRICT, restrictions
from vault.users import DISABLE, ENABLE, USER_ACTS, told

if TYPE_CHECKING:
    from vault.vault import Vault

Said = Mapping[str, Any]


@dataclass(slots=True)
class OnRecord:
    """The last word of the chain on each: persons who were erased, users and whether they are disabled, terms of restrictions."""

    erased: set[str] = field(default_factory=set)
    users: dict[str, str] = field(default_factory=dict)
    disabled: dict[str, bool] = field(default_factory=dict)
    restricted: dict[str, str] = field(default_factory=dict)


def on_record(vault: "Vault") -> OnRecord:
    """Read the whole chain; what was altered in it says nothing."""
    found = OnRecord()
    for entry in entries(vault):
        if take := _TAKES.get(entry["action"]):
            take(found, entry)
    return found


def edited_users(vault: "Vault", found: OnRecord) -> Iterator[str]:
    """The names of users whose row is not as the chain left it, or is gone."""
    with vault.store.reading() as connection:
        rows = connection.execute(sa.select(vault_user)).all()
    standing = {row.name: (told(row), row.disabled) for row in rows}
    for name in sorted({*standing, *found.users}):
        if standing.get(name) != (found.users.get(name), found.disabled.get(name)):
            yield name


def edited_restrictions(vault: "Vault", found: OnRecord) -> Iterator[str]:
    """The persons whose restriction is not as the chain left it, or is gone."""
    standing = {one.subject: one.told for one in restrictions(vault)}
    for subject in sorted({*standing, *found.restricted}):
        if standing.get(subject) != found.restricted.get(subject):
            yield subject


def _erased(found: OnRecord, entry: Said) -> None:
    found.erased.add(entry["subject"])
    found.restricted.pop(entry["subject"], None)


def _restricted(found: OnRecord, entry: Said) -> None:
    found.restricted[entry["subject"]] = entry["reason"]


def _changed(found: OnRecord, entry: Said) -> None:
    name = entry["reason"].partition(",")[0]
    found.users[name] = entry["reason"]
    if entry["action"] in (DISABLE, ENABLE) or name not in found.disabled:
        found.disabled[name] = entry["action"] == DISABLE


_TAKES: Mapping[str, Callable[[OnRecord, Said], None]] = {
    ERASE: _erased,
    RESTRICT: _restricted,
    **dict.fromkeys(USER_ACTS, _changed),
}
