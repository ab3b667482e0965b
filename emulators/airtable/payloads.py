"""Cuts the changes of an action to what one webhook asked for, in the form of a payload."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from emulators.airtable.changes import Changes, RecordChange, TableChange
from emulators.airtable.model import Base, Field


@dataclass(frozen=True, slots=True)
class Filters:
    """A webhook's specification, read. None means everything."""

    data_types: frozenset[str]
    change_types: frozenset[str]
    sources: frozenset[str] | None
    table_id: str | None
    field_ids: frozenset[str] | None
    schema_field_ids: frozenset[str] | None
    included: frozenset[str] | None
    """Fields whose cells are told even where they did not change; None stands for all."""
    previous_cells: bool
    previous_fields: bool

    @staticmethod
    def read(specification: dict[str, Any]) -> "Filters":
        """From the JSON of a create request."""
        options = specification["options"]
        filters, includes = options["filters"], options.get("includes") or {}
        scope = filters.get("recordChangeScope")
        cells = includes.get("includeCellValuesInFieldIds")
        return Filters(
            data_types=frozenset(filters["dataTypes"]),
            change_types=frozenset(filters.get("changeTypes") or ("add", "remove", "update")),
            sources=_names(filters.get("fromSources")),
            table_id=scope if isinstance(scope, str) and scope.startswith("tbl") else None,
            field_ids=_names(filters.get("watchDataInFieldIds")),
            schema_field_ids=_names(filters.get("watchSchemasOfFieldIds")),
            included=None if cells == "all" else frozenset(cells or ()),
            previous_cells=bool(includes.get("includePreviousCellValues")),
            previous_fields=bool(includes.get("includePreviousFieldDefinitions")),
        )

    def watches_any_of(self, field_ids: list[str]) -> bool:
        """Whether one of these fields is named in the specification."""
        named = (
            (self.field_ids or frozenset())
            | (self.schema_field_ids or frozenset())
            | (self.included or frozenset())
        )
        return not named.isdisjoint(field_ids)


def _names(given: Any) -> frozenset[str] | None:
    return frozenset(given) if given else None


def bodies(changes: Changes, filters: Filters, base: Base, *, split: bool) -> Iterator[dict[str, Any]]:
    """The parts of the payloads that tell the changes: none if nothing concerns the webhook, several where `split`."""
    tables = {
        table_id: _table(change, filters, base, table_id) for table_id, change in changes.tables.items()
    }
    told = {
        table_id: body for table_id, body in tables.items() if body and filters.table_id in (None, table_id)
    }
    created = _created_tables(changes, filters, base)
    if split:
        parts = [{table_id: part} for table_id, body in told.items() for part in _parts(body)]
    else:
        parts = [told] if told else []
    if created:
        yield {"createdTablesById": created}
    for part in parts:
        yield {"changedTablesById": part}


def _created_tables(changes: Changes, filters: Filters, base: Base) -> dict[str, Any]:
    if "tableMetadata" not in filters.data_types or filters.table_id is not None:
        return {}
    return {table_id: _definition(base, table_id) for table_id in changes.created_tables}


def _definition(base: Base, table_id: str) -> dict[str, Any]:
    table = base.tables[table_id]
    fields = {column.id: {"name": column.name, "type": column.type} for column in table.fields.values()}
    return {
        "metadata": {"name": table.name, "description": table.description},
        "fieldsById": fields,
        "recordsById": {},
    }


def _table(change: TableChange, filters: Filters, base: Base, table_id: str) -> dict[str, Any]:
    body: dict[str, Any] = {}
    if "tableData" in filters.data_types:
        body |= _records(change, filters)
    if "tableFields" in filters.data_types:
        body |= _fields(change, filters)
    if "tableMetadata" in filters.data_types and change.metadata:
        before, after = change.metadata
        body["changedMetadata"] = {"current": after, "previous": before}
    return body


def _records(change: TableChange, filters: Filters) -> dict[str, Any]:
    created, changed = {}, {}
    for record_id, record in change.records.items():
        if record.previous is None and "add" in filters.change_types:
            created[record_id] = _created(record, filters)
        elif (
            record.previous is not None
            and "update" in filters.change_types
            and (told := _changed(record, filters))
        ):
            changed[record_id] = told
    destroyed = change.destroyed if "remove" in filters.change_types else []
    parts = {"createdRecordsById": created, "changedRecordsById": changed, "destroyedRecordIds": destroyed}
    return {name: part for name, part in parts.items() if part}


def _created(record: RecordChange, filters: Filters) -> dict[str, Any]:
    wanted = _watched(record.current, filters) | _included(record.current, filters)
    return {"createdTime": record.created_time, "cellValuesByFieldId": wanted}


def _changed(record: RecordChange, filters: Filters) -> dict[str, Any]:
    current = _watched(record.current, filters)
    if not current:
        return {}
    told: dict[str, Any] = {"current": {"cellValuesByFieldId": current}}
    if filters.previous_cells and record.previous is not None:
        previous = {field_id: record.previous[field_id] for field_id in current}
        told["previous"] = {"cellValuesByFieldId": previous}
    unchanged = _included(record.rest, filters)
    if unchanged:
        told["unchanged"] = {"cellValuesByFieldId": unchanged}
    return told


def _watched(cells: dict[str, Any], filters: Filters) -> dict[str, Any]:
    if filters.field_ids is None:
        return cells
    return {field_id: value for field_id, value in cells.items() if field_id in filters.field_ids}


def _included(cells: dict[str, Any], filters: Filters) -> dict[str, Any]:
    if filters.included is None:
        return cells
    return {field_id: value for field_id, value in cells.items() if field_id in filters.included}


def _fields(change: TableChange, filters: Filters) -> dict[str, Any]:
    def watched(field_id: str) -> bool:
        return filters.schema_field_ids is None or field_id in filters.schema_field_ids

    created = {key: _shape(column) for key, column in change.created_fields.items() if watched(key)}
    changed = {
        key: _field_change(pair, filters) for key, pair in change.changed_fields.items() if watched(key)
    }
    destroyed = [field_id for field_id in change.destroyed_fields if watched(field_id)]
    parts = {"createdFieldsById": created, "changedFieldsById": changed, "destroyedFieldIds": destroyed}
    return {name: part for name, part in parts.items() if part}


def _shape(column: Field) -> dict[str, str]:
    return {"name": column.name, "type": column.type}


def _field_change(pair: tuple[Field, Field], filters: Filters) -> dict[str, Any]:
    before, after = _shape(pair[0]), _shape(pair[1])
    keys = [key for key in after if before[key] != after[key]] or ["name", "type"]
    told = {"current": {key: after[key] for key in keys}}
    return told | {"previous": {key: before[key] for key in keys}} if filters.previous_fields else told


def _parts(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """One part per record, as when the service splits an action; schema changes stay together."""
    for name in ("createdRecordsById", "changedRecordsById"):
        for record_id, record in body.pop(name, {}).items():
            yield {name: {record_id: record}}
    for record_id in body.pop("destroyedRecordIds", []):
        yield {"destroyedRecordIds": [record_id]}
    if body:
        yield body
