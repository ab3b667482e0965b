"""Plaintext windows: from when until when a sensitive value stood in a table before it was masked, and who had the table then."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from vault.bulk import blocks, next_change
from vault.clock import instant_of, stamp
from vault.people_tables import plaintext_window

if TYPE_CHECKING:
    from vault.vault import Vault


@dataclass(frozen=True, slots=True)
class Shown:
    """Plaintext that the daemon found in a cell. `typed_by` is empty where the service does not tell."""

    record: str
    field: str
    subject: str
    token: str
    typed_by: str = ""


@dataclass(frozen=True, slots=True)
class Window:
    """One value in one cell of a place (a replica). `until` is None while it is not known to be masked."""

    place: str
    record: str
    field: str
    subject: str
    token: str
    typed_by: str
    readers: str
    since: datetime
    until: datetime | None


class Windows:
    """Opened when plaintext is read, closed when the write that masks it is confirmed."""

    def __init__(self, vault: "Vault") -> None:
        self._vault = vault

    def note(self, place: str, found: Sequence[Shown], *, readers: Iterable[str] = ()) -> None:
        """Plaintext stands in these cells. What is noted already, because its write was refused, goes on as it is."""
        if not found:
            return
        known_readers = "、".join(readers)
        with self._vault.store.writing() as connection:
            noted = self._standing(connection, place, {one.record for one in found})
            change = next_change(connection)
            rows = [
                {
                    "place": place,
                    "record": one.record,
                    "field": one.field,
                    "subject": one.subject,
                    "token": one.token,
                    "typed_by": one.typed_by,
                    "readers": known_readers,
                    "since": stamp(self._vault.clock()),
                    "change": change,
                }
                for one in found
                if (one.record, one.field, one.token) not in {(r.record, r.field, r.token) for r in noted}
            ]
            if rows:
                connection.execute(plaintext_window.insert(), rows)

    def end(self, place: str, cells: Iterable[tuple[str, str]]) -> None:
        """These cells (record, field) were overwritten."""
        wanted = set(cells)
        records = {record for record, _ in wanted}
        with self._vault.store.reading() as connection:
            standing = self._standing(connection, place, records)
        masked = [row.window_id for row in standing if (row.record, row.field) in wanted]
        if not masked:
            return
        with self._vault.store.writing() as connection:
            over = {"until": stamp(self._vault.clock()), "change": next_change(connection)}
            for block in blocks(masked):
                those = plaintext_window.c.window_id.in_(block)
                connection.execute(plaintext_window.update().where(those).values(**over))

    def all(self, *, subject: str = "") -> Iterator[Window]:
        """All windows, or those of one person's values, oldest first."""
        query = sa.select(plaintext_window).order_by(plaintext_window.c.window_id)
        if subject:
            query = query.where(plaintext_window.c.subject == subject)
        with self._vault.store.reading() as connection:
            yield from map(_window, connection.execute(query))

    def counts(self, *, since: datetime) -> tuple[int, int]:
        """Cells in which plaintext stands now, and those in which it was found from `since` on."""
        standing = plaintext_window.c.until.is_(None)
        found = plaintext_window.c.since >= stamp(since)
        with self._vault.store.reading() as connection:
            return (
                connection.execute(sa.select(sa.func.count()).where(standing)).scalar_one(),
                connection.execute(sa.select(sa.func.count()).where(found)).scalar_one(),
            )

    def _standing(self, connection: sa.Connection, place: str, records: Iterable[str]) -> list[Any]:
        found: list[Any] = []
        for block in blocks(sorted(records)):
            those = (
                plaintext_window.c.place == place,
                plaintext_window.c.until.is_(None),
                plaintext_window.c.record.in_(block),
            )
            found += connection.execute(sa.select(plaintext_window).where(*those)).all()
        return found


def _window(row: Any) -> Window:
    return Window(
        place=row.place,
        record=row.record,
        field=row.field,
        subject=row.subject,
        token=row.token,
        typed_by=row.typed_by,
        readers=row.readers,
        since=instant_of(row.since, "a window of plaintext"),
        until=instant_of(row.until, "a window of plaintext") if row.until else None,
    )
