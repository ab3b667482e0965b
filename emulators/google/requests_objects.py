"""batchUpdate requests on what lies beside the cells: named ranges, protected ranges, developer metadata."""

from __future__ import annotations

from typing import Any

from emulators.google.context import Context
from emulators.google.data_filters import matching, normal_location
from emulators.google.errors import Json, invalid
from emulators.google.grid import Sheet, shown
from emulators.google.masks import Mask, write_mask, written
from emulators.google.requests_sheets import fresh_id
from emulators.google.views import may_edit, metadata_json

METADATA_CHARACTERS_MAX = 30_000


def stored_range(context: Context, area: Json | None) -> Json:
    """A GridRange to keep, with its sheet named and its open ends open."""
    sheet, _ = context.document.area(area)
    ends = {
        name: int(value) for name, value in (area or {}).items() if name != "sheetId" and value is not None
    }
    return {"sheetId": sheet.sheet_id, **ends}


def add_named_range(context: Context, body: Json) -> Json:
    """addNamedRange"""
    wanted = body.get("namedRange") or {}
    name = str(wanted.get("name") or "")
    _check_name(context, name)
    key = wanted.get("namedRangeId") or str(fresh_id(context, ()))
    entry = {"namedRangeId": key, "name": name, "range": stored_range(context, wanted.get("range"))}
    context.document.names[key] = entry
    context.note("addNamedRange", name)
    return {"namedRange": shown(entry)}


def _check_name(context: Context, name: str) -> None:
    valid = name and name[0] not in "0123456789" and all(mark.isalnum() or mark == "_" for mark in name)
    if not valid or len(name) > 250:
        raise invalid(f"The name of a named range is not valid: {name}")
    if any(entry["name"].casefold() == name.casefold() for entry in context.document.names.values()):
        raise invalid(f'A named range with the name "{name}" already exists.')


def update_named_range(context: Context, body: Json) -> None:
    """updateNamedRange"""
    mask, wanted = write_mask(body.get("fields"), "NamedRange"), body.get("namedRange") or {}
    key = str(wanted.get("namedRangeId"))
    entry = _known_name(context, key)
    if "name" in mask and str(wanted.get("name") or "").casefold() != entry["name"].casefold():
        _check_name(context, str(wanted.get("name") or ""))
    new = {**wanted, "range": stored_range(context, wanted.get("range"))} if "range" in mask else wanted
    context.document.names[key] = {**entry, **{name: new[name] for name in ("name", "range") if name in mask}}
    context.note("updateNamedRange", entry["name"])


def _known_name(context: Context, key: str) -> Json:
    entry = context.document.names.get(key)
    if entry is None:
        raise invalid(f"No named range with id: {key}")
    return entry


def delete_named_range(context: Context, body: Json) -> None:
    """deleteNamedRange"""
    entry = _known_name(context, str(body.get("namedRangeId")))
    del context.document.names[entry["namedRangeId"]]
    context.note("deleteNamedRange", entry["name"])


def add_protection(context: Context, body: Json) -> Json:
    """addProtectedRange: the one who protects may always edit, whatever was asked."""
    wanted = body.get("protectedRange") or {}
    sheet = _protected_sheet(context, wanted)
    key = wanted.get("protectedRangeId") or fresh_id(context, _all_protections(context))
    if int(key) in _all_protections(context):
        raise invalid(f"A protected range with id {key} already exists.")
    asked = {
        name: value
        for name, value in _without_nulls(wanted).items()
        if name not in ("editors", "requestingUserCanEdit")
    }
    answer = {"protectedRangeId": int(key), **asked}
    if "range" in asked:
        answer["range"] = stored_range(context, wanted["range"])
    users = _editors(wanted)
    sheet.protections[int(key)] = {
        **answer,
        "editors": {**_without_nulls(wanted.get("editors") or {}), "users": _with(users, context.person)},
    }
    context.note("addProtectedRange", sheet.title)
    return {
        "protectedRange": {
            **shown(answer),
            "requestingUserCanEdit": True,
            "editors": {"users": users} if users else {},
        }
    }


def _without_nulls(value: Json) -> Json:
    return {name: item for name, item in value.items() if item not in (None, "", False, [], {})}


def _editors(wanted: Json) -> list[str]:
    return list((wanted.get("editors") or {}).get("users") or [])


def _with(users: list[str], person: str) -> list[str]:
    return users if person in users else [*users, person]


def _protected_sheet(context: Context, wanted: Json) -> Sheet:
    if wanted.get("range") is not None:
        sheet, _ = context.document.area(wanted["range"])
    elif wanted.get("namedRangeId"):
        sheet = context.document.sheet(
            _known_name(context, str(wanted["namedRangeId"]))["range"].get("sheetId")
        )
    else:
        raise invalid("Must specify either range or namedRangeId.")
    return context.document.edit(sheet.sheet_id)


