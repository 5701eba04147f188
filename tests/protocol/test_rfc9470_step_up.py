"""RFC 9470: a resource wants more than the session has proven; the client comes back to ask for it."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from urllib.request import parse_http_list, parse_keqv_list

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from werkzeug.test import TestResponse

from tests.house import House, Person, RelyingParty
from tests.proofs import Holder
from tests.protocol.acts import allow, refused, signed_in, tokens_for

ONE, TWO = "urn:dinhdanh:aal:1", "urn:dinhdanh:aal:2"
RESOURCE = "/simulator/resource"


@pytest.fixture
def simulator(make_house: Callable[..., House]) -> House:
    return make_house(is_simulator=True)


def visit(house: House, token: str, asked: Mapping[str, str], holder: Holder | None = None) -> TestResponse:
    """What the resource answers, while it asks for this of the sign-in behind the token."""
    headers = {"Authorization": f"Bearer {token}"}
    if holder is not None:
        headers = {"Authorization": f"DPoP {token}", "DPoP": holder.proof(RESOURCE, "GET", token=token)}
    return house.app.test_client().get(RESOURCE, query_string=asked, headers=headers)


def challenged(response: TestResponse) -> tuple[str, dict[str, str]]:
    """The scheme, and what is to be asked for in the authorization request."""
    refused(response, "insufficient_user_authentication", 401)
    scheme, _, rest = response.headers["WWW-Authenticate"].partition(" ")
    members = parse_keqv_list(parse_http_list(rest))
    assert members["error"] == "insufficient_user_authentication"
    return scheme, {name: members[name] for name in ("acr_values", "max_age") if name in members}


def acr(rp: RelyingParty, answer: dict[str, str]) -> object:
    return rp.house.id_token(rp.redeem(answer["code"]).get_json()["id_token"])[1]["acr"]


@pytest.mark.spec("RFC 9470 §5")
def test_level_asked_for_is_reached_by_one_more_proof(house: House, rp: RelyingParty, person: Person) -> None:
    browser = signed_in(house, person, "password")
    browser.open("/authorize", rp.request(acr_values=ONE))
    assert acr(rp, allow(browser)) == ONE

    browser.open("/authorize", rp.request(acr_values=TWO))
    assert "otp" in browser.page.ids
    assert acr(rp, browser.finish(person)) == TWO


@pytest.mark.spec("OIDC Registration 1.0 §2")
def test_registered_level_stands_in_for_one_not_asked_for(house: House, person: Person) -> None:
    rp = house.client(default_acr_values=(ONE,))
    browser = signed_in(house, person, "password")

    browser.open("/authorize", rp.request())

    assert acr(rp, allow(browser)) == ONE


@pytest.mark.spec("RFC 9470 §7")
def test_levels_that_may_be_asked_for_are_told(house: House) -> None:
    document = house.app.test_client().get("/.well-known/oauth-authorization-server").get_json()

    assert {ONE, TWO} <= set(document["acr_values_supported"])


@pytest.mark.spec("RFC 9470 §3", "RFC 9470 §4", "RFC 9470 §5", "RFC 9470 §6.1")
@pytest.mark.parametrize("form", ["opaque", "jwt"])
def test_challenge_leads_to_a_sign_in_that_opens_the_resource(simulator: House, form: str) -> None:
    rp, person = simulator.client(access_token_format=form, default_level=1), simulator.person()
    low = tokens_for(rp, person, "password", acr_values=ONE)["access_token"]
    assert (
        visit(simulator, low, {}).status_code == visit(simulator, low, {"acr_values": ONE}).status_code == 200
    )

    scheme, wanted = challenged(visit(simulator, low, {"acr_values": TWO}))
    assert (scheme, wanted) == ("Bearer", {"acr_values": TWO})
    browser = signed_in(simulator, person, "password")
    answer = browser.sign_in(rp, person, **wanted)
    high = rp.redeem(answer["code"]).get_json()["access_token"]

    assert visit(simulator, high, {"acr_values": TWO}).get_json()["sub"]
    assert visit(simulator, high, {"acr_values": ONE}).status_code == 200  # more than asked for
    if form == "jwt":
        keys = KeySet.import_key_set(simulator.app.test_client().get("/jwks").get_json())
        assert jwt.decode(high, keys).claims["acr"] == TWO


@pytest.mark.spec("RFC 9470 §3", "RFC 9470 §6.1")
@pytest.mark.parametrize("form", ["opaque", "jwt"])
def test_sign_in_that_is_too_old_is_asked_for_anew(simulator: House, form: str) -> None:
    rp, person = simulator.client(access_token_format=form), simulator.person()
    browser = simulator.browser()
    old = rp.redeem(browser.sign_in(rp, person)["code"]).get_json()["access_token"]
    simulator.clock.advance(timedelta(seconds=61))
    assert visit(simulator, old, {"max_age": "120"}).status_code == 200

    asked = {"max_age": "60", "acr_values": f"{TWO} {ONE}"}
    scheme, wanted = challenged(visit(simulator, old, asked))
    assert (scheme, wanted) == ("Bearer", asked)
    browser.open("/authorize", rp.request(**wanted))
    assert "password" in browser.page.ids
    new = rp.redeem(browser.finish(person)["code"]).get_json()["access_token"]

    assert visit(simulator, new, asked).get_json()["sub"]
    challenged(visit(simulator, old, asked))


@pytest.mark.spec("RFC 9470 §3", "RFC 9449 §7.1")
def test_challenge_is_in_the_scheme_of_the_token(simulator: House) -> None:
    rp, person, holder = (
        simulator.client(dpop_bound_access_tokens=True),
        simulator.person(),
        Holder(simulator),
    )

    def bound(answer: dict[str, str]) -> str:
        form = {"grant_type": "authorization_code", "code": answer["code"], "redirect_uri": rp.redirect_uri}
        proof = {"DPoP": holder.proof()}
        given: dict[str, Any] = rp.post("/token", form | {"code_verifier": rp.verifier}, proof).get_json()
        return str(given["access_token"])

    low = bound(signed_in(simulator, person, "password").sign_in(rp, person, acr_values=ONE))
    response = visit(simulator, low, {"acr_values": TWO}, holder)

    assert challenged(response) == ("DPoP", {"acr_values": TWO})
    assert 'algs="ES256' in response.headers["WWW-Authenticate"]
    high = bound(simulator.browser().sign_in(rp, person, acr_values=TWO))
    assert visit(simulator, high, {"acr_values": TWO}, holder).status_code == 200


@pytest.mark.spec("RFC 9470 §3")
def test_right_of_a_client_alone_has_no_sign_in_behind_it(simulator: House) -> None:
    rp = simulator.client(grant_types=("client_credentials",), scope=("reports",))
    token = rp.post("/token", {"grant_type": "client_credentials"}).get_json()["access_token"]

    assert visit(simulator, token, {}).get_json() == {}
    for asked in ({"acr_values": ONE}, {"max_age": "3600"}):
        assert challenged(visit(simulator, token, asked)) == ("Bearer", asked)
    refused(visit(simulator, "none", {"acr_values": ONE}), "invalid_token", 401)


@pytest.mark.parametrize(
    "asked",
    [{"acr_values": "urn:invented"}, {"acr_values": f'{ONE} "x'}, {"max_age": "-1"}, {"max_age": "x"}],
)
def test_what_cannot_be_asked_for_is_no_challenge(simulator: House, asked: dict[str, str]) -> None:
    token = tokens_for(simulator.client(), simulator.person())["access_token"]

    assert refused(visit(simulator, token, asked), "invalid_request").startswith(next(iter(asked)))


@pytest.mark.spec("RFC 9470 §3")
def test_userinfo_asks_nothing_of_the_sign_in(house: House, rp: RelyingParty, person: Person) -> None:
    token = tokens_for(rp, person, "password", acr_values=ONE)["access_token"]

    response = house.app.test_client().get(
        "/userinfo", query_string={"acr_values": TWO}, headers={"Authorization": f"Bearer {token}"}
    )

    assert response.status_code == 200
