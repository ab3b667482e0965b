"""What waits for what: a row that links to a record which has to be mended waits for it, and so do those that link to that row."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from validators.schema import SchemaConfig, TableKey
from validators.values import Value, refers

from .connection import Uid
from .store.records import Record, State


@dataclass(frozen=True, slots=True)
class Standing:
    """What matters of a record to whoever links to it."""

    key: str = ""
    needs: frozenset[Uid] | None = None
    """The records that have to be live with it; None where it has to be mended itself, or nobody knows it."""


@dataclass(frozen=True, slots=True)
class Waits:
    """Tells which links have to wait. Rows that merely link to each other wait for nobody."""

    schema: SchemaConfig
    find: Callable[[Uid], Record | None]
    together: Mapping[Uid, Standing]
    """Rows that are judged at the same time: what was known of them is old."""

    def first(self, uids: Iterable[Uid]) -> Standing | None:
        """The first of these records that is to be waited for."""
        return next((self._standing(uid) for uid in sorted(uids) if self._is_behind(uid)), None)

    def _is_behind(self, uid: Uid) -> bool:
        """Whether a record, or one that it needs, has to be mended."""
        ahead, passed = [uid], set[Uid]()
        while ahead:
            needs = self._standing(ahead[-1]).needs
            if needs is None:
                return True
            passed.add(ahead.pop())
            ahead += needs - passed
        return False

    def _standing(self, uid: Uid) -> Standing:
        if uid in self.together:
            return self.together[uid]
        record = self.find(uid)
        if record is None:
            return Standing()
        if record.state is State.HELD:
            return Standing(record.key)
        waits = record.state is State.WAITING
        return Standing(record.key, linked_by(self.schema, record.table, record.values if waits else {}))


def linked_by(schema: SchemaConfig, table: TableKey, values: Mapping[str, Value | None]) -> frozenset[Uid]:
    """Everything that these values of a row link to."""
    links = schema.tables[table].links.items()
    return frozenset(uid for key, config in links for uid in refers(config, values.get(key)))
