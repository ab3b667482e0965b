"""How many rows the daemon takes at a time: so few that tables of a handful of rows are worked through as large ones are."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from random import Random
from unittest.mock import patch

PAGES = {"sync.airtable.client.PAGE_SIZE": 4}
"""A listing comes in pages in every run."""
BLOCKS = {
    "sync.cycle.BLOCK_ROWS": 2,
    "sync.cycle.WAITING_ROWS_MAX": 3,
    "sync.sheets.pull.KEPT_ROWS": 2,
    "sync.sheets.raw_rows.KEPT_ROWS": 2,
    "sync.sheets.write.ROWS_MAX": 2,
    "sync.airtable.apply.RECORDS_MAX": 2,
}
"""In some runs rows are also judged, sealed and written block by block."""
IN_BLOCKS = 0.3
"""In how many."""


@contextmanager
def sizes_of(seed: int) -> Iterator[None]:
    """The sizes of one run."""
    in_blocks = Random(f"sizes {seed}").random() < IN_BLOCKS
    with ExitStack() as sizes:
        for name, rows in (PAGES | BLOCKS if in_blocks else PAGES).items():
            sizes.enter_context(patch(name, rows))
        yield
