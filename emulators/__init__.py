"""Airtable, Google Sheets, Drive, OAuth and a mailbox on loopback. Imports nothing of the product."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emulators.server import running

__all__ = ["running"]


def __getattr__(name: str) -> Any:
    # Late, so that a service or the in-process door alone does not load the servers.
    if name != "running":
        raise AttributeError(name)
    from emulators.server import running

    return running
