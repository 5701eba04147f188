"""OpenID Connect Core 1.0: authentication requests, their answers, ID tokens and UserInfo."""

import base64
import hashlib
import json
import re
import unicodedata
from datetime import timedelta
from urllib.parse import quote_plus

import pytest

from idp.accounts.account import LockGround
from idp.oidc.clients.checks import InvalidClientMetadata
from tests.house import Browser, House, Person, RelyingParty
from tests.protocol.acts import allow, code_for, refused, sent_back, signed_in, tokens_for

LEVEL = "urn:dinhdanh:aal:"
WISH = '{"userinfo":{"name":{"value":?}}}'


def claims_of(house: House, rp: RelyingParty, answer: dict[str, str]) -> dict[str, object]:
    """The ID token's claims that a code in the answer is redeemed for."""
    response = rp.redeem(answer["code"])
    assert response.status_code == 200, response.text
    return house.id_token(response.get_json()["id_token"])[1]


@pytest.fixture
def acquainted(house: House, rp: RelyingParty, person: Person) -> Browser:
    """A browser signed in a minute ago with both methods, whose person knows the client already."""
    browser = signed_in(house, person)
    browser.open("/authorize", rp.request(scope="openid profile"))
    browser.submit({}, "consent-allow")
    house.clock.advance(timedelta(minutes=1))
    return browser


# The request


@pytest.mark.spec("OIDC Core 1.0 §3.1.2.1")
def test_request_may_come_by_post(house: House, rp: RelyingParty, acquainted: Browser) -> None:
    acquainted._went(acquainted.client.post("/authorize", data=rp.request()))

    assert claims_of(house, rp, acquainted.answer)["nonce"] == rp.nonce


@pytest.mark.spec("OIDC Core 1.0 §3.1.2.1")
@pytest.mark.parametrize("prompt", ["none", "login"])
def test_posted_request_too_long_for_an_address_is_the_same_request(
    house: House, rp: RelyingParty, acquainted: Browser, prompt: str
) -> None:
    asked = rp.request(prompt=prompt, state="s" * 2000, login_hint="n" * 60, unknown="u" * 20000)

    sent = acquainted.client.post("/authorize", data=asked)

    assert sent.status_code == 303
    assert len(sent.headers["Location"]) < 300
    acquainted._went(sent)
    if prompt == "login":
        assert "password" in acquainted.page.ids
        return
    assert acquainted.answer["state"] == "s" * 2000
    assert claims_of(house, rp, acquainted.answer)["nonce"] == rp.nonce
    assert acquainted.client.get(sent.headers["Location"]).status_code == 400  # answered once


@pytest.mark.spec("OIDC Core 1.0 §3.1.2.6")
def test_posted_request_that_is_wrong_is_refused_as_one_in_an_address(
    house: House, rp: RelyingParty, browser: Browser
) -> None:
    for long in ("", "u" * 5000):
        browser._went(browser.client.post("/authorize", data=rp.request(scope="horoscope", unknown=long)))
        assert browser.answer["error"] == "invalid_scope"

        evil = rp.request(redirect_uri="https://evil.example/", unknown=long)
        browser._went(browser.client.post("/authorize", data=evil))
        assert "op-error" in browser.page.ids


@pytest.mark.spec("OIDC Core 1.0 §3.1.2.1")
def test_post_of_another_site_leaves_the_browsers_cookies_as_they_are(
    house: House, rp: RelyingParty, browser: Browser
) -> None:
    for long in ("", "u" * 5000):
        sent = browser.client.post("/authorize", data=rp.request(unknown=long))

        assert "Set-Cookie" not in sent.headers


@pytest.mark.spec("OIDC Core 1.0 §3.1.2.1")
def test_posted_requests_parameters_in_the_query_do_not_count(rp: RelyingParty, browser: Browser) -> None:
    response = browser.client.post("/authorize?prompt=none", data=rp.request(), follow_redirects=True)

    assert response.status_code == 200


@pytest.mark.spec("OIDC Core 1.0 §3.1.2.1", "OIDC Core 1.0 §2")
def test_nonce_is_not_made_up(house: House, rp: RelyingParty, acquainted: Browser) -> None:
    acquainted.open("/authorize", rp.request(nonce=None))

    assert "nonce" not in claims_of(house, rp, acquainted.answer)


@pytest.mark.spec("OIDC Core 1.0 §6", "OIDC Core 1.0 §3.1.2.6")
def test_registration_in_the_request_is_refused_by_its_own_error(rp: RelyingParty, browser: Browser) -> None:
    browser.open("/authorize", rp.request(registration="{}"))

    assert "registration" in sent_back(browser, rp, "registration_not_supported")


