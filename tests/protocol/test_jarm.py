"""JARM: authorization responses as signed JWTs."""

from datetime import timedelta
from typing import Any

import pytest

from idp.oidc.clients.checks import InvalidClientMetadata
from tests.house import Browser, House, Person, RelyingParty
from tests.protocol.acts import allow, is_page, signed_in

MODES = {"query.jwt": "?", "fragment.jwt": "#", "form_post.jwt": None, "jwt": "?"}


def told(house: House, answer: dict[str, str]) -> dict[str, Any]:
    """What the one parameter says, verified against the published keys."""
    assert set(answer) == {"response"}
    return house.id_token(answer["response"])[1]


@pytest.mark.spec("JARM §2.3", "FAPI 2.0 Message Signing §5.4.1", "JARM §2.1")
@pytest.mark.parametrize("mode", sorted(MODES))
def test_each_mode_carries_one_signed_parameter(
    house: House, rp: RelyingParty, person: Person, mode: str
) -> None:
    browser, now = signed_in(house, person), house.clock().timestamp()

    browser.open("/authorize", rp.request(response_mode=mode))
    answer = allow_by_page(browser)
    claims = told(house, answer)

    assert {"code", "state", "iss", "aud", "exp"} <= set(claims)
    assert claims["iss"] == house.settings.issuer
    assert claims["aud"] == rp.client_id
    assert now < claims["exp"] <= now + 600
    assert claims["state"] == "xyz"
    assert rp.redeem(claims["code"]).status_code == 200
    if (mark := MODES[mode]) is not None:
        assert (browser.location or "").startswith(f"{rp.redirect_uri}{mark}response=")


def allow_by_page(browser: Browser) -> dict[str, str]:
    browser.submit({}, "consent-allow")
    return browser.answer


@pytest.mark.spec("JARM §2.1")
@pytest.mark.parametrize("mode", sorted(MODES))
def test_errors_are_signed_too(rp: RelyingParty, browser: Browser, mode: str) -> None:
    for fault in ({"prompt": "none"}, {"scope": "x"}, {"code_challenge": None}, {"response_type": "token"}):
        browser.open("/authorize", rp.request(response_mode=mode, **fault))
        claims = told(rp.house, browser.answer)

        assert claims["error"]
        assert claims["aud"] == rp.client_id
        assert claims["state"] == "xyz"
        assert "code" not in claims


@pytest.mark.spec("JARM §2.1")
def test_refusal_of_the_person_is_signed_too(house: House, rp: RelyingParty, person: Person) -> None:
    browser = signed_in(house, person)

    browser.open("/authorize", rp.request(response_mode="jwt"))
    browser.submit({}, "consent-deny")

    assert told(house, browser.answer)["error"] == "access_denied"


@pytest.mark.spec("JARM §3")
@pytest.mark.parametrize("alg", ["ES256", "RS256", "PS256", "EdDSA"])
def test_algorithm_is_the_registered_one(house: House, browser: Browser, alg: str) -> None:
    rp = house.client(authorization_signed_response_alg=alg)

    browser.open("/authorize", rp.request(response_mode="jwt", prompt="none"))

    assert house.id_token(browser.answer["response"])[0]["alg"] == alg


@pytest.mark.spec("JARM §3")
@pytest.mark.parametrize("alg", ["none", "HS256", "ES512"])
def test_algorithm_that_we_do_not_sign_with_cannot_be_registered(house: House, alg: str) -> None:
    with pytest.raises(InvalidClientMetadata):
        house.client(authorization_signed_response_alg=alg)


@pytest.mark.spec("JARM §2.4")
def test_pushed_request_is_answered_in_its_own_mode(house: House, rp: RelyingParty, person: Person) -> None:
    reference = rp.post("/par", rp.request(response_mode="jwt")).get_json()["request_uri"]
    browser = signed_in(house, person)

    browser.open("/authorize", {"client_id": rp.client_id, "request_uri": reference})

    assert "code" in told(house, allow(browser))


@pytest.mark.spec("JARM §5.1")
def test_response_is_no_id_token_hint(rp: RelyingParty, browser: Browser) -> None:
    browser.open("/authorize", rp.request(response_mode="jwt", prompt="none"))
    hint = browser.answer["response"]

    browser.open("/authorize", rp.request(id_token_hint=hint))

    assert browser.answer["error"] == "invalid_request"


@pytest.mark.spec("JARM §2.3")
def test_address_that_is_not_registered_gets_nothing(rp: RelyingParty, browser: Browser) -> None:
    browser.open("/authorize", rp.request(response_mode="jwt", redirect_uri="https://evil.example/"))

    is_page(browser.shown)


@pytest.mark.spec("JARM §4")
def test_discovery_names_modes_and_algorithms(house: House) -> None:
    document: dict[str, Any] = house.app.test_client().get("/.well-known/openid-configuration").get_json()

    assert set(MODES) <= set(document["response_modes_supported"])
    assert document["authorization_signing_alg_values_supported"] == ["ES256", "RS256", "PS256", "EdDSA"]


@pytest.mark.spec("JARM §2.1")
def test_response_expires_soon(house: House, rp: RelyingParty, browser: Browser) -> None:
    browser.open("/authorize", rp.request(response_mode="jwt", prompt="none"))
    expires = told(house, browser.answer)["exp"]

    assert expires <= (house.clock() + timedelta(minutes=10)).timestamp()
