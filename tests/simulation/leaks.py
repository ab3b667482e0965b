"""Invariant 9: no plaintext of a sensitive field anywhere but the vault, once things have come to rest."""

from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from tests.simulation.notebook import Notebook
from tests.simulation.reading import FORMULA
from tests.simulation.side import Side
from tests.simulation.spoken import Spoken
from tests.simulation.stage import FILES, Stage

SHORT = 7
"""Text that is shorter may stand somewhere by chance, as part of a number."""


def leaks(stage: Stage, notebook: Notebook, sides: Iterable[Side], spoken: Spoken) -> list[str]:
    """Where plaintext stands, in words that do not repeat it."""
    secrets = sorted({one for one in notebook.secrets if len(one) >= SHORT and one != FORMULA})
    places = dict(_places(stage, sides, spoken))
    return [
        f"9 plaintext of value {number} ({one}) stands in {name}"
        for number, one in enumerate(secrets)
        for name, content in places.items()
        if one.encode() in content
    ]


def _places(stage: Stage, sides: Iterable[Side], spoken: Spoken) -> Iterator[tuple[str, bytes]]:
    yield "the services", orjson.dumps(_looked_at(stage))
    yield "the log", "\n".join(spoken.lines).encode()
    for name in FILES:
        for path in sorted(stage.folder.glob(f"{name}*")):
            yield f"the file {path.name}", path.read_bytes()


def _looked_at(stage: Stage) -> Any:
    """What the services hold, but for replicas that were retired: what was typed there in the last moment, nobody may mask."""
    working = {stage.places[plan.config.name] for plan in stage.plans}
    retired = set(stage.places.values()) - working
    services = stage.world.dump(history=False)
    for part, of in (("airtable", "bases"), ("google", "files")):
        services[part][of] = [one for one in services[part][of] if one["id"] not in retired]
    return services
