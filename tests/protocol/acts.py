"""What the protocol's tests do again and again: sign somebody in without pages, and read refusals."""

from typing import Any

from werkzeug.test import TestResponse

from idp.assurance import Factor, Proof
from idp.oidc.sessions.session import Session
from tests.bench.forms import read_page
from tests.house import Browser, House, Person, RelyingParty

BOTH = ("password", "totp")
_PROOFS = {"password": (Factor.KNOWLEDGE, "pwd"), "totp": (Factor.POSSESSION, "otp")}
# RFC 6749 §5.2: %x20-21 / %x23-5B / %x5D-7E.
DESCRIBABLE = {chr(c) for c in range(0x20, 0x7F)} - {'"', "\\"}


def proofs(house: House, *methods: str) -> tuple[Proof, ...]:
    """What somebody has just proven."""
    return tuple(
        Proof(method, frozenset({_PROOFS[method][0]}), (_PROOFS[method][1],), house.clock())
        for method in methods or BOTH
    )


def begin_session(house: House, person: Person, *methods: str) -> tuple[Session, str]:
    return house.provider.sessions.begin(person.account_id, proofs(house, *methods), "a browser")


def signed_in(house: House, person: Person, *methods: str) -> Browser:
    """A browser with a session, as if somebody had just proven these methods in it."""
    browser = house.browser()
    _, cookie = begin_session(house, person, *methods)
    browser.client.set_cookie("idp_session", cookie)
    # Time passes between signing in and what a test asks: proofs are as old as the clock says.
    return browser


def code_for(rp: RelyingParty, person: Person, *methods: str, **overrides: str | None) -> str:
    """A code as the desk gives it, without a page."""
    house = rp.house
    request = house.provider.requests.read(rp.request(**overrides))
    session, _ = begin_session(house, person, *methods)
    answer = house.provider.completion.allow(
        request,
        account_id=person.account_id,
        session_id=session.id,
        proofs=session.proofs,
        claims=frozenset(claim.name for claim in request.claims.individual()),
    )
    return dict(answer.parameters)["code"]


def tokens_for(rp: RelyingParty, person: Person, *methods: str, **overrides: str | None) -> dict[str, Any]:
    """What the token endpoint gives for a fresh code."""
    response = rp.redeem(code_for(rp, person, *methods, **overrides))
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.get_json()
    return answer


def allow(browser: Browser) -> dict[str, str]:
    """Say yes on the consent page, where there is one."""
    if browser.location is None:
        browser.submit({}, "consent-allow")
    return browser.answer


def is_page(response: TestResponse, status: int = 400) -> str:
    """Hold that an error was shown and nobody redirected; the page's text."""
    text = response.get_data(as_text=True)
    assert response.status_code == status, text
    assert "Location" not in response.headers
    assert response.mimetype == "text/html"
    assert "op-error" in read_page(response.data).ids, text
    return text


def refused(response: TestResponse, error: str, status: int = 400) -> str:
    """Hold an endpoint's error answer to RFC 6749 §5.2; its description."""
    assert response.status_code == status, response.text
    assert response.mimetype == "application/json"
    assert response.headers["Cache-Control"] == "no-store"
    body = response.get_json()
    assert body["error"] == error, body
    description = str(body["error_description"])
    assert description
    assert set(description) <= DESCRIBABLE
    return description


def sent_back(browser: Browser, rp: RelyingParty, error: str) -> str:
    """Hold an authorization error to RFC 6749 §4.1.2.1 and RFC 9207; its description."""
    assert browser.location is not None, browser.text
    assert browser.shown.status_code == 303
    assert browser.location.startswith(rp.redirect_uri)
    answer = browser.answer
    assert answer["error"] == error, answer
    assert answer["state"] == "xyz"
    assert answer["iss"] == rp.house.settings.issuer
    assert "code" not in answer
    assert set(answer["error_description"]) <= DESCRIBABLE
    return answer["error_description"]
