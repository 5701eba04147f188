"""Two axes: what proofs add up to, and its words on the wire."""

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import chain, combinations

import pytest

from idp.assurance import (
    Factor,
    Level,
    Proof,
    acr_of,
    amr_of,
    authentication_level,
    level_of,
    level_of_factors,
)

KNOWN, HELD, BODY = Factor.KNOWLEDGE, Factor.POSSESSION, Factor.BIOMETRIC
NOW = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)


def a_proof(method: str, *factors: Factor, amr: tuple[str, ...] = ()) -> Proof:
    return Proof(method=method, factors=frozenset(factors), amr=amr or (method,), at=NOW)


def every_set(of: Iterable[Factor]) -> list[frozenset[Factor]]:
    kept = list(of)
    return [frozenset(some) for some in chain.from_iterable(combinations(kept, n) for n in range(4))]


@pytest.mark.spec("Decree 69/2024 Art. 20")
@pytest.mark.parametrize(
    ("factors", "level"),
    [
        ((), 0),
        ((KNOWN,), 1),
        ((HELD,), 1),
        ((BODY,), 1),
        ((KNOWN, HELD), 2),
        ((KNOWN, BODY), 3),
        ((HELD, BODY), 3),
        ((KNOWN, HELD, BODY), 4),
    ],
)
def test_level_follows_from_the_factors(factors: tuple[Factor, ...], level: int) -> None:
    assert level_of_factors(frozenset(factors)) == level
    assert authentication_level([a_proof("any", *factors)] if factors else []) == level
    assert authentication_level([a_proof(f.value, f) for f in factors]) == level


def test_two_proofs_of_one_factor_are_one_factor() -> None:
    assert authentication_level([a_proof("totp", HELD), a_proof("sms_otp", HELD)]) == 1
    assert authentication_level([a_proof("password", KNOWN), a_proof("pin", KNOWN)]) == 1


def test_level_three_and_four_are_out_of_reach_without_a_biometric() -> None:
    assert max(level_of_factors(some) for some in every_set([KNOWN, HELD])) == 2


def test_another_factor_never_lowers_the_level() -> None:
    for some in every_set(Factor):
        for more in every_set(Factor):
            assert level_of_factors(some | more) >= level_of_factors(some)


@pytest.mark.parametrize("level", [1, 2, 3, 4])
def test_level_is_read_back_from_its_word(level: int) -> None:
    assert acr_of(level) == f"urn:dinhdanh:aal:{level}"
    assert level_of(acr_of(level)) == level


@pytest.mark.parametrize(
    "word",
    ["", "2", "urn:dinhdanh:aal:", "urn:dinhdanh:aal:0", "urn:dinhdanh:aal:5", "urn:dinhdanh:aal:02",
     "urn:dinhdanh:aal:²", "urn:dinhdanh:aal: 2", "urn:dinhdanh:aal:2 ", "URN:DINHDANH:AAL:2", "aal:2"],
)  # fmt: skip
def test_any_other_word_is_no_level(word: str) -> None:
    assert level_of(word) is None


@pytest.mark.spec("RFC 8176 §2")
def test_methods_are_told_in_words_and_more_than_one_factor_is_mfa() -> None:
    password = a_proof("password", KNOWN, amr=("pwd",))
    message = a_proof("sms_otp", HELD, amr=("otp", "sms"))
    app = a_proof("totp", HELD, amr=("otp",))

    assert amr_of([password]) == ["pwd"]
    assert amr_of([password, message]) == ["otp", "pwd", "sms", "mfa"]
    assert amr_of([message, app]) == ["otp", "sms"], "two of one factor are not multi-factor"
    assert amr_of(iter([password, app])) == ["otp", "pwd", "mfa"]


def test_account_levels_are_the_words_of_the_decree() -> None:
    assert [level.value for level in Level] == ["01", "02"]
