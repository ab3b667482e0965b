"""Sealing, moving, copying, clearing: which token stands for which value."""

import os
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vault.errors import SubjectErased, TokenErased, TokenUnknown, Unopenable
from vault.plaintext import Plaintext
from vault.store import sealed_value
from vault.tokens import is_token
from vault.values import Secret
from vault.vault import Vault

Build = Callable[..., Secret]


def opened(vault: Vault, token: str) -> Plaintext[str]:
    return vault.open_for_check([token])[token]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.lists(st.text(alphabet=st.characters(), max_size=80), max_size=5))
def test_what_is_sealed_opens_again(vault: Vault, values: list[str]) -> None:
    sealed = vault.seal([Secret("customers.phone", "R1", Plaintext(value), "mask") for value in values])
    found = vault.open_for_check(one.token for one in sealed)
    assert [found[one.token] for one in sealed] == values


def test_half_a_surrogate_pair_is_sealed_like_any_value(vault: Vault, secret: Build) -> None:
    (sealed,) = vault.seal([secret("1\ud8001")])
    assert opened(vault, sealed.token) == "1\ud8001"
    assert vault.matches(sealed.field, Plaintext("1\ud8001")) == [sealed]


def test_a_sealed_value_shows_its_mask_without_being_opened(vault: Vault, secret: Build) -> None:
    (sealed,) = vault.seal([secret(valid=False, mask="待更正")])
    assert is_token(sealed.token)
    assert (sealed.mask, sealed.valid, sealed.state) == ("待更正", False, "live")
    assert vault.look_up([sealed.token, "ABCDEFGH55"]) == {sealed.token: sealed}
    assert vault.opened_for_check == 0


def test_equal_values_of_one_subject_and_field_keep_their_token(vault: Vault, secret: Build) -> None:
    first, again = vault.seal([secret(), secret()])
    assert first == again
    assert vault.seal([secret()]) == [first]


@pytest.mark.parametrize(
    "other", [{"subject": "R2"}, {"field": "customers.phone"}, {"valid": False}, {"value": "other"}]
)
def test_another_subject_field_validity_or_value_gets_another_token(
    vault: Vault, secret: Build, other: dict[str, str]
) -> None:
    first, second = vault.seal([secret(), secret(**other)])
    assert first.token != second.token


def test_sealing_again_takes_the_mask_and_index_of_today(vault: Vault, secret: Build) -> None:
    (before,) = vault.seal([secret(mask="1****1", searchable=False)])
    assert vault.matches(before.field, Plaintext("PLAINTEXT-ONE")) == []
    (after,) = vault.seal([secret(mask="******", searchable=True)])
    assert after.token == before.token
    assert vault.look_up([after.token])[after.token].mask == "******"
    assert vault.matches(after.field, Plaintext("PLAINTEXT-ONE")) == [after]


def test_a_ciphertext_put_into_another_row_does_not_open(vault: Vault, secret: Build) -> None:
    """Same subject, same key: only the token bound to it differs."""
    one, other = vault.seal([secret("one"), secret("other")])
    with vault.store.writing() as connection:
        body = sa.select(sealed_value.c.body).where(sealed_value.c.token == one.token).scalar_subquery()
        connection.execute(sealed_value.update().where(sealed_value.c.token == other.token).values(body=body))
    with pytest.raises(Unopenable):
        vault.open_for_check([other.token])


@pytest.mark.parametrize("changed", [{"field": "customers.phone"}, {"subject": "R2"}])
def test_a_ciphertext_under_another_field_or_subject_does_not_open(
    vault: Vault, secret: Build, changed: dict[str, str]
) -> None:
    one, _ = vault.seal([secret(), secret(subject="R2")])
    with vault.store.writing() as connection:
        connection.execute(sealed_value.update().where(sealed_value.c.token == one.token).values(**changed))
    with pytest.raises(Unopenable):
        vault.open_for_check([one.token])


def test_a_token_that_is_taken_is_not_drawn_again(vault: Vault, secret: Build) -> None:
    draws = iter([bytes([10] * 8), bytes([10] * 8), bytes([11] * 8)])
    vault._sealing._random_bytes = lambda n: next(draws) if n == 8 else os.urandom(n)
    one, other = vault.seal([secret("one")]) + vault.seal([secret("other")])
    assert (one.token[:8], other.token[:8]) == ("AAAAAAAA", "BBBBBBBB")


def test_a_search_finds_only_live_values_of_its_field(vault: Vault, secret: Build) -> None:
    """Full width, case and blanks do not matter."""
    here, _, _, gone = vault.seal(
        [secret("ab12"), secret("ab12", field="customers.phone"), secret("zz"), secret("ab12", subject="R3")]
    )
    vault.clear([gone.token])
    assert vault.matches("customers.id_number", Plaintext(" ＡＢ12 ")) == [here]


def test_a_moved_value_leaves_a_token_that_leads_to_it(vault: Vault, secret: Build) -> None:
    (old,) = vault.seal([secret(subject="R-provisional")])
    moved = vault.move([old.token], "R1")[old.token]
    assert (moved.subject, moved.mask, moved.state) == ("R1", old.mask, "live")
    assert moved.token != old.token
    assert vault.look_up([old.token])[old.token].state == "moved"
    assert opened(vault, old.token) == opened(vault, moved.token) == "PLAINTEXT-ONE"
    assert vault.matches(old.field, Plaintext("PLAINTEXT-ONE")) == [moved]


