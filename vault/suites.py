"""The two cipher suites, each under the one byte that names it in a box: which cipher, which keyed hash, how keys are derived.

`aes` is AES-256-GCM with HMAC-SHA256, `sm4` is SM4-GCM (RFC 8998) with HMAC-SM3. Both are software, no certified module.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import GCM
from cryptography.hazmat.primitives.hashes import SHA256, SM3, HashAlgorithm
from cryptography.hazmat.primitives.hmac import HMAC

from vault.errors import SuiteUnknown

SuiteName = Literal["aes", "sm4"]
Mac = HMAC
"""A keyed hash that is set up, for `digest_of`."""
HASH_LENGTH = 32  # Of SHA-256 and of SM3.
TAG_LENGTH = 16


class Aead(Protocol):
    """Authenticated encryption. `decrypt` raises InvalidTag and releases nothing when a bit differs."""

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """Ciphertext and tag."""
        ...

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """The plaintext."""
        ...


class Sm4Gcm:
    """SM4-GCM in the shape of the library's AESGCM, which does not offer it."""

    def __init__(self, key: bytes) -> None:
        self._algorithm = SM4(key)

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """See Aead."""
        encryptor = Cipher(self._algorithm, GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(associated_data or b"")
        return encryptor.update(data) + encryptor.finalize() + encryptor.tag

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """See Aead."""
        if len(data) < TAG_LENGTH:
            raise InvalidTag
        decryptor = Cipher(self._algorithm, GCM(nonce, data[-TAG_LENGTH:])).decryptor()
        decryptor.authenticate_additional_data(associated_data or b"")
        unverified = decryptor.update(data[:-TAG_LENGTH])
        # Raises InvalidTag, so that nothing unverified ever leaves this function.
        return unverified + decryptor.finalize()


@dataclass(frozen=True, slots=True)
class BoxKey:
    """A key that seals and opens boxes of one suite."""

    suite_byte: int
    aead: Aead = field(repr=False)


@dataclass(frozen=True, slots=True)
class Suite:
    """One suite; keys of its cipher are the first bytes of what `derive` gives."""

    byte: int
    name: SuiteName
    key_length: int
    aead: Callable[[bytes], Aead] = field(repr=False)
    hash: HashAlgorithm = field(repr=False)

    def box_key(self, key: bytes) -> BoxKey:
        """The key of 32 bytes, cut to what the cipher takes."""
        return BoxKey(self.byte, self.aead(key[: self.key_length]))

    def mac(self, key: bytes) -> Mac:
        """The keyed hash."""
        return HMAC(key, self.hash)

    def derive(self, key: bytes, info: bytes) -> bytes:
        """32 bytes for one use: HKDF-Expand (RFC 5869) of one block. `key` is uniformly random, so no extract step is needed."""
        return digest_of(self.mac(key), info + b"\x01")


def digest_of(mac: Mac, message: bytes) -> bytes:
    """32 bytes; the key that was set up is copied, which is three times as fast as setting it up for each message."""
    running = mac.copy()
    running.update(message)
    return running.finalize()


AES = Suite(1, "aes", 32, AESGCM, SHA256())
SM4_SUITE = Suite(2, "sm4", 16, Sm4Gcm, SM3())
SUITES: Mapping[SuiteName, Suite] = {suite.name: suite for suite in (AES, SM4_SUITE)}
_BY_BYTE: Mapping[int, Suite] = {suite.byte: suite for suite in SUITES.values()}


def suite_of(byte: int) -> Suite:
    """The suite that a header names. Raises SuiteUnknown."""
    try:
        return _BY_BYTE[byte]
    except KeyError:
        raise SuiteUnknown(f"cipher suite {byte} is not known to this release") from None
