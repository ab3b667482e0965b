"""Digests as mails: plain text in aligned columns, and HTML that phones and old mail clients show alike."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from hashlib import sha256

import css_inline
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from jobs.digest_page import Digest, Group
from jobs.mail import Mail
from jobs.words import Words

_ENVIRONMENT = Environment(
    loader=PackageLoader("jobs"),
    autoescape=select_autoescape(enabled_extensions=("html.j2",)),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_INLINER = css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=False)
"""Many mail programs drop style sheets: every element carries its own style."""


def render(digest: Digest, *, id_: str, kind: str, recipient: str, sender: str, day: date) -> Mail:
    """The mail of a digest. `id_` makes its Message-ID, so that a copy of it is known for one."""
    html = _ENVIRONMENT.get_template("digest.html.j2").render(digest=digest)
    return Mail(
        id=id_,
        digest=kind,
        recipient=recipient,
        subject=digest.subject,
        text=_ENVIRONMENT.get_template("digest.txt.j2").render(digest=digest),
        html=_INLINER.inline(html),
        headers=_headers(digest, id_, recipient, sender, day),
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


def _headers(digest: Digest, id_: str, recipient: str, sender: str, day: date) -> dict[str, str]:
    """RFC 5322 (Message-ID, threads), RFC 2919 (List-Id), RFC 2369 (List-Unsubscribe), RFC 3834 (Auto-Submitted).

    The mails of one week answer the same first message, which nobody sent, so that mail programs show them as one thread.
    """
    host = sender.rpartition("@")[2]
    year, week, _ = day.isocalendar()
    thread = f"<{sha256(f'{recipient}:{year}:{week}'.encode()).hexdigest()[:32]}@{host}>"
    return {
        "Message-ID": f"<{id_}@{host}>",
        "In-Reply-To": thread,
        "References": thread,
        "List-Id": f"<digest.tablekeeper.{host}>",
        "List-Unsubscribe": f"<mailto:{sender}?subject=unsubscribe>",
        "Auto-Submitted": "auto-generated",
    }


def _headline_parts(digest: Digest, place: int) -> str:
    """What has to be done today, and how much of it by law."""
    counts, words = digest.counts, digest.words
    if not counts.now:
        soon = words.urgent_now.format(count=counts.urgent) if counts.urgent else words.nothing_now
        return "" if place else soon
    legal = words.legal_now.format(count=counts.legal_now) if counts.legal_now else ""
    return legal if place else words.now.format(count=counts.now)


def _headline(digest: Digest) -> str:
    return _headline_parts(digest, 0) + _headline_parts(digest, 1)


def _totals(digest: Digest) -> str:
    counts = digest.counts
    return digest.words.total.format(total=counts.total, overdue=counts.overdue, urgent=counts.urgent)


def _summary_lines(digest: Digest) -> list[str]:
    """How many in each bucket, a line per person."""
    words = digest.words
    rows = [["", *words.buckets]]
    rows += [[each.heading + words.bracketed(each.note), *map(str, each.counts)] for each in digest.people]
    return aligned(rows)


def _fact_lines(facts: Sequence[tuple[str, str]]) -> list[str]:
    return aligned(facts)


def _group_lines(group: Group, words: Words) -> list[str]:
    """Two lines per item, or one where there is no link; the kind before the first of its kind."""
    rows = [
        [f"{line.priority}" if line.priority else "", line.name, line.number, line.day, line.left, line.what]
        for line in group.items
    ]
    lines: list[str] = []
    kind = ""
    for text, line in zip(aligned(rows), group.items, strict=True):
        lines += [words.kind.format(kind=line.kind)] if line.kind != kind else []
        kind = line.kind
        lines.append(text + words.bracketed(line.law))
        lines += [f"    {link.label} {link.url}" for link in line.links]
    return lines


def _whole_days(text: str) -> Markup:
    """Dates in one piece: they would break at their hyphens."""
    return Markup(_DAY.sub(r'<span style="white-space:nowrap">\g<0></span>', str(escape(text))))


@lru_cache(maxsize=4_096)
def _width(text: str) -> int:
    """Columns of a cell. Remembered, because most cells of a digest stand in many of its rows, and each is asked for twice."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


_ENVIRONMENT.filters |= {
    "headline": _headline,
    "headline_parts": _headline_parts,
    "totals": _totals,
    "whole_days": _whole_days,
    "summary_lines": _summary_lines,
    "fact_lines": _fact_lines,
    "group_lines": _group_lines,
}
