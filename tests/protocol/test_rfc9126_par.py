"""RFC 9126: requests pushed ahead by the client's server."""

from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.assertions import Signer, a_key, jwks
from tests.house import Browser, House, Person, RelyingParty
from tests.protocol.acts import allow, is_page, refused, signed_in

PREFIX = "urn:ietf:params:oauth:request_uri:"


def push(rp: RelyingParty, **overrides: str | None) -> TestResponse:
    return rp.post("/par", rp.request(**overrides))


def pushed(rp: RelyingParty, **overrides: str | None) -> dict[str, str]:
    """What then goes through the browser."""
    response = push(rp, **overrides)
    assert response.status_code == 201, response.text
    return {"client_id": rp.client_id, "request_uri": response.get_json()["request_uri"]}


@pytest.mark.spec("RFC 9126 §2.2", "FAPI 2.0 Security Profile §5.3.2.2")
def test_answer_is_201_with_a_reference_and_its_life(rp: RelyingParty) -> None:
    response = push(rp)

    assert response.status_code == 201
    assert response.headers["Cache-Control"] == "no-store"
    body = response.get_json()
    assert set(body) == {"request_uri", "expires_in"}
    assert body["request_uri"].startswith(PREFIX)
    assert len(body["request_uri"]) >= len(PREFIX) + 43
    assert 5 <= body["expires_in"] < 600
    assert push(rp).get_json()["request_uri"] != body["request_uri"]


@pytest.mark.spec("RFC 9126 §4")
def test_reference_stands_for_the_whole_request(rp: RelyingParty, browser: Browser, person: Person) -> None:
    browser.open("/authorize", pushed(rp, response_mode="fragment", scope="openid email"))
    answer = browser.finish(person)

    assert answer["state"] == "xyz"
    assert answer["iss"] == rp.house.settings.issuer
    assert "#code=" in (browser.location or "")
    body = rp.redeem(answer["code"]).get_json()
    assert body["scope"] == "openid email"
    assert rp.house.id_token(body["id_token"])[1]["nonce"] == rp.nonce


@pytest.mark.spec("FAPI 2.0 Security Profile §5.3.2.2")
def test_parameters_beside_the_reference_are_ignored(house: House, rp: RelyingParty, person: Person) -> None:
    browser = signed_in(house, person)
    strays = {"state": "evil", "redirect_uri": "https://evil.example/", "scope": "reports", "prompt": "none"}

    browser.open("/authorize", pushed(rp) | strays)
    answer = allow(browser)

    assert answer["state"] == "xyz"
    assert (browser.location or "").startswith(rp.redirect_uri)


@pytest.mark.spec("RFC 9126 §2.2", "RFC 9126 §7.3")
def test_reference_may_be_loaded_again_until_it_is_answered(
    house: House, rp: RelyingParty, person: Person
) -> None:
    reference, browser = pushed(rp), signed_in(house, person)
    browser.open("/authorize", reference)
    browser.open("/authorize", reference)

    assert "code" in allow(browser)
    browser.open("/authorize", reference)

    assert "already used" in is_page(browser.shown)


@pytest.mark.spec("RFC 9126 §7.3")
def test_of_two_tabs_that_answer_one_gets_a_code(house: House, rp: RelyingParty, person: Person) -> None:
    reference = pushed(rp)
    first, second = signed_in(house, person), signed_in(house, person)
    for browser in (first, second):
        browser.open("/authorize", reference)

    assert "code" in allow(first)
    second.submit({}, "consent-allow")

    is_page(second.shown)


@pytest.mark.spec("RFC 9126 §4")
def test_reference_dies_with_a_refusal(house: House, rp: RelyingParty, person: Person) -> None:
    reference, browser = pushed(rp), signed_in(house, person)
    browser.open("/authorize", reference)
    browser.submit({}, "consent-deny")

    assert browser.answer["error"] == "access_denied"
    browser.open("/authorize", reference)
    is_page(browser.shown)


