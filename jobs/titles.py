"""What is to be done, in pieces, so that every language can put them together."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Title:
    """`words` are the configuration's; the rest is what they are about.

    `columns` are headers of the table; a `part` is what a job looked at, such as `access: sheets`, where it found `count` things.
    """

    words: str
    columns: tuple[str, ...] = ()
    part: str = ""
    count: int = 0
