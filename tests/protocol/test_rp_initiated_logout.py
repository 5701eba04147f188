"""OpenID Connect RP-Initiated Logout 1.0: who is asked first, who is believed, and where one ends up."""

import base64
import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from idp.kernel.ids import new_id
from tests.house import Browser, House, Person, RelyingParty
from tests.protocol.acts import allow, is_page, signed_in


@pytest.fixture
def signed_on(house: House, rp: RelyingParty, person: Person) -> tuple[Browser, dict[str, Any]]:
    """A browser signed in at the client, and what the client holds."""
    browser = signed_in(house, person)
    browser.open("/authorize", rp.request(scope="openid profile"))
    return browser, rp.redeem(allow(browser)["code"]).get_json()


def is_signed_in(house: House, person: Person) -> bool:
    return bool(house.provider.sessions.of(person.account_id))


def back(rp: RelyingParty) -> str:
    return f"https://{rp.client_id}.example/signed-out"


@pytest.mark.spec("RP-Initiated Logout 1.0 §2")
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_client_that_knows_the_session_ends_it_and_gets_its_state_back(
    house: House, rp: RelyingParty, person: Person, signed_on: Any, method: str
) -> None:
    browser, tokens = signed_on
    asked = {
        "id_token_hint": tokens["id_token"],
        "post_logout_redirect_uri": back(rp),
        "state": "a b&c",
        "ui_locales": "en",
        "logout_hint": "x",
    }

    if method == "GET":
        browser.open("/logout", asked)
    else:
        browser._went(browser.client.post("/logout", data=asked))

    assert browser.location == back(rp) + "?state=a+b%26c"
    assert browser.shown.status_code == 303
    assert not is_signed_in(house, person)
    assert browser.client.get_cookie("idp_session") is None
    assert rp.userinfo(tokens["access_token"]).status_code == 401


