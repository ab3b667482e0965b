"""What connections remember: the services' own ids of tables and fields, webhook cursors."""

from sqlalchemy import ColumnElement, Engine, delete, insert, select

from .tables import binding


class HubBindings:
    """A small persistent dictionary of one connection; read once, written through."""

    def __init__(self, engine: Engine, connection_name: str) -> None:
        self._engine, self._connection = engine, connection_name
        with engine.begin() as connection:
            rows = connection.execute(
                select(binding.c.name, binding.c.value).where(binding.c.connection == connection_name)
            )
            self._values: dict[str, str] = {name: value for name, value in rows}

    def get(self, name: str) -> str | None:
        """The remembered value, or None."""
        return self._values.get(name)

    def set(self, name: str, value: str) -> None:
        """Remember a value; nothing is written when it is known already."""
        if self._values.get(name) == value:
            return
        with self._engine.begin() as connection:
            connection.execute(delete(binding).where(*self._is(name)))
            connection.execute(insert(binding).values(connection=self._connection, name=name, value=value))
        self._values[name] = value

    def drop(self, name: str) -> None:
        """Forget a value."""
        if self._values.pop(name, None) is not None:
            with self._engine.begin() as connection:
                connection.execute(delete(binding).where(*self._is(name)))

    def _is(self, name: str) -> tuple[ColumnElement[bool], ...]:
        return (binding.c.connection == self._connection, binding.c.name == name)
