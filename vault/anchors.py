"""Anchors: the chain's head, kept outside the vault, so that a whole database set back to an earlier copy of itself is found too."""

import hmac
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

import orjson
import sqlalchemy as sa

from vault.audit import Act
from vault.box import bind
from vault.clock import stamp
from vault.store import audit, audit_head

if TYPE_CHECKING:
    from vault.vault import Vault

Kind = Literal["unreadable", "foreign", "forged", "set_back", "different"]


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where the chain of a vault stood: `n` entries, the last signed `mac`. `seal` tells a forged anchor."""

    vault: str
    n: int
    mac: str
    at: str
    seal: str

    def line(self) -> str:
        """One line of an anchor file."""
        return orjson.dumps(asdict(self)).decode()


@dataclass(frozen=True, slots=True)
class AnchorFault:
    """A line of an anchor file that the chain does not fit.

    `set_back`: the chain has fewer entries now; `different`: another entry stands there; `foreign`: of another vault;
    `forged`: not written by this vault; `unreadable`: no anchor.
    """

    line: int
    n: int
    kind: Kind


def take_anchor(vault: "Vault", *, actor: str) -> Anchor:
    """An anchor of the chain as it stands, with the entry that it was taken."""
    at = stamp(vault.clock())
    with vault.store.writing() as connection:
        vault.chain.append(connection, [Act(actor, "anchor")])
        head = connection.execute(sa.select(audit_head)).one()
    mac = head.mac.hex()
    return Anchor(vault.keys.vault_id, head.n, mac, at, _seal(vault, head.n, mac, at))


def check_anchors(vault: "Vault", lines: Iterable[str]) -> list[AnchorFault]:
    """What the chain does not fit; empty when every line does. For a restored backup, `set_back` is what to expect."""
    faults = []
    with vault.store.reading() as connection:
        for number, line in enumerate(lines, 1):
            anchor = _read(line)
            kind = _judge(vault, connection, anchor) if anchor else "unreadable"
            if kind:
                faults.append(AnchorFault(number, anchor.n if anchor else 0, kind))
    return faults


def _judge(vault: "Vault", connection: sa.Connection, anchor: Anchor) -> Kind | None:
    if anchor.vault != vault.keys.vault_id:
        return "foreign"
    if not hmac.compare_digest(_seal(vault, anchor.n, anchor.mac, anchor.at), anchor.seal):
        return "forged"
    row = connection.execute(sa.select(audit.c.mac).where(audit.c.n == anchor.n)).first()
    if row is None:
        return "set_back"
    return None if row.mac.hex() == anchor.mac else "different"


def _read(line: str) -> Anchor | None:
    try:
        anchor = Anchor(**orjson.loads(line))
    except (ValueError, TypeError):
        return None
    texts = (anchor.vault, anchor.mac, anchor.at, anchor.seal)
    sound = all(isinstance(text, str) and text.isascii() for text in texts)
    return anchor if sound and isinstance(anchor.n, int) else None


def _seal(vault: "Vault", n: int, mac: str, at: str) -> str:
    bound = bind(vault.keys.vault_id, str(n), mac, at)
    return hmac.digest(vault.derived_key("audit anchor"), bound, "sha256").hex()
