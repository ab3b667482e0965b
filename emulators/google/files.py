"""Drive's side of each file: names, times, versions, permissions, and the feed of changes. Cell edits show up late."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

from emulators.google.document import Document
from emulators.google.errors import Json

SPREADSHEET: Final = "application/vnd.google-apps.spreadsheet"
EDIT_LAG: Final = timedelta(minutes=3)
CREATION_LAG: Final = timedelta(milliseconds=18)
_ID_MARKS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
RANKS: Final = {"reader": 1, "commenter": 2, "writer": 3, "fileOrganizer": 4, "organizer": 5, "owner": 6}


@dataclass(slots=True)
class File:
    """A file in Drive. `permissions` maps permission ids to JSON that is replaced, never changed in place."""

    file_id: str
    mime_type: str
    creator: str
    created: datetime
    modified: datetime
    editor: str
    document: Document | None
    name: str = ""
    """Of a file that is no spreadsheet; a spreadsheet is named by its title."""
    version: int = 1
    trashed: bool = False
    extra: Json = field(default_factory=dict)
    permissions: dict[str, Json] = field(default_factory=dict)
    comments: list[Json] = field(default_factory=list)
    edited_first: datetime | None = None
    """When the first cell edit that Drive does not show yet was made."""
    edited_last: datetime | None = None

    @property
    def title(self) -> str:
        """The file's name."""
        return str(self.document.properties["title"]) if self.document else self.name

    def rename(self, name: str) -> None:
        """Gives the file, and the spreadsheet in it, another name."""
        self.name = name
        if self.document:
            self.document.properties = {**self.document.properties, "title": name}

    @property
    def owner(self) -> str:
        """The owner's e-mail address."""
        return next(
            (entry["emailAddress"] for entry in self.permissions.values() if entry["role"] == "owner"), ""
        )

    def role(self, person: str) -> int:
        """The person's rank: 0 for none."""
        ranks = (RANKS[entry["role"]] for entry in self.permissions.values() if _covers(entry, person))
        return max(ranks, default=0)


def _covers(entry: Json, person: str) -> bool:
    if entry["type"] == "anyone":
        return True
    if entry["type"] == "domain":
        return person.endswith("@" + str(entry.get("domain")))
    return bool(entry.get("emailAddress") == person)


@dataclass(frozen=True, slots=True)
class Change:
    """An entry of the feed of changes; a newer one of the same file replaces it."""

    number: int
    file_id: str
    time: datetime
    removed: bool


class Files:
    """All files, and the feed of their changes."""

    def __init__(self, clock: Callable[[], datetime], random: Random) -> None:
        self._clock = clock
        self._random = random
        self.files: dict[str, File] = {}
        self.changes: dict[str, Change] = {}
        self.next_change = 1
        self.revision = 0
        """Moves with every change as soon as it is made, unlike a file's `version`."""

    def now(self) -> datetime:
        """The world's time, in UTC."""
        return self._clock().astimezone(UTC)

    def new_id(self) -> str:
        """A file id of 44 characters."""
        return "1" + "".join(self._random.choices(_ID_MARKS, k=43))

    def add(
        self, file_id: str, mime_type: str, person: str, document: Document | None, name: str = ""
    ) -> File:
        """A new file owned by a person."""
        now = self.now()
        file = File(file_id, mime_type, person, now, now + CREATION_LAG, person, document, name)
        self.files[file_id] = file
        self.share(file, {"type": "user", "role": "owner", "emailAddress": person})
        return file

    def share(self, file: File, permission: Json) -> Json:
        """Adds a permission; one for the same person is replaced."""
        key = permission_id(permission)
        file.permissions[key] = {"id": key, **permission}
        self.record(file)
        return file.permissions[key]

    def remove(self, file: File) -> None:
        """Deletes a file for good."""
        del self.files[file.file_id]
        self.record(file, removed=True)

    def changed(self, file: File, person: str) -> None:
        """A change that Drive shows at once: a name, a permission, a property."""
        self.settle(file, self.now() + EDIT_LAG)
        file.modified, file.editor = self.now(), person
        file.version += 1
        self.record(file)

    def edited(self, file: File, person: str) -> None:
        """A change of cells, which Drive shows about three minutes later, together with those that follow it."""
        self.revision += 1
        now = self.now()
        self.settle(file, now)
        file.edited_first = file.edited_first or now
        file.edited_last, file.editor = now, person

    def settle(self, file: File, now: datetime | None = None) -> None:
        """Lets Drive catch up with cell edits that are old enough."""
        now = now or self.now()
        if file.edited_first is None or file.edited_last is None or now < file.edited_first + EDIT_LAG:
            return
        file.modified = max(file.modified, file.edited_last)
        file.version += 1
        file.edited_first = file.edited_last = None
        self.record(file)

    def settle_all(self) -> None:
        """Lets Drive catch up everywhere."""
        for file in [*self.files.values()]:
            self.settle(file)

    def record(self, file: File, *, removed: bool = False) -> None:
        """An entry in the feed of changes."""
        self.revision += 1
        self.changes.pop(file.file_id, None)
        self.changes[file.file_id] = Change(self.next_change, file.file_id, self.now(), removed)
        self.next_change += 1

    def visible(self, person: str) -> Iterator[File]:
        """Files a person has any right to, the latest first."""
        found = [file for file in self.files.values() if file.role(person)]
        yield from sorted(found, key=lambda file: file.modified, reverse=True)


def permission_id(permission: Json) -> str:
    """A stable id for whom a permission is given to."""
    if permission["type"] == "anyone":
        return "anyoneWithLink"
    name = str(permission.get("emailAddress") or permission.get("domain"))
    number = 0
    for mark in name.encode():
        number = (number * 257 + mark) % 10**20
    return f"{number:020d}"


def instant(moment: datetime) -> str:
    """RFC 3339 with milliseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def user(person: str, me: str) -> Json:
    """A user as Drive writes it."""
    shown: dict[str, Any] = {"kind": "drive#user", "displayName": person, "me": person == me}
    return {
        **shown,
        "permissionId": permission_id({"type": "user", "emailAddress": person}),
        "emailAddress": person,
    }
