"""The suites against published vectors, and the promise that nothing unverified is released."""

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from vault.box import open_box, seal_box
from vault.errors import SuiteUnknown, Unopenable
from vault.suites import AES, SM4_SUITE, SUITES, Suite, digest_of

VECTORS = Path(__file__).parents[1] / "vectors"


def cases(name: str) -> list[Any]:
    told = json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))
    assert told["source"]
    return [pytest.param(case, id=f"{name} {case['name']}") for case in told["cases"]]


def unhex(case: dict[str, str], *names: str) -> list[bytes]:
    return [bytes.fromhex(case[name]) for name in names]


CIPHERS = [(AES, case) for case in cases("aes_256_gcm")] + [(SM4_SUITE, case) for case in cases("sm4_gcm")]
MACS = [(AES, case) for case in cases("hmac_sha256")] + [(SM4_SUITE, case) for case in cases("hmac_sm3")]


def paired(pairs: list[tuple[Suite, Any]]) -> list[Any]:
    return [pytest.param(suite, *case.values, id=case.id) for suite, case in pairs]


@pytest.mark.parametrize(("suite", "case"), paired(CIPHERS))
def test_a_cipher_gives_the_published_ciphertext_and_opens_it(suite: Suite, case: dict[str, str]) -> None:
    key, nonce, plaintext, associated = unhex(case, "key", "nonce", "plaintext", "associated")
    sealed = bytes.fromhex(case["ciphertext"] + case["tag"])
    cipher = suite.aead(key)
    assert cipher.encrypt(nonce, plaintext, associated) == sealed
    assert cipher.decrypt(nonce, sealed, associated) == plaintext


@pytest.mark.parametrize(("suite", "case"), paired(MACS))
def test_a_keyed_hash_gives_the_published_value(suite: Suite, case: dict[str, str]) -> None:
    key, message = unhex(case, "key", "message")
    assert digest_of(suite.mac(key), message).hex() == case["mac"]


@pytest.mark.parametrize("case", cases("argon2id"))
def test_the_stretching_of_passphrases_gives_the_published_value(case: dict[str, Any]) -> None:
    password, salt, secret, associated = unhex(case, "password", "salt", "secret", "associated")
    stretched = Argon2id(
        salt=salt,
        length=32,
        iterations=case["iterations"],
        lanes=case["lanes"],
        memory_cost=case["memory_kib"],
        ad=associated,
        secret=secret,
    )
    assert stretched.derive(password).hex() == case["tag"]


@pytest.mark.parametrize("case", cases("hkdf_sha256"))
def test_derivation_is_the_first_block_of_the_published_one(case: dict[str, str]) -> None:
    key, info = unhex(case, "key", "info")
    assert AES.derive(key, info).hex() == case["out"]


@pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES)
def test_a_flipped_bit_anywhere_releases_nothing(suite: Suite) -> None:
    cipher = suite.aead(bytes(suite.key_length))
    sealed = cipher.encrypt(bytes(12), b"plaintext", b"row")
    for position in range(len(sealed)):
        flipped = sealed[:position] + bytes([sealed[position] ^ 1]) + sealed[position + 1 :]
        with pytest.raises(InvalidTag):
            cipher.decrypt(bytes(12), flipped, b"row")
    with pytest.raises(InvalidTag):
        cipher.decrypt(bytes(12), b"short", b"row")


@pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES)
def test_every_bit_of_a_box_and_its_context_counts(suite: Suite) -> None:
    key = suite.box_key(bytes(32))
    box = seal_box(key, b"value", key_version=1, context=b"row", random_bytes=bytes)
    assert open_box(key, box, context=b"row") == b"value"
    for position in range(1, len(box)):
        flipped = box[:position] + bytes([box[position] ^ 1]) + box[position + 1 :]
        with pytest.raises(Unopenable):
            open_box(key, flipped, context=b"row")


def test_a_box_says_its_suite_and_opens_under_no_other() -> None:
    boxes = {
        suite.byte: seal_box(
            suite.box_key(bytes(32)), b"value", key_version=1, context=b"", random_bytes=bytes
        )
        for suite in SUITES.values()
    }
    assert {byte: box[0] for byte, box in boxes.items()} == {1: 1, 2: 2}
    with pytest.raises(Unopenable):
        open_box(AES.box_key(bytes(32)), boxes[2], context=b"")
    with pytest.raises(SuiteUnknown, match="suite 3 "):
        open_box(AES.box_key(bytes(32)), b"\x03" + boxes[1][1:], context=b"")
