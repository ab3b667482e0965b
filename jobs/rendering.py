"""Digests as mails: plain text in aligned columns, and HTML that phones and old mail clients show alike."""

import unicodedata
from collections.abc import Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from jobs.digest import BUCKETS, Digest, Group
from jobs.mail import Mail

_ENVIRONMENT = Environment(
    loader=PackageLoader("jobs"),
    autoescape=select_autoescape(enabled_extensions=("html.j2",)),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(digest: Digest, *, id_: str, kind: str, recipient: str, sender: str) -> Mail:
    """The mail of a digest. `id_` makes its Message-ID, so that a copy of it is known for one."""
    return Mail(
        id=id_,
        digest=kind,
        recipient=recipient,
        subject=digest.subject,
        text=_ENVIRONMENT.get_template("digest.txt.j2").render(digest=digest, buckets=BUCKETS),
        html=_ENVIRONMENT.get_template("digest.html.j2").render(digest=digest, buckets=BUCKETS),
        headers=_headers(digest, id_, kind, sender),
    )


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """The rows as lines whose columns stand below each other; a Chinese character is two columns wide."""
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]


def _headers(digest: Digest, id_: str, kind: str, sender: str) -> dict[str, str]:
    """RFC 5322 (Message-ID), RFC 2919 (List-Id), RFC 2369 (List-Unsubscribe), RFC 3834 (Auto-Submitted)."""
    host = sender.rpartition("@")[2]
    return {
        "Message-ID": f"<{id_}@{host}>",
        "List-Id": f"{digest.archive} <{kind.replace('_', '-')}.tablekeeper.{host}>",
        "List-Unsubscribe": f"<mailto:{sender}?subject=unsubscribe%20{kind}>",
        "Auto-Submitted": "auto-generated",
    }


def _summary_lines(digest: Digest) -> list[str]:
    """How many in each bucket, a line per person."""
    rows = [["", *BUCKETS]]
    rows += [
        [chapter.heading + _bracket(chapter.note), *map(str, chapter.counts)] for chapter in digest.chapters
    ]
    return aligned(rows)


def _group_lines(group: Group) -> list[str]:
    """Two lines per item, or one where there is no link."""
    rows = [
        [f"{item.priority}" if item.priority else "", item.name, item.number, item.day, item.left, item.what]
        for item in group.items
    ]
    lines: list[str] = []
    for line, item in zip(aligned(rows), group.items, strict=True):
        lines.append(line + _bracket(item.law))
        if item.link:
            lines.append(f"    {item.link}")
    return lines


def _bracket(note: str) -> str:
    return f"({note})" if note else ""


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


_ENVIRONMENT.filters |= {"summary_lines": _summary_lines, "group_lines": _group_lines}
