"""What staff still have to do about a file: it stays in the tables until that is done. Reads the hub."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import select

from jobs.todo_config import DONE, NOT_NEEDED
from sync.connection import Uid
from sync.store.hub import Unit
from sync.store.records import Record
from sync.store.tables import reminder
from validators.schema import TableKey

Place = tuple[TableKey, Uid]


@dataclass(frozen=True, slots=True)
class OpenTasks:
    """Open items by the record they are about, and tasks that staff wrote by the number they name; what each is called."""

    items: Mapping[Place, str]
    written: Mapping[str, str]

    def about(self, records: Iterable[Record]) -> list[str]:
        """What is open about these records: kind or title, and the record's number."""
        found = []
        for record in records:
            called = self.items.get((record.table, record.uid)) or self.written.get(record.key)
            found += [f"{called} {record.key}"] if called else []
        return found


def open_tasks(
    unit: Unit, todo: TableKey | None, kinds: Mapping[str, str], routine: Collection[str]
) -> OpenTasks:
    """`kinds` gives the kind of each reminder; those of `routine` kinds come up as long as a file stands and keep none."""
    query = select(reminder.c.reminder, reminder.c.table, reminder.c.uid).where(
        reminder.c.closed_at.is_(None)
    )
    items = {
        (table, uid): kinds[id_]
        for id_, table, uid in unit.connection.execute(query)
        if id_ in kinds and kinds[id_] not in routine
    }
    rows = unit.records.of_table(todo) if todo else ()
    written = {
        str(row.values["target_no"]): str(row.values.get("title", ""))
        for row in rows
        if row.values.get("target_no")
        and not row.values.get("item")
        and row.values.get("status") not in (DONE, NOT_NEEDED)
    }
    return OpenTasks(items, written)
