"""Token exchange under attack: tokens of every wrong kind, self-made actors, and rights that have ended."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from idp.oidc.grants.token_exchange import ACCESS_TOKEN, JWT
from tests.assertions import a_key, signed
from tests.house import House, Person, RelyingParty
from tests.proofs import Holder
from tests.protocol.acts import code_for, refused
from tests.protocol.test_rfc8693_token_exchange import (
    DESK,
    LEDGER,
    SCOPE,
    VAULT,
    back_end,
    exchange,
    got,
    subject,
    told,
)

KINDS = (ACCESS_TOKEN, JWT)
OWN = {"grant_type": "client_credentials", "scope": "reports"}


@pytest.fixture
def desk(house: House) -> RelyingParty:
    return back_end(house, "desk", DESK, LEDGER)


@pytest.fixture
def ledger(house: House) -> RelyingParty:
    return back_end(house, "ledger", LEDGER, VAULT)


@pytest.fixture
def portal(house: House) -> RelyingParty:
    return house.client("portal", resources=(DESK, LEDGER), access_token_format="jwt")


@pytest.fixture
def sent(portal: RelyingParty, person: Person) -> str:
    token: str = subject(portal, person)["access_token"]
    return token


@pytest.mark.spec("RFC 8725 §3.11", "RFC 9068 §4")
def test_token_that_somebody_made_or_changed_is_no_subject(
    house: House, desk: RelyingParty, sent: str
) -> None:
    header, claims = house.id_token(sent)
    head, body, signature = sent.split(".")
    acting = claims | {"act": {"sub": "ledger"}, "scope": "openid identity"}
    key = a_key(kid=header["kid"])

    for forged in (
        signed(claims, key, typ="at+jwt"),
        signed(acting, key, typ="at+jwt", jwk=key.as_dict(private=False)),
        signed(claims, key, typ="JWT"),
        f"{head}.{body}.",
        f"{head}.{body}.{signature[:-4]}AAAA",
        f"{head}.{signed(acting, key).split('.')[1]}.{signature}",
        json.dumps({"payload": body, "protected": head, "signature": signature}),
        f" {sent}",
        f"{sent}\n",
        f"{sent}.{sent}",
    ):
        for kind in KINDS:
            refused(exchange(desk, forged, subject_token_type=kind), "invalid_request")
            refused(exchange(desk, sent, actor_token=forged, actor_token_type=kind), "invalid_request")


@pytest.mark.spec("RFC 8693 §2.1")
def test_token_of_another_provider_is_no_subject(
    make_house: Callable[..., House], desk: RelyingParty
) -> None:
    elsewhere = make_house(issuer="http://localhost:9000")
    theirs = elsewhere.client("portal", resources=(DESK,), access_token_format="jwt")
    token = subject(theirs, elsewhere.person())["access_token"]

    # Both have the same signing keys here; the issuer alone tells them apart.
    for kind in KINDS:
        refused(exchange(desk, token, subject_token_type=kind), "invalid_request")


@pytest.mark.spec("RFC 8693 §2.1")
@pytest.mark.parametrize("which", ["access_token", "refresh_token", "id_token"])
@pytest.mark.parametrize("of", ["access_token", "refresh_token", "id_token", "saml2", "nonsense"])
def test_kind_that_a_token_is_said_to_be_gains_nothing(
    desk: RelyingParty, portal: RelyingParty, person: Person, which: str, of: str
) -> None:
    token = subject(portal, person)[which]
    kind = f"urn:ietf:params:oauth:token-type:{of}"
    answer = exchange(desk, token, subject_token_type=kind)

    if which == of == "access_token":
        got(answer)
    else:
        refused(answer, "invalid_request")


@pytest.mark.spec("RFC 8693 §2.1")
def test_actor_token_that_its_client_gave_back_is_none(desk: RelyingParty, sent: str) -> None:
    mine = desk.post("/token", OWN).get_json()["access_token"]
    got(exchange(desk, sent, actor_token=mine, actor_token_type=ACCESS_TOKEN))

    assert desk.post("/revoke", {"token": mine}).status_code == 200

    refused(exchange(desk, sent, actor_token=mine, actor_token_type=ACCESS_TOKEN), "invalid_request")


@pytest.mark.spec("RFC 8693 §5")
@pytest.mark.parametrize("end", ["revoked", "expired", "signed out"])
def test_token_got_in_exchange_is_not_passed_on_when_the_first_has_ended(
    house: House, desk: RelyingParty, ledger: RelyingParty, portal: RelyingParty, person: Person, end: str
) -> None:
    first = subject(portal, person, scope="openid profile")
    second = got(exchange(desk, first["access_token"]))["access_token"]
    third = got(exchange(ledger, second, resource=VAULT))["access_token"]

    if end == "revoked":
        portal.post("/revoke", {"token": first["access_token"]})
    elif end == "expired":
        house.clock.advance(timedelta(minutes=10))
    else:
        house.provider.sessions.end_all(person.account_id)

    refused(exchange(ledger, second, resource=VAULT), "invalid_request")
    assert told(ledger, second) == {"active": False}
    assert told(ledger, third) == {"active": False}


@pytest.mark.spec("RFC 8693 §2.1")
def test_third_client_takes_nothing_that_was_passed_on_to_another(
    house: House, desk: RelyingParty, sent: str
) -> None:
    thief = back_end(house, "thief", VAULT, LEDGER, DESK)
    passed = got(exchange(desk, sent))["access_token"]

    for token in (sent, passed):
        refused(exchange(thief, token), "invalid_request")
        refused(exchange(thief, token, resource=DESK), "invalid_request")
        assert told(thief, token) == {"active": False}
    # Nor does the desk itself take back what it has passed on.
    refused(exchange(desk, passed), "invalid_request")


@pytest.mark.spec("RFC 8693 §2.2.1")
def test_scope_once_given_up_does_not_come_back(desk: RelyingParty, ledger: RelyingParty, sent: str) -> None:
    narrow = got(exchange(desk, sent, scope="profile"))["access_token"]

    assert got(exchange(ledger, narrow, resource=VAULT))["scope"] == "profile"
    for scope in ("openid", "profile offline_access", "profile identity", "reports"):
        refused(exchange(ledger, narrow, resource=VAULT, scope=scope), "invalid_scope")


@pytest.mark.spec("RFC 9449 §5")
def test_bound_token_stays_bound_through_every_hand(
    house: House, desk: RelyingParty, ledger: RelyingParty, portal: RelyingParty, person: Person
) -> None:
    theirs, desks, ledgers = Holder(house), Holder(house), Holder(house)
    form = {
        "grant_type": "authorization_code",
        "code": code_for(portal, person, scope=SCOPE, resource=DESK),
        "redirect_uri": portal.redirect_uri,
        "code_verifier": portal.verifier,
    }
    first = portal.post("/token", form, {"DPoP": theirs.proof()}).get_json()["access_token"]
    second = got(exchange(desk, first, proof=desks.proof()))["access_token"]

    refused(exchange(ledger, second, resource=VAULT), "invalid_dpop_proof")
    body = got(exchange(ledger, second, resource=VAULT, proof=ledgers.proof()))

    assert body["token_type"] == "DPoP"


@pytest.mark.spec("RFC 8693 §2.2.1")
@pytest.mark.parametrize(
    "more",
    [
        {"requested_token_type": "urn:ietf:params:oauth:token-type:id_token"},
        {"requested_token_type": "urn:ietf:params:oauth:token-type:saml2"},
        {"authorization_details": "[]x"},
        {"authorization_details": '[{"type":"everything"}]'},
        {"resource": f"{LEDGER}#"},
        {"resource": f"{LEDGER} {LEDGER}?x"},
        {"resource": "//ledger.example/"},
        {"audience": "desk"},
        {"audience": "*"},
        {"scope": "*"},
        {"client_id": "portal"},
    ],
)
def test_reaching_for_more_is_refused(desk: RelyingParty, sent: str, more: dict[str, Any]) -> None:
    answer = exchange(desk, sent, **more)

    assert answer.status_code in (400, 401), answer.text
    assert "access_token" not in answer.get_json()
