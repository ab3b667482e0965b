"""A person at an Airtable base."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.simulation import archive
from tests.simulation.side import NOTE, STATUS, UID, Hands, Line, Raw

SYSTEM = (STATUS, NOTE, UID)


@dataclass(slots=True)
class AirtableSide:
    """Columns are known by their ids, as a person knows them by sight: a renamed one is still the same."""

    name: str
    base: str
    hands: Hands
    service: str = "airtable"
    _tables: dict[str, str] = field(default_factory=dict)
    _columns: dict[str, dict[str, str]] = field(default_factory=dict)

    def learn(self) -> None:
        """Look at the base after `setup`."""
        for table in self.schema():
            key = next(
                (key for key in archive.TABLES if archive.SCHEMA["tables"][key]["name"] == table["name"]),
                None,
            )
            if key is None:
                continue
            self._tables[key] = table["id"]
            names = {archive.header(key, one): one for one in archive.fields(key)}
            names |= {name: name for name in (*SYSTEM, archive.UNMAPPED)}
            known = self._columns.setdefault(key, {})
            standing = {column["id"] for column in table["fields"]}
            known = {id: one for id, one in known.items() if id in standing}
            found = {c["id"]: names[c["name"]] for c in table["fields"] if c["name"] in names}
            self._columns[key] = {**{i: n for i, n in found.items() if n not in known.values()}, **known}

    def schema(self) -> list[dict[str, Any]]:
        """All tables with their columns."""
        answer = self.hands("GET", f"/v0/meta/bases/{self.base}/tables")
        return list(answer["tables"]) if answer else []

    def table(self, table: str) -> str:
        """The id of a table."""
        return self._tables[table]

    def column(self, table: str, name: str) -> str | None:
        """The id of a column by field key or header; None when it is gone."""
        return next((id for id, one in self._columns[table].items() if one == name), None)

    def fields(self, table: str) -> tuple[str, ...]:
        known = set(self._columns.get(table, {}).values())
        return tuple(key for key in archive.fields(table) if key in known)

    def lines(self, table: str) -> list[Line]:
        found: list[Line] = []
        if table not in self._tables:
            return found
        offset = None
        while True:
            body = {"pageSize": 100, "returnFieldsByFieldId": True} | ({"offset": offset} if offset else {})
            answer = self.hands("POST", f"/v0/{self.base}/{self._tables[table]}/listRecords", body)
            found += [self._line(table, record) for record in answer["records"]]
            offset = answer.get("offset")
            if not offset:
                return found

    def _line(self, table: str, record: Mapping[str, Any]) -> Line:
        columns = self._columns[table]
        shown = {columns[id]: raw for id, raw in record["fields"].items() if id in columns}
        cells = {key: raw for key, raw in shown.items() if key in archive.fields(table)}
        system = {name: str(shown[name]) for name in SYSTEM if name in shown}
        return Line(record["id"], cells, system, str(shown.get(archive.UNMAPPED, "")))

    def type(self, table: str, line: Line, cells: Mapping[str, Raw]) -> bool:
        return self._patch(table, line.place, cells)

    def _patch(self, table: str, record: str, cells: Mapping[str, Raw]) -> bool:
        body = {"records": [{"id": record, "fields": self._by_id(table, cells)}], "typecast": True}
        return self.hands("PATCH", f"/v0/{self.base}/{self._tables[table]}", body) is not None

    def add(self, table: str, cells: Mapping[str, Raw]) -> bool:
        body = {"records": [{"fields": self._by_id(table, cells)}], "typecast": True}
        return self.hands("POST", f"/v0/{self.base}/{self._tables[table]}", body) is not None

    def remove(self, table: str, line: Line) -> bool:
        return self.hands("DELETE", f"/v0/{self.base}/{self._tables[table]}/{line.place}") is not None

    def copy(self, table: str, line: Line, cells: Mapping[str, Raw]) -> bool:
        return self.add(table, {**line.cells, **line.system, **cells})

    def mark(self, table: str, line: Line, text: str) -> bool:
        return self._patch(table, line.place, {archive.UNMAPPED: text})

    def _by_id(self, table: str, cells: Mapping[str, Raw]) -> dict[str, Raw]:
        ids = {name: self.column(table, name) for name in cells}
        return {id: cells[name] for name, id in ids.items() if id is not None}

    # What can go wrong with a base

    def add_own_column(self, table: str) -> None:
        """The staff's own column."""
        body = {"name": archive.UNMAPPED, "type": "singleLineText"}
        self.hands("POST", f"/v0/meta/bases/{self.base}/tables/{self._tables[table]}/fields", body)

    def rename_column(self, table: str, key: str, name: str) -> bool:
        """Change a header."""
        path = f"/v0/meta/bases/{self.base}/tables/{self._tables[table]}/fields/{self.column(table, key)}"
        return self.hands("PATCH", path, {"name": name}) is not None

    def _field(self, table: str, key: str) -> tuple[str, dict[str, Any]]:
        """Where a column is changed, and what it is."""
        column, tables = self.column(table, key), self.schema()
        mine = next(one for one in tables if one["id"] == self._tables[table])
        found = next(one for one in mine["fields"] if one["id"] == column)
        return f"/v0/meta/bases/{self.base}/tables/{self._tables[table]}/fields/{column}", found

    def rename_option(self, table: str, key: str, old: str, new: str | None) -> bool:
        """Another name for an option of a select, or none: then it is deleted."""
        path, field = self._field(table, key)
        choices = [
            {**one, "name": new if one["name"] == old else one["name"]}
            for one in field.get("options", {}).get("choices", ())
            if one["name"] != old or new is not None
        ]
        if not any(one["name"] == old for one in field.get("options", {}).get("choices", ())):
            return False
        return self.hands("PATCH", path, {"type": field["type"], "options": {"choices": choices}}) is not None

    def retype(self, table: str, key: str, kind: str) -> bool:
        """Another type for a column, which keeps what stands in it."""
        return self.hands("PATCH", self._field(table, key)[0], {"type": kind}) is not None

    def kind(self, table: str, key: str) -> str:
        """The type of a column."""
        return str(self._field(table, key)[1]["type"])

    def offer(self, table: str, key: str, options: Sequence[str]) -> None:
        """Make a drop-down of a column that was retyped; what stands in it becomes an option, too."""
        shown = {str(line.cells[key]) for line in self.lines(table) if key in line.cells}
        choices = [{"name": name} for name in dict.fromkeys((*options, *sorted(shown)))]
        body = {"type": "singleSelect", "options": {"choices": choices}}
        self.hands("PATCH", self._field(table, key)[0], body)

    def drop_column(self, table: str, key: str) -> bool:
        """Delete a column with everything in it."""
        path = f"/v0/meta/bases/{self.base}/tables/{self._tables[table]}/fields/{self.column(table, key)}"
        return self.hands("DELETE", path) is not None

    def kill_webhooks(self) -> None:
        """Somebody with the same rights tidies up."""
        answer = self.hands("GET", f"/v0/bases/{self.base}/webhooks")
        for hook in (answer or {"webhooks": []})["webhooks"]:
            self.hands("DELETE", f"/v0/bases/{self.base}/webhooks/{hook['id']}")
