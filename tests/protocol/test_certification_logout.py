"""The modules of OpenID's certification profiles for logout, one by one, with a client that registers itself.

RP-Initiated, Back-Channel and Front-Channel Logout OP, and Session Management OP; what needs frames is walked
through in ``tests/browser/test_certification_frames.py``. The list stands in ``docs/conformance.md``.
"""

import base64
import json
import re
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from idp.kernel.ids import new_secret
from tests.house import Browser, House, Person, RelyingParty
from tests.protocol.acts import DESCRIBABLE, is_page
from tests.receivers import Receiver, receiving

SUITE = "https://suite.example/test/a/logout"
CALLBACK, SIGNED_OUT = f"{SUITE}/callback", f"{SUITE}/post_logout_redirect"
NEEDS_A_PERSON = {"login_required", "interaction_required", "account_selection_required", "consent_required"}
EVENT = "http://schemas.openid.net/event/backchannel-logout"


@pytest.fixture
def house(make_house: Callable[..., House]) -> House:
    """A simulator, which is what a suite is run against."""
    return make_house(is_simulator=True, outbound_allowed="127.0.0.0/8")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving(Receiver()) as receiver:
        yield receiver


class Module:
    """One run: a client that has just registered, a person who signed in at it, and what the client holds."""

    def __init__(self, house: House, person: Person, **members: object) -> None:
        self.house, self.browser = house, house.browser()
        body = {
            "client_name": "Logout",
            "redirect_uris": [CALLBACK],
            "response_types": ["code"],
            "grant_types": ["authorization_code"],
            "token_endpoint_auth_method": "client_secret_basic",
            "contacts": ["suite@suite.example"],
            "post_logout_redirect_uris": [SIGNED_OUT],
            **members,
        }
        answer = house.app.test_client().post("/register", json=body)
        assert answer.status_code == 201, answer.text
        self.registered: dict[str, Any] = answer.get_json()
        assert {name: self.registered[name] for name in members} == members
        self.client = RelyingParty(
            house,
            self.registered["client_id"],
            self.registered["client_secret"],
            "client_secret_basic",
            CALLBACK,
        )
        self.answer = self._sign_in(person)
        tokens = self.client.post(
            "/token",
            {"grant_type": "authorization_code", "code": self.answer["code"], "redirect_uri": CALLBACK},
        ).get_json()
        self.id_token: str = tokens["id_token"]
        self.claims = house.id_token(self.id_token)[1]
        self.state = new_secret(768)  # 128 characters: a long one comes back as it went

    def _request(self, **more: str) -> dict[str, str]:
        return {
            "client_id": self.client.client_id,
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "scope": "openid",
            "state": new_secret(60),
            "nonce": new_secret(60),
            **more,
        }

    def _sign_in(self, person: Person) -> dict[str, str]:
        self.browser.open("/authorize", self._request())
        return self.browser.finish(person)

    def log_out(self, **changes: str | None) -> Browser:
        """To the end_session_endpoint as the suite goes there; ``None`` leaves a parameter out."""
        usual = {
            "id_token_hint": self.id_token,
            "post_logout_redirect_uri": SIGNED_OUT,
            "state": self.state,
        }
        asked = {name: value for name, value in (usual | changes).items() if value is not None}
        self.browser.open("/logout", asked)
        return self.browser

    def is_signed_out(self) -> bool:
        """What a request without pages is told."""
        request = self._request(prompt="none")
        self.browser.open("/authorize", request)
        assert self.browser.location is not None
        answer = dict(parse_qsl(urlsplit(self.browser.location).query))
        if "code" in answer:
            return False
        assert answer["error"] in NEEDS_A_PERSON
        assert answer["state"] == request["state"]
        assert answer["iss"] == self.house.settings.issuer
        assert set(answer["error_description"]) <= DESCRIBABLE
        return True


def came_back(location: str | None) -> dict[str, list[str]]:
    """What the browser brought to the registered address."""
    assert location is not None
    assert location.partition("?")[0] == SIGNED_OUT
    return parse_qs(urlsplit(location).query, keep_blank_values=True)


def alg_none(token: str) -> str:
    """The same claims, signed by nobody."""
    header = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    return f"{header}.{token.split('.')[1]}."


@pytest.mark.spec(
    "RP-Initiated Logout 1.0 §2.1", "Front-Channel Logout 1.0 §3", "Back-Channel Logout 1.0 §2.1"
)
@pytest.mark.spec("Session Management 1.0 §3.3")
@pytest.mark.parametrize(
    ("profile", "members"),
    [
        ("rp-initiated", {}),
        ("backchannel", {"backchannel_logout_supported": True, "backchannel_logout_session_supported": True}),
        (
            "frontchannel",
            {"frontchannel_logout_supported": True, "frontchannel_logout_session_supported": True},
        ),
        ("session-management", {"check_session_iframe": "https://idp.example/session/check"}),
    ],
)
def test_discovery_says_what_the_profile_asks(house: House, profile: str, members: dict[str, object]) -> None:
    response = house.app.test_client().get("/.well-known/openid-configuration")

    assert response.status_code == 200
    assert response.mimetype == "application/json"
    document = response.get_json()
    assert document["end_session_endpoint"] == f"{house.settings.issuer}/logout"
    expected = {
        name: f"{house.settings.issuer}/session/check" if name == "check_session_iframe" else value
        for name, value in members.items()
    }
    assert document.items() >= expected.items()


