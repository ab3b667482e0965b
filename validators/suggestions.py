"""A hint for whoever misspelt a name in the configuration."""

import difflib
from collections.abc import Iterable


def suggestion(name: object, known: Iterable[object]) -> str:
    """`; did you mean 'premium'?`, or nothing when no known name is near."""
    near = difflib.get_close_matches(str(name), [str(each) for each in known], n=1)
    return f"; did you mean {near[0]!r}?" if near else ""