# prompt


@pytest.mark.spec("OIDC Core 1.0 §3.1.2.6", "OIDC Core 1.0 §3.1.2.3")
def test_prompt_none_without_a_session_is_login_required(rp: RelyingParty, browser: Browser) -> None:
    browser.open("/authorize", rp.request(prompt="none"))

    sent_back(browser, rp, "login_required")


@pytest.mark.spec("OIDC Core 1.0 §3.1.2.6", "OIDC Core 1.0 §3.1.2.3")
def test_prompt_none_without_consent_is_consent_required(
    house: House, rp: RelyingParty, person: Person
) -> None:
    browser = signed_in(house, person)

    browser.open("/authorize", rp.request(prompt="none"))

    sent_back(browser, rp, "consent_required")


@pytest.mark.spec("OIDC Core 1.0 §3.1.2.1")
def test_prompt_none_in_a_session_answers_without_a_page(
    house: House, rp: RelyingParty, acquainted: Browser
) -> None:
    acquainted.open("/authorize", rp.request(prompt="none"))

    assert claims_of(house, rp, acquainted.answer)["acr"] == LEVEL + "2"


@pytest.mark.spec("OIDC Core 1.0 §3.1.2.1")
def test_prompt_none_after_the_consent_was_taken_back(
    house: House, rp: RelyingParty, person: Person, acquainted: Browser
) -> None:
    house.provider.consents.withdraw(person.account_id, rp.client_id)

    acquainted.open("/authorize", rp.request(prompt="none"))

    sent_back(acquainted, rp, "consent_required")


@pytest.mark.spec("OIDC Core 1.0 §3.1.2.1", "OIDC Core 1.0 §3.1.2.4")
@pytest.mark.parametrize("more", ["phone", "identity", "offline_access"])
def test_wider_scope_is_consented_to_anew(rp: RelyingParty, acquainted: Browser, more: str) -> None:
    acquainted.open("/authorize", rp.request(prompt="none", scope=f"openid profile {more}"))

    sent_back(acquainted, rp, "consent_required")


@pytest.mark.spec("OIDC Core 1.0 §3.1.2.1")
@pytest.mark.parametrize(
    "prompt", ["none login", "login none consent", "none none x", "create", "NONE", "nöne"]
)
def test_prompts_that_make_no_sense_are_refused(rp: RelyingParty, browser: Browser, prompt: str) -> None:
    browser.open("/authorize", rp.request(prompt=prompt))

    assert "prompt" in sent_back(browser, rp, "invalid_request")


@pytest.mark.spec("OIDC Core 1.0 §3.1.2.1", "OIDC Core 1.0 §3.1.2.3")
def test_prompt_login_asks_again_and_moves_auth_time(
    house: House, rp: RelyingParty, person: Person, acquainted: Browser
) -> None:
    began = int(house.clock().timestamp())

    acquainted.open("/authorize", rp.request(prompt="login"))
    assert "password" in acquainted.page.ids
    answer = acquainted.finish(person)

    claims = claims_of(house, rp, answer)
    assert claims["auth_time"] >= began
    assert claims["acr"] == LEVEL + "2"


@pytest.mark.spec("OIDC Core 1.0 §3.1.2.1")
def test_prompt_login_with_an_old_page_is_no_way_around(
    house: House, rp: RelyingParty, acquainted: Browser
) -> None:
    acquainted.open("/authorize", rp.request(prompt="login"))
    acquainted.open("/authorize", rp.request(prompt="login"))

    assert acquainted.location is None
    assert "password" in acquainted.page.ids


@pytest.mark.spec("OIDC Core 1.0 §3.1.2.1")
def test_prompt_consent_asks_again(house: House, rp: RelyingParty, acquainted: Browser) -> None:
    acquainted.open("/authorize", rp.request(prompt="consent"))
    assert "consent-allow" in acquainted.page.ids

    acquainted.submit({}, "consent-deny")
    sent_back(acquainted, rp, "access_denied")


@pytest.mark.spec("OIDC Core 1.0 §3.1.2.1")
def test_prompt_login_consent_asks_both(rp: RelyingParty, person: Person, acquainted: Browser) -> None:
    acquainted.open("/authorize", rp.request(prompt="login consent"))
    acquainted.submit({"password": person.password})
    acquainted.house.clock.advance_step()
    acquainted.submit({"otp": person.code()})

    assert "consent-allow" in acquainted.page.ids