@pytest.mark.spec("RP-Initiated Logout 1.0 §2")
@pytest.mark.parametrize("is_told", [True, False], ids=["rp-initiated-logout", "no-state"])
def test_person_is_signed_out_and_brought_back(house: House, person: Person, is_told: bool) -> None:
    module = Module(house, person)

    browser = module.log_out(**({} if is_told else {"state": None}))

    assert came_back(browser.location) == ({"state": [module.state]} if is_told else {})
    assert module.is_signed_out()


@pytest.mark.spec("RP-Initiated Logout 1.0 §3")
@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"post_logout_redirect_uri": f"{SIGNED_OUT}/other"}, id="bad-post-logout-redirect-uri"),
        pytest.param({"post_logout_redirect_uri": f"{SIGNED_OUT}?foo=bar"}, id="query-added"),
        pytest.param({"id_token_hint": None}, id="no-id-token-hint"),
        pytest.param({"id_token_hint": alg_none}, id="modified-id-token-hint"),
        pytest.param({"id_token_hint": "not.an.token"}, id="bad-id-token-hint"),
    ],
)
def test_nobody_is_brought_anywhere_that_is_not_vouched_for(
    house: House, person: Person, changes: dict[str, Any]
) -> None:
    module = Module(house, person)
    made = {name: value(module.id_token) if callable(value) else value for name, value in changes.items()}

    browser = module.log_out(**made)

    is_page(browser.shown)
    assert not module.is_signed_out()


@pytest.mark.spec("RP-Initiated Logout 1.0 §2")
@pytest.mark.parametrize(
    ("left_out", "asks"),
    [
        pytest.param(("post_logout_redirect_uri",), False, id="no-post-logout-redirect-uri"),
        pytest.param(("post_logout_redirect_uri", "id_token_hint"), True, id="only-state"),
        pytest.param(("post_logout_redirect_uri", "id_token_hint", "state"), True, id="no-params"),
    ],
)
def test_without_an_address_a_page_says_that_one_is_signed_out(
    house: House, person: Person, left_out: tuple[str, ...], asks: bool
) -> None:
    module = Module(house, person)

    browser = module.log_out(**dict.fromkeys(left_out))
    assert ("logout-confirm" in browser.page.ids) is asks
    if asks:
        browser.submit({}, "logout-confirm")

    assert browser.location is None
    assert "logged-out" in browser.page.ids
    assert module.is_signed_out()


@pytest.mark.spec("Back-Channel Logout 1.0 §2.4", "Back-Channel Logout 1.0 §2.5")
def test_client_is_sent_a_logout_token_and_the_person_brought_back(
    house: House, person: Person, receiver: Receiver
) -> None:
    module = Module(
        house,
        person,
        backchannel_logout_uri=f"{receiver.url}/backchannel_logout",
        backchannel_logout_session_required=True,
    )

    browser = module.log_out()

    assert came_back(browser.location) == {"state": [module.state]}
    assert receiver.arrived.wait(10)
    (received,) = receiver.received
    assert (received.method, received.path) == ("POST", "/backchannel_logout")
    assert received.headers["Content-Type"] == "application/x-www-form-urlencoded"
    (name, (token,)) = next(iter(received.form.items()))
    assert (name, len(received.form)) == ("logout_token", 1)
    keys = KeySet.import_key_set(json.loads(house.app.test_client().get("/jwks").data))
    decoded = jwt.decode(token, keys, algorithms=[module.registered["id_token_signed_response_alg"]])
    now = house.clock().timestamp()
    assert decoded.header["typ"] == "logout+jwt"
    assert decoded.claims["iss"] == house.settings.issuer
    assert decoded.claims["aud"] == module.client.client_id
    assert decoded.claims["iat"] <= now < decoded.claims["exp"] <= now + 120
    assert decoded.claims["jti"]
    assert decoded.claims["events"] == {EVENT: {}}
    assert decoded.claims["sub"] == module.claims["sub"]
    assert decoded.claims["sid"] == module.claims["sid"]
    assert "nonce" not in decoded.claims
    assert module.is_signed_out()


@pytest.mark.spec("Front-Channel Logout 1.0 §2", "Front-Channel Logout 1.0 §3")
def test_browser_is_sent_to_the_client_with_issuer_and_session(house: House, person: Person) -> None:
    module = Module(
        house,
        person,
        frontchannel_logout_uri=f"{SUITE}/frontchannel_logout",
        frontchannel_logout_session_required=True,
    )

    browser = module.log_out()

    (frame,) = map(unescape, re.findall(r'<iframe src="([^"]+)"', browser.text))
    assert frame.startswith(f"{SUITE}/frontchannel_logout?")
    assert parse_qs(urlsplit(frame).query) == {
        "iss": [house.settings.issuer],
        "sid": [module.claims["sid"]],
    }
    (link,) = re.findall(r'id="logged-out-return" href="([^"]+)"', browser.text)
    assert came_back(unescape(link)) == {"state": [module.state]}
    assert module.is_signed_out()


@pytest.mark.spec("Session Management 1.0 §2")
def test_answer_holds_the_session_state(house: House, person: Person) -> None:
    module = Module(house, person)

    assert re.fullmatch(r"[0-9a-f]{64}\.\S+", module.answer["session_state"])
    assert " " not in module.client.client_id, "the message is client_id and session_state, a space between"
