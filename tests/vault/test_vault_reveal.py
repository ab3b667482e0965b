"""Reveal, find, erase: what a person gets, what is refused, and what the chain says of it."""

from collections.abc import Callable
from typing import Any

import pytest

from vault.audit import entries
from vault.errors import PurposeUnknown, SubjectUnknown, TokenErased, TokenUnknown, Unopenable
from vault.plaintext import Plaintext
from vault.store import sealed_value
from vault.values import Secret
from vault.vault import Vault

Build = Callable[..., Secret]


def acts(vault: Vault, *names: str) -> list[tuple[Any, ...]]:
    return [tuple(entry[name] for name in names) for entry in entries(vault)]


def test_a_reveal_gives_the_value_and_is_on_record(vault: Vault, secret: Build) -> None:
    (sealed,) = vault.seal([secret()])
    assert vault.reveal(sealed.token, actor="clerk", purpose="理赔") == "PLAINTEXT-ONE"
    assert acts(vault, "n", "at", "actor", "action", "field", "subject", "token", "purpose", "count") == [
        (
            1,
            "2026-03-01T08:00:00.000000+00:00",
            "clerk",
            "reveal",
            sealed.field,
            "R1",
            sealed.token,
            "理赔",
            1,
        )
    ]


def test_a_reveal_is_on_record_before_the_value_is_opened(vault: Vault, secret: Build) -> None:
    (sealed,) = vault.seal([secret()])
    with vault.store.writing() as connection:
        connection.execute(sealed_value.update().values(field="customers.phone"))
    with pytest.raises(Unopenable):
        vault.reveal(sealed.token, actor="clerk", purpose="理赔")
    assert acts(vault, "action", "token") == [("reveal", sealed.token)]


def test_a_refused_reveal_is_on_record(vault: Vault, secret: Build) -> None:
    (sealed,) = vault.seal([secret()])
    with pytest.raises(PurposeUnknown):
        vault.reveal(sealed.token, actor="clerk", purpose="curiosity")
    with pytest.raises(TokenUnknown):
        vault.reveal("ABCDEFGH55", actor="clerk", purpose="理赔")
    vault.erase_subject("R1", actor="officer", reason="request")
    with pytest.raises(TokenErased):
        vault.reveal(sealed.token, actor="clerk", purpose="理赔")
    refusals = [act for act in acts(vault, "action", "token", "purpose") if act[0] == "reveal_refused"]
    assert refusals == [("reveal_refused", token, "") for token in (sealed.token, "ABCDEFGH55", sealed.token)]


def test_a_value_given_in_place_of_a_token_or_purpose_does_not_enter_the_chain(vault: Vault) -> None:
    with pytest.raises(TokenUnknown) as caught:
        vault.reveal("110101199003070011", actor="clerk", purpose="理赔")
    with pytest.raises(PurposeUnknown) as refused:
        vault.reveal("ABCDEFGH55", actor="clerk", purpose="110101199003070011")
    told = [str(list(entries(vault))), str(caught.value), str(refused.value)]
    assert "110101199003070011" not in "".join(told)


def test_a_find_is_on_record_with_its_count_and_without_its_value(vault: Vault, secret: Build) -> None:
    both = vault.seal([secret(), secret(subject="R2"), secret("else")])[:2]
    found = vault.find("customers.id_number", Plaintext("plaintext-one"), actor="clerk", purpose="理赔")
    assert sorted(found, key=lambda one: one.subject) == both
    assert (
        acts(vault, "action", "field", "purpose", "count") == [("find", "customers.id_number", "理赔", 2)] * 2
    )
    assert {token for (token,) in acts(vault, "token")} == {one.token for one in both}
    assert "plaintext-one" not in str(list(entries(vault)))


def test_a_find_without_a_purpose_from_the_list_is_refused_and_on_record(vault: Vault) -> None:
    with pytest.raises(PurposeUnknown):
        vault.find("customers.id_number", Plaintext("x"), actor="clerk", purpose="")
    assert acts(vault, "actor", "action") == [("clerk", "find_refused")]


def test_internal_opens_are_one_entry_per_cycle(vault: Vault, secret: Build) -> None:
    tokens = [sealed.token for sealed in vault.seal([secret("one"), secret("two")])]
    vault.open_for_check(tokens)
    vault.open_for_check([*tokens[:1], "ABCDEFGH55"])
    assert vault.opened_for_check == 3
    vault.close_cycle({"rows": 2})
    vault.close_cycle({"rows": 0})
    assert acts(vault, "actor", "action", "count", "counts") == [("daemon", "check", 3, {"rows": 2})]


def test_moves_copies_clears_and_restores_are_on_record(vault: Vault, secret: Build) -> None:
    (old,) = vault.seal([secret()])
    moved = vault.move([old.token], "R2")[old.token]
    vault.move([old.token], "R2")
    copied = vault.copy(moved.token, "R3")
    vault.clear([copied.token])
    vault.restore([copied.token])
    assert acts(vault, "action", "subject", "token", "purpose") == [
        ("move", "R2", moved.token, f"from {old.token}"),
        ("copy", "R3", copied.token, f"from {moved.token}"),
        ("clear", "R3", copied.token, ""),
        ("restore", "R3", copied.token, ""),
    ]


def test_an_erased_person_leaves_tokens_that_tell_nothing(vault: Vault, secret: Build) -> None:
    sealed, other = vault.seal([secret(), secret(subject="R2")])
    assert vault.erase_subject("R1", actor="officer", reason="request 7") == 1
    gone = vault.look_up([sealed.token])[sealed.token]
    assert (gone.state, gone.mask) == ("erased", "")
    assert vault.open_for_check([sealed.token, other.token]) == {other.token: "PLAINTEXT-ONE"}
    assert vault.matches(sealed.field, Plaintext("PLAINTEXT-ONE")) == [other]
    assert acts(vault, "actor", "action", "subject", "purpose") == [("officer", "erase", "R1", "request 7")]


def test_erasing_someone_unknown_is_refused_and_on_record(vault: Vault) -> None:
    with pytest.raises(SubjectUnknown):
        vault.erase_subject("R9", actor="officer", reason="request")
    assert acts(vault, "action", "subject") == [("erase_refused", "")]


def test_the_leak_scan_sees_every_value_and_is_on_record(vault: Vault, secret: Build) -> None:
    kept, moved, _ = vault.seal([secret("one"), secret("two"), secret("three", subject="R9")])
    vault.move([moved.token], "R2")
    vault.clear([kept.token])
    vault.erase_subject("R9", actor="officer", reason="request")
    assert sorted(one.expose() for one in vault.plaintexts_for_leak_scan()) == ["one", "two"]
    assert acts(vault, "action", "count")[-1] == ("leak_scan", 2)


@pytest.mark.parametrize("text", ["", "1\ud8001", "1\x001", "110101199003070011"])
def test_any_text_in_place_of_a_token_is_an_unknown_token(vault: Vault, text: str) -> None:
    assert vault.look_up([text]) == vault.open_for_check([text]) == {}
    with pytest.raises(TokenUnknown):
        vault.reveal(text, actor="clerk", purpose="理赔")
