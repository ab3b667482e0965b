"""Numbers of identity documents: GB 11643 with check digit, permits, passports, company codes."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class IdentityFacts:
    """What an 18-character number says of its bearer: `sex` is 男 or 女, `region` the six-digit district code."""

    birth: date | None
    sex: str | None
    region: str | None


def facts_of(document: str | None, number: str) -> IdentityFacts:
    """What a canonical number says; all None where that kind of document says nothing."""
    raise NotImplementedError
