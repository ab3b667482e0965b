"""The one ciphertext form of the vault: suite byte, key version, nonce, ciphertext with tag.

    offset  0        1..2               3..14            15..
            suite    key version, u16   nonce, 96 bits   ciphertext, tag of 128 bits

The header and a context that names the row are bound as associated data, so a box opens only where it was put.
"""

import struct
from collections.abc import Callable
from functools import lru_cache

from cryptography.exceptions import InvalidTag

from vault.errors import Unopenable, VaultDamaged
from vault.suites import BoxKey, Suite, suite_of

RandomBytes = Callable[[int], bytes]

NONCE_LENGTH = 12
_HEADER = struct.Struct(">BH")
HEADER_LENGTH = _HEADER.size
_LENGTH = struct.Struct(">I")
_START = _HEADER.size + NONCE_LENGTH
_PADDED_TO = 32


def encoded(text: str) -> bytes:
    """UTF-8. Half of a surrogate pair, which JSON can carry, is a bad value and must not stop the batch it comes in."""
    return text.encode("utf-8", "surrogatepass")


def bind(*parts: str) -> bytes:
    """The parts, each with its length in front, so that no two lists of parts give the same bytes."""
    return b"".join(map(bound, parts))


def bound(part: str) -> bytes:
    """One part with its length in front; `bind` of many is theirs, joined."""
    text = part.encode("utf-8", "surrogatepass")
    return _LENGTH.pack(len(text)) + text


bound_name = lru_cache(maxsize=16_384)(bound)
"""The same for names of fields and subjects, which come again and again. Never for values: it remembers them."""


def seal_box(
    key: BoxKey, plaintext: bytes, *, key_version: int, context: bytes, random_bytes: RandomBytes
) -> bytes:
    """A box around `plaintext`, padded so that its length tells little; opens only with the same context."""
    return seal_padded(key, _pad(plaintext), key_version, context, random_bytes)


def seal_padded(
    key: BoxKey, padded: bytes, key_version: int, context: bytes, random_bytes: RandomBytes
) -> bytes:
    """A box around a plaintext that is padded already."""
    header = _HEADER.pack(key.suite_byte, key_version)
    nonce = random_bytes(NONCE_LENGTH)
    return header + nonce + key.aead.encrypt(nonce, padded, header + context)


def nonces(random_bytes: RandomBytes, count: int) -> RandomBytes:
    """A source of this many nonces, drawn at once, which is cheaper than one by one."""
    drawn = struct.iter_unpack(f"{NONCE_LENGTH}s", random_bytes(NONCE_LENGTH * count))
    return lambda _: next(drawn)[0]


def box_suite(box: bytes) -> Suite:
    """The suite of the box. Raises SuiteUnknown, VaultDamaged."""
    return read_header(box)[0]


def key_version(box: bytes) -> int:
    """The version of the key that opens the box. Raises SuiteUnknown, VaultDamaged."""
    return read_header(box)[1]


def open_box(key: BoxKey, box: bytes, *, context: bytes) -> bytes:
    """The plaintext. Raises Unopenable when key, context or any bit differ, SuiteUnknown, VaultDamaged."""
    return _unpad(open_padded(key, box, context))


def open_padded(key: BoxKey, box: bytes, context: bytes) -> bytes:
    """Like `open_box`, with the padding: what only goes into another box keeps it."""
    if not isinstance(box, bytes) or len(box) < _START or box[0] != key.suite_byte:
        read_header(box)
        raise Unopenable("a ciphertext is not of the suite of its key")
    nonce, sealed = box[_HEADER.size : _START], box[_START:]
    try:
        return key.aead.decrypt(nonce, sealed, box[: _HEADER.size] + context)
    except InvalidTag:
        raise Unopenable("a ciphertext does not open under its key and its row") from None


def read_header(box: bytes) -> tuple[Suite, int]:
    """Suite and key version. Raises SuiteUnknown, VaultDamaged."""
    # SQLite gives back whatever kind of value somebody put into the column.
    if not isinstance(box, bytes):
        raise VaultDamaged("what stands in place of a ciphertext is none")
    if len(box) < _START:
        raise VaultDamaged(f"a ciphertext of {len(box)} bytes is cut short")
    byte, version = _HEADER.unpack_from(box)
    return suite_of(byte), int(version)


def _pad(plaintext: bytes) -> bytes:
    """ISO/IEC 7816-4: one 0x80, then zeros. Without it the length of a diagnosis would name it."""
    # The 0x80 always has room: the next multiple is above the length of the plaintext.
    return (plaintext + b"\x80").ljust((len(plaintext) // _PADDED_TO + 1) * _PADDED_TO, b"\x00")


def _unpad(padded: bytes) -> bytes:
    return padded.rstrip(b"\x00")[:-1]
