"""The provider tells the sample portal that somebody is signed out (Back-Channel Logout 1.0)."""

import time
from datetime import timedelta

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from tests.unit.clients.fake_provider import CLIENT_ID, PERSON, Lies
from tests.unit.clients.steps import is_signed_in, sign_in

EVENT = "http://schemas.openid.net/event/backchannel-logout"
SID = "session-1"


@pytest.fixture
def signed_in(browser, provider):
    provider.lies = Lies(id_claims={"sid": SID})
    sign_in(browser, provider)
    assert is_signed_in(browser)
    return browser


@pytest.fixture
def notify(portal, provider):
    """The provider's server posts a notice, all of it right but for what is changed; gives the status."""

    def notify(*, key=None, header=None, **changed):
        now = int(time.time())
        usual = {
            "iss": provider.issuer,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 120,
            "jti": "one",
            "events": {EVENT: {}},
            "sub": PERSON["sub"],
            "sid": SID,
        }
        claims = {name: value for name, value in (usual | changed).items() if value is not None}
        header = {"alg": "ES256", "kid": "now", "typ": "logout+jwt"} | (header or {})
        token = jwt.encode(header, claims, key or provider.key)
        return portal.test_client().post("/backchannel-logout", data={"logout_token": token}).status_code

    return notify


@pytest.mark.spec("Back-Channel Logout 1.0 §2.8")
@pytest.mark.parametrize("left_out", [{}, {"sub": None}, {"sid": None}])
def test_notice_ends_the_visit_at_once(signed_in, notify, left_out):
    assert notify(**left_out) == 200

    assert not is_signed_in(signed_in)


@pytest.mark.parametrize("other", [{"sid": "session-2"}, {"sub": "pairwise-2"}])
def test_notice_of_another_session_or_account_ends_nothing(signed_in, notify, other):
    assert notify(**other) == 200

    assert is_signed_in(signed_in)


def test_who_signs_in_again_in_the_same_session_stays(signed_in, notify, provider, clock):
    notify()
    clock.ahead = timedelta(seconds=1)

    sign_in(signed_in, provider)

    assert is_signed_in(signed_in)


@pytest.mark.spec("Back-Channel Logout 1.0 §2.6")
@pytest.mark.parametrize(
    "lie",
    [
        {"iss": "https://another.example"},
        {"aud": "another"},
        {"aud": None},
        {"iat": None},
        {"exp": 1},
        {"jti": None},
        {"events": None},
        {"events": {"another": {}}},
        {"events": {EVENT: True}},
        {"nonce": "n"},
        {"sub": None, "sid": None},
        {"sid": 7},
        {"header": {"typ": "JWT"}},
        {"header": {"kid": "unknown"}},
        {"key": ECKey.generate_key("P-256", {"kid": "now"})},
    ],
)
def test_notice_that_is_not_the_providers_or_not_for_here_ends_nothing(signed_in, notify, lie):
    assert notify(**lie) == 400

    assert is_signed_in(signed_in)


@pytest.mark.parametrize("form", [{}, {"logout_token": "x"}, {"logout_token": "a.b.c"}])
def test_what_is_no_token_is_refused(portal, form):
    assert portal.test_client().post("/backchannel-logout", data=form).status_code == 400
