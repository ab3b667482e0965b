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
_START = _HEADER.size + NONCE_LENGTH
_PADDED_TO = 32


def encoded(text: str) -> bytes:
    """UTF-8. Half of a surrogate pair, which JSON can carry, is a bad value and must not stop the batch it comes in."""
    return text.encode(errors="surrogatepass")


def bind(*parts: str) -> bytes:
    """The parts, each with its length in front, so that no two lists of parts give the same bytes."""
    return b"".join(map(bound, parts))


def bound(part: str) -> bytes:
    """One part with its length in front; `bind` of many is theirs, joined."""
    text = part.encode(errors="surrogatepass")
    return len(text).to_bytes(4, "big") + text


bound_name = lru_cache(maxsize=16_384)(bound)
"""The same for names of fields and subjects, which come again and again. Never for values: it remembers them."""


def seal_box(
    key: BoxKey, plaintext: bytes, *, key_version: int, context: bytes, random_bytes: RandomBytes
) -> bytes:
    """A box around `plaintext`, padded so that its length tells little; opens only with the same context."""
    header = _HEADER.pack(key.suite_byte, key_version)
    nonce = random_bytes(NONCE_LENGTH)
    return header + nonce + key.aead.encrypt(nonce, _pad(plaintext), header + context)


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
    if len(box) < _START or box[0] != key.suite_byte:
        read_header(box)
        raise Unopenable("a ciphertext is not of the suite of its key")
    nonce, sealed = box[_HEADER.size : _START], box[_START:]
    try:
        return _unpad(key.aead.decrypt(nonce, sealed, box[: _HEADER.size] + context))
    except InvalidTag:
        raise Unopenable("a ciphertext does not open under its key and its row") from None


def read_header(box: bytes) -> tuple[Suite, int]:
    """Suite and key version. Raises SuiteUnknown, VaultDamaged."""
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
