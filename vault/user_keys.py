"""Users' keys: made, judged, and kept as Argon2id hashes with a secret of the vault, so that a stolen database cannot be guessed at."""

import base64
import hmac
from collections.abc import Callable

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from vault.errors import UserInvalid
from vault.keys import Argon2Cost
from vault.tokens import ALPHABET

KEY_CHARACTERS_MIN, KEY_CHARACTERS_MAX = 12, 200
DEFAULT_COST = Argon2Cost()
_SALT_LENGTH, _HASH_LENGTH = 16, 32
_GROUPS, _GROUP = 5, 4

RandomBytes = Callable[[int], bytes]


def new_key(random_bytes: RandomBytes) -> str:
    """A key of 100 random bits, in groups that can be read out: `7Q2M-…`."""
    drawn = [ALPHABET[byte % 32] for byte in random_bytes(_GROUPS * _GROUP)]
    return "-".join("".join(drawn[start : start + _GROUP]) for start in range(0, len(drawn), _GROUP))


def require_fit(key: str, *, name: str) -> None:
    """Raises UserInvalid for a key that could be guessed; no word of it is told."""
    if not KEY_CHARACTERS_MIN <= len(key) <= KEY_CHARACTERS_MAX:
        raise UserInvalid(f"a key has {KEY_CHARACTERS_MIN} to {KEY_CHARACTERS_MAX} characters")
    if name.casefold() in key.casefold() or len(set(key)) < 5:
        raise UserInvalid("a key that holds the user's name, or few different characters, could be guessed")


class KeyHashes:
    """Hashes keys and compares them; each comparison costs the same work whatever it finds.

    A hash is of one user's key, so that nobody who edits the database lends theirs to another user.
    """

    def __init__(self, secret: bytes, *, cost: Argon2Cost, random_bytes: RandomBytes) -> None:
        self._secret = secret
        self._cost = cost
        self._random_bytes = random_bytes

    def of(self, key: str, *, name: str) -> str:
        """The hash to store, in the PHC form, which names its own parameters."""
        salt = self._random_bytes(_SALT_LENGTH)
        return str(self._argon2(salt, name).derive_phc_encoded(key.encode(errors="surrogatepass")))

    def fits(self, key: str, stored: str | None, *, name: str) -> bool:
        """Whether the key is the one of the stored hash. With None the same work is done for nothing."""
        wanted = stored or self._unmatchable()
        given = key[:KEY_CHARACTERS_MAX].encode(errors="surrogatepass")
        try:
            Argon2id.verify_phc_encoded(given, wanted, secret=self._of_user(name))
        except InvalidKey:
            return False
        return stored is not None

    def _argon2(self, salt: bytes, name: str) -> Argon2id:
        return Argon2id(
            salt=salt,
            length=_HASH_LENGTH,
            iterations=self._cost.iterations,
            lanes=self._cost.lanes,
            memory_cost=self._cost.memory_kib,
            secret=self._of_user(name),
        )

    def _of_user(self, name: str) -> bytes:
        return hmac.digest(self._secret, name.encode(errors="surrogatepass"), "sha256")

    def _unmatchable(self) -> str:
        cost = f"m={self._cost.memory_kib},t={self._cost.iterations},p={self._cost.lanes}"
        salt, digest = (_base64(self._random_bytes(length)) for length in (_SALT_LENGTH, _HASH_LENGTH))
        return f"$argon2id$v=19${cost}${salt}${digest}"


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode().rstrip("=")