@pytest.mark.spec("RFC 9126 §4")
def test_reference_expires_but_a_sign_in_begun_in_time_ends_well(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    reference = pushed(rp)
    browser.open("/authorize", reference)
    house.clock.advance(timedelta(seconds=91))
    late = house.browser()
    late.open("/authorize", reference)

    assert "expired" in is_page(late.shown)
    assert "code" in browser.finish(person)


@pytest.mark.spec("RFC 9126 §2.2")
def test_reference_belongs_to_its_client(house: House, rp: RelyingParty, browser: Browser) -> None:
    other = house.client("other")

    browser.open("/authorize", pushed(rp) | {"client_id": other.client_id})
    is_page(browser.shown)
    browser.open("/authorize", {"request_uri": pushed(rp)["request_uri"]})
    is_page(browser.shown)


@pytest.mark.spec("RFC 9126 §4")
@pytest.mark.parametrize("made_up", ["", "x" * 43, "x" * 5000, "../../etc"])
def test_made_up_reference_is_a_page(rp: RelyingParty, browser: Browser, made_up: str) -> None:
    browser.open("/authorize", {"client_id": rp.client_id, "request_uri": PREFIX + made_up})

    is_page(browser.shown)


@pytest.mark.spec("RFC 9126 §2.1", "FAPI 2.0 Security Profile §5.3.2.2", "RFC 9126 §2")
def test_client_proves_itself(house: House, rp: RelyingParty) -> None:
    rp.secret = "wrong"

    refused(push(rp), "invalid_client", 401)
    refused(house.app.test_client().post("/par", data={"state": "x"}), "invalid_client", 401)


@pytest.mark.spec("RFC 9126 §2.1", "RFC 9126 §2")
@pytest.mark.parametrize("method", ["client_secret_post", "none"])
def test_every_way_to_prove_oneself_does(house: House, browser: Browser, person: Person, method: str) -> None:
    rp = house.client(token_endpoint_auth_method=method)

    browser.open("/authorize", pushed(rp))

    assert "code" in browser.finish(person)


@pytest.mark.spec("RFC 9126 §2.1")
def test_client_id_in_the_body_must_be_the_clients_own(house: House, rp: RelyingParty) -> None:
    house.client("other")

    refused(push(rp, client_id="other"), "invalid_request")
    assert push(rp, client_id=None).status_code == 201


@pytest.mark.spec("RFC 9126 §2.1")
@pytest.mark.parametrize("uri", [PREFIX + "x" * 43, "https://rp.example/request.jwt"])
def test_request_uri_is_refused_inside(rp: RelyingParty, uri: str) -> None:
    assert "request_uri" in refused(push(rp, request_uri=uri), "invalid_request")


@pytest.mark.spec("RFC 9126 §2.3", "RFC 9126 §2.1")
@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"redirect_uri": "https://evil.example/"}, "invalid_request"),
        ({"redirect_uri": None}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_mode": "pigeon"}, "invalid_request"),
        ({"scope": "horoscope"}, "invalid_scope"),
        ({"claims": "{"}, "invalid_request"),
    ],
)
def test_faults_are_told_at_once_and_never_by_a_redirect(
    rp: RelyingParty, parameters: dict[str, str | None], error: str
) -> None:
    response = push(rp, **parameters)

    refused(response, error)
    assert "Location" not in response.headers


@pytest.mark.spec("RFC 9126 §5")
def test_client_registered_to_push_must(house: House, browser: Browser, person: Person) -> None:
    rp = house.client(require_pushed_authorization_requests=True)

    browser.open("/authorize", rp.request())
    assert browser.answer["error"] == "invalid_request"
    assert "/par" in browser.answer["error_description"]

    browser.open("/authorize", pushed(rp))
    assert "code" in browser.finish(person)


@pytest.mark.spec("RFC 9126 §2.3")
def test_get_is_refused(house: House) -> None:
    assert house.app.test_client().get("/par").status_code == 405


@pytest.mark.spec("RFC 9126 §5")
def test_discovery_names_the_endpoint(house: House) -> None:
    document: dict[str, Any] = house.app.test_client().get("/.well-known/openid-configuration").get_json()

    assert document["pushed_authorization_request_endpoint"] == f"{house.settings.issuer}/par"
    assert document["require_pushed_authorization_requests"] is False


@pytest.mark.spec("RFC 9126 §2.2")
def test_number_that_a_pushed_request_hints_at_is_not_readable_in_the_store(
    house: House, rp: RelyingParty, browser: Browser
) -> None:
    browser.open("/authorize", pushed(rp, login_hint="001199000017"))

    assert "001199000017" in browser.text.replace(" ", "")
    store = house.settings.database_url.removeprefix("sqlite:///").replace("idp.db", "idp-ephemeral.db")
    for name in (store, store + "-wal"):
        with open(name, "rb") as file:
            assert b"001199000017" not in file.read()


@pytest.mark.spec("FAPI 2.0 Security Profile §5.3.2.2")
def test_pushed_request_without_a_redirect_uri_is_refused(rp: RelyingParty) -> None:
    for uri in (None, "", "https://rp.example/another"):
        assert "redirect_uri" in refused(push(rp, redirect_uri=uri), "invalid_request")


@pytest.mark.spec("RFC 9126 §4")
def test_client_changed_since_it_pushed_is_held_to_what_holds_now(
    house: House, rp: RelyingParty, browser: Browser
) -> None:
    reference = pushed(rp)
    house.provider.clients.disable(rp.client_id)

    browser.open("/authorize", reference)

    is_page(browser.shown)


@pytest.mark.spec("RFC 9126 §2")
@pytest.mark.parametrize("name", ["", "/token", "/par"])
def test_assertion_may_be_for_any_of_our_names_when_it_pushes(house: House, name: str) -> None:
    key = a_key()
    party = house.client("keyed", token_endpoint_auth_method="private_key_jwt", jwks=jwks(key))
    signer = Signer(house, party, key)

    response = signer.post("/par", party.request(), signer.assertion(aud=house.settings.issuer + name))

    assert response.status_code == 201, response.text
