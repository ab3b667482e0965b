"""Drive v3 permissions: who may do what with a file."""

from __future__ import annotations

from emulators.exchange import Request, Response
from emulators.google import masks
from emulators.google.errors import Json, answer, drive_error
from emulators.google.files import RANKS, File, Files

SHOWN_BY_DEFAULT = ("kind", "id", "type", "role")
PAGE_DEFAULT = 100
TYPES = ("user", "group", "domain", "anyone")


def permissions(files: Files, request: Request, file: File, parts: list[str], person: str) -> Response:
    """The answer to a request below files/{id}/permissions."""
    if file.role(person) < RANKS["writer"]:
        raise drive_error(
            403, "insufficientFilePermissions", "The user does not have sufficient permissions for this file."
        )
    if not parts:
        return _list(request, file) if request.method == "GET" else _create(files, request, file, person)
    entry = file.permissions.get(parts[0])
    if entry is None:
        raise drive_error(404, "notFound", f"Permission not found: {parts[0]}.", parameter="permissionId")
    if request.method == "GET":
        return _one(request, entry)
    return (
        _delete(files, file, entry, person)
        if request.method == "DELETE"
        else _update(files, request, file, entry, person)
    )


def shown(entry: Json) -> Json:
    """A permission with all its fields."""
    name = entry.get("emailAddress") or entry.get("domain") or ""
    known = {
        "kind": "drive#permission",
        **entry,
        "deleted": False,
        "pendingOwner": bool(entry.get("pendingOwner")),
    }
    return {**known, "displayName": name} if name else known


def _list(request: Request, file: File) -> Response:
    entries = [shown(entry) for entry in file.permissions.values()]
    size, start = int(request.first("pageSize") or PAGE_DEFAULT), int(request.first("pageToken") or 0)
    body: Json = {"kind": "drive#permissionList", "permissions": entries[start : start + size]}
    if start + size < len(entries):
        body["nextPageToken"] = str(start + size)
    fields = request.first("fields")
    if fields:
        return answer(masks.pick(body, masks.parse(fields)))
    short = [{name: entry[name] for name in SHOWN_BY_DEFAULT} for entry in body["permissions"]]
    return answer({**body, "permissions": short})


def _one(request: Request, entry: Json) -> Response:
    full, fields = shown(entry), request.first("fields")
    return answer(
        masks.pick(full, masks.parse(fields)) if fields else {name: full[name] for name in SHOWN_BY_DEFAULT}
    )


def _create(files: Files, request: Request, file: File, person: str) -> Response:
    body = request.json() if request.body else {}
    kind, role = body.get("type"), body.get("role")
    if kind not in TYPES:
        raise drive_error(
            400, "required", "The permission type field is required.", parameter="permission.type"
        )
    if role not in RANKS:
        raise drive_error(
            400, "required", "The permission role field is required.", parameter="permission.role"
        )
    if kind in ("user", "group") and not body.get("emailAddress"):
        raise drive_error(
            400,
            "invalidSharingRequest",
            "The specified emailAddress is invalid or not applicable for the given permission type.",
        )
    names = ("type", "role", "emailAddress", "domain", "allowFileDiscovery", "expirationTime")
    if role == "owner":
        _demote_owner(files, request, file)
    entry = files.share(file, {name: body[name] for name in names if body.get(name) is not None})
    files.changed(file, person)
    return _one(request, entry)


def _demote_owner(files: Files, request: Request, file: File) -> None:
    if request.first("transferOwnership").lower() != "true":
        message = "The transferOwnership parameter must be enabled when the permission role is 'owner'."
        raise drive_error(403, "forbidden", message, parameter="transferOwnership")
    for key, entry in [*file.permissions.items()]:
        if entry["role"] == "owner":
            file.permissions[key] = {**entry, "role": "writer"}
    files.record(file)


def _update(files: Files, request: Request, file: File, entry: Json, person: str) -> Response:
    body = request.json() if request.body else {}
    if body.get("role") == "owner":
        _demote_owner(files, request, file)
    changed = {
        **entry,
        **{
            name: body[name]
            for name in ("role", "pendingOwner", "expirationTime")
            if body.get(name) is not None
        },
    }
    file.permissions[entry["id"]] = changed
    files.changed(file, person)
    return _one(request, changed)


def _delete(files: Files, file: File, entry: Json, person: str) -> Response:
    if entry["role"] == "owner":
        raise drive_error(403, "insufficientFilePermissions", "The owner of a file cannot be removed.")
    del file.permissions[entry["id"]]
    files.changed(file, person)
    return Response(204, b"", {"Content-Type": "text/html"})
