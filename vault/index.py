"""The search index: a keyed hash of the normalised value, with a key per field, so that equal numbers in two fields do not show."""

import unicodedata

from vault.box import encoded
from vault.keys import Keys
from vault.plaintext import Plaintext
from vault.suites import SUITES, Suite, digest_of

MARK_LENGTH = 16


def index_mark(keys: Keys, suite: Suite, name: str, value: Plaintext[str]) -> bytes:
    """16 bytes of the suite's keyed hash over the value in NFKC, upper case, outer blanks trimmed."""
    # ASCII is its own NFKC form, and most identifiers are ASCII.
    plain = value.expose()
    text = plain if plain.isascii() else unicodedata.normalize("NFKC", plain)
    return digest_of(keys.index(suite.byte, name), encoded(text.upper().strip()))[:MARK_LENGTH]


def index_marks(keys: Keys, name: str, value: Plaintext[str]) -> list[bytes]:
    """The marks under which a value may stand: while an archive moves to another suite, some rows are in each."""
    return [index_mark(keys, suite, name, value) for suite in SUITES.values()]
