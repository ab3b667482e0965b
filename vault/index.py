"""The search index: a keyed hash of the normalised value, with a key per field, so that equal numbers in two fields do not show."""

import hmac
import unicodedata

from vault.box import encoded
from vault.keys import Keys

MARK_LENGTH = 16


def index_mark(keys: Keys, name: str, value: str) -> bytes:
    """16 bytes of HMAC-SHA256 over the value in NFKC, upper case, outer blanks trimmed."""
    normalised = unicodedata.normalize("NFKC", value).upper().strip()
    return hmac.digest(keys.index(name), encoded(normalised), "sha256")[:MARK_LENGTH]
