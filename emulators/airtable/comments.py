"""Comments on records. They are no cell changes: webhooks and lastModifiedTime do not see them."""

import re
from datetime import datetime
from typing import Any

from emulators.airtable.errors import forbidden, missing_field, refuse
from emulators.airtable.ids import Ids
from emulators.airtable.model import Base, Record, User
from emulators.clock import timestamp

MENTION = re.compile(r"@\[(usr[A-Za-z0-9]{14})\]")
PAGE_SIZE_MAX = 100


def page(base: Base, record: Record, *, page_size: int, offset: str) -> dict[str, Any]:
    """Comments, newest first, and the offset of the next page or null."""
    newest_first = [_shown(base, comment) for comment in reversed(record.comments)]
    start = int(offset) if offset.isdigit() else 0
    end = start + min(page_size, PAGE_SIZE_MAX)
    return {"comments": newest_first[start:end], "offset": str(end) if end < len(newest_first) else None}


def add(
    base: Base, record: Record, body: dict[str, Any], *, user: User, ids: Ids, now: datetime
) -> dict[str, Any]:
    """A new comment, or an answer to one."""
    comment = {
        "id": ids.new("com"),
        "text": _text(body),
        "author": {"id": user.id, "email": user.email, "name": user.name},
        "createdTime": timestamp(now, milliseconds=True),
        "lastUpdatedTime": None,
    }
    if parent := body.get("parentCommentId"):
        comment["parentCommentId"] = parent
    record.comments.append(comment)
    return _shown(base, comment)


def change(
    base: Base, record: Record, comment_id: str, body: dict[str, Any], *, user: User, now: datetime
) -> dict[str, Any]:
    """Another text; only its author may."""
    place = _place(record, comment_id, user)
    changed = record.comments[place] | {
        "text": _text(body),
        "lastUpdatedTime": timestamp(now, milliseconds=True),
    }
    record.comments[place] = changed
    return _shown(base, changed)


def remove(record: Record, comment_id: str, *, user: User) -> dict[str, Any]:
    """Take a comment away; only its author may."""
    del record.comments[_place(record, comment_id, user)]
    return {"id": comment_id, "deleted": True}


def _place(record: Record, comment_id: str, user: User) -> int:
    for place, comment in enumerate(record.comments):
        if comment["id"] == comment_id:
            if comment["author"]["id"] != user.id:
                raise forbidden()
            return place
    raise refuse(404, "NOT_FOUND")


def _text(body: dict[str, Any]) -> str:
    text = body.get("text")
    if not isinstance(text, str) or not text:
        raise missing_field("text")
    return text


def _shown(base: Base, comment: dict[str, Any]) -> dict[str, Any]:
    users = [base.users[user_id] for user_id in MENTION.findall(comment["text"]) if user_id in base.users]
    if not users:
        return comment
    mentioned = {
        user.id: {"type": "user", "id": user.id, "displayName": user.name, "email": user.email}
        for user in users
    }
    return comment | {"mentioned": mentioned}
