"""The errors of the engine, as one tree. Retryability is in the type; no message carries a personal value.

SyncError
├── ServiceError                  one service; the others go on
│   ├── Unavailable               network, 5xx, lock-out: the next cycle tries again
│   │   └── Throttled             429: nobody calls until `until`
│   ├── AnswerLost                the request may have taken effect: read before writing again
│   └── Misconfigured             retrying is useless until a person acts; `advice` says how
│       ├── CredentialsRefused
│       ├── NotFound              base or spreadsheet unknown, or not shared with the daemon
│       ├── TableMissing          somebody deleted or renamed a table or tab
│       ├── ColumnsClosed         somebody protected columns against the daemon
│       ├── HeadersSpoiled        somebody cleared or exchanged headers
│       └── BudgetSpent           the monthly limit of calls is used up
├── LeaseTaken                    another daemon works on this archive
└── LimitPassed                   a limit of ours; carries both numbers
"""

from datetime import datetime


class SyncError(Exception):
    """Base of all errors of the engine."""


class ServiceError(SyncError):
    """A service did not do what was asked. `service` is the connection's name."""

    def __init__(self, service: str, message: str, *, advice: str = "") -> None:
        super().__init__(f"{service}: {message}")
        self.service = service
        self.message = message
        self.advice = advice


class Unavailable(ServiceError):
    """The service cannot be reached or fails; trying again later makes sense."""


class Throttled(Unavailable):
    """Too many requests: no call to this base or account before `until`."""

    def __init__(self, service: str, until: datetime) -> None:
        super().__init__(service, f"asked for a pause until {until:%H:%M:%S} UTC")
        self.until = until


class AnswerLost(Unavailable):
    """A write was sent and no answer came: it may or may not have taken effect."""


class Misconfigured(ServiceError):
    """A person has to act first; `advice` says what to do."""


class CredentialsRefused(Misconfigured):
    """The token or key is missing, wrong, expired, or lacks a scope."""


class NotFound(Misconfigured):
    """The base or spreadsheet does not exist or is not shared with the daemon."""


class TableMissing(Misconfigured):
    """A table or tab of the archive is gone or was renamed beyond recognition."""

    def __init__(self, service: str, table: str, *, advice: str) -> None:
        super().__init__(service, f"table {table} is missing", advice=advice)
        self.table = table


class ColumnsClosed(Misconfigured):
    """Somebody protected columns of a table: the daemon may read them, and not write. `sensitive`: no mask gets in either."""

    def __init__(
        self, service: str, table: str, columns: tuple[str, ...], *, sensitive: bool, advice: str
    ) -> None:
        super().__init__(
            service, f"table {table}: protected against the daemon: {', '.join(columns)}", advice=advice
        )
        self.table, self.columns, self.sensitive = table, columns, sensitive


class HeadersSpoiled(Misconfigured):
    """Columns of a table stand under no header or under another one's. They are put right, but for those that were `given_up`."""

    def __init__(
        self, service: str, table: str, columns: tuple[str, ...], *, given_up: bool, advice: str
    ) -> None:
        super().__init__(service, f"table {table}: wrong headers over {', '.join(columns)}", advice=advice)
        self.table, self.columns, self.given_up = table, columns, given_up


class BudgetSpent(Misconfigured):
    """The service's monthly limit of calls is used up; retrying costs more of what is not there."""


class LeaseTaken(SyncError):
    """Another daemon holds the lease of this archive."""


class LimitPassed(SyncError):
    """One of our own limits was passed. Carries the figure and the limit."""

    def __init__(self, name: str, figure: int, limit: int) -> None:
        super().__init__(f"{name}: {figure} is over the limit of {limit}")
        self.name, self.figure, self.limit = name, figure, limit
