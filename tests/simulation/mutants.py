"""Bugs to be planted one at a time, each by replacing a named function; the simulation must notice every one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from tests.simulation.run import Verdict, run

Plant = Callable[[], Any]


def catch(name: str, seeds: int) -> Verdict | None:
    """The first seed whose run notices the bug; None when it got away."""
    with MUTANTS[name]():
        for seed in range(1, seeds + 1):
            verdict = run(seed)
            if verdict.complaints:
                return verdict
    return None


def _changed(place: str, change: Callable[[Any], Any]) -> Plant:
    """Plant a function that is made of the right one."""

    @contextmanager
    def planted() -> Iterator[None]:
        module, _, name = place.rpartition(".")
        target = _imported(module)
        with patch.object(target, name, change(getattr(target, name))):
            yield

    return planted


def _imported(path: str) -> Any:
    """A module, or a class in one."""
    from importlib import import_module

    try:
        return import_module(path)
    except ModuleNotFoundError:
        module, _, name = path.rpartition(".")
        return getattr(_imported(module), name)


MUTANTS: dict[str, Plant] = {}
_ = (replace, _changed)
