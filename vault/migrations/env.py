"""Runs the migrations on the connection that `Store.upgrade` hands over; there is no ini file."""

from alembic import context

from vault.store import SCHEMA_TABLE

context.configure(connection=context.config.attributes["connection"], version_table=SCHEMA_TABLE)
with context.begin_transaction():
    context.run_migrations()
