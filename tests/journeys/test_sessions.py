"""Signed in once, known until it ends: other clients, step-up, limits, cookies."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from idp.oidc.sessions import session as limits
from tests.house import Browser, House, Person, RelyingParty

AAL = "urn:dinhdanh:aal:"


def claims_of(house: House, rp: RelyingParty, answer: dict[str, str]) -> dict[str, object]:
    return house.id_token(rp.redeem(answer["code"]).json["id_token"])[1]


def cookie(browser: Browser, name: str = "idp_session") -> str | None:
    held = browser.client.get_cookie(name)
    return held.value if held else None


def asks(browser: Browser) -> set[str]:
    """What the page wants to be filled in."""
    return {"username", "password", "otp"} & browser.page.ids


def test_second_client_asks_for_nothing_but_consent(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    second = house.client("second")
    first_claims = claims_of(house, rp, browser.sign_in(rp, person))

    browser.open("/authorize", second.request())

    assert asks(browser) == set()
    browser.submit({}, "consent-allow")
    claims = claims_of(house, second, browser.answer)
    assert claims["sid"] == first_claims["sid"]
    assert claims["auth_time"] == first_claims["auth_time"]
    assert claims["sub"] != first_claims["sub"], "pairwise"


def test_client_that_was_allowed_before_gets_its_answer_at_once(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    first = claims_of(house, rp, browser.sign_in(rp, person))

    sent = browser.client.get("/authorize", query_string=rp.request())

    assert sent.status_code == 303
    browser.response = sent
    assert claims_of(house, rp, browser.answer)["sid"] == first["sid"]


def test_step_up_asks_only_what_is_missing(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    low = claims_of(house, rp, browser.sign_in(rp, person, acr_values=AAL + "1"))
    assert (low["acr"], low["amr"]) == (AAL + "1", ["pwd"])
    house.clock.advance(timedelta(minutes=5))

    browser.open("/authorize", rp.request(acr_values=AAL + "2"))

    assert asks(browser) == {"otp"}
    browser.submit({"otp": person.code()})
    high = claims_of(house, rp, browser.answer)
    assert high["acr"] == AAL + "2"
    assert high["sid"] == low["sid"]
    assert high["auth_time"] == low["auth_time"], "the password's proof is still the older one"


def test_step_up_gives_the_browser_a_new_cookie_and_ends_the_old_one(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    browser.sign_in(rp, person, acr_values=AAL + "1")
    before = cookie(browser)
    browser.sign_in(rp, person, acr_values=AAL + "2")
    after = cookie(browser)

    assert before is not None
    assert after not in (None, before)
    assert house.provider.sessions.find(before) is None
    assert house.provider.sessions.find(after) is not None
    assert len(house.provider.sessions.of(person.account_id)) == 1


def test_proving_anew_gives_a_new_cookie_and_a_new_time(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    first = claims_of(house, rp, browser.sign_in(rp, person))
    before = cookie(browser)
    house.clock.advance(timedelta(minutes=20))

    again = claims_of(house, rp, browser.sign_in(rp, person, prompt="login"))

    assert again["sid"] == first["sid"]
    assert again["auth_time"] >= first["auth_time"] + 20 * 60
    assert cookie(browser) != before


def test_cookie_given_before_sign_in_is_not_the_session(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    fixed = "A" * 65
    browser.client.set_cookie("idp_session", fixed)

    browser.sign_in(rp, person)

    assert cookie(browser) not in (None, fixed)
    assert house.provider.sessions.find(fixed) is None


def test_session_cookie_is_for_this_host_and_no_script(
    rp: RelyingParty, person: Person, browser: Browser
) -> None:
    browser.open("/authorize", rp.request())
    for _ in range(2):
        browser.submit({"username": person.username, "password": person.password, "otp": person.code()})
    form = browser.page.form_with("consent-allow")
    assert form is not None
    sent = browser.client.post(form.action, data=form.filled({}, "consent-allow"))

    written = next(line for line in sent.headers.getlist("Set-Cookie") if line.startswith("idp_session="))
    for part in ("HttpOnly", "Path=/", "SameSite=Lax"):
        assert part in written
    assert "Domain" not in written
    assert "Max-Age" not in written


def test_cookies_of_an_https_provider_are_secure_and_bound_to_the_host(
    make_house: Callable[..., House],
) -> None:
    house = make_house(issuer="https://localhost:8443")

    page = house.browser().open("/authorize", house.client().request())

    written = page.headers.getlist("Set-Cookie")
    assert written
    assert all(line.startswith("__Host-idp_") and "; Secure" in line for line in written)
    assert page.headers["Strict-Transport-Security"].startswith("max-age=31536000")


def test_session_left_alone_for_an_hour_is_over(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    browser.sign_in(rp, person)
    house.clock.advance(limits.IDLE)

    browser.open("/authorize", rp.request())

    assert asks(browser) == {"username", "password"}


def test_session_in_use_stays_until_its_last_hour(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    browser.sign_in(rp, person)
    for _ in range(14):
        house.clock.advance(timedelta(minutes=50))
        assert "code" in browser.sign_in(rp, person), "in use"

    house.clock.advance(timedelta(minutes=20))
    browser.open("/authorize", rp.request())

    assert asks(browser) == {"username", "password"}, "twelve hours, whatever happens"


def test_stepping_up_does_not_prolong_a_session_past_its_end(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    browser.sign_in(rp, person, acr_values=AAL + "1")
    for _ in range(13):
        house.clock.advance(timedelta(minutes=54))
        browser.sign_in(rp, person, prompt="login", acr_values=AAL + "2")

    house.clock.advance(timedelta(minutes=12))
    browser.open("/authorize", rp.request())

    assert asks(browser) == {"username", "password"}


def test_session_of_level_three_idles_a_quarter_of_an_hour() -> None:
    assert timedelta(minutes=15) == limits.IDLE_HIGH
    assert limits.HIGH_LEVEL == 3


def test_another_person_in_the_same_browser_ends_the_first_ones_session(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    other = house.person()
    first = claims_of(house, rp, browser.sign_in(rp, person))
    house.clock.advance(timedelta(minutes=1))

    second = claims_of(house, rp, browser.sign_in(rp, other, prompt="select_account"))

    assert second["sub"] != first["sub"]
    assert second["sid"] != first["sid"]
    assert house.provider.sessions.of(person.account_id) == []


def test_session_of_one_browser_is_nothing_to_another(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    browser.sign_in(rp, person)
    other = house.browser()

    other.open("/authorize", rp.request())

    assert asks(other) == {"username", "password"}


@pytest.mark.parametrize("how", ["swapped", "shortened", "lengthened"])
def test_forged_session_cookie_is_no_session(
    house: House, rp: RelyingParty, person: Person, browser: Browser, how: str
) -> None:
    browser.sign_in(rp, person)
    right = cookie(browser) or ""
    forged = {
        "swapped": right[:-1] + ("A" if right[-1] != "A" else "B"),
        "shortened": right[:-1],
        "lengthened": right + "A",
    }
    browser.client.set_cookie("idp_session", forged[how])

    browser.open("/authorize", rp.request())

    assert asks(browser) == {"username", "password"}


@pytest.mark.parametrize("max_age", ["60", "0"])
def test_proof_older_than_max_age_is_asked_for_again(
    house: House, rp: RelyingParty, person: Person, browser: Browser, max_age: str
) -> None:
    browser.sign_in(rp, person)
    house.clock.advance(timedelta(minutes=2))

    browser.open("/authorize", rp.request(max_age=max_age))

    assert asks(browser) == {"password"}
    now = int(house.clock().timestamp())
    claims = claims_of(house, rp, browser.finish(person))
    assert claims["auth_time"] >= now
