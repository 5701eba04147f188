"""RFC 7662 and RFC 9701: what a token is good for, told to those whom it concerns."""

import base64
import json
from datetime import timedelta

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from werkzeug.test import TestResponse

from idp.accounts.account import LockGround
from idp.oidc.tokens.access_token import AccessTokens
from tests.house import House, Person, RelyingParty
from tests.protocol.acts import refused, tokens_for

OFFLINE = "openid profile offline_access"
JWT = "application/token-introspection+jwt"
API = "https://api.example/reports"


@pytest.fixture
def tokens(rp: RelyingParty, person: Person) -> dict[str, str]:
    return tokens_for(rp, person, scope=OFFLINE)


def introspect(party: RelyingParty, token: str, **headers: str) -> TestResponse:
    return party.post("/introspect", {"token": token}, headers)


def is_inactive(response: TestResponse) -> bool:
    assert response.status_code == 200
    return bool(response.get_json() == {"active": False})


@pytest.mark.spec("RFC 7662 §2.2", "RFC 9470 §6.2")
def test_access_token_is_described_to_its_own_client(
    house: House, rp: RelyingParty, tokens: dict[str, str]
) -> None:
    response = introspect(rp, tokens["access_token"])
    now = int(house.clock().timestamp())

    assert response.headers["Cache-Control"] == "no-store"
    _, claims = house.id_token(tokens["id_token"])
    assert response.get_json() == {
        "active": True,
        "iss": house.settings.issuer,
        "aud": house.settings.issuer,
        "sub": claims["sub"],
        "client_id": rp.client_id,
        "scope": OFFLINE,
        "iat": now,
        "exp": now + 600,
        "acr": claims["acr"],
        "amr": claims["amr"],
        "auth_time": claims["auth_time"],
        "token_type": "Bearer",
    }


@pytest.mark.spec("RFC 7662 §2.1", "RFC 7662 §2.2")
def test_refresh_token_is_described_without_a_type_of_use(
    house: House, rp: RelyingParty, tokens: dict[str, str]
) -> None:
    told = introspect(rp, tokens["refresh_token"]).get_json()

    assert told["active"] is True
    assert told["exp"] == int((house.clock() + timedelta(days=30)).timestamp())
    assert "token_type" not in told


@pytest.mark.spec("RFC 7662 §2.2", "RFC 7662 §4")
def test_token_that_is_over_or_unknown_is_inactive_and_nothing_more(
    house: House, rp: RelyingParty, tokens: dict[str, str]
) -> None:
    new = rp.refresh(tokens["refresh_token"]).get_json()
    assert is_inactive(introspect(rp, tokens["refresh_token"]))
    for token in ("x", "a.b.c", "é", "A" * 65, tokens["id_token"], new["access_token"][:-2] + "AA"):
        assert is_inactive(introspect(rp, token))
    house.clock.advance(timedelta(minutes=10))
    assert is_inactive(introspect(rp, new["access_token"]))
    assert not is_inactive(introspect(rp, new["refresh_token"]))
    house.clock.advance(timedelta(days=30))
    assert is_inactive(introspect(rp, new["refresh_token"]))


@pytest.mark.spec("RFC 7662 §4")
def test_revocation_shows_at_once(rp: RelyingParty, tokens: dict[str, str]) -> None:
    assert not is_inactive(introspect(rp, tokens["access_token"]))

    rp.post("/revoke", {"token": tokens["refresh_token"]})

    assert is_inactive(introspect(rp, tokens["access_token"]))
    assert is_inactive(introspect(rp, tokens["refresh_token"]))


@pytest.mark.spec("RFC 7662 §4")
def test_account_that_is_locked_and_client_that_is_disabled_leave_no_active_token(
    house: House, rp: RelyingParty, tokens: dict[str, str], person: Person
) -> None:
    api = house.client("api", serves=(API,))
    access = audience_token(house, rp, person)
    assert introspect(api, access).get_json()["active"]

    house.provider.clients.disable(rp.client_id)
    assert is_inactive(introspect(api, access))

    other = house.client("other")
    theirs = tokens_for(other, person)["access_token"]
    house.provider.lifecycle.lock(person.account_id, LockGround.HOLDER_ASKED, "holder")
    assert is_inactive(introspect(other, theirs))


def audience_token(house: House, party: RelyingParty, person: Person) -> str:
    """An access token for a resource, by the grant of a sign-in."""
    granted = tokens_for(party, person)["access_token"]
    tokens: AccessTokens = house.provider.access_tokens
    read = tokens.read(granted)
    assert read is not None
    grant, client = house.provider.grants.find(read.grant_id), house.provider.clients.find(party.client_id)
    assert grant is not None
    assert client is not None
    return tokens.issue(client, grant, ("profile",), None, (API, "https://other.example"))


@pytest.mark.spec("RFC 7662 §4", "RFC 7662 §2.2", "RFC 9701 §5")
def test_only_the_tokens_client_and_its_audience_are_told(
    house: House, rp: RelyingParty, person: Person, tokens: dict[str, str]
) -> None:
    api, stranger = house.client("api", serves=(API,)), house.client("stranger")
    access = audience_token(house, rp, person)

    told = introspect(api, access).get_json()

    assert told["active"]
    assert told["aud"] == [API, "https://other.example"]
    assert told["client_id"] == rp.client_id
    # Each sector has its own name for the person (OIDC Core 1.0 §8).
    assert told["sub"] != introspect(rp, access).get_json()["sub"]
    for token in (access, tokens["access_token"], tokens["refresh_token"]):
        assert is_inactive(introspect(stranger, token))
    for token in (tokens["access_token"], tokens["refresh_token"]):
        assert is_inactive(introspect(api, token))


