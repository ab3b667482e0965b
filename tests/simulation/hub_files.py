"""The daemon's files as anybody could read them: plain SQL, nothing of the engine."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.simulation.archive import ORIGIN, fields, spelt
from tests.simulation.reading import Reader


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger; values in the hub's JSON form."""

    replica: str
    table: str
    uid: str
    key: str
    kept: Any
    other: Any


@dataclass(frozen=True, slots=True)
class HubFiles:
    """What the hub says at this moment."""

    states: Mapping[tuple[str, str], str]
    """Of each record, by table and uid."""
    origins: Mapping[tuple[str, str], str]
    values: Mapping[tuple[str, str], Mapping[str, Any]]
    """In the hub's JSON form."""
    held: Mapping[tuple[str, str, str], frozenset[str]]
    """Fields that wait, by replica, table and uid."""
    ledger: tuple[Entry, ...]
    waiting_deletions: tuple[tuple[str, str], ...]
    """Undecided, by table and uid."""

    @staticmethod
    def read(folder: Path) -> "HubFiles":
        """Read the hub below `folder`."""
        with sqlite3.connect(f"file:{folder}/hub.sqlite3?mode=ro", uri=True) as connection:
            records = connection.execute('SELECT "table", uid, state, "values" FROM record').fetchall()
            seen = connection.execute('SELECT replica, "table", uid, held FROM seen').fetchall()
            ledger = connection.execute(
                'SELECT replica, "table", uid, field, kept, other FROM ledger'
            ).fetchall()
            waiting = connection.execute(
                'SELECT "table", uid FROM deletion WHERE decision IS NULL'
            ).fetchall()
        connection.close()
        stored = {(table, uid): json.loads(values) for table, uid, _, values in records}
        return HubFiles(
            states={(table, uid): state for table, uid, state, _ in records},
            origins={record: values.get(ORIGIN, "") for record, values in stored.items()},
            values=stored,
            held={(replica, table, uid): frozenset(json.loads(held)) for replica, table, uid, held in seen},
            ledger=tuple(
                Entry(replica, table, uid, key, _json(kept), _json(other))
                for replica, table, uid, key, kept, other in ledger
            ),
            waiting_deletions=tuple(waiting),
        )

    def cells(self, reader: Reader, state: str | None = None) -> Iterator[tuple[tuple[str, str, str], str]]:
        """What the archive has of each row, or of those in one state, in the oracle's form."""
        for (table, uid), values in self.values.items():
            if state not in (None, self.states[table, uid]):
                continue
            for key in values.keys() & fields(table).keys():
                text = self.value(reader, table, key, values[key])
                if text is not None:
                    yield (table, self.origins[table, uid], key), text

    def value(self, reader: Reader, table: str, key: str, stored: Any) -> str | None:
        """A stored value in the oracle's form; None for a blank."""
        if stored is None:
            return None
        config = fields(table)[key]
        if config.get("sensitive"):
            return reader.open_token(str(stored)) or f"!{stored}"
        if config["type"] == "link":
            return self.origins.get((str(config["to"]), str(stored)), f"!{stored}")
        if config["type"] == "select":
            return spelt(table, key, str(stored))
        if config["type"] in ("decimal", "money", "int"):
            return reader.cell(table, key, float(stored))
        return reader.cell(table, key, stored)


def _json(text: str | None) -> Any:
    return None if text is None else json.loads(text)