@pytest.mark.spec("OIDC Core 1.0 §3.1.2.1")
def test_prompt_select_account_lets_somebody_else_sign_in(
    house: House, rp: RelyingParty, person: Person, acquainted: Browser
) -> None:
    before = claims_of(house, rp, _silently(acquainted, rp))
    other = house.person()

    acquainted.open("/authorize", rp.request(prompt="select_account"))
    assert "username" in acquainted.page.ids
    answer = acquainted.finish(other)

    assert claims_of(house, rp, answer)["sub"] != before["sub"]
    # Whoever sat there before has left: their session is over.
    assert house.provider.sessions.of(person.account_id) == []


def _silently(browser: Browser, rp: RelyingParty, **overrides: str | None) -> dict[str, str]:
    browser.open("/authorize", rp.request(prompt="none", **overrides))
    return browser.answer


# max_age and auth_time


@pytest.mark.spec("OIDC Core 1.0 §3.1.2.1", "OIDC Core 1.0 §15.1")
@pytest.mark.parametrize(
    ("max_age", "error"), [("60", None), ("59", "login_required"), ("0", "login_required")]
)
def test_max_age_counts_from_the_proofs(
    house: House, rp: RelyingParty, acquainted: Browser, max_age: str, error: str | None
) -> None:
    answer = _silently(acquainted, rp, max_age=max_age)

    assert answer.get("error") == error
    if error:
        told = f"max_age: expected a sign-in of the last {max_age} s; came one of 60 s ago"
        assert answer["error_description"] == told


@pytest.mark.spec("OIDC Core 1.0 §3.1.2.1", "OIDC Core 1.0 §8.1")
def test_age_of_a_sign_in_is_told_only_to_whom_something_was_allowed(
    house: House, acquainted: Browser
) -> None:
    stranger = house.client("stranger")

    answer = _silently(acquainted, stranger, max_age="0")

    assert answer["error"] == "login_required"
    assert answer["error_description"] == "max_age: expected a sign-in of the last 0 s"


@pytest.mark.spec("OIDC Core 1.0 §3.1.2.1")
def test_max_age_zero_is_like_prompt_login(
    house: House, rp: RelyingParty, person: Person, acquainted: Browser
) -> None:
    began = int(house.clock().timestamp())

    acquainted.open("/authorize", rp.request(max_age="0"))
    assert "password" in acquainted.page.ids
    answer = acquainted.finish(person)

    assert claims_of(house, rp, answer)["auth_time"] >= began


@pytest.mark.spec("OIDC Core 1.0 §3.1.2.1")
@pytest.mark.parametrize("max_age", ["-1", "1.5", "a", "1e3", "٣", "9" * 30, "+1", " 1"])
def test_max_age_that_is_no_number_is_refused(rp: RelyingParty, browser: Browser, max_age: str) -> None:
    browser.open("/authorize", rp.request(max_age=max_age))

    assert "max_age" in sent_back(browser, rp, "invalid_request")


@pytest.mark.spec("OIDC Registration 1.0 §2")
def test_default_max_age_of_the_client_counts(house: House, person: Person) -> None:
    strict = house.client("strict", default_max_age=30)
    browser = signed_in(house, person)
    browser.open("/authorize", strict.request())
    allow(browser)
    house.clock.advance(timedelta(seconds=31))

    assert _silently(browser, strict)["error"] == "login_required"
    assert "code" in _silently(browser, strict, max_age="60")


@pytest.mark.spec("OIDC Core 1.0 §2")
def test_auth_time_is_when_it_happened_not_when_the_token_was_made(
    house: House, rp: RelyingParty, acquainted: Browser
) -> None:
    claims = claims_of(house, rp, _silently(acquainted, rp))

    now = int(house.clock().timestamp())
    assert claims["auth_time"] == now - 60
    assert claims["iat"] == now


# acr and step-up


@pytest.mark.spec("OIDC Core 1.0 §3.1.2.1")
def test_step_up_inside_a_session_asks_for_what_is_missing_only(
    house: House, rp: RelyingParty, person: Person
) -> None:
    browser = signed_in(house, person, "password")
    browser.open("/authorize", rp.request(acr_values=LEVEL + "1"))
    before = claims_of(house, rp, allow(browser))

    browser.open("/authorize", rp.request(acr_values=LEVEL + "2"))
    assert "otp" in browser.page.ids
    assert "password" not in browser.page.ids
    after = claims_of(house, rp, browser.finish(person))

    assert (before["acr"], after["acr"]) == (LEVEL + "1", LEVEL + "2")
    assert before["sub"] == after["sub"]
    assert before["sid"] == after["sid"]


