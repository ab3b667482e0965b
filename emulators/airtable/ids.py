"""Airtable's identifiers: three letters that name the kind, and fourteen random ones."""

import random
import re
import string

ALPHABET = string.ascii_letters + string.digits
FORM = re.compile(r"[a-z]{3}[A-Za-z0-9]{14}")


class Ids:
    """Gives identifiers from a random source, so that a seeded world gives equal ones."""

    def __init__(self, source: random.Random) -> None:
        self._source = source

    def new(self, prefix: str) -> str:
        """A new identifier such as `recA1b2C3d4E5f6G7`."""
        return prefix + "".join(self._source.choices(ALPHABET, k=14))

    def token(self) -> str:
        """A personal access token in today's form."""
        return f"{self.new('pat')}.{self._source.getrandbits(256):064x}"

    def secret(self) -> bytes:
        """Key material for a webhook's signature."""
        return self._source.randbytes(64)


def is_id(text: object, prefix: str) -> bool:
    """Whether the text has the form of an identifier of that kind."""
    return isinstance(text, str) and text.startswith(prefix) and FORM.fullmatch(text) is not None
