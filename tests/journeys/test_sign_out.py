"""Signing out: at a client's wish, by the person's own, and what ends with it."""

import pytest

from tests.house import Browser, House, Person, RelyingParty

RETURN = "https://rp.example/signed-out"


def signed_in(browser: Browser, rp: RelyingParty, person: Person, **request: str) -> dict[str, str]:
    """The tokens of a sign-in."""
    return rp.redeem(browser.sign_in(rp, person, **request)["code"]).json


def is_signed_in(browser: Browser, rp: RelyingParty) -> bool:
    sent = browser.client.get("/authorize", query_string=rp.request(prompt="none"))
    return "code=" in sent.headers["Location"]


@pytest.mark.spec("OpenID Connect RP-Initiated Logout 1.0 §2")
def test_client_that_shows_the_sessions_id_token_signs_out_without_a_question(
    rp: RelyingParty, person: Person, browser: Browser
) -> None:
    tokens = signed_in(browser, rp, person)

    browser.open(
        "/logout",
        {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": RETURN, "state": "s-1"},
    )

    assert browser.location == f"{RETURN}?state=s-1"
    assert not is_signed_in(browser, rp)


@pytest.mark.spec("OpenID Connect RP-Initiated Logout 1.0 §2")
def test_sign_out_may_be_asked_for_by_post(rp: RelyingParty, person: Person, browser: Browser) -> None:
    tokens = signed_in(browser, rp, person)

    sent = browser.client.post(
        "/logout", data={"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": RETURN}
    )

    assert (sent.status_code, sent.headers["Location"]) == (303, RETURN)
    assert not is_signed_in(browser, rp)


@pytest.mark.parametrize("parameters", [{}, {"client_id": "rp"}])
def test_person_is_asked_where_nobody_vouches(
    rp: RelyingParty, person: Person, browser: Browser, parameters: dict[str, str]
) -> None:
    signed_in(browser, rp, person)

    browser.open("/logout", parameters)

    assert "logout-confirm" in browser.page.ids
    assert is_signed_in(browser, rp), "asking is not doing"
    browser.open("/logout", parameters)
    browser.submit({}, "logout-confirm")
    assert "logged-out" in browser.page.ids
    assert not is_signed_in(browser, rp)


def test_person_who_was_asked_may_stay(rp: RelyingParty, person: Person, browser: Browser) -> None:
    signed_in(browser, rp, person)
    browser.open("/logout")

    browser.submit({}, "logout-stay")

    assert is_signed_in(browser, rp)


def test_hint_of_another_session_does_not_sign_this_one_out(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    attacker = house.person()
    foreign = signed_in(house.browser(), rp, attacker)
    signed_in(browser, rp, person)

    browser.open("/logout", {"id_token_hint": foreign["id_token"], "post_logout_redirect_uri": RETURN})

    assert "logout-confirm" in browser.page.ids
    assert is_signed_in(browser, rp)
    browser.open("/logout", {"id_token_hint": foreign["id_token"], "post_logout_redirect_uri": RETURN})
    browser.submit({}, "logout-confirm")
    assert browser.location == RETURN
    assert not is_signed_in(browser, rp)


def test_confirmation_without_its_form_token_is_refused(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    signed_in(browser, rp, person)
    other = house.browser()
    other.open("/authorize", rp.request())
    foreign = other.page.forms[0].fields["form_token"]

    for sent in (
        {"decision": "logout"},
        {"decision": "logout", "form_token": ""},
        {"decision": "logout", "form_token": foreign},
    ):
        answered = browser.client.post("/logout", data=sent)

        assert "logged-out" not in answered.text
        assert is_signed_in(browser, rp)


@pytest.mark.parametrize(
    "parameters",
    [
        {"post_logout_redirect_uri": RETURN},
        {"client_id": "rp", "post_logout_redirect_uri": "https://rp.example/elsewhere"},
        {"client_id": "rp", "post_logout_redirect_uri": RETURN + "/"},
        {"client_id": "nobody"},
        {"id_token_hint": "a.b.c"},
    ],
)
def test_sign_out_that_does_not_hold_together_is_a_page_and_ends_nothing(
    rp: RelyingParty, person: Person, browser: Browser, parameters: dict[str, str]
) -> None:
    signed_in(browser, rp, person)

    refused = browser.open("/logout", parameters)

    assert refused.status_code == 400
    assert '<code id="op-code">invalid_logout</code>' in browser.text
    assert is_signed_in(browser, rp)


def test_access_token_is_not_a_hint(house: House, rp: RelyingParty, person: Person, browser: Browser) -> None:
    tokens = signed_in(browser, rp, person)

    assert browser.open("/logout", {"id_token_hint": tokens["access_token"]}).status_code == 400


@pytest.mark.spec("Back-Channel Logout 1.0 §2.7", "RFC 9700 §4.14.2")
def test_tokens_of_the_session_end_with_it(rp: RelyingParty, person: Person, browser: Browser) -> None:
    tokens = signed_in(browser, rp, person)
    assert rp.userinfo(tokens["access_token"]).status_code == 200

    browser.open("/logout", {"id_token_hint": tokens["id_token"]})

    assert rp.userinfo(tokens["access_token"]).status_code == 401


def test_tokens_meant_to_outlive_the_session_do(rp: RelyingParty, person: Person, browser: Browser) -> None:
    tokens = signed_in(browser, rp, person, scope="openid offline_access")

    browser.open("/logout", {"id_token_hint": tokens["id_token"]})

    assert rp.refresh(tokens["refresh_token"]).status_code == 200


def test_code_of_a_session_that_has_ended_buys_nothing(
    rp: RelyingParty, person: Person, browser: Browser
) -> None:
    tokens = signed_in(browser, rp, person)
    code = browser.sign_in(rp, person)["code"]

    browser.open("/logout", {"id_token_hint": tokens["id_token"]})

    refused = rp.redeem(code)
    assert refused.status_code == 400
    assert refused.json["error"] == "invalid_grant"


def test_signing_out_twice_is_as_good_as_once(rp: RelyingParty, person: Person, browser: Browser) -> None:
    tokens = signed_in(browser, rp, person)
    parameters = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": RETURN}
    browser.open("/logout", parameters)

    browser.open("/logout", parameters)

    assert browser.location == RETURN


def test_cookie_kept_from_before_the_sign_out_is_worth_nothing(
    rp: RelyingParty, person: Person, browser: Browser
) -> None:
    tokens = signed_in(browser, rp, person)
    held = browser.client.get_cookie("idp_session").value
    browser.open("/logout", {"id_token_hint": tokens["id_token"]})
    assert browser.client.get_cookie("idp_session") is None

    browser.client.set_cookie("idp_session", held)

    assert not is_signed_in(browser, rp)


def test_sign_out_is_remembered(house: House, rp: RelyingParty, person: Person, browser: Browser) -> None:
    tokens = signed_in(browser, rp, person)

    browser.open("/logout", {"id_token_hint": tokens["id_token"]})

    newest = house.provider.audit.for_account(person.account_id, 1)[0]
    assert (newest.event, newest.client_id) == ("session.ended", "rp")
