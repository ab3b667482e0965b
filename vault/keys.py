"""The key hierarchy: root key, master key, versioned key-encryption keys, and the keys derived for one use each.

The root key (a passphrase here; an age identity or a KMS behind the same protocol) wraps only the random master key, so
that changing it re-wraps one row. The master key wraps the key-encryption keys, these wrap the data keys of `subjects.py`.
"""

import hmac
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from vault.box import RandomBytes, bind, open_box, seal_box
from vault.errors import Unopenable, VaultDamaged, WrongKey

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


def derive(key: bytes, *use: str) -> bytes:
    """32 bytes for one use, by HKDF-Expand (RFC 5869); `key` is uniformly random, so no extract step is needed."""
    return HKDFExpand(algorithm=SHA256(), length=KEY_LENGTH, info=bind("tablekeeper", *use)).derive(key)


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

    def _cipher(self, cost: Argon2Cost, salt: bytes) -> AESGCM:
        stretched = Argon2id(
            salt=salt,
            length=KEY_LENGTH,
            iterations=cost.iterations,
            lanes=cost.lanes,
            memory_cost=cost.memory_kib,
        )
        return AESGCM(stretched.derive(self.passphrase))


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
    """The keys of one open vault. Holds the master key in memory; its repr shows nothing."""

    def __init__(self, master: bytes, *, vault_id: str) -> None:
        self.vault_id = vault_id
        self._master = master
        self._key_wrapping = AESGCM(derive(master, "key-encryption-keys"))
        self._key_encryption: dict[int, AESGCM] = {}
        self._index: dict[str, bytes] = {}
        self.audit_wrapping = AESGCM(derive(master, "audit"))

    def for_use(self, use: str) -> bytes:
        """A key for one use outside the vault; it opens nothing in here."""
        return derive(self._master, "outside", use)

    def check_value(self) -> bytes:
        """What `open` compares before anything else: it depends on the master key and the vault alone."""
        return derive(self._master, "check", self.vault_id)

    def fits(self, check_value: bytes) -> bool:
        """Whether these keys belong to the vault that stored this check value."""
        return hmac.compare_digest(self.check_value(), check_value)

    def index(self, name: str) -> bytes:
        """The key of one field's search index."""
        if name not in self._index:
            self._index[name] = derive(self._master, "index", name)
        return self._index[name]

    def new_key_encryption_key(self, *, version: int, random_bytes: RandomBytes) -> bytes:
        """A new version, taken into use at once, as the wrapped form to store."""
        key = random_bytes(KEY_LENGTH)
        self._key_encryption[version] = AESGCM(key)
        context = bind("key-encryption-key", self.vault_id)
        return seal_box(
            self._key_wrapping, key, key_version=version, context=context, random_bytes=random_bytes
        )

    def load_key_encryption_key(self, version: int, wrapped: bytes) -> None:
        """Take a stored version into use. Raises Unopenable."""
        key = open_box(self._key_wrapping, wrapped, context=bind("key-encryption-key", self.vault_id))
        self._key_encryption[version] = AESGCM(key)

    @property
    def newest_version(self) -> int:
        """The version under which new data keys are wrapped."""
        return max(self._key_encryption)

    def key_encryption(self, version: int) -> AESGCM:
        """The key of a version. Raises VaultDamaged."""
        try:
            return self._key_encryption[version]
        except KeyError:
            raise VaultDamaged(f"key-encryption key version {version} is not in this vault") from None
