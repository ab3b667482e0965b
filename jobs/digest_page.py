"""What a digest mail shows, as frozen types: masked names, business keys, fixed texts and dates, all of it text."""

from dataclasses import dataclass

from jobs.words import Words


@dataclass(frozen=True, slots=True)
class Anchor:
    """A link: what it is called, and its address."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Line:
    """One item of a digest, all of it text."""

    kind: str
    what: str
    name: str
    number: str
    table: str
    day: str
    left: str
    links: tuple[Anchor, ...]
    priority: str
    """Shown only when it presses: urgent or high, else empty."""
    urgent: bool
    law: str
    new: bool
    """Whether it is told today for the first time, or has reached its next stage."""


@dataclass(frozen=True, slots=True)
class Group:
    """The items of one bucket, cut off at the configured number; `more` were left out."""

    tone: int
    """0 is overdue, 4 is later."""
    bucket: str
    items: tuple[Line, ...]
    more: int

    @property
    def total(self) -> int:
        """All items of the bucket."""
        return len(self.items) + self.more


@dataclass(frozen=True, slots=True)
class Chapter:
    """What is due in one person's files."""

    heading: str
    note: str
    named: bool
    """Whether it is said whose files they are: not to whoever reads their own."""
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """How much is due in one person's files, in the whole mail: a number for each bucket."""

    heading: str
    note: str
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """One section of a mail: chapters by person, or facts."""

    heading: str
    nothing: str
    chapters: tuple[Chapter, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    week: str = ""
    """How it went since a week ago, for a manager."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What the first lines say. `legal_now` of the `now` items have a day set by law."""

    total: int
    overdue: int
    urgent: int
    now: int
    legal_now: int


@dataclass(frozen=True, slots=True)
class Digest:
    """Everything that one mail shows."""

    archive: str
    words: Words
    day: str
    subject: str
    counts: Counts
    lists: bool
    """Whether it is about items at all, and not only about figures."""
    top: str
    """The most pressing item in one line, for the list of mails; empty when there is nothing."""
    people: tuple[Tally, ...]
    """Ahead of the lists, where more than one person has something to do."""
    pages: tuple[Page, ...]
    remarks: tuple[str, ...]
    """What is special about the day: a holiday ahead, an archive just imported."""
    owner_fields: tuple[str, ...]
    """Headers of the columns that decide whose a record is."""
    todo: str
    footer: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """What a mail says that is no item: lines of pages without items, of the footer, and how many things are to be seen to."""

    operations: tuple[tuple[str, str], ...] = ()
    figures: tuple[tuple[str, str], ...] = ()
    footer: tuple[str, ...] = ()
    troubles: int = 0
