"""The one ciphertext form of the vault: suite byte, key version, nonce, ciphertext with tag.

    offset  0        1..2               3..14            15..
            suite    key version, u16   nonce, 96 bits   ciphertext, tag of 128 bits

The header and a context that names the row are bound as associated data, so a box opens only where it was put.
"""

import struct
from collections.abc import Callable

from cryptography.exceptions import InvalidTag

from vault.errors import Unopenable, VaultDamaged
from vault.suites import BoxKey, Suite, suite_of

RandomBytes = Callable[[int], bytes]

NONCE_LENGTH = 12
_HEADER = struct.Struct(">BH")
_START = _HEADER.size + NONCE_LENGTH
_PADDED_TO = 32


def encoded(text: str) -> bytes:
    """UTF-8. Half of a surrogate pair, which JSON can carry, is a bad value and must not stop the batch it comes in."""
    return text.encode(errors="surrogatepass")


def bind(*parts: str) -> bytes:
    """The parts, each with its length in front, so that no two lists of parts give the same bytes."""
    return b"".join([len(part).to_bytes(4, "big") + part for part in map(encoded, parts)])


def seal_box(
    key: BoxKey, plaintext: bytes, *, key_version: int, context: bytes, random_bytes: RandomBytes
) -> bytes:
    """A box around `plaintext`, padded so that its length tells little; opens only with the same context."""
    header = _HEADER.pack(key.suite_byte, key_version)
    nonce = random_bytes(NONCE_LENGTH)
    return header + nonce + key.aead.encrypt(nonce, _pad(plaintext), header + context)


def box_suite(box: bytes) -> Suite:
    """The suite of the box. Raises SuiteUnknown, VaultDamaged."""
    return _read_header(box)[0]


def key_version(box: bytes) -> int:
    """The version of the key that opens the box. Raises SuiteUnknown, VaultDamaged."""
    return _read_header(box)[1]


def open_box(key: BoxKey, box: bytes, *, context: bytes) -> bytes:
    """The plaintext. Raises Unopenable when key, context or any bit differ, SuiteUnknown, VaultDamaged."""
    suite, _ = _read_header(box)
    if suite.byte != key.suite_byte:
        raise Unopenable("a ciphertext is not of the suite of its key")
    nonce, sealed = box[_HEADER.size : _START], box[_START:]
    try:
        return _unpad(key.aead.decrypt(nonce, sealed, box[: _HEADER.size] + context))
    except InvalidTag:
        raise Unopenable("a ciphertext does not open under its key and its row") from None


def _read_header(box: bytes) -> tuple[Suite, int]:
    if len(box) < _START:
        raise VaultDamaged(f"a ciphertext of {len(box)} bytes is cut short")
    byte, version = _HEADER.unpack_from(box)
    return suite_of(byte), int(version)


def _pad(plaintext: bytes) -> bytes:
    """ISO/IEC 7816-4: one 0x80, then zeros. Without it the length of a diagnosis would name it."""
    marked = plaintext + b"\x80"
    return marked + bytes(-len(marked) % _PADDED_TO)


def _unpad(padded: bytes) -> bytes:
    return padded.rstrip(b"\x00")[:-1]
