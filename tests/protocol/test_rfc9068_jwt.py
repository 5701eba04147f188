"""RFC 9068: access tokens as JWTs, for clients registered for them."""

import json
from datetime import timedelta

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.house import House, Person
from tests.protocol.acts import refused, tokens_for


@pytest.mark.spec("RFC 9068 §2.1", "RFC 9068 §2.2.3", "RFC 9068 §3", "RFC 9470 §6.1")
@pytest.mark.spec("RFC 9068 §2.2")
@pytest.mark.parametrize("alg", ["ES256", "RS256"])
def test_token_is_a_jwt_that_resource_servers_can_read(house: House, person: Person, alg: str) -> None:
    rp = house.client(access_token_format="jwt", id_token_signed_response_alg=alg)

    tokens = tokens_for(rp, person)

    keys = KeySet.import_key_set(json.loads(house.app.test_client().get("/jwks").data))
    read = jwt.decode(tokens["access_token"], keys, algorithms=[alg])
    now = int(house.clock().timestamp())
    _, id_token = house.id_token(tokens["id_token"])
    assert (read.header["typ"], read.header["alg"]) == ("at+jwt", alg)
    assert len(read.claims.pop("jti")) == 32
    assert read.claims == {
        "iss": house.settings.issuer,
        "aud": house.settings.issuer,
        "sub": id_token["sub"],
        "client_id": rp.client_id,
        "iat": now,
        "exp": now + 600,
        "scope": "openid profile",
        "acr": id_token["acr"],
        "amr": id_token["amr"],
        "auth_time": id_token["auth_time"],
    }


@pytest.mark.spec("RFC 9068 §4")
def test_it_opens_userinfo_until_it_or_its_grant_ends(house: House, person: Person) -> None:
    rp = house.client(access_token_format="jwt")
    first, second = (tokens_for(rp, person)["access_token"] for _ in range(2))
    assert rp.userinfo(first).status_code == 200

    rp.post("/revoke", {"token": first})
    refused(rp.userinfo(first), "invalid_token", 401)
    assert rp.userinfo(second).status_code == 200
    house.clock.advance(timedelta(minutes=10))
    refused(rp.userinfo(second), "invalid_token", 401)


@pytest.mark.spec("RFC 9068 §5", "RFC 8725 §3.12", "RFC 9068 §4")
def test_no_other_token_of_ours_passes_for_one(house: House, person: Person) -> None:
    rp = house.client(access_token_format="jwt")
    tokens = tokens_for(rp, person)
    head, body, signature = tokens["access_token"].split(".")

    for token in (tokens["id_token"], f"{head}.{body}.{signature[:-4]}AAAA", f"{head}.{body}.", "a.b.c"):
        refused(rp.userinfo(token), "invalid_token", 401)


@pytest.mark.spec("RFC 8707 §2", "RFC 6750 §5.2", "RFC 9068 §4")
def test_token_for_other_resources_does_not_open_userinfo(house: House, person: Person) -> None:
    for form in ("opaque", "jwt"):
        rp = house.client(form, access_token_format=form)
        access_tokens, grants = house.provider.access_tokens, house.provider.grants
        read = access_tokens.read(tokens_for(rp, person)["access_token"])
        assert read is not None
        grant, client = grants.find(read.grant_id), house.provider.clients.find(form)
        assert grant is not None
        assert client is not None

        token = access_tokens.issue(client, grant, grant.scope, None, ("https://api.example",))

        refused(rp.userinfo(token), "invalid_token", 401)


@pytest.mark.spec("RFC 9068 §2.2.1")
def test_refreshed_jwt_tells_the_sign_in_of_the_beginning(house: House, person: Person) -> None:
    rp = house.client(access_token_format="jwt")
    tokens = tokens_for(rp, person, scope="openid profile offline_access")
    first = house.id_token(tokens["access_token"])[1]
    house.clock.advance(timedelta(hours=2))

    later = house.id_token(rp.refresh(tokens["refresh_token"]).get_json()["access_token"])[1]

    for member in ("auth_time", "acr", "amr", "sub", "client_id", "scope", "aud"):
        assert later[member] == first[member], member
    assert later["iat"] == first["iat"] + 7200
    assert later["jti"] != first["jti"]
