"""One API call: who asks, when, and how its changes become one transaction."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import orjson

from emulators.airtable import webhooks
from emulators.airtable.computed import Snapshot
from emulators.airtable.errors import invalid_request, refuse
from emulators.airtable.ids import Ids
from emulators.airtable.listing import Lister
from emulators.airtable.model import Base, User
from emulators.airtable.transaction import Transaction
from emulators.exchange import Request
from emulators.policy import Policy

Work = TypeVar("Work")


@dataclass(frozen=True, slots=True)
class Call:
    """What every route needs. `person` is true for someone at the screen, who may do more than any token."""

    request: Request
    user: User
    person: bool
    now: datetime
    ids: Ids
    policy: Policy
    lister: Lister

    @property
    def method(self) -> str:
        """The HTTP method."""
        return self.request.method

    def body(self) -> dict[str, Any]:
        """The JSON object that was sent. Raises `Refusal`."""
        try:
            body = self.request.json()
        except orjson.JSONDecodeError as error:
            raise refuse(400, "INVALID_REQUEST_BODY", "Could not parse request body") from error
        if not isinstance(body, dict):
            raise invalid_request()
        return body

    def count(self, name: str, default: int) -> int:
        """A number in the query. Raises `Refusal`."""
        try:
            return int(self.request.first(name) or default)
        except ValueError as error:
            raise invalid_request() from error

    def snapshot(self, base: Base) -> Snapshot:
        """The base as it is now."""
        return Snapshot(base, self.now)

    def transact(self, base: Base, work: Callable[[Transaction], Work]) -> Work:
        """Do the work, all of it or nothing, and tell the webhooks."""
        source = "client" if self.person else "publicApi"
        tx = Transaction(base, user=self.user, source=source, now=self.now, ids=self.ids, policy=self.policy)
        try:
            result = work(tx)
        except BaseException:
            tx.rollback()
            raise
        base.transactions += 1
        webhooks.publish(tx)
        return result
