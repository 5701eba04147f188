"""The suite's modules for Identity Assurance, with a client that registers itself and asks in both places."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.house import House, RelyingParty
from tests.protocol.acts import tokens_for

CALLBACK = "https://suite.example/callback"
FRAMEWORK = "vn_decree_69_2024"


@pytest.fixture
def house(make_house: Callable[..., House]) -> House:
    return make_house(is_simulator=True)


@pytest.fixture
def rp(house: House) -> RelyingParty:
    answer = house.app.test_client().post("/register", json={"redirect_uris": [CALLBACK]}).get_json()
    return RelyingParty(
        house, answer["client_id"], answer["client_secret"], answer["token_endpoint_auth_method"], CALLBACK
    )


def answers(rp: RelyingParty, wish: dict[str, Any], *places: str) -> dict[str, Any]:
    """``verified_claims`` of the ID token and of UserInfo, where there are any."""
    verified = {"verification": {"trust_framework": None}, "claims": wish}
    claims = json.dumps({place: {"verified_claims": verified} for place in places})
    tokens = tokens_for(rp, rp.house.person(), scope="openid", claims=claims)
    told = {
        "id_token": rp.house.id_token(tokens["id_token"])[1],
        "userinfo": rp.userinfo(tokens["access_token"]).get_json(),
    }
    return {place: given["verified_claims"] for place, given in told.items() if "verified_claims" in given}


@pytest.mark.spec("IDA §5.3", "IDA §8")
@pytest.mark.parametrize("wish", [None, {}, {"essential": False}], ids=["null", "empty", "essential-false"])
@pytest.mark.parametrize("places", [("id_token", "userinfo"), ("id_token",), ("userinfo",)], ids="-".join)
def test_first_claim_of_discovery_comes_where_it_is_asked(
    house: House, rp: RelyingParty, wish: Any, places: tuple[str, ...]
) -> None:
    document = house.app.test_client().get("/.well-known/openid-configuration").get_json()
    assert document["verified_claims_supported"] is document["claims_parameter_supported"] is True
    name = document["claims_in_verified_claims_supported"][0]

    given = answers(rp, {name: wish}, *places)

    assert given.keys() == set(places)
    for one in given.values():
        assert one["verification"] == {"trust_framework": FRAMEWORK}
        assert one["claims"].keys() == {name}


@pytest.mark.spec("IDA §5.7.2", "IDA §5.7.4")
@pytest.mark.parametrize(
    "wish",
    [
        {"nonexisting": None},
        {"nonexisting": {"essential": True}},
        {"claim%1/a&,.b<>": None},
        {"name": {"value": "5b0ad8a1-6d3c-4f0e-9d57-0b3f7c0d7e55"}},
    ],
    ids=["unknown", "essential-unknown", "special-characters", "random-value"],
)
def test_what_cannot_be_given_is_left_out_and_the_rest_goes_on(
    rp: RelyingParty, wish: dict[str, Any]
) -> None:
    assert answers(rp, wish, "id_token", "userinfo") == {}
