"""Requests for claims with proof: whatever comes is read or refused, and kept as it was read."""

import json
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.accounts.evidence import register_match, seen_in_person
from idp.oidc.errors import InvalidRequest
from idp.oidc.tokens.claims import ClaimsRequest, read_claims_request
from idp.oidc.tokens.fitting import answer
from idp.oidc.tokens.verification import verification
from idp.oidc.tokens.verified_claims import PROVABLE, as_text, from_text, read_verified
from tests.conftest import FakeClock
from tests.people import an_account

MEMBERS = """verification claims trust_framework evidence type value values essential max_age purpose time
check_details check_method record source name document_details birthdate electronic_record data"""
WORDS = st.sampled_from(MEMBERS.split())
PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | WORDS
ANYTHING = st.recursive(
    PLAIN,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=24,
)
# Near enough to a request to get past its outside.
NEAR = st.fixed_dictionaries(
    {
        "verification": st.fixed_dictionaries(
            {"trust_framework": st.none() | ANYTHING},
            optional={
                "time": ANYTHING,
                "evidence": st.lists(
                    st.fixed_dictionaries(
                        {"type": st.just({"value": "electronic_record"})},
                        optional={"check_details": ANYTHING, "record": ANYTHING, "time": ANYTHING},
                    ),
                    min_size=1,
                    max_size=3,
                ),
            },
        ),
        "claims": st.dictionaries(st.sampled_from(PROVABLE) | st.text(max_size=4), ANYTHING, max_size=4),
    }
)
ACCOUNT = an_account()
FOUND = register_match(ACCOUNT.id, "a register", ACCOUNT.opened_at, "69/2024 Art. 7.1.a")
SEEN = seen_in_person(ACCOUNT.id, ACCOUNT.opened_at, "cli", "", "69/2024 Art. 10.2")
KNOWN = verification(ACCOUNT, [FOUND, SEEN], UUID(int=1))
AVAILABLE = {"name": "Trần Thị Thu Hà", "birthdate": "1999-05-17", "age_over_18": True}


def is_within(part: Any, whole: Any) -> bool:
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(
            key in whole and is_within(part[key], whole[key]) for key in part
        )
    if isinstance(part, list):
        return isinstance(whole, list) and all(any(is_within(one, other) for other in whole) for one in part)
    return bool(part == whole)


@given(ANYTHING | NEAR | st.lists(NEAR, max_size=3))
def test_whatever_comes_is_read_or_refused_and_answers_no_more_than_is_known(asked: Any) -> None:
    try:
        requests = read_verified(asked, "claims.userinfo.verified_claims")
    except InvalidRequest:
        return

    kept = [from_text(as_text(request)) for request in requests]
    given = answer(kept, KNOWN or {}, AVAILABLE, FakeClock()())

    for one in given if isinstance(given, list) else [given] if given else []:
        assert one["claims"]
        assert is_within(one["claims"], AVAILABLE)
        assert one["verification"]["trust_framework"] == "vn_decree_69_2024"
        assert is_within(one["verification"], KNOWN)


@given(
    st.text(max_size=64) | (ANYTHING | NEAR).map(lambda v: json.dumps({"id_token": {"verified_claims": v}}))
)
def test_parameter_is_read_or_refused(text: str) -> None:
    try:
        request = read_claims_request(text)
    except InvalidRequest:
        return

    assert isinstance(request, ClaimsRequest)
    assert request.allowed(frozenset(claim.name for claim in request.individual())).keys() >= {"id_token"}


@given(NEAR)
def test_nothing_is_kept_of_claims_that_were_not_allowed(asked: Any) -> None:
    try:
        request = ClaimsRequest(verified_userinfo=read_verified(asked, "verified_claims"))
    except InvalidRequest:
        return

    kept = request.allowed(frozenset({"name", "verified:name"})).get("verified_userinfo", ())

    assert {claim.name for text in kept for claim in from_text(text).claims} <= {"name"}
    assert "verified_userinfo" not in request.allowed(frozenset({"name"}))


def test_date_is_as_old_as_its_last_second() -> None:
    (request,) = read_verified(
        {"verification": {"trust_framework": None, "on": {"max_age": 0}}, "claims": {"name": None}}, "x"
    )
    clock = FakeClock()
    today = {"trust_framework": "vn_decree_69_2024", "on": f"{clock():%Y-%m-%d}"}

    assert answer([request], today, AVAILABLE, clock()) is not None
    assert answer([request], {**today, "on": "2000-01-01"}, AVAILABLE, clock()) is None
    assert answer([request], {**today, "on": "no date"}, AVAILABLE, clock()) is None


@pytest.mark.parametrize("wanted", [1, "true", "True", 1.0])
def test_true_is_nothing_but_true(wanted: Any) -> None:
    (request,) = read_verified(
        {"verification": {"trust_framework": None}, "claims": {"age_over_18": {"value": wanted}}}, "x"
    )

    assert answer([request], KNOWN or {}, AVAILABLE, FakeClock()()) is None


def test_filters_that_let_one_entry_through_give_it_together() -> None:
    kind = {"type": {"value": "document"}}
    checks = [[{"check_method": {"value": "vpip"}}], [{"check_method": {"value": "pvp"}}]]
    (request,) = read_verified(
        {
            "verification": {
                "trust_framework": None,
                "evidence": [
                    {**kind, "check_details": checks[0]},
                    {**kind, "check_details": checks[1], "document_details": None},
                ],
            },
            "claims": {"name": None},
        },
        "x",
    )

    given: Any = answer([request], KNOWN or {}, AVAILABLE, FakeClock()())

    assert given["verification"]["evidence"] == [
        {
            "type": "document",
            "check_details": [{"check_method": "vpip"}, {"check_method": "pvp"}],
            "document_details": {"type": "idcard"},
        }
    ]