@pytest.mark.spec("OIDC Core 1.0 §3.1.2.1")
def test_step_up_cannot_happen_silently(house: House, rp: RelyingParty, person: Person) -> None:
    browser = signed_in(house, person, "password")

    assert _silently(browser, rp, acr_values=LEVEL + "2")["error"] == "login_required"


@pytest.mark.spec("OIDC Core 1.0 §5.5.1.1")
def test_acr_claim_that_is_essential_outweighs_acr_values(
    house: House, rp: RelyingParty, person: Person
) -> None:
    wish = {"id_token": {"acr": {"essential": True, "values": [LEVEL + "2"]}}}
    browser = signed_in(house, person, "password")

    browser.open("/authorize", rp.request(claims=json.dumps(wish), acr_values=LEVEL + "1"))

    assert "otp" in browser.page.ids


@pytest.mark.spec("OIDC Core 1.0 §5.5.1.1", "RFC 9470 §5")
@pytest.mark.parametrize("value", [LEVEL + "4", LEVEL + "5", "gold", 2, None, {"a": 1}])
def test_essential_acr_that_cannot_be_reached_is_an_error(
    house: House, rp: RelyingParty, person: Person, value: object
) -> None:
    wish = {"id_token": {"acr": {"essential": True, "value": value}}}
    browser = signed_in(house, person)

    browser.open("/authorize", rp.request(claims=json.dumps(wish)))

    sent_back(browser, rp, "unmet_authentication_requirements")


@pytest.mark.spec("OIDC Core 1.0 §3.1.2.1")
@pytest.mark.parametrize("values", [LEVEL + "4", "gold", LEVEL + "4 " + LEVEL + "3", LEVEL + "9"])
def test_wish_that_cannot_be_met_never_lowers_the_usual_level(
    house: House, rp: RelyingParty, person: Person, values: str
) -> None:
    browser = signed_in(house, person, "password")

    browser.open("/authorize", rp.request(acr_values=values))
    claims = claims_of(house, rp, browser.finish(person))

    assert claims["acr"] == LEVEL + "2"


@pytest.mark.spec("OIDC Core 1.0 §3.1.2.1")
def test_acr_values_come_in_order_of_preference(house: House, rp: RelyingParty, person: Person) -> None:
    browser = signed_in(house, person, "password")

    browser.open("/authorize", rp.request(acr_values=f"{LEVEL}4 {LEVEL}2 {LEVEL}1"))

    assert "otp" in browser.page.ids


# claims


@pytest.mark.spec("OIDC Core 1.0 §5.5")
def test_claims_asked_for_by_name_come_where_they_were_asked(rp: RelyingParty, person: Person) -> None:
    wish = {
        "id_token": {"birthdate": None},
        "userinfo": {"phone_number": {"essential": True}, "age_over_18": None},
    }

    tokens = tokens_for(rp, person, scope="openid", claims=json.dumps(wish))

    _, claims = rp.house.id_token(tokens["id_token"])
    known = rp.userinfo(tokens["access_token"]).get_json()
    assert claims["birthdate"] == "1999-05-17"
    assert "phone_number" not in claims
    assert set(known) == {"sub", "phone_number", "age_over_18"}
    assert known["age_over_18"] is True


@pytest.mark.spec("OIDC Core 1.0 §5.5.1", "OIDC Core 1.0 §5.5")
def test_claims_nobody_knows_are_left_out(rp: RelyingParty, person: Person) -> None:
    wish = {
        "id_token": {"shoe_size": {"essential": True}},
        "userinfo": {"https://x.example/y": None},
        "else": {},
    }

    tokens = tokens_for(rp, person, scope="openid", claims=json.dumps(wish))

    assert set(rp.userinfo(tokens["access_token"]).get_json()) == {"sub"}


def test_claims_beyond_what_is_registered_are_left_out(house: House, person: Person) -> None:
    narrow = house.client("narrow", scope=("openid",), claims=("province",))
    wish = {"userinfo": {"identity_number": {"essential": True}, "name": None, "province": None}}

    tokens = tokens_for(narrow, person, scope="openid", claims=json.dumps(wish))

    assert set(narrow.userinfo(tokens["access_token"]).get_json()) == {"sub", "province"}


