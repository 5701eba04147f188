"""RFC 8693: a back end that was called passes a person's right on, narrowed, and never further."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from idp.accounts.account import LockGround
from idp.oidc.clients.checks import InvalidClientMetadata
from idp.oidc.grants.token_exchange import ACCESS_TOKEN, JWT, TokenExchangeGrant
from tests.house import House, Person, RelyingParty
from tests.proofs import Holder
from tests.protocol.acts import code_for, refused, tokens_for

GRANT = TokenExchangeGrant.GRANT_TYPE
DESK, LEDGER, VAULT = "https://desk.example/", "https://ledger.example/", "https://vault.example/"
SCOPE = "openid profile offline_access"


def back_end(house: House, name: str, serves: str, *reaches: str, **details: Any) -> RelyingParty:
    usual = {"grant_types": (GRANT, "client_credentials"), "serves": (serves,), "exchange_audiences": reaches}
    return house.client(name, **(usual | details))


@pytest.fixture
def desk(house: House) -> RelyingParty:
    """The service that the portal calls; it calls the ledger."""
    return back_end(house, "desk", DESK, LEDGER)


@pytest.fixture
def portal(house: House) -> RelyingParty:
    """What the person signs in to."""
    return house.client("portal", resources=(DESK, LEDGER))


def subject(portal: RelyingParty, person: Person, **asked: str) -> dict[str, Any]:
    return tokens_for(portal, person, **{"scope": SCOPE, "resource": DESK, **asked})


@pytest.fixture
def sent(portal: RelyingParty, person: Person) -> str:
    """The access token that the portal sends to the desk."""
    token: str = subject(portal, person)["access_token"]
    return token


def exchange(party: RelyingParty, token: str | None, **form: str | None) -> TestResponse:
    usual = {
        "grant_type": GRANT,
        "subject_token": token,
        "subject_token_type": ACCESS_TOKEN,
        "resource": LEDGER,
    }
    proof = form.pop("proof", None)
    headers = {"DPoP": proof} if proof else {}
    return party.post("/token", {n: v for n, v in (usual | form).items() if v is not None}, headers)


def got(response: TestResponse) -> dict[str, Any]:
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.get_json()
    return body


def told(asking: RelyingParty, token: str) -> dict[str, Any]:
    body: dict[str, Any] = asking.post("/introspect", {"token": token}).get_json()
    return body


@pytest.mark.spec("RFC 8693 §2.2.1")
@pytest.mark.spec("RFC 8693 §4.1")
@pytest.mark.parametrize("form", ["opaque", "jwt"])
def test_back_end_gets_a_token_for_the_next_one_that_says_who_acts(
    house: House, portal: RelyingParty, person: Person, form: str
) -> None:
    desk = back_end(house, "desk", DESK, LEDGER, access_token_format=form)
    ledger = back_end(house, "ledger", LEDGER)
    heard: list[Any] = []
    house.provider.audit.listen(heard.append)

    first = subject(portal, person)["access_token"]
    body = got(exchange(desk, first, scope="profile"))

    assert set(body) == {"access_token", "issued_token_type", "token_type", "expires_in", "scope"}
    assert (body["issued_token_type"], body["token_type"]) == (ACCESS_TOKEN, "Bearer")
    assert body["scope"] == "profile"
    seen = told(ledger, body["access_token"])
    assert seen["act"] == {"sub": "desk"}
    assert (seen["client_id"], seen["aud"], seen["scope"]) == ("desk", [LEDGER], "profile")
    assert seen["iat"] == int(house.clock().timestamp())
    assert told(desk, body["access_token"])["active"]
    assert not told(portal, body["access_token"])["active"]
    if form == "jwt":
        header, claims = house.id_token(body["access_token"])
        assert (header["typ"], claims["act"], claims["client_id"]) == ("at+jwt", {"sub": "desk"}, "desk")
        assert claims["sub"] == told(desk, body["access_token"])["sub"]
    event = next(entry for entry in heard if entry.event == "token.exchanged")
    assert (event.client_id, event.account_id) == ("desk", person.account_id)
    assert (event.facts["source"], event.facts["audience"]) == ("portal", LEDGER)


@pytest.mark.spec("RFC 8693 §2.1")
def test_audience_names_it_as_well_as_resource_and_jwts_may_be_called_so(
    house: House, desk: RelyingParty, person: Person
) -> None:
    portal = house.client("portal", resources=(DESK,), access_token_format="jwt")
    first = subject(portal, person)["access_token"]

    body = got(exchange(desk, first, resource=None, audience=LEDGER, subject_token_type=JWT))

    assert told(desk, body["access_token"])["aud"] == [LEDGER]


@pytest.mark.spec("RFC 8693 §4.1")
def test_chain_nests_and_comes_to_its_end(house: House, desk: RelyingParty, sent: str) -> None:
    ledger = back_end(house, "ledger", LEDGER, VAULT)
    vault = back_end(house, "vault", VAULT, DESK)

    second = got(exchange(ledger, got(exchange(desk, sent))["access_token"], resource=VAULT))["access_token"]
    third = got(exchange(vault, second, resource=DESK))["access_token"]

    chain = {"sub": "ledger", "act": {"sub": "desk"}}
    assert told(vault, second)["act"] == chain
    assert told(desk, third)["act"] == {"sub": "vault", "act": chain}
    refused(exchange(desk, third), "invalid_request")


@pytest.mark.spec("RFC 8693 §2.1", "RFC 8693 §2.2.2")
@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"subject_token": None}, "invalid_request"),
        ({"subject_token_type": None}, "invalid_request"),
        ({"subject_token_type": "urn:ietf:params:oauth:token-type:id_token"}, "invalid_request"),
        ({"subject_token_type": JWT}, "invalid_request"),  # it is opaque
        ({"requested_token_type": "urn:ietf:params:oauth:token-type:refresh_token"}, "invalid_request"),
        ({"actor_token_type": ACCESS_TOKEN}, "invalid_request"),
        ({"actor_token": "x", "actor_token_type": ACCESS_TOKEN}, "invalid_request"),
        ({"resource": None}, "invalid_request"),
        ({"resource": VAULT}, "invalid_target"),
        ({"resource": "http://localhost:8000"}, "invalid_target"),
        ({"audience": VAULT}, "invalid_target"),
        ({"resource": f"{LEDGER} {VAULT}"}, "invalid_target"),
        ({"resource": LEDGER + "/"}, "invalid_target"),
        ({"scope": "openid email"}, "invalid_scope"),
        ({"scope": "profile identity"}, "invalid_scope"),
    ],
)
def test_request_that_is_wrong_or_reaches_too_far_is_refused(
    desk: RelyingParty, sent: str, form: dict[str, str | None], error: str
) -> None:
    refused(exchange(desk, sent, **form), error)


@pytest.mark.spec("RFC 8693 §2.2.2", "RFC 8693 §2.1")
def test_only_a_live_access_token_of_ours_is_a_subject(
    house: House, desk: RelyingParty, portal: RelyingParty, person: Person
) -> None:
    tokens = subject(portal, person)
    own = desk.post("/token", {"grant_type": "client_credentials", "scope": "reports"}).get_json()

    for token in (
        tokens["refresh_token"], tokens["id_token"], tokens["access_token"][:-2] + "AA", "x", "a.b.c",
        "e30.e30.e30", own["access_token"], "A" * 5000,
    ):  # fmt: skip
        for kind in (ACCESS_TOKEN, JWT):
            refused(exchange(desk, token, subject_token_type=kind), "invalid_request")


@pytest.mark.spec("RFC 8693 §5")
def test_token_that_was_sent_to_somebody_else_is_refused(
    house: House, desk: RelyingParty, portal: RelyingParty, person: Person, sent: str
) -> None:
    thief = back_end(house, "thief", VAULT, LEDGER)

    refused(exchange(thief, sent), "invalid_request")
    # Nor does the one that it was issued to exchange it, nor is one for UserInfo addressed to anybody.
    refused(exchange(desk, subject(portal, person, resource=LEDGER)["access_token"]), "invalid_request")
    plain = tokens_for(portal, person, scope=SCOPE)["access_token"]
    refused(exchange(desk, plain), "invalid_request")


@pytest.mark.spec("RFC 8693 §2.1")
def test_client_that_no_operator_registered_for_it_is_refused(
    house: House, portal: RelyingParty, sent: str
) -> None:
    stranger = house.client("stranger", serves=(DESK,), exchange_audiences=(LEDGER,))

    refused(exchange(stranger, sent), "unauthorized_client")
    with pytest.raises(InvalidClientMetadata):
        back_end(house, "public", DESK, LEDGER, token_endpoint_auth_method="none")


@pytest.mark.spec("RFC 7591 §2")
def test_nobody_registers_themselves_for_it_nor_says_where_they_may_reach(
    make_house: Callable[..., House],
) -> None:
    strict, simulator = make_house(is_simulator=False), make_house(is_simulator=True)
    members = {
        "redirect_uris": ["https://rp.example/cb"],
        "grant_types": ["authorization_code", GRANT],
        "serves": [DESK], "exchange_audiences": [LEDGER], "may_act": "x",
    }  # fmt: skip
    leave = strict.provider.invitations.issue(("openid",), 1, timedelta(days=1))

    response = strict.app.test_client().post(
        "/register", json=members, headers={"Authorization": f"Bearer {leave}"}
    )
    refused(response, "invalid_client_metadata")

    body = simulator.app.test_client().post("/register", json=members).get_json()
    client = simulator.provider.clients.find(body["client_id"])
    assert client is not None
    assert client.metadata.grant_types == ("authorization_code", GRANT)
    assert (client.metadata.serves, client.metadata.exchange_audiences) == ((), ())
    assert client.metadata.may_act is None


@pytest.mark.spec("RFC 8693 §4.4")
def test_may_act_names_the_only_one_that_may(house: House, desk: RelyingParty, person: Person) -> None:
    for name, may_act, form in (("a", "ledger", "jwt"), ("b", "desk", "jwt"), ("c", "ledger", "opaque")):
        portal = house.client(name, resources=(DESK,), may_act=may_act, access_token_format=form)
        first = subject(portal, person)["access_token"]

        assert told(desk, first)["may_act"] == {"sub": may_act}
        if form == "jwt":
            assert house.id_token(first)[1]["may_act"] == {"sub": may_act}
        if may_act == "desk":
            got(exchange(desk, first))
        else:
            refused(exchange(desk, first), "invalid_request")


@pytest.mark.spec("RFC 8693 §2.1")
def test_actor_token_says_the_same_as_who_came(house: House, desk: RelyingParty, sent: str) -> None:
    own = {"grant_type": "client_credentials", "scope": "reports"}
    mine = desk.post("/token", own).get_json()["access_token"]
    other = back_end(house, "other", VAULT).post("/token", own).get_json()["access_token"]

    body = got(exchange(desk, sent, actor_token=mine, actor_token_type=ACCESS_TOKEN))

    assert told(desk, body["access_token"])["act"] == {"sub": "desk"}
    refused(exchange(desk, sent, actor_token=other, actor_token_type=ACCESS_TOKEN), "invalid_request")
    refused(exchange(desk, sent, actor_token=sent, actor_token_type=ACCESS_TOKEN), "invalid_request")
    refused(exchange(desk, sent, actor_token=mine), "invalid_request")


@pytest.mark.spec("RFC 8693 §2.2.1")
def test_token_lives_no_longer_than_the_first(house: House, desk: RelyingParty, sent: str) -> None:
    house.clock.advance(timedelta(minutes=7))

    body = got(exchange(desk, sent))

    assert body["expires_in"] == 180
    seen = told(desk, body["access_token"])
    assert seen["exp"] - seen["iat"] == 180
    house.clock.advance(timedelta(minutes=3))
    assert not told(desk, body["access_token"])["active"]
    refused(exchange(desk, sent), "invalid_request")


@pytest.mark.spec("RFC 8693 §5")
def test_token_dies_with_what_it_was_exchanged_for(
    house: House, desk: RelyingParty, portal: RelyingParty, person: Person
) -> None:
    tokens = subject(portal, person)
    passed = got(exchange(desk, tokens["access_token"]))["access_token"]
    # The one that got it cannot end the person's yes to another; the person's client can.
    refused(desk.post("/revoke", {"token": passed}), "unsupported_token_type")
    refused(portal.post("/revoke", {"token": passed}), "invalid_grant")
    assert told(desk, passed)["active"]

    portal.post("/revoke", {"token": tokens["refresh_token"]})

    assert not told(desk, passed)["active"]
    refused(exchange(desk, tokens["access_token"]), "invalid_request")


@pytest.mark.spec("RFC 8693 §5")
def test_account_that_is_locked_or_client_that_is_disabled_passes_nothing_on(
    house: House, desk: RelyingParty, portal: RelyingParty, person: Person, sent: str
) -> None:
    ledger = back_end(house, "ledger", LEDGER, VAULT)
    passed = got(exchange(desk, sent))["access_token"]
    house.provider.clients.disable("desk")
    assert not told(ledger, passed)["active"]
    refused(exchange(ledger, passed, resource=VAULT), "invalid_request")

    other = back_end(house, "other", DESK, LEDGER)
    got(exchange(other, sent))
    house.provider.lifecycle.lock(person.account_id, LockGround.HOLDER_ASKED, "holder")
    refused(exchange(other, sent), "invalid_request")


@pytest.mark.spec("OIDC Core 1.0 §5.3")
def test_token_got_in_exchange_never_opens_userinfo(
    house: House, portal: RelyingParty, person: Person
) -> None:
    desk = back_end(house, "desk", DESK, house.settings.issuer)

    passed = got(exchange(desk, subject(portal, person)["access_token"], resource=house.settings.issuer))

    assert desk.userinfo(passed["access_token"]).status_code == 401


@pytest.mark.spec("RFC 9449 §5")
def test_bound_token_is_exchanged_for_a_bound_one_only(
    house: House, desk: RelyingParty, portal: RelyingParty, person: Person
) -> None:
    theirs, mine = Holder(house), Holder(house)
    form = {
        "grant_type": "authorization_code",
        "code": code_for(portal, person, scope=SCOPE, resource=DESK),
        "redirect_uri": portal.redirect_uri,
        "code_verifier": portal.verifier,
    }
    first = portal.post("/token", form, {"DPoP": theirs.proof()}).get_json()["access_token"]

    refused(exchange(desk, first), "invalid_dpop_proof")
    proof = mine.proof()
    body = got(exchange(desk, first, proof=proof))

    assert body["token_type"] == "DPoP"
    assert told(desk, body["access_token"])["cnf"] == {"jkt": mine.jkt}
    refused(exchange(desk, first, proof=proof), "invalid_dpop_proof")


@pytest.mark.spec("RFC 9396 §6")
def test_acts_pass_on_whole_or_in_part_and_never_grow(house: House, person: Person) -> None:
    dossier = {"type": "dossier", "procedure": "p", "identifier": "i", "actions": ["submit", "read"]}
    less = {**dossier, "actions": ["read"]}
    desk = back_end(house, "desk", DESK, LEDGER, DESK, authorization_details_types=("dossier",))
    portal = house.client("portal", resources=(DESK,), authorization_details_types=("dossier",))
    first = subject(portal, person, authorization_details=json.dumps([dossier]))["access_token"]

    whole = got(exchange(desk, first))
    part = got(exchange(desk, first, resource=DESK, authorization_details=json.dumps([less])))

    assert told(desk, whole["access_token"])["authorization_details"] == [dossier]
    assert told(desk, part["access_token"])["authorization_details"] == [less]
    refused(
        exchange(desk, part["access_token"], authorization_details=json.dumps([dossier])),
        "invalid_authorization_details",
    )
