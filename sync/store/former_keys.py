"""What records were called before: a cell that still shows it means them, while nobody else goes by it."""

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, delete, insert, select

from validators.schema import TableKey

from ..connection import Uid
from .records import blocks
from .tables import former_key


def by_former_key(connection: Connection, table: TableKey, keys: Iterable[str]) -> dict[str, Uid]:
    """The uids of the records that went by these business keys."""
    found: dict[str, Uid] = {}
    for block in blocks(keys):
        mine = (former_key.c.table == table, former_key.c.key.in_(block))
        query = select(former_key.c.key, former_key.c.uid).where(*mine)
        found |= {key: uid for key, uid in connection.execute(query)}
    return found


def note_former_keys(connection: Connection, table: TableKey, keys: Mapping[str, Uid]) -> None:
    """These records went by these keys until now."""
    for block in blocks(keys):
        mine = (former_key.c.table == table, former_key.c.key.in_(block))
        connection.execute(delete(former_key).where(*mine))
    if keys:
        rows = [{"table": table, "key": key, "uid": uid} for key, uid in keys.items()]
        connection.execute(insert(former_key), rows)