def test_moving_again_after_a_crash_gives_the_same_token(vault: Vault, secret: Build) -> None:
    (old,) = vault.seal([secret(subject="R-provisional")])
    assert vault.move([old.token], "R1") == vault.move([old.token], "R1")


def test_a_token_moved_twice_leads_to_the_last_place(vault: Vault, secret: Build) -> None:
    (old,) = vault.seal([secret(subject="R-provisional")])
    vault.move([old.token], "R1")
    last = vault.move([old.token], "R2")[old.token]
    assert last.subject == "R2"
    vault.erase_subject("R1", actor="clerk", reason="test")
    assert opened(vault, old.token) == "PLAINTEXT-ONE"


def test_a_value_moved_away_and_back_is_sealed_anew(vault: Vault, secret: Build) -> None:
    (old,) = vault.seal([secret(subject="R1")])
    away = vault.move([old.token], "R2")[old.token]
    back = vault.move([away.token], "R1")[away.token]
    assert back.token not in (old.token, away.token)
    assert opened(vault, old.token) == opened(vault, away.token) == "PLAINTEXT-ONE"


def test_a_copied_value_stands_under_both_subjects(vault: Vault, secret: Build) -> None:
    (sealed,) = vault.seal([secret()])
    copied = vault.copy(sealed.token, "R2")
    assert copied.token != sealed.token
    assert opened(vault, copied.token) == opened(vault, sealed.token)
    assert copied in vault.matches(sealed.field, Plaintext("PLAINTEXT-ONE"))


def test_an_unknown_token_moves_nothing(vault: Vault, secret: Build) -> None:
    (sealed,) = vault.seal([secret()])
    with pytest.raises(TokenUnknown):
        vault.move([sealed.token, "ABCDEFGH55"], "R2")
    assert vault.look_up([sealed.token])[sealed.token].state == "live"


def test_a_cleared_value_can_be_restored_for_thirty_days(vault: Vault, secret: Build, clock: Any) -> None:
    kept, late = vault.seal([secret("kept"), secret("late")])
    assert vault.clear([late.token, "ABCDEFGH55"]) == 1
    clock.advance(days=1)
    vault.clear([kept.token])
    clock.advance(days=29, hours=12)
    assert vault.restore([kept.token, late.token]) == {kept.token: kept}


def test_purging_destroys_only_what_was_cleared_long_ago(vault: Vault, secret: Build, clock: Any) -> None:
    old, recent, live = vault.seal([secret("old"), secret("recent"), secret("live")])
    vault.clear([old.token])
    clock.advance(days=31)
    vault.clear([recent.token])
    assert vault.purge() == 1
    assert vault.look_up([old.token])[old.token].state == "erased"
    assert vault.open_for_check([old.token, recent.token, live.token]) == {
        recent.token: "recent",
        live.token: "live",
    }


def test_clearing_leaves_a_moved_or_cleared_token_as_it_is(vault: Vault, secret: Build, clock: Any) -> None:
    moved, cleared = vault.seal([secret("moved"), secret("cleared")])
    vault.move([moved.token], "R2")
    vault.clear([cleared.token])
    clock.advance(days=20)
    assert vault.clear([moved.token, cleared.token]) == 0
    assert vault.look_up([moved.token])[moved.token].state == "moved"
    clock.advance(days=11)
    assert vault.purge() == 1


def test_typing_a_cleared_value_again_revives_its_token(vault: Vault, secret: Build) -> None:
    (sealed,) = vault.seal([secret()])
    vault.clear([sealed.token])
    assert vault.seal([secret()]) == [sealed]
    assert vault.look_up([sealed.token])[sealed.token].state == "live"


def test_an_erased_subject_is_not_sealed_for_and_the_batch_names_it(vault: Vault, secret: Build) -> None:
    vault.seal([secret()])
    vault.erase_subject("R1", actor="clerk", reason="request")
    with pytest.raises(SubjectErased) as caught:
        vault.seal([secret(), secret(subject="R2")])
    assert caught.value.subjects == ("R1",)
    assert vault.counts() == {"tokens": {}, "subjects": 0}


def test_an_erased_value_is_neither_moved_nor_copied(vault: Vault, secret: Build) -> None:
    (sealed,) = vault.seal([secret()])
    vault.erase_subject("R1", actor="clerk", reason="request")
    with pytest.raises(TokenErased):
        vault.move([sealed.token], "R2")
    with pytest.raises(TokenErased):
        vault.copy(sealed.token, "R2")


def test_a_data_key_whose_transaction_was_rolled_back_seals_nothing_later(
    vault: Vault, secret: Build
) -> None:
    with pytest.raises(RuntimeError), vault.store.writing() as connection:
        vault._sealing.seal(connection, [secret()])
        vault._sealing.seal(connection, [secret("second")])
        raise RuntimeError
    (sealed,) = vault.seal([secret()])
    assert opened(vault, sealed.token) == "PLAINTEXT-ONE"


def test_counts_are_per_field(vault: Vault, secret: Build) -> None:
    vault.seal([secret(), secret("two"), secret(field="customers.phone", subject="R2")])
    assert vault.counts() == {"tokens": {"customers.id_number": 2, "customers.phone": 1}, "subjects": 2}