@pytest.mark.spec("OIDC Core 1.0 §5.5")
@pytest.mark.parametrize(
    "claims",
    [
        "{",
        "[]",
        "null",
        '"id_token"',
        '{"id_token": []}',
        '{"id_token": {"name": 1}}',
        '{"id_token": {"name": {"essential": "yes"}}}',
        '{"userinfo": {"name": {"values": 1}}}',
        "[" * 4000,
        '{"userinfo": ' * 300 + "1" + "}" * 300,
        json.dumps({"userinfo": {"x" * 5000: None}}),
    ],
)
def test_claims_that_are_no_such_object_are_refused(rp: RelyingParty, browser: Browser, claims: str) -> None:
    browser.open("/authorize", rp.request(claims=claims))

    assert "claims" in sent_back(browser, rp, "invalid_request")


@pytest.mark.spec("OIDC Core 1.0 §5.5")
@pytest.mark.parametrize(
    "value", [r'"\ud800"', r'"\u0000"', "1e999", "NaN", "-Infinity", "9" * 4000, '{"a":[1]}']
)
def test_odd_values_in_claims_break_nothing(rp: RelyingParty, browser: Browser, value: str) -> None:
    browser.open("/authorize", rp.request(claims=WISH.replace("?", value)))

    if browser.location is not None:
        sent_back(browser, rp, "invalid_request")
    else:
        assert "username" in browser.page.ids


@pytest.mark.parametrize("depth", [*range(5, 1000, 97), *range(900, 1100, 7)])
def test_deep_values_in_claims_break_nothing(rp: RelyingParty, depth: int) -> None:
    value = "[" * depth + "]" * depth

    response = rp.house.app.test_client().get(
        "/authorize", query_string=rp.request(claims=WISH.replace("?", value))
    )

    assert response.status_code in (200, 303)


# The person asked for


@pytest.mark.spec("OIDC Core 1.0 §5.5.1", "OIDC Core 1.0 §3.1.2.2")
def test_sub_asked_for_by_value_gets_that_person_or_an_error(
    house: House, rp: RelyingParty, acquainted: Browser
) -> None:
    mine = claims_of(house, rp, _silently(acquainted, rp))["sub"]
    for sub, error in ((mine, None), ("somebody-else", "login_required")):
        for wish in ({"value": sub}, {"values": [sub]}):
            claims = json.dumps({"id_token": {"sub": wish}})
            assert _silently(acquainted, rp, claims=claims).get("error") == error


@pytest.mark.spec("OIDC Core 1.0 §3.1.2.1")
def test_id_token_hint_gets_that_person_or_an_error(
    house: House, rp: RelyingParty, person: Person, acquainted: Browser
) -> None:
    mine = tokens_for(rp, person)["id_token"]
    others = tokens_for(rp, house.person())["id_token"]

    assert "code" in _silently(acquainted, rp, id_token_hint=mine)
    assert _silently(acquainted, rp, id_token_hint=others)["error"] == "login_required"
    acquainted.open("/authorize", rp.request(id_token_hint=others))
    sent_back(acquainted, rp, "login_required")


@pytest.mark.spec("OIDC Core 1.0 §3.1.2.1")
def test_id_token_hint_may_have_expired(
    house: House, rp: RelyingParty, person: Person, acquainted: Browser
) -> None:
    mine = tokens_for(rp, person)["id_token"]
    house.clock.advance(timedelta(minutes=30))

    assert "code" in _silently(acquainted, rp, id_token_hint=mine)


@pytest.mark.spec("OIDC Core 1.0 §3.1.2.1", "OIDC Core 1.0 §3.1.2.2")
def test_sub_and_hint_must_not_name_two(rp: RelyingParty, person: Person, browser: Browser) -> None:
    mine = tokens_for(rp, person)["id_token"]
    wish = json.dumps({"id_token": {"sub": {"value": "somebody-else"}}})

    browser.open("/authorize", rp.request(id_token_hint=mine, claims=wish))

    assert "sub" in sent_back(browser, rp, "invalid_request")


@pytest.mark.spec("OIDC Core 1.0 §5.5.1", "OIDC Core 1.0 §3.1.2.2")
def test_of_several_subs_the_hint_says_which(house: House, rp: RelyingParty, person: Person) -> None:
    mine = tokens_for(rp, person)["id_token"]
    subject = house.id_token(mine)[1]["sub"]
    wish = json.dumps({"id_token": {"sub": {"values": ["somebody-else", subject]}}})
    browser = signed_in(house, person)

    browser.open("/authorize", rp.request(claims=wish))
    assert "one value" in sent_back(browser, rp, "invalid_request")
    browser.open("/authorize", rp.request(claims=wish, id_token_hint=mine))

    assert claims_of(house, rp, allow(browser))["sub"] == subject


