"""The connection to one Airtable base: joins its parts to the engine's contract."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal

from sync.config import ReplicaConfig
from sync.connection import Bindings, Change, Connection, Listing, Operation, Outcome, RowId, Texts
from sync.errors import NotFound, ServiceError
from sync.web import web_origin
from validators.schema import SchemaConfig, TableKey

from .apply import INVALID_VALUE, UNKNOWN_COLUMN, Writer
from .blueprint import blueprints
from .bound import Base, table_binding
from .client import AirtableClient
from .faults import Rejected
from .left import Left
from .pull import Puller
from .setup import Setup
from .status import stamp
from .testimony import Testimony
from .texts import texts
from .webhook import Webhook

WEB_URL = "https://airtable.com"


class AirtableConnection(Connection):
    """One Airtable base. A cell that shows a link holds record ids."""

    link_form: Literal["row_id", "key"] = "row_id"

    def __init__(
        self,
        *,
        name: str,
        schema: SchemaConfig,
        config: ReplicaConfig,
        url: str | None,
        token: str,
        base_id: str,
        bindings: Bindings,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None],
        archive_name: str = "",
    ) -> None:
        """`url` is the service's origin, None for the real one; `archive_name` describes the tables that are created."""
        self.name = name
        self._bindings, self._clock, self._archive_name = bindings, clock, archive_name
        self._web = web_origin(url, WEB_URL)
        self._client = AirtableClient(
            service=name,
            url=url,
            token=token,
            base_id=base_id,
            clock=clock,
            sleep=sleep,
            calls_per_s=config.calls_per_s,
        )
        self._blueprints = blueprints(schema, config)
        self._left = Left(self._client, bindings, schema, self._blueprints)
        self._base = Base(self._client, self._blueprints, bindings)
        self._webhook = Webhook(self._client, bindings, clock=clock)
        # The token is the one secret of a connection that does not stand in the hub.
        self._testimony = Testimony(bindings, secret=token, clock=clock)
        self._puller = Puller(self._client, self._base, self._webhook, self._testimony)

    @property
    def webhook(self) -> bool:
        """Whether changes come from the webhook; false once the service refused one, and every pull lists all tables."""
        return not self._webhook.refused

    @property
    def calls(self) -> int:
        return self._client.calls

    @property
    def problems(self) -> list[ServiceError]:
        """The tables that the last pull could not show, and why."""
        return list(self._puller.problems)

    def setup(self, *, dry_run: bool = False) -> Sequence[Change]:
        """Create the missing tables and columns, remember the ids of all; a second run does nothing."""
        tables = list(self._blueprints.values())
        setup = Setup(self._client, self._bindings, tables, self._left, self._archive_name)
        changes = setup.run(dry_run=dry_run)
        self._base.forget()
        return changes

    def pull(self, *, reread: Mapping[TableKey, frozenset[RowId]], full: bool) -> Iterator[Listing]:
        """What the webhook tells, or every table where it cannot. `problems` says which tables could not be shown."""
        return self._puller.pull(reread, full=full)

    def acknowledge(self) -> None:
        """The webhook's cursor moves on."""
        self._puller.acknowledge()

    def apply(self, table: TableKey, operations: Sequence[Operation]) -> Outcome:
        """Write to one table; raises `TableMissing` when it is gone."""
        try:
            return self._write(table, operations)
        except (NotFound, Rejected) as error:
            if isinstance(error, Rejected) and error.kind != UNKNOWN_COLUMN:
                raise
        # A table or column is gone since the schema was read. What is written already is safe to write again.
        self._base.forget()
        return self._write(table, operations)

    def _write(self, table: TableKey, operations: Sequence[Operation]) -> Outcome:
        testimony = self._testimony if self._webhook.alive else None
        writer = Writer(self._client, self._base.table(table), testimony)
        try:
            outcome = writer.write(operations)
        finally:
            if writer.made_options:
                self._base.forget()
        if any(one.reason == INVALID_VALUE for one in outcome.refused):
            # A column may have been given another type since the schema was read: then it is left alone from now on.
            self._base.forget()
        return outcome

    def stamp(self, values: Mapping[str, str]) -> None:
        """Write the heartbeat and key figures to 系统状态, one row each."""
        stamp(self._client, self._bindings, values, now=self._clock())

    def texts(self) -> Iterator[Texts]:
        return texts(self._client, {table.id: table for table in self._base.tables().values()})

    def url(self, table: TableKey, row_id: RowId, position: int) -> str | None:
        """The page where a person sees this record; None before `setup`, or where nobody said which base it is."""
        table_id = self._bindings.get(table_binding(table))
        if not (self._client.base_id and table_id and row_id):
            return None
        return f"{self._web}/{self._client.base_id}/{table_id}/{row_id}"
