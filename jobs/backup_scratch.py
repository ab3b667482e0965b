"""A scratch place on the archive's own server: a schema beside its tables, which goes again."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from jobs.backup_errors import BackupRefused
from jobs.backup_server import Form, engine_of, fill, may_make_schemas

SCHEMA = "tablekeeper_drill_{}"
_ALONE = 0x6472696C
"""`dril`: the advisory lock of a database in which a drill works."""


def may_hold_scratch(url: str) -> bool:
    """Whether the server lets this user make a schema in this database."""
    with engine_of(url) as engine, engine.connect() as connection:
        return may_make_schemas(connection)


@contextmanager
def restored_beside(url: str, source: Path, form: Form) -> Iterator[str]:
    """The URL of a schema beside the tables of `url` that holds what is in an SQLite file. Raises BackupRefused.

    What a drill left that was killed is removed first.
    """
    # Hub and vault may share a database.
    schema = SCHEMA.format(form.release)
    with engine_of(url) as engine, engine.connect() as plain:
        connection = plain.execution_options(isolation_level="AUTOCOMMIT")
        alone = sa.select(sa.func.pg_try_advisory_lock(_ALONE, sa.func.hashtext(schema)))
        if not connection.execute(alone).scalar_one():
            raise BackupRefused("another restore drill is at work", "wait until it has ended")
        connection.execute(sa.schema.DropSchema(schema, cascade=True, if_exists=True))
        connection.execute(sa.schema.CreateSchema(schema))
        try:
            there = _within(url, schema)
            with engine_of(there) as made, made.begin() as empty:
                fill(empty, source, form)
            yield there
        finally:
            connection.execute(sa.schema.DropSchema(schema, cascade=True))


def _within(url: str, schema: str) -> str:
    """The same database, in which unqualified names mean this schema's tables."""
    there = sa.make_url(url).update_query_dict({"options": f"-csearch_path={schema}"})
    return there.render_as_string(hide_password=False)