@pytest.mark.spec("RP-Initiated Logout 1.0 §2")
def test_expired_hint_will_do(house: House, rp: RelyingParty, person: Person, signed_on: Any) -> None:
    browser, tokens = signed_on
    house.clock.advance(timedelta(minutes=30))

    browser.open("/logout", {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": back(rp)})

    assert browser.location == back(rp)
    assert not is_signed_in(house, person)


@pytest.mark.spec("RP-Initiated Logout 1.0 §2", "RP-Initiated Logout 1.0 §6")
@pytest.mark.parametrize("says_who", [True, False])
def test_person_is_asked_where_nobody_vouches(
    house: House, rp: RelyingParty, person: Person, signed_on: Any, says_who: bool
) -> None:
    browser, _ = signed_on
    vouching = {"client_id": rp.client_id, "post_logout_redirect_uri": back(rp), "state": "s"}

    browser.open("/logout", vouching if says_who else {})
    assert is_signed_in(house, person)
    browser.submit({}, "logout-confirm")

    assert not is_signed_in(house, person)
    if says_who:
        assert browser.location == back(rp) + "?state=s"
    else:
        assert "logged-out" in browser.page.ids


@pytest.mark.spec("RP-Initiated Logout 1.0 §6")
def test_confirmation_cannot_be_forged(house: House, person: Person, signed_on: Any) -> None:
    browser, _ = signed_on

    for form in ({"decision": "logout"}, {"decision": "logout", "form_token": "x"}, {"form_token": ""}):
        browser._went(browser.client.post("/logout", data=form))
        assert is_signed_in(house, person)


@pytest.mark.spec("RP-Initiated Logout 1.0 §2")
def test_hint_of_another_session_asks_first(
    house: House, rp: RelyingParty, person: Person, signed_on: Any
) -> None:
    _, tokens = signed_on
    elsewhere = signed_in(house, person)
    anothers = signed_in(house, house.person())

    for browser in (elsewhere, anothers):
        browser.open("/logout", {"id_token_hint": tokens["id_token"]})
        assert "logout-confirm" in browser.page.ids


@pytest.mark.spec("RP-Initiated Logout 1.0 §2")
def test_signed_out_already_is_sent_on(house: House, rp: RelyingParty, signed_on: Any) -> None:
    _, tokens = signed_on
    stranger = house.browser()

    stranger.open("/logout", {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": back(rp)})

    assert stranger.location == back(rp)


@pytest.mark.spec("RP-Initiated Logout 1.0 §3")
@pytest.mark.parametrize(
    "uri",
    [
        "https://evil.example/",
        "https://rp.example/signed-out/",
        "https://rp.example/signed-out?x=1",
        "https://rp.example/callback",
        "javascript:alert(1)",
        "https://rp.example/signed-out\r\nX: y",
        "//evil.example",
    ],
)
def test_address_that_is_not_registered_is_a_page_and_ends_nothing(
    house: House, person: Person, signed_on: Any, uri: str
) -> None:
    browser, tokens = signed_on

    browser.open("/logout", {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": uri})

    assert "post_logout_redirect_uri" in is_page(browser.shown)
    assert is_signed_in(house, person)


@pytest.mark.spec("RP-Initiated Logout 1.0 §3")
def test_address_nobody_vouches_for_is_a_page(rp: RelyingParty, signed_on: Any) -> None:
    browser, _ = signed_on

    browser.open("/logout", {"post_logout_redirect_uri": back(rp)})

    is_page(browser.shown)


@pytest.mark.spec("RP-Initiated Logout 1.0 §2")
def test_hint_and_client_must_agree(house: House, person: Person, signed_on: Any) -> None:
    browser, tokens = signed_on
    second = house.client("second")

    browser.open(
        "/logout",
        {
            "id_token_hint": tokens["id_token"],
            "client_id": second.client_id,
            "post_logout_redirect_uri": back(second),
        },
    )

    assert "client_id" in is_page(browser.shown)
    assert is_signed_in(house, person)


@pytest.mark.spec("RP-Initiated Logout 1.0 §2", "RP-Initiated Logout 1.0 §4")
def test_unknown_client_is_a_page(signed_on: Any) -> None:
    browser, _ = signed_on

    browser.open("/logout", {"client_id": "nobody"})

    is_page(browser.shown)


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def forgeries(house: House, genuine: str) -> dict[str, str]:
    """Hints that look like one of ours, one property after another."""
    header, claims = house.id_token(genuine)
    strangers = ECKey.generate_key("P-256")
    keyring = house.provider.keyring
    head, body, signature = genuine.split(".")
    return {
        "none": f"{part({'alg': 'none', 'typ': 'JWT'})}.{body}.",
        "none with a signature": f"{part({'alg': 'none', 'typ': 'JWT'})}.{body}.{signature}",
        "unsigned": f"{head}.{body}.",
        "another key": jwt.encode({"alg": "ES256", "typ": "JWT", "kid": header["kid"]}, claims, strangers),
        "own key inside": jwt.encode(
            {"alg": "ES256", "typ": "JWT", "jwk": strangers.as_dict(private=False)}, claims, strangers
        ),
        "HS256 over the public key": f"{part({**header, 'alg': 'HS256'})}.{body}.{signature}",
        "changed claims": f"{head}.{part({**claims, 'sub': 'x'})}.{signature}",
        "another issuer": keyring.sign({**claims, "iss": "https://evil.example"}),
        "another type": keyring.sign(claims, typ="at+jwt"),
        "no sign-in": keyring.sign({"health": True}),
        "two audiences": keyring.sign({**claims, "aud": [claims["aud"], "second"]}),
        "nobody's": keyring.sign({**claims, "aud": "nobody"}),
        "nonsense": "nonsense",
        "large": "a" * 20000,
        "dots": "..",
    }


@pytest.mark.spec("RP-Initiated Logout 1.0 §4")
@pytest.mark.spec("OIDC Core 1.0 §3.1.2.2")
def test_hints_that_are_not_ours_are_refused_everywhere(
    house: House, rp: RelyingParty, person: Person, signed_on: Any
) -> None:
    browser, tokens = signed_on

    for name, hint in forgeries(house, tokens["id_token"]).items():
        asked = {"id_token_hint": hint, "post_logout_redirect_uri": back(rp)}
        browser._went(browser.client.post("/logout", data=asked))
        text = is_page(browser.shown)
        assert hint not in text, name
        assert is_signed_in(house, person), name
        browser._went(browser.client.post("/authorize", data=rp.request(prompt="none", id_token_hint=hint)))
        assert browser.answer["error"] == "invalid_request", name
        assert "id_token_hint" in browser.answer["error_description"], name


def test_token_that_has_the_right_audience_but_no_known_session_asks_first(
    house: House, rp: RelyingParty, person: Person, signed_on: Any
) -> None:
    browser, tokens = signed_on
    _, claims = house.id_token(tokens["id_token"])
    for sid in ("nonsense", str(new_id()), 7, None, ["x"]):
        hint = house.provider.keyring.sign({**claims, "sid": sid})
        browser.open("/logout", {"id_token_hint": hint})
        assert "logout-confirm" in browser.page.ids
    assert UUID(str(claims["sid"]))


def test_sign_out_leaves_offline_access(house: House, rp: RelyingParty, person: Person) -> None:
    browser = signed_in(house, person)
    browser.open("/authorize", rp.request(scope="openid offline_access"))
    tokens = rp.redeem(allow(browser)["code"]).get_json()

    browser.open("/logout", {"id_token_hint": tokens["id_token"]})

    assert "logged-out" in browser.page.ids
    assert rp.refresh(tokens["refresh_token"]).status_code == 200


def test_repeated_parameters_end_nothing(house: House, person: Person, signed_on: Any) -> None:
    browser, tokens = signed_on

    response = browser.client.get(f"/logout?id_token_hint={tokens['id_token']}&state=a&state=b")

    is_page(response)
    assert is_signed_in(house, person)


@pytest.mark.spec("RP-Initiated Logout 1.0 §2")
def test_post_from_another_site_comes_without_our_cookie_and_is_sent_on_to_a_get_that_has_it(
    house: House, rp: RelyingParty, person: Person, signed_on: Any
) -> None:
    browser, tokens = signed_on
    asked = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": back(rp), "state": "s"}

    sent_on = house.app.test_client().post("/logout", data=asked)
    assert sent_on.status_code == 303
    assert is_signed_in(house, person)
    browser.open(sent_on.headers["Location"])

    assert browser.location == back(rp) + "?state=s"
    assert not is_signed_in(house, person)


@pytest.mark.spec("RP-Initiated Logout 1.0 §2")
@pytest.mark.parametrize(
    ("ui_locales", "language"), [("en", "en"), ("fr en vi", "en"), ("vi", "vi"), ("fr", "vi")]
)
def test_signed_out_page_speaks_as_asked(
    house: House, rp: RelyingParty, signed_on: Any, ui_locales: str, language: str
) -> None:
    browser, tokens = signed_on

    browser.open("/logout", {"id_token_hint": tokens["id_token"], "ui_locales": ui_locales})

    assert f'<html lang="{language}">' in browser.text
    assert "logged-out" in browser.page.ids


@pytest.mark.spec("RP-Initiated Logout 1.0 §2.1")
def test_discovery_names_where_to_sign_out(house: House) -> None:
    document = house.app.test_client().get("/.well-known/openid-configuration").get_json()

    assert document["end_session_endpoint"] == house.settings.issuer + "/logout"
