"""Runs every subject of the bench, or those named as arguments. The last line is one JSON object.

Absolute times depend on the machine; counts of requests and ratios within one run do not. A new subject is a module beside
this one with a function that returns its figures, and a line in `SUBJECTS`.
"""

import sys
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from bench.backup import backup_figures
from bench.calls import call_figures
from bench.desk import desk_figures
from bench.emulated import emulator_figures
from bench.engine import engine_figures
from bench.jobs import job_figures
from bench.lag import lag_figures, script_figures
from bench.scale import scale_figures
from bench.vault import vault_figures

SUBJECTS: Mapping[str, Callable[[], dict[str, Any]]] = {
    "engine": engine_figures,
    "desk": desk_figures,
    "calls": call_figures,
    "lag": lag_figures,
    "script": script_figures,
    "emulators": emulator_figures,
    "vault": vault_figures,
    "scale": scale_figures,
    "jobs": job_figures,
    "backup": backup_figures,
}


def main() -> None:
    """Measure the subjects one after the other; names of figures are unique over all of them."""
    figures: dict[str, Any] = {}
    for name in sys.argv[1:] or SUBJECTS:
        if name not in SUBJECTS:
            sys.exit(f"There is no subject {name!r}; there are: {', '.join(SUBJECTS)}")
        found = SUBJECTS[name]()
        assert not figures.keys() & found.keys(), f"{name} repeats {sorted(figures.keys() & found.keys())}"
        figures |= found
    print(orjson.dumps(figures).decode())


if __name__ == "__main__":
    main()
