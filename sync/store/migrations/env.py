"""Alembic's entry: runs migrations on the connection the hub hands over."""

from alembic import context

from sync.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
