"""Airtable's formula language: text in, a callable out. Knows nothing of tables; a `Scope` answers for the record."""
