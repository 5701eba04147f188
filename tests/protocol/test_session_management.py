"""OpenID Connect Session Management 1.0: a site watches, without asking us, whether somebody signed out."""

from hashlib import sha256
from typing import Any

import pytest
from flask import Response
from hypothesis import given
from hypothesis import strategies as st

from idp.oidc.sessions.browser_state import BrowserStates, origin_of
from idp.web.http import Cookies
from idp.web.surface import BROWSER_STATE
from tests.house import Browser, House, Person, RelyingParty
from tests.protocol.acts import allow, begin_session, signed_in

FRAME = "/session/check"


def state_of(browser: Browser) -> str | None:
    cookie = browser.client.get_cookie("idp_browser_state")
    return cookie.value if cookie else None


def answer(browser: Browser, rp: RelyingParty, **asked: str) -> dict[str, str]:
    browser.open("/authorize", rp.request(scope="openid", **asked))
    return allow(browser)


def is_unchanged(session_state: str, client_id: str, origin: str, state: str | None) -> bool:
    """What the frame's script computes (§4.2)."""
    hashed, _, salt = session_state.partition(".")
    return sha256(f"{client_id} {origin} {state or ''} {salt}".encode()).hexdigest() == hashed


@pytest.mark.spec("Session Management 1.0 §2")
def test_answer_holds_a_state_bound_to_client_origin_and_browser(
    house: House, rp: RelyingParty, person: Person
) -> None:
    browser = signed_in(house, person)

    state = answer(browser, rp)["session_state"]

    assert " " not in state
    origin = "https://rp.example"
    assert is_unchanged(state, "rp", origin, state_of(browser))
    assert not is_unchanged(state, "another", origin, state_of(browser))
    assert not is_unchanged(state, "rp", "https://rp.example:444", state_of(browser))
    assert not is_unchanged(state, "rp", origin, None)
    assert answer(browser, rp)["session_state"] != state, "a salt of its own each time"


@pytest.mark.spec("Session Management 1.0 §4.2")
def test_browser_state_lasts_with_the_session_and_changes_with_it(
    house: House, rp: RelyingParty, person: Person
) -> None:
    browser = house.browser()
    browser.sign_in(rp, person)
    first = state_of(browser)
    answer(browser, house.client("second"))
    assert first
    assert state_of(browser) == first

    browser.open("/logout")
    browser.submit({}, "logout-confirm")
    assert state_of(browser) is None

    house.clock.advance_step()
    browser.sign_in(rp, person)
    assert state_of(browser) not in (None, first)


@pytest.mark.spec("Session Management 1.0 §4.2")
def test_browser_state_changes_with_the_person(house: House, rp: RelyingParty, person: Person) -> None:
    browser = signed_in(house, person)
    answer(browser, rp)
    first = state_of(browser)

    another = house.person()
    _, cookie = begin_session(house, another)
    browser.client.set_cookie("idp_session", cookie)
    answer(browser, rp)

    assert state_of(browser) not in (None, first)


def test_lost_state_comes_back_with_the_next_answer(house: House, rp: RelyingParty, person: Person) -> None:
    browser = signed_in(house, person)
    answer(browser, rp)
    first = state_of(browser)

    browser.client.delete_cookie("idp_browser_state")
    answer(browser, rp, prompt="none")

    assert state_of(browser) == first


def test_refusal_holds_no_state(house: House, rp: RelyingParty) -> None:
    browser = house.browser()

    browser.open("/authorize", rp.request(prompt="none"))

    assert "session_state" not in browser.answer
    assert state_of(browser) is None


def test_app_without_an_origin_gets_none(house: House, person: Person) -> None:
    app = house.client("app", redirect_uris=("vn.example.app:/done",), application_type="native")

    assert "session_state" not in answer(signed_in(house, person), app)


def test_state_says_nothing_of_the_session(house: House, rp: RelyingParty, person: Person) -> None:
    browser = signed_in(house, person)
    answer(browser, rp)
    (session,) = house.provider.sessions.of(person.account_id)

    assert state_of(browser) == house.provider.session_room.browser_states.of(session.id)
    assert BrowserStates(bytes(32)).of(session.id) != state_of(browser)
    assert str(session.id) not in str(state_of(browser))


@pytest.mark.spec("Session Management 1.0 §4.2")
@pytest.mark.parametrize("is_https", [True, False])
def test_cookie_can_be_read_by_script_in_a_frame(is_https: bool) -> None:
    response = Response()

    Cookies(is_https=is_https).write(response, BROWSER_STATE, "x", is_shared=True)

    name, _, attributes = response.headers["Set-Cookie"].partition("=x; ")
    assert name == ("__Host-idp_browser_state" if is_https else "idp_browser_state")
    assert set(attributes.split("; ")) == (
        {"Secure", "Path=/", "SameSite=None"} if is_https else {"Path=/", "SameSite=Lax"}
    )


def test_frame_reads_the_cookie_that_is_set(make_house: Any) -> None:
    house = make_house(issuer="https://id.dinhdanh.example", is_demo=False, sms_channel="none")

    assert 'data-cookie="__Host-idp_browser_state"' in house.browser().open(FRAME).text


@pytest.mark.spec(
    "Session Management 1.0 §3.3", "RFC 6749 §10.13", "OIDC Core 1.0 §3.1.2.3", "RFC 9700 §4.16"
)
def test_frame_may_stand_in_any_page_and_nothing_else_of_ours_may(house: House) -> None:
    browser = house.browser()

    frame = browser.open(FRAME)

    assert frame.status_code == 200
    assert "X-Frame-Options" not in frame.headers
    assert "frame-ancestors *" in frame.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in frame.headers
    for path in ("/", "/logout", "/account", "/session/check/", "/session/none", "/jwks"):
        shown = browser.open(path)
        assert shown.headers["X-Frame-Options"] == "DENY", path
        assert "frame-ancestors 'none'" in shown.headers["Content-Security-Policy"], path


def test_frame_runs_our_script_alone(house: House) -> None:
    frame = house.browser().open(FRAME)

    assert "default-src 'none'; script-src 'self'" in frame.headers["Content-Security-Policy"]
    assert frame.get_data(as_text=True).count("<script") == 1


@pytest.mark.spec("Session Management 1.0 §3.3")
def test_discovery_says_where_it_is(house: House) -> None:
    document = house.app.test_client().get("/.well-known/openid-configuration").get_json()

    assert document["check_session_iframe"] == house.settings.issuer + FRAME


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://rp.example/cb?x=1", "https://rp.example"),
        ("https://RP.example:443/cb", "https://rp.example"),
        ("https://rp.example:8443/cb", "https://rp.example:8443"),
        ("http://localhost:80/", "http://localhost"),
        ("http://127.0.0.1:9000/cb", "http://127.0.0.1:9000"),
        ("http://[::1]:9000/cb", "http://[::1]:9000"),
        ("vn.example.app:/done", None),
        ("", None),
    ],
)
def test_origin_is_as_browsers_write_it(address: str, origin: str | None) -> None:
    assert origin_of(address) == origin


@given(st.uuids(), st.binary(min_size=32, max_size=32))
def test_state_fits_a_cookie(session_id: Any, key: bytes) -> None:
    state = BrowserStates(key).of(session_id)

    assert len(state) == 43
    assert state.isascii()
    assert all(letter.isalnum() or letter in "-_" for letter in state)
