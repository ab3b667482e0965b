"""The upper end of the key hierarchy: root key, master key, and the keys derived from it for one use each.

The root key (a passphrase here, an age identity in `age_keys.py`, a KMS behind the same protocol) wraps only the random
master key, so that changing it re-wraps one row. The master key wraps the key-encryption keys of `key_versions.py`, these
wrap the data keys of `subjects.py`.
"""

import hmac
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from typing import Any, Protocol

import orjson
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from vault.box import RandomBytes, bind, open_box, seal_box
from vault.errors import Unopenable, VaultDamaged, WrongKey
from vault.suites import AES, BoxKey, Mac, Suite, suite_of

KEY_LENGTH = 32
_SALT_LENGTH = 16


class RootKey(Protocol):
    """What opens a vault. An envelope describes itself, all but the secret, so that it can be opened years later."""

    @property
    def kind(self) -> str:
        """Which envelopes of a vault this key may open: `passphrase`."""
        ...

    def wrap(self, master: bytes, *, vault_id: str, random_bytes: RandomBytes) -> bytes:
        """An envelope around the master key, bound to this vault."""
        ...

    def unwrap(self, envelope: bytes, *, vault_id: str) -> bytes:
        """The master key. Raises WrongKey, VaultDamaged."""
        ...


def derive(key: bytes, *use: str, suite: Suite = AES) -> bytes:
    """32 bytes for one use of a uniformly random key."""
    return suite.derive(key, bind("tablekeeper", *use))


@dataclass(frozen=True, slots=True)
class Argon2Cost:
    """Argon2id parameters; the default is the second recommended option of RFC 9106, section 4."""

    iterations: int = 3
    lanes: int = 4
    memory_kib: int = 65_536

    def __post_init__(self) -> None:
        # A tampered envelope must not make the next start take hours or all memory.
        if not (1 <= self.iterations <= 100 and 1 <= self.lanes <= 64 and 8 <= self.memory_kib <= 4_194_304):
            raise VaultDamaged("the root envelope names Argon2id parameters out of bounds")


@dataclass(frozen=True, slots=True)
class PassphraseKey:
    """A root key from a passphrase; salt and parameters stand in the envelope."""

    passphrase: bytes = field(repr=False)
    cost: Argon2Cost = Argon2Cost()

    @property
    def kind(self) -> str:
        """Envelopes of this kind are opened by a passphrase."""
        return "passphrase"

    def wrap(self, master: bytes, *, vault_id: str, random_bytes: RandomBytes) -> bytes:
        """See RootKey."""
        head = {"kdf": "argon2id", **asdict(self.cost), "salt": random_bytes(_SALT_LENGTH).hex()}
        box = seal_box(
            self._cipher(self.cost, bytes.fromhex(str(head["salt"]))),
            master,
            key_version=1,
            context=_envelope_context(vault_id, head),
            random_bytes=random_bytes,
        )
        return orjson.dumps({**head, "box": box.hex()}, option=orjson.OPT_SORT_KEYS)

    def unwrap(self, envelope: bytes, *, vault_id: str) -> bytes:
        """See RootKey."""
        head, box = _read_envelope(envelope)
        try:
            cost = Argon2Cost(head["iterations"], head["lanes"], head["memory_kib"])
            cipher = self._cipher(cost, bytes.fromhex(head["salt"]))
        except (KeyError, TypeError, ValueError):
            raise VaultDamaged("the root envelope is not readable") from None
        try:
            return open_box(cipher, box, context=_envelope_context(vault_id, head))
        except Unopenable:
            raise WrongKey("the passphrase does not open this vault") from None

    def _cipher(self, cost: Argon2Cost, salt: bytes) -> BoxKey:
        stretched = Argon2id(
            salt=salt,
            length=KEY_LENGTH,
            iterations=cost.iterations,
            lanes=cost.lanes,
            memory_cost=cost.memory_kib,
        )
        return AES.box_key(stretched.derive(self.passphrase))


def from_passphrase(passphrase: str, *, cost: Argon2Cost = Argon2Cost()) -> RootKey:
    """A root key from the operator's passphrase, in UTF-8. Raises WrongKey when it is empty."""
    if not passphrase:
        raise WrongKey("the passphrase is empty")
    return PassphraseKey(passphrase=passphrase.encode(), cost=cost)


def _envelope_context(vault_id: str, head: Mapping[str, object]) -> bytes:
    return bind("root", vault_id, orjson.dumps(head, option=orjson.OPT_SORT_KEYS).decode())


def _read_envelope(envelope: bytes) -> tuple[dict[str, Any], bytes]:
    try:
        head = orjson.loads(envelope)
        return head, bytes.fromhex(head.pop("box"))
    except (ValueError, KeyError, AttributeError, TypeError):
        raise VaultDamaged("the root envelope is not readable") from None


class Keys:
    """The keys of one open vault that follow from its master key alone. Its repr shows nothing."""

    def __init__(self, master: bytes, *, vault_id: str) -> None:
        self.vault_id = vault_id
        self._master = master
        # By suite byte and field; kept, because every value that is searchable asks for it.
        self.index = lru_cache(maxsize=None)(self._index)
        self.journal = AES.box_key(derive(master, "journal"))
        self.audit_wrapping = AES.box_key(derive(master, "audit"))

    def for_use(self, use: str) -> bytes:
        """A key for one use outside the vault; it opens nothing in here."""
        return derive(self._master, "outside", use)

    def wrapped_by(self, root: RootKey, *, random_bytes: RandomBytes) -> bytes:
        """The envelope in which another root key opens this vault too."""
        return root.wrap(self._master, vault_id=self.vault_id, random_bytes=random_bytes)

    def check_value(self) -> bytes:
        """What `open` compares before anything else: it depends on the master key and the vault alone."""
        return derive(self._master, "check", self.vault_id)

    def fits(self, check_value: bytes) -> bool:
        """Whether these keys belong to the vault that stored this check value."""
        return isinstance(check_value, bytes) and hmac.compare_digest(self.check_value(), check_value)

    def _index(self, suite_byte: int, name: str) -> Mac:
        """The keyed hash of one field's search index."""
        suite = suite_of(suite_byte)
        return suite.mac(derive(self._master, "index", name, suite=suite))

    def key_wrapping(self, suite: Suite) -> BoxKey:
        """What wraps the key-encryption keys of a suite."""
        return suite.box_key(derive(self._master, "key-encryption-keys", suite=suite))
