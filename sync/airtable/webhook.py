"""The poll-only webhook of a base: whether it lives, and where its stream stands.

Facts: airtable.com/developers/web/api/webhooks-overview. A webhook lives 7 days after it was made or last read; a dead one
still answers with what it saw while it lived, and says nothing of what came after.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sync.connection import Bindings
from sync.errors import CredentialsRefused, NotFound

from .client import AirtableClient, Json
from .faults import Rejected

HOOK_BINDING, CURSOR_BINDING = "webhook:id", "webhook:cursor"
DATA_TYPES = ["tableData", "tableFields"]
"""Columns, too: one that was given another type shows what nobody masks until the schema is read again."""
SPECIFICATION: Json = {
    "options": {"filters": {"dataTypes": DATA_TYPES}, "includes": {"includePreviousCellValues": True}}
}
PAGES_MAX = 40
"""Beyond this many pages of 50 payloads, listing the tables is cheaper."""
TRUSTED = timedelta(days=6)
"""Within this time after we saw a webhook alive it cannot have expired."""
REFUSALS = (CredentialsRefused, NotFound, Rejected)


@dataclass(frozen=True, slots=True)
class Stream:
    """What the webhook told, oldest first, and the cursor that follows it."""

    payloads: list[Json] = field(repr=False)
    cursor: int


class Webhook:
    """The webhook of one base. Its id is remembered at once, its cursor only when what it told is safe."""

    def __init__(self, client: AirtableClient, bindings: Bindings, *, clock: Callable[[], datetime]) -> None:
        self._client, self._bindings, self._clock = client, bindings, clock
        self._alive_until: datetime | None = None
        self.refused = False
        """Whether this token may not have webhooks (that takes the role Creator); remembered while the process runs."""

    @property
    def alive(self) -> bool:
        """Whether what is written now will be told; as known without asking."""
        known = self._bindings.get(HOOK_BINDING) and self._bindings.get(CURSOR_BINDING)
        return bool(known) and not self.refused and not self._doubtful()

    def renew(self) -> int | None:
        """A live webhook; returns the cursor of what happens from now on. None: there can be none."""
        if self.refused:
            return None
        try:
            return self._living() or self._create()
        except REFUSALS:
            self.refused = True
            return None

    def changes(self) -> Stream | None:
        """What happened since the remembered cursor. None: not known; list everything."""
        hook, cursor = self._bindings.get(HOOK_BINDING), self._bindings.get(CURSOR_BINDING)
        if self.refused or not hook or not cursor or not self._trusted():
            return None
        try:
            stream = self._read(hook, int(cursor))
        except (NotFound, Rejected):
            stream = None
        if stream is None:
            self._discard(hook)
        return stream

    def remember(self, cursor: int) -> None:
        """Everything before `cursor` is safe in the hub."""
        self._bindings.set(CURSOR_BINDING, str(cursor))

    def _read(self, hook: str, cursor: int) -> Stream | None:
        payloads: list[Json] = []
        for _ in range(PAGES_MAX):
            page = self._client.payloads(hook, cursor)
            payloads += page["payloads"]
            cursor = page["cursor"]
            if not page["mightHaveMore"] or not page["payloads"]:
                failed = any(payload.get("error") for payload in payloads)
                return None if failed else Stream(payloads, cursor)
        return None

    def _trusted(self) -> bool:
        return not self._doubtful() or self._living() is not None

    def _doubtful(self) -> bool:
        return self._alive_until is None or self._clock() > self._alive_until

    def _living(self) -> int | None:
        """The cursor for the next payload of the remembered webhook, if it is alive."""
        hook = self._bindings.get(HOOK_BINDING)
        for entry in self._client.webhooks() if hook else []:
            if entry["id"] == hook and self._serves(entry):
                self._alive_until = self._clock() + TRUSTED
                return int(entry["cursorForNextPayload"])
        return None

    def _serves(self, entry: Json) -> bool:
        expiry = entry.get("expirationTime")
        expired = expiry is not None and datetime.fromisoformat(expiry) <= self._clock()
        return bool(entry["isHookEnabled"] and not expired and _tells_enough(entry))

    def _create(self) -> int:
        if old := self._bindings.get(HOOK_BINDING):
            self._discard(old)
        hook = self._client.create_webhook(SPECIFICATION)
        self._bindings.set(HOOK_BINDING, hook)
        self._alive_until = self._clock() + TRUSTED
        return 1

    def _discard(self, hook: str) -> None:
        """A base may have ten webhooks only, so a useless one is taken away; it may be gone already."""
        self._bindings.drop(CURSOR_BINDING)
        self._bindings.drop(HOOK_BINDING)
        try:
            self._client.delete_webhook(hook)
        except REFUSALS:
            return


def _tells_enough(entry: Json) -> bool:
    """One that an earlier release made does not tell what stood there before, or nothing of columns."""
    options = entry.get("specification", {}).get("options", {})
    told = (options.get("filters") or {}).get("dataTypes") or ()
    return bool((options.get("includes") or {}).get("includePreviousCellValues") and {*DATA_TYPES} <= {*told})
