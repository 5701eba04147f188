"""Signed backchannel requests under attack: replayed, borrowed, forged, or said twice."""

import pytest

from tests.assertions import a_key
from tests.protocol.test_ciba import GRANT, asking, error_of
from tests.protocol.test_rfc9101_jar import KEYS, inside, shared_secret, sign, signing, unsigned
from tests.sealing import sealed


@pytest.fixture
def signer(house):
    return signing(house, "signer", grant_types=(GRANT, "authorization_code"), **POLLS)


POLLS = {"backchannel_token_delivery_mode": "poll", "backchannel_authentication_request_signing_alg": "ES256"}
WRONG = {
    "audience": {"aud": "https://other.example"},
    "issuer": {"iss": "rp"},
    "past": {"exp": 1},
    "far": {"exp": 4_000_000_000},
    "future": {"nbf": 4_000_000_000},
    "endless number": {"exp": 1e400},
    "no jti": {"jti": None},
    "no exp": {"exp": None},
    "no iat": {"iat": None},
    "no nbf": {"nbf": None},
    "empty jti": {"jti": ""},
    "jti of another type": {"jti": ["one"]},
    "an assertion": {"sub": "signer"},
    "another client": {"client_id": "rp"},
    "nested": {"request": "x.y.z"},
    "by reference": {"request_uri": "https://signer.example/"},
    "two hints": {"id_token_hint": "x.y.z"},
    "hint of another type": {"login_hint": {"x": 1}},
}


def ask(party, token, **beside):
    return party.post("/bc-authorize", {"request": token, **beside})


@pytest.mark.spec("CIBA Core 1.0 §7.1.1")
@pytest.mark.parametrize("what", WRONG)
def test_request_that_says_something_wrong_is_refused(signer, person, what):
    claims = asking(signer, person, **WRONG[what])
    token = sign({name: value for name, value in claims.items() if value is not None})

    assert error_of(ask(signer, token)) in ("invalid_request", "invalid_request_object", "unknown_user_id")


@pytest.mark.spec("CIBA Core 1.0 §7.1.1")
def test_request_counts_once(signer, person):
    token = sign(asking(signer, person))

    assert ask(signer, token).status_code == 200
    assert error_of(ask(signer, token)).startswith("invalid_request")


@pytest.mark.spec("CIBA Core 1.0 §7.1.1")
def test_request_of_one_client_is_not_anothers(house, signer, person):
    other = signing(house, "other", grant_types=(GRANT,), **POLLS)

    assert error_of(ask(other, sign(asking(signer, person)))).startswith("invalid_request")


@pytest.mark.spec("CIBA Core 1.0 §7.1")
def test_nothing_beside_a_signed_request_counts(house, signer, person):
    elsewhere = {"login_hint": house.person().username, "scope": "openid identity"}

    answer = ask(signer, sign(asking(signer, person)), **elsewhere)

    if answer.status_code == 200:
        (waiting,) = house.provider.backchannel_requests.of(person.account_id)
        assert "identity" not in waiting[1].scope
    else:
        assert error_of(answer) == "invalid_request"


@pytest.mark.spec("RFC 8725 §3.1", "RFC 8725 §3.2")
def test_forged_request_is_refused(house, signer, person):
    claims = asking(signer, person)
    good = sign(claims)
    head, body, signature = good.split(".")
    for forged in (
        unsigned(claims),
        shared_secret(claims),
        sign(claims, key=a_key(kid=KEYS["ES256"].kid)),
        sign(claims, typ="dpop+jwt"),
        sign(claims, typ="at+jwt"),
        sign(claims, "PS256"),
        f"{head}.{body}.",
        f"{head}.{body}.{'A' * len(signature)}",
        sealed(house, good),
        sealed(house, sealed(house, good)),
        good + "." + "A" * 20_000,
        "x" * 60_000,
        "",
    ):
        assert error_of(ask(signer, forged)) in ("invalid_request", "invalid_request_object")


@pytest.mark.spec("RFC 9101 §10.8")
def test_request_for_one_endpoint_is_refused_by_the_other(signer, person):
    front, back = inside(signer, jti="front"), asking(signer, person)

    assert error_of(ask(signer, sign(front))).startswith("invalid_request")
    pushed = signer.post("/par", {"request": sign(back)})
    assert error_of(pushed).startswith("invalid_request")
