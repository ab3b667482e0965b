"""Root keys of age (age-encryption.org): an identity that opens the vault each day, and a recipient kept elsewhere for its recovery."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson
import pyrage

from vault.box import RandomBytes
from vault.errors import KeyUnreadable, VaultDamaged, WrongKey

Kind = Literal["age", "recovery"]
_SECRET = "AGE-SECRET-KEY-"


@dataclass(frozen=True, slots=True)
class AgeKey:
    """A root key of X25519. Without `identity` it can wrap a vault's master key, and open none."""

    kind: Kind
    recipient: str
    identity: str | None = field(default=None, repr=False)

    def wrap(self, master: bytes, *, vault_id: str, random_bytes: RandomBytes) -> bytes:
        """See RootKey; the randomness is the library's own."""
        recipient = pyrage.x25519.Recipient.from_str(self.recipient)
        content = orjson.dumps({"vault_id": vault_id, "master": master.hex()})
        box = pyrage.encrypt(content, [recipient])
        return orjson.dumps({"age": box.hex(), "recipient": self.recipient}, option=orjson.OPT_SORT_KEYS)

    def unwrap(self, envelope: bytes, *, vault_id: str) -> bytes:
        """See RootKey."""
        if self.identity is None:
            raise WrongKey("a recipient alone opens nothing; its identity is needed")
        identity = pyrage.x25519.Identity.from_str(self.identity)
        try:
            content = _object(pyrage.decrypt(_box(envelope), [identity]))
        except pyrage.DecryptError:
            raise WrongKey("the age identity does not open this vault") from None
        if content.get("vault_id") != vault_id:
            raise VaultDamaged("the root envelope is of another vault")
        return bytes.fromhex(content["master"])


def identity_key(text: str, *, kind: Kind = "age") -> AgeKey:
    """The key of an identity file, as `age-keygen` writes it. Raises KeyUnreadable, which never quotes the file."""
    lines = [line.strip() for line in text.splitlines()]
    secrets = [line for line in lines if line.upper().startswith(_SECRET)]
    if len(secrets) != 1:
        raise KeyUnreadable(f"an age identity file holds one line {_SECRET}…; this one holds {len(secrets)}")
    try:
        identity = pyrage.x25519.Identity.from_str(secrets[0])
    except pyrage.IdentityError:
        raise KeyUnreadable("the age identity in the file is mistyped or cut short") from None
    return AgeKey(kind, str(identity.to_public()), secrets[0])


def recovery_key(recipient: str) -> AgeKey:
    """What wraps a vault for somebody who keeps the identity elsewhere. Raises KeyUnreadable."""
    if recipient.upper().startswith(_SECRET):
        raise KeyUnreadable("this is the secret identity; name the public recipient, which starts with age1")
    try:
        pyrage.x25519.Recipient.from_str(recipient)
    except pyrage.RecipientError:
        raise KeyUnreadable(
            "this is no age recipient; it starts with age1 and `age-keygen` prints it"
        ) from None
    return AgeKey("recovery", recipient)


def recipient_of(envelope: bytes) -> str:
    """Whom an envelope was made for. Raises VaultDamaged."""
    return str(_object(envelope).get("recipient", ""))


def _box(envelope: bytes) -> bytes:
    try:
        return bytes.fromhex(_object(envelope)["age"])
    except (KeyError, TypeError, ValueError):
        raise VaultDamaged("the root envelope is not readable") from None


def _object(text: bytes) -> Mapping[str, Any]:
    try:
        found = orjson.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise VaultDamaged("the root envelope is not readable")
    return found
