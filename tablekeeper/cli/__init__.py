"""The command line. Every command lives in its own room and registers itself on `app`."""

from tablekeeper.cli.main import main

__all__ = ["main"]
