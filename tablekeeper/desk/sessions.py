"""Who is signed in. Sessions live in this process's memory alone; they end with the working day, or when nobody acts."""

import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

from vault.users import User

WORKING_DAY = timedelta(hours=10)
IDLE = timedelta(minutes=15)
PURPOSE_KEPT = timedelta(minutes=15)
"""How long a purpose once named stands for further values of the same person."""
SESSIONS_MAX = 500

Clock = Callable[[], datetime]


@dataclass(slots=True, eq=False)
class Session:
    """One sign-in of one user in one browser."""

    user: User
    began: datetime
    used: datetime
    pages: set[str] = field(default_factory=set)
    """Ids of the open pages: only these may open a socket under this session."""
    _purposes: dict[str, tuple[str, datetime]] = field(default_factory=dict)

    def ends_at(self) -> datetime:
        """When it ends if nobody does anything."""
        return min(self.began + WORKING_DAY, self.used + IDLE)

    def name_purpose(self, subject: str, purpose: str, now: datetime) -> None:
        """What values of this person are opened for, for a while."""
        self._purposes[subject] = purpose, now + PURPOSE_KEPT

    def purpose_for(self, subject: str, now: datetime) -> str | None:
        """The purpose that was named for this person a short while ago."""
        purpose, until = self._purposes.get(subject, ("", now))
        return purpose if now < until else None


class Sessions:
    """All sessions, by the keys that the browsers hold in a cookie. A key is never chosen by a browser."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._by_digest: dict[bytes, Session] = {}

    def begin(self, user: User) -> str:
        """A new session; its key, for the cookie."""
        self.sweep()
        if len(self._by_digest) >= SESSIONS_MAX:
            oldest = min(self._by_digest, key=lambda digest: self._by_digest[digest].used)
            del self._by_digest[oldest]
        key, now = secrets.token_urlsafe(32), self._clock()
        self._by_digest[_digest(key)] = Session(user, now, now)
        return key

    def of(self, key: str) -> Session | None:
        """The session of a key, if it has not ended."""
        session = self._by_digest.get(_digest(key))
        return session if session is not None and self.is_alive(session) else None

    def is_alive(self, session: Session) -> bool:
        """Whether it has neither ended nor been ended."""
        return session in self._by_digest.values() and self._clock() < session.ends_at()

    def use(self, session: Session) -> None:
        """Somebody acts: the idle time starts anew."""
        session.used = self._clock()

    def end(self, key: str) -> None:
        """Sign out."""
        self._by_digest.pop(_digest(key), None)

    def end_all_of(self, names: Collection[str]) -> None:
        """These people may not act any more."""
        self._by_digest = {
            digest: one for digest, one in self._by_digest.items() if one.user.name not in names
        }

    def users(self) -> set[str]:
        """Who is signed in."""
        return {one.user.name for one in self._by_digest.values()}

    def sweep(self) -> None:
        """Forget the sessions that have ended."""
        now = self._clock()
        self._by_digest = {digest: one for digest, one in self._by_digest.items() if now < one.ends_at()}


def _digest(key: str) -> bytes:
    # Looked up by digest, so that the time of a look-up tells nothing of a key.
    return sha256(key.encode()).digest()