@pytest.mark.spec("RFC 7662 §2.1", "RFC 7662 §2.3", "RFC 7662 §4", "RFC 9701 §5")
def test_public_clients_and_strangers_learn_nothing(house: House, person: Person, rp: RelyingParty) -> None:
    app = house.client("app", token_endpoint_auth_method="none")
    token = tokens_for(app, person)["access_token"]

    refused(introspect(app, token), "invalid_client", 401)
    refused(house.app.test_client().post("/introspect", data={"token": token}), "invalid_client", 401)
    refused(rp.post("/introspect", {"token": ""}), "invalid_request")


@pytest.mark.spec("RFC 6749 §4.4")
def test_token_of_a_client_itself_has_it_for_subject(house: House) -> None:
    back_end = house.client("back", grant_types=("client_credentials",))
    token = back_end.post("/token", {"grant_type": "client_credentials"}).get_json()["access_token"]

    told = introspect(back_end, token).get_json()

    assert told["sub"] == told["client_id"] == "back"
    assert {"acr", "amr", "auth_time"}.isdisjoint(told)


@pytest.mark.spec("RFC 9701 §4", "FAPI 2.0 Message Signing §5.5.1")
@pytest.mark.spec("RFC 9701 §5")
@pytest.mark.parametrize("alg", ["ES256", "RS256"])
def test_answer_is_a_jwt_for_whoever_accepts_that(house: House, person: Person, alg: str) -> None:
    rp = house.client(introspection_signed_response_alg=alg)
    token = tokens_for(rp, person)["access_token"]
    plain = introspect(rp, token).get_json()

    response = introspect(rp, token, Accept=JWT)

    assert response.mimetype == JWT
    keys = KeySet.import_key_set(json.loads(house.app.test_client().get("/jwks").data))
    read = jwt.decode(response.get_data(as_text=True), keys, algorithms=[alg])
    assert read.header["typ"] == "token-introspection+jwt"
    assert read.claims == {
        "iss": house.settings.issuer,
        "aud": rp.client_id,
        "iat": int(house.clock().timestamp()),
        "token_introspection": plain,
    }
    inactive = introspect(rp, "x", Accept=JWT).get_data(as_text=True)
    assert jwt.decode(inactive, keys, algorithms=[alg]).claims["token_introspection"] == {"active": False}
    for accept in ("*/*", "application/json", f"application/json, {JWT};q=0.5"):
        assert introspect(rp, token, Accept=accept).mimetype == "application/json"


@pytest.mark.spec("RFC 8414 §2")
def test_discovery_names_the_endpoint(house: House) -> None:
    document = house.app.test_client().get("/.well-known/openid-configuration").get_json()

    assert document["introspection_endpoint"] == house.settings.issuer + "/introspect"
    assert "none" not in document["introspection_endpoint_auth_methods_supported"]
    assert document["introspection_signing_alg_values_supported"] == ["ES256", "RS256", "PS256", "EdDSA"]


@pytest.mark.spec("RFC 7662 §2.1")
def test_introspection_without_a_token_is_refused(rp: RelyingParty) -> None:
    for form in ({"token": ""}, {"token_type_hint": "access_token"}):
        assert "token" in refused(rp.post("/introspect", form), "invalid_request")


@pytest.mark.spec("RFC 7662 §2.1")
@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "invented"])
def test_wrong_hint_hinders_no_introspection(
    rp: RelyingParty, tokens: dict[str, str], kind: str, hint: str
) -> None:
    told = rp.post("/introspect", {"token": tokens[kind], "token_type_hint": hint})

    assert told.get_json()["active"] is True


@pytest.mark.spec("RFC 7662 §2.1")
def test_introspection_is_asked_by_post_alone(house: House, rp: RelyingParty, tokens: dict[str, str]) -> None:
    response = house.app.test_client().get(f"/introspect?token={tokens['access_token']}")
    in_the_address = house.app.test_client().post(
        f"/introspect?token={tokens['access_token']}",
        data={"token_type_hint": "access_token"},
        headers={"Authorization": f"Basic {_pair(rp)}"},
    )

    assert response.status_code == 405
    assert "GET" not in response.headers["Allow"]
    assert "token" in refused(in_the_address, "invalid_request")


def _pair(rp: RelyingParty) -> str:
    return base64.b64encode(f"{rp.client_id}:{rp.secret}".encode()).decode()


@pytest.mark.spec("RFC 7662 §4")
def test_signed_token_that_was_changed_is_inactive(house: House, person: Person) -> None:
    rp = house.client("signed", access_token_format="jwt")
    token = tokens_for(rp, person)["access_token"]
    head, body, signature = token.split(".")
    changed = body[:-8] + ("A" if body[-8] != "A" else "B") + body[-7:]

    assert not is_inactive(introspect(rp, token))

    assert is_inactive(introspect(rp, f"{head}.{changed}.{signature}"))
    assert is_inactive(introspect(rp, f"{head}.{body}.{signature[::-1]}"))
    assert is_inactive(introspect(rp, f"{head}.{body}."))
