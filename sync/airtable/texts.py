"""What stands in the columns of a base that are none of ours; ours are known from the pulls, and each page is a call."""

from collections.abc import Iterator, Mapping

from sync.connection import Texts

from .bound import BoundTable
from .client import AirtableClient, ServiceTable

KINDS = frozenset({"singleLineText", "multilineText", "richText", "phoneNumber", "number", "email", "url"})
"""Columns into which a number can be typed."""


def texts(client: AirtableClient, tables: Mapping[str, BoundTable]) -> Iterator[Texts]:
    """Every column of other tables, and those of our tables that we did not make. `tables` by id."""
    for table in client.schema():
        bound = tables.get(table.id)
        strange = [
            (place, field.id, field.name)
            for place, field in enumerate(table.fields, 1)
            if field.type in KINDS and not (bound and field.id in bound.by_id)
        ]
        if strange:
            yield from _columns(client, table, bound.key if bound else "", strange)


def _columns(
    client: AirtableClient, table: ServiceTable, key: str, strange: list[tuple[int, str, str]]
) -> Iterator[Texts]:
    for page in client.pages(table.id, fields=[id_ for _, id_, _ in strange]):
        for place, id_, name in strange:
            shown = tuple(str(one.fields[id_]) for one in page if one.fields.get(id_) not in (None, ""))
            yield Texts(key, place, name, shown)