def _all_protections(context: Context) -> dict[int, Sheet]:
    return {key: sheet for sheet in context.document.sheets.values() for key in sheet.protections}


def _own_protection(context: Context, key: Any) -> tuple[Sheet, Json]:
    sheet = _all_protections(context).get(int(key or 0))
    if sheet is None:
        raise invalid(f"No protected range with id: {int(key or 0)}")
    entry = sheet.protections[int(key)]
    if not entry.get("warningOnly") and not may_edit(entry, context.person, context.owner):
        raise invalid("You do not have permission to change this protected range.")
    return context.document.edit(sheet.sheet_id), entry


def update_protection(context: Context, body: Json) -> None:
    """updateProtectedRange"""
    mask, wanted = write_mask(body.get("fields"), "ProtectedRange"), body.get("protectedRange") or {}
    sheet, entry = _own_protection(context, wanted.get("protectedRangeId"))
    kept = {
        name: below
        for name, below in mask.items()
        if name not in ("protectedRangeId", "requestingUserCanEdit")
    }
    new = {**wanted, "range": stored_range(context, wanted.get("range"))} if "range" in kept else wanted
    changed = written(entry, new, kept)
    changed["editors"] = {**changed.get("editors", {}), "users": _with(_editors(changed), context.person)}
    sheet.protections[entry["protectedRangeId"]] = changed
    context.note("updateProtectedRange", sheet.title)


def delete_protection(context: Context, body: Json) -> None:
    """deleteProtectedRange"""
    sheet, entry = _own_protection(context, body.get("protectedRangeId"))
    del sheet.protections[entry["protectedRangeId"]]
    context.note("deleteProtectedRange", sheet.title)


def create_metadata(context: Context, body: Json) -> Json:
    """createDeveloperMetadata"""
    wanted = body.get("developerMetadata") or {}
    if not wanted.get("metadataKey"):
        raise invalid("developerMetadata.metadataKey must be specified.")
    if wanted.get("visibility") not in ("DOCUMENT", "PROJECT"):
        raise invalid("developerMetadata.visibility must be specified.")
    key = wanted.get("metadataId") or fresh_id(context, context.document.metadata)
    if int(key) in context.document.metadata:
        raise invalid(f"Developer metadata with id {key} already exists.")
    entry = {
        "metadataId": int(key),
        **{name: wanted[name] for name in ("metadataKey", "metadataValue") if wanted.get(name)},
    }
    entry |= {
        "location": normal_location(context.document, wanted.get("location") or {}),
        "visibility": wanted["visibility"],
    }
    _check_metadata_room(context, entry)
    context.document.metadata[int(key)] = entry
    context.note("createDeveloperMetadata")
    return {"developerMetadata": metadata_json(entry)}


def _owner_sheet(entry: Json) -> Any:
    location = entry["location"]
    return location.get("dimensionRange", location).get("sheetId")


def _check_metadata_room(context: Context, entry: Json) -> None:
    sheet_id = _owner_sheet(entry)
    same = [
        one
        for one in context.document.metadata.values()
        if one is not entry and _owner_sheet(one) == sheet_id
    ]
    size = sum(len(one.get("metadataKey", "")) + len(one.get("metadataValue", "")) for one in [*same, entry])
    if size > METADATA_CHARACTERS_MAX:
        raise invalid(
            f"Developer metadata would exceed the limit of {METADATA_CHARACTERS_MAX} characters: {size}."
        )


def update_metadata(context: Context, body: Json) -> Json:
    """updateDeveloperMetadata: every entry that a filter selects."""
    mask, wanted = (
        write_mask(body.get("fields"), "DeveloperMetadata"),
        dict(body.get("developerMetadata") or {}),
    )
    if "location" in mask:
        wanted["location"] = normal_location(context.document, wanted.get("location") or {})
    flat: Mask = {name: {} for name in mask if name != "metadataId"}
    selected = {
        entry["metadataId"]: entry
        for one in body.get("dataFilters") or []
        for entry in matching(context.document, one)
    }
    for key, entry in selected.items():
        context.document.metadata[key] = written(entry, wanted, flat)
    context.note("updateDeveloperMetadata")
    changed = [metadata_json(context.document.metadata[key]) for key in selected]
    return {"developerMetadata": changed} if changed else {}


def delete_metadata(context: Context, body: Json) -> Json:
    """deleteDeveloperMetadata"""
    gone = matching(context.document, body.get("dataFilter") or {})
    for entry in gone:
        del context.document.metadata[entry["metadataId"]]
    context.note("deleteDeveloperMetadata")
    return {"deletedDeveloperMetadata": [metadata_json(entry) for entry in gone]} if gone else {}
