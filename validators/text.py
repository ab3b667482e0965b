"""The one form of text in which equal values are equal, whoever typed them. Judges nothing."""

import unicodedata

ZERO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff"
OUTER_BLANKS = ZERO_WIDTH + "".join(chr(code) for code in range(0x3001) if chr(code).isspace())

_INNER_BLANKS = {ord(blank): None for blank in OUTER_BLANKS}


def normalise_text(raw: str) -> str:
    """NFC, line ends as LF, blanks around it trimmed: also full-width, no-break and zero-width ones."""
    lines = raw.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", lines).strip(OUTER_BLANKS)


def normalise_identifier(raw: str) -> str:
    """Half-width (NFKC), upper case and without any blank: the form of numbers and codes."""
    return unicodedata.normalize("NFKC", raw).translate(_INNER_BLANKS).upper()
