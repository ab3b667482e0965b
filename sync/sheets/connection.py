"""The connection to one Google spreadsheet: joins its parts to the engine's contract."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal

from sync.config import ReplicaConfig
from sync.connection import (
    Bindings,
    Change,
    Connection,
    Listing,
    Operation,
    Outcome,
    Remove,
    RowId,
    Texts,
    Update,
)
from sync.errors import ColumnsClosed, HeadersSpoiled, ServiceError, TableMissing
from sync.retry import Gate
from sync.web import web_origin
from validators.schema import SchemaConfig, TableKey

from .client import Content, Rejected, SheetsClient
from .credentials import ServiceAccount
from .headers import HeaderWriter
from .insert import Inserter
from .intent import Intents
from .layout import layouts
from .leftover import Aftermath
from .pull import TAB_GONE, Puller
from .restore import Restorer
from .scratch import Scratch
from .setup import Setup
from .status import stamping
from .tabs import STATUS, Tab
from .texts import texts
from .write import Writer

OPEN_THEM = (
    "Google Sheets, Data, Protect sheets and ranges: let {account} edit the range, or only show a warning"
)
NAME_THEM = (
    "row 1 of the tab cannot be written: undo its protection or merged cells, or run `tablekeeper setup`"
)
LOOK_AT_THEM = "they are put right within seconds; what was typed under them meanwhile is taken for that of its column: look at it"
WEB_URL = "https://docs.google.com"


class SheetsConnection(Connection):
    """One spreadsheet, a tab per table. `url` replaces both of Google's hosts; None is the real Google.

    The state of the tabs is that of the last pull, so `apply` needs one before it.
    """

    link_form: Literal["row_id", "key"] = "key"

    def __init__(
        self,
        *,
        name: str,
        schema: SchemaConfig,
        config: ReplicaConfig,
        url: str | None,
        credentials_file: Path,
        spreadsheet_id: str,
        bindings: Bindings,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None],
        gate: Gate | None = None,
    ) -> None:
        """`gate` is that of the account, where other spreadsheets share its limits."""
        self.name = name
        self._spreadsheet_id, self._bindings, self._clock = spreadsheet_id, bindings, clock
        self._web = web_origin(url, WEB_URL)
        self._account = account = ServiceAccount(name, credentials_file)
        gate = gate or Gate(name, clock=clock, sleep=sleep)
        self._client = SheetsClient(name, spreadsheet_id, account=account, url=url, gate=gate)
        wanted = layouts(schema, config)
        self._tables = tuple(schema.tables)
        scratch = Scratch(self._client, bindings, Intents(bindings, lambda: account.secret))
        self._restorer = Restorer(self._client, scratch)
        aftermath = Aftermath(self._client, scratch, self._restorer)
        self._setup = Setup(self._client, schema, wanted, bindings)
        self._puller = Puller(self._client, wanted, bindings, scratch, aftermath)
        self._headers = HeaderWriter(self._client, scratch, self._restorer)
        inserter = Inserter(self._client, scratch, self._restorer)
        self._writer = Writer(self._client, scratch, self._restorer, inserter, aftermath, self._relocate)

    @property
    def calls(self) -> int:
        return self._client.calls

    @property
    def problems(self) -> list[ServiceError]:
        """The tables that the last pull could not list, and why; columns that were listed and cannot be written; and headers
        that people spoiled."""
        return [*self._puller.problems.values(), *self._closed_columns(), *self._spoiled_headers()]

    def _closed_columns(self) -> Iterator[ColumnsClosed]:
        for tab in self._puller.tabs.values():
            if columns := tab.closed_columns:
                yield ColumnsClosed(
                    self.name,
                    tab.layout.title,
                    tuple(column.header for column in columns),
                    sensitive=any(column.field and column.field.sensitive for column in columns),
                    advice=OPEN_THEM.format(account=self._account.email),
                )

    def _spoiled_headers(self) -> Iterator[HeadersSpoiled]:
        for table, tab in self._puller.tabs.items():
            if tab.misnamed and table not in self._puller.problems:
                given_up = tab.headers == tab.given_up
                yield HeadersSpoiled(
                    self.name,
                    tab.layout.title,
                    tuple(column.header for column in tab.misnamed_columns),
                    given_up=given_up,
                    advice=NAME_THEM if given_up else LOOK_AT_THEM,
                )

    def setup(self, *, dry_run: bool = False) -> Sequence[Change]:
        changes = self._setup.run(dry_run=dry_run)
        self._puller.forget()
        return changes

    def pull(self, *, reread: Mapping[TableKey, frozenset[RowId]], full: bool) -> Iterator[Listing]:
        self._restorer.settle()
        return self._puller.pull(reread, full=full)

    def read(self) -> Content:
        """What a pull reads: the raw answer for all tabs."""
        return self._puller.read()

    def acknowledge(self) -> None:
        self._puller.acknowledge()

    def apply(self, table: TableKey, operations: Sequence[Operation]) -> Outcome:
        tab = self._tab(table)
        shifts = any(isinstance(operation, Remove) for operation in operations)
        positions = [op.position for op in operations if isinstance(op, Update)]
        self._puller.wrote(table, None if shifts else positions)
        return self._writer.apply(tab, operations)

    def name_columns(self, table: TableKey) -> None:
        tab = self._tab(table)
        if tab.misnamed and tab.headers != tab.given_up:
            self._puller.wrote(table, [0])
            self._headers.name_columns(tab)

    def stamp(self, values: Mapping[str, str]) -> None:
        gid = self._bindings.get(f"tab:{STATUS}")
        missing = TableMissing(self.name, STATUS, advice="run `tablekeeper setup`, which makes the tab anew")
        if gid is None:
            raise missing
        try:
            self._client.update(stamping(int(gid), self._clock(), values), repeatable=True)
        except Rejected:
            raise missing from None

    def texts(self) -> Iterator[Texts]:
        return texts(self._client, self._bindings, self._tables)

    def url(self, table: TableKey, row_id: RowId, position: int) -> str | None:
        gid = self._bindings.get(f"tab:{table}")
        if not self._spreadsheet_id or gid is None or position < 0:
            return None
        return f"{self._web}/spreadsheets/d/{self._spreadsheet_id}/edit#gid={gid}&range=A{position + 1}"

    def _tab(self, table: TableKey) -> Tab:
        """The tab as the last pull left it."""
        problem = self._puller.problems.get(table)
        if problem is not None:
            raise problem
        tab = self._puller.tabs.get(table)
        if tab is None or not tab.at:
            raise TableMissing(self.name, table, advice=TAB_GONE)
        return tab

    def _relocate(self, tab: Tab) -> None:
        """Look the tabs up anew; an error when `tab` is gone."""
        self._puller.locate()
        if self._puller.tabs.get(tab.layout.table) is not tab:
            raise TableMissing(self.name, tab.layout.title, advice=TAB_GONE)
