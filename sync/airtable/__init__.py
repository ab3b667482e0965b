"""One Airtable base as a connection of the engine."""

from .connection import AirtableConnection

__all__ = ["AirtableConnection"]