@pytest.mark.spec("OIDC Core 1.0 §3.1.2.1")
def test_login_hint_fills_in_the_number_and_is_only_a_hint(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    browser.open("/authorize", rp.request(login_hint='0"><script>alert(1)</script>'))
    form = browser.page.form_with("username")
    assert form is not None
    assert form.values["username"] == '0"><script>alert(1)</script>'
    assert "<script>alert" not in browser.text

    assert "code" in browser.finish(person)


@pytest.mark.spec("OIDC Core 1.0 §3.1.2.1")
@pytest.mark.parametrize(
    ("ui_locales", "language"),
    [("en", "en"), ("vi en", "vi"), ("fr-CA en-GB", "en"), ("fr", "vi"), ("", "vi"), ("\u00a0" * 500, "vi")],
)
def test_ui_locales_choose_the_language(
    rp: RelyingParty, browser: Browser, ui_locales: str, language: str
) -> None:
    browser.open("/authorize", rp.request(ui_locales=ui_locales))

    assert f'<html lang="{language}"' in browser.text


# ID token


@pytest.mark.spec("OIDC Core 1.0 §2")
def test_id_token_says_what_it_must(house: House, rp: RelyingParty, person: Person) -> None:
    tokens = tokens_for(rp, person)

    header, claims = house.id_token(tokens["id_token"])

    now = int(house.clock().timestamp())
    assert header == {"alg": "ES256", "typ": "JWT", "kid": header["kid"]}
    assert set(claims) == {
        "iss", "sub", "aud", "iat", "exp", "auth_time", "nonce", "acr", "amr", "sid", "at_hash",
        "account_level",
    }  # fmt: skip
    assert claims["iss"] == house.settings.issuer
    assert claims["aud"] == rp.client_id
    assert (claims["iat"], claims["exp"]) == (now, now + 600)
    assert claims["nonce"] == rp.nonce
    assert claims["amr"] == ["otp", "pwd", "mfa"]
    assert str(claims["sub"]).isascii()
    assert len(str(claims["sub"])) <= 255


@pytest.mark.spec("OIDC Core 1.0 §3.1.3.6")
@pytest.mark.parametrize(
    ("alg", "inside"),
    [("ES256", "sha256"), ("RS256", "sha256"), ("PS256", "sha256"), ("EdDSA", "sha512")],
)
def test_at_hash_is_half_of_the_access_tokens_hash(
    house: House, person: Person, alg: str, inside: str
) -> None:
    rp = house.client("site", id_token_signed_response_alg=alg)

    tokens = tokens_for(rp, person)

    header, claims = house.id_token(tokens["id_token"])
    hashed = hashlib.new(inside, tokens["access_token"].encode()).digest()
    half = base64.urlsafe_b64encode(hashed[: len(hashed) // 2])
    assert header["alg"] == alg
    assert claims["at_hash"] == half.rstrip(b"=").decode()


@pytest.mark.spec("OIDC Core 1.0 §5.4")
def test_scopes_claims_are_in_userinfo_and_not_in_the_id_token(rp: RelyingParty, person: Person) -> None:
    tokens = tokens_for(rp, person, scope="openid profile email phone address identity")

    _, claims = rp.house.id_token(tokens["id_token"])
    known = rp.userinfo(tokens["access_token"]).get_json()

    assert "name" not in claims
    assert known["name"] == "Trần Thị Thu Hà"
    assert known["identity_number"] == person.username
    assert known["address"]["country"] == "VN"
    assert known["phone_number"].startswith("+84")
    assert isinstance(known["updated_at"], int)
    assert "email" not in known  # the account has none: left out, not null (§5.3.2)


@pytest.mark.spec("OIDC Core 1.0 §12.2")
def test_refreshed_id_token_is_about_the_same_sign_in(house: House, rp: RelyingParty, person: Person) -> None:
    first = tokens_for(rp, person, scope="openid offline_access")
    house.clock.advance(timedelta(hours=1))
    second = rp.refresh(first["refresh_token"]).get_json()

    before, after = (house.id_token(tokens["id_token"])[1] for tokens in (first, second))

    for same in ("iss", "sub", "aud", "auth_time", "acr", "amr", "sid"):
        assert before[same] == after[same]
    assert after["iat"] == before["iat"] + 3600
    assert "nonce" not in after
    assert after["at_hash"] != before["at_hash"]


# offline_access


@pytest.mark.spec("OIDC Core 1.0 §11")
def test_refresh_token_comes_for_offline_access_only(house: House, rp: RelyingParty, person: Person) -> None:
    codes_only = house.client("codes", grant_types=("authorization_code",))

    assert "refresh_token" not in tokens_for(rp, person, scope="openid profile")
    assert "refresh_token" not in tokens_for(codes_only, person, scope="openid offline_access")
    assert "refresh_token" in tokens_for(rp, person, scope="openid offline_access")


@pytest.mark.spec("OIDC Core 1.0 §11")
def test_offline_access_outlives_the_session_and_nothing_else_does(
    house: House, rp: RelyingParty, person: Person
) -> None:
    offline = tokens_for(rp, person, scope="openid offline_access")
    online = tokens_for(rp, person, scope="openid profile")

    house.provider.sessions.end_all(person.account_id)

    assert rp.refresh(offline["refresh_token"]).status_code == 200
    refused(rp.userinfo(online["access_token"]), "invalid_token", 401)


@pytest.mark.spec("OIDC Core 1.0 §11")
def test_offline_access_is_told_on_the_consent_page(house: House, rp: RelyingParty, person: Person) -> None:
    pages = {}
    for scope in ("openid profile", "openid profile offline_access"):
        browser = signed_in(house, person)
        browser.open("/authorize", rp.request(scope=scope))
        pages[scope] = browser.text

    assert len(pages["openid profile offline_access"]) > len(pages["openid profile"])


# UserInfo and subjects


@pytest.mark.spec("OIDC Core 1.0 §5.3", "OIDC Core 1.0 §5.3.2")
def test_userinfo_answers_get_and_post_alike(house: House, rp: RelyingParty, person: Person) -> None:
    token = tokens_for(rp, person)["access_token"]
    client, header = house.app.test_client(), {"Authorization": f"Bearer {token}"}

    answers = [
        client.get("/userinfo", headers=header),
        client.post("/userinfo", headers=header),
        client.post("/userinfo", headers=header, data={"other": "field"}),
        client.post("/userinfo", data={"access_token": token}),
    ]

    assert {answer.mimetype for answer in answers} == {"application/json"}
    assert len({answer.data for answer in answers}) == 1


@pytest.mark.spec("OIDC Core 1.0 §5.3.2")
def test_userinfos_sub_is_the_id_tokens(house: House, rp: RelyingParty, person: Person) -> None:
    tokens = tokens_for(rp, person)

    assert (
        rp.userinfo(tokens["access_token"]).get_json()["sub"] == house.id_token(tokens["id_token"])[1]["sub"]
    )


@pytest.mark.spec("OIDC Core 1.0 §8.1", "OIDC Core 1.0 §2", "RFC 9068 §6")
def test_pairwise_sub_differs_by_sector_and_is_stable(house: House, rp: RelyingParty, person: Person) -> None:
    second = house.client("second")
    sibling = house.client("sibling", redirect_uris=("https://rp.example/elsewhere",))
    public = [house.client(name, subject_type="public") for name in ("open-a", "open-b")]

    def sub(party: RelyingParty, whose: Person = person) -> object:
        return house.id_token(tokens_for(party, whose)["id_token"])[1]["sub"]

    mine = sub(rp)
    assert sub(rp) == mine
    assert sub(sibling) == mine
    assert sub(second) != mine
    assert sub(rp, house.person()) != mine
    assert sub(public[0]) == sub(public[1]) != mine
    for revealed in (person.username, str(person.account_id), person.account_id.hex):
        assert revealed not in str(mine)


# Ends


def test_code_given_before_the_sign_out_is_refused_after_it(
    house: House, rp: RelyingParty, person: Person
) -> None:
    code = code_for(rp, person)

    house.provider.sessions.end_all(person.account_id)

    refused(rp.redeem(code), "invalid_grant")


def test_locked_account_gets_no_code_in_its_session(
    house: House, rp: RelyingParty, person: Person, acquainted: Browser
) -> None:
    house.provider.locking.lock(person.account_id, LockGround.HOLDER_ASKED, "holder")

    assert "code" not in _silently(acquainted, rp)


def test_session_over_its_idle_time_is_no_session(
    house: House, rp: RelyingParty, acquainted: Browser
) -> None:
    house.clock.advance(timedelta(hours=1))

    assert _silently(acquainted, rp)["error"] == "login_required"


# What requirements ask that nothing above shows


@pytest.mark.spec("OIDC Core 1.0 §2")
@pytest.mark.parametrize(
    "asked",
    [{"max_age": "3600"}, {"claims": '{"id_token":{"auth_time":{"essential":true}}}'}, {"max_age": "0"}],
)
def test_auth_time_comes_where_it_is_required(
    house: House, rp: RelyingParty, person: Person, asked: dict[str, str]
) -> None:
    browser = signed_in(house, person)
    proven_at = int(house.clock().timestamp())

    browser.open("/authorize", rp.request(**asked))
    claims = claims_of(house, rp, browser.finish(person))

    assert type(claims["auth_time"]) is int
    assert claims["auth_time"] >= proven_at


@pytest.mark.spec("OIDC Core 1.0 §3.1.2.1")
@pytest.mark.parametrize(
    "wish",
    [
        {"ui_locales": "fr-CA fr"},
        {"claims_locales": "fr xx-invented"},
        {"display": "wap"},
        {"login_hint": "somebody"},
        {"acr_values": "urn:invented"},
    ],
)
def test_wishes_that_cannot_be_met_are_no_error(
    house: House, rp: RelyingParty, person: Person, wish: dict[str, str]
) -> None:
    browser = signed_in(house, person)

    browser.open("/authorize", rp.request(**wish))

    assert "code" in allow(browser)


@pytest.mark.spec("OIDC Core 1.0 §5.1", "OIDC Core 1.0 §5.1.1", "OIDC Core 1.0 §13")
def test_standard_claims_have_their_types(house: House, rp: RelyingParty) -> None:
    person = house.person(phone="+84900000001", email="ha@example.com")
    token = tokens_for(rp, person, scope="openid profile email address phone")["access_token"]

    response = rp.userinfo(token)
    claims = response.get_json()

    assert response.mimetype == "application/json"
    assert response.get_data().decode("utf-8")
    for name in ("sub", "name", "family_name", "given_name", "middle_name", "gender", "zoneinfo", "locale"):
        assert isinstance(claims.get(name, ""), str), name
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", claims["birthdate"])
    assert claims["email"] == "ha@example.com"
    assert type(claims["email_verified"]) is bool
    assert re.fullmatch(r"\+[1-9]\d{6,14}", claims["phone_number"])  # E.164
    assert type(claims["phone_number_verified"]) is bool
    assert type(claims["updated_at"]) is int
    assert set(claims["address"]) <= {
        "formatted", "street_address", "locality", "region", "postal_code", "country",
    }  # fmt: skip
    assert all(isinstance(value, str) for value in claims["address"].values())


@pytest.mark.spec("OIDC Core 1.0 §5.3.2")
def test_claims_without_a_value_are_left_out(house: House, rp: RelyingParty) -> None:
    person = house.person(phone=None, email=None)
    token = tokens_for(rp, person, scope="openid profile email address phone")["access_token"]

    claims = rp.userinfo(token).get_json()

    assert {"email", "email_verified", "phone_number", "phone_number_verified"}.isdisjoint(claims)
    assert not [name for name, value in claims.items() if value in (None, "", [], {})]


@pytest.mark.spec("OIDC Core 1.0 §5.5.1")
def test_essential_claim_that_nobody_has_is_no_error(house: House, rp: RelyingParty) -> None:
    person = house.person(email=None)
    browser = signed_in(house, person)
    wish = {"userinfo": {"email": {"essential": True}, "website": {"essential": True}}}

    browser.open("/authorize", rp.request(scope="openid email", claims=json.dumps(wish)))
    tokens = rp.redeem(allow(browser)["code"]).get_json()

    assert {"email", "website"}.isdisjoint(rp.userinfo(tokens["access_token"]).get_json())


@pytest.mark.spec("OIDC Core 1.0 §8.1")
def test_several_hosts_need_a_sector(house: House) -> None:
    hosts = ("https://a.example/cb", "https://b.example/cb")

    with pytest.raises(InvalidClientMetadata) as refusal:
        house.client("two", redirect_uris=hosts)

    assert refusal.value.field == "redirect_uris"
    assert house.client("public", redirect_uris=hosts, subject_type="public").client_id == "public"


@pytest.mark.spec("OIDC Core 1.0 §14")
def test_names_are_compared_without_normalizing(house: House) -> None:
    composed, decomposed = (unicodedata.normalize(form, "mật-khẩu-dài-và-lạ") for form in ("NFC", "NFD"))
    model = house.client("model", grant_types=("client_credentials",))
    known = house.provider.clients.find(model.client_id)
    assert known is not None
    house.provider.clients.register(known.metadata, client_id="named", secret=composed)

    def token(secret: str) -> int:
        pair = base64.b64encode(f"named:{quote_plus(secret)}".encode()).decode()
        return house.app.test_client().post(
            "/token",
            data={"grant_type": "client_credentials"},
            headers={"Authorization": f"Basic {pair}"},
        ).status_code  # fmt: skip

    assert (token(composed), token(decomposed)) == (200, 401)
