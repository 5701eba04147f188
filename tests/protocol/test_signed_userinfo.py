"""OpenID Connect Core 1.0 §5.3.2: UserInfo as a signed JWT, for clients registered for it."""

import json

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from idp.oidc.clients.checks import InvalidClientMetadata
from tests.house import House, Person
from tests.protocol.acts import refused, tokens_for


@pytest.mark.spec("OIDC Core 1.0 §5.3.2")
@pytest.mark.parametrize("alg", ["ES256", "RS256"])
def test_answer_is_a_jwt_with_the_same_claims_for_this_client(house: House, person: Person, alg: str) -> None:
    rp = house.client(userinfo_signed_response_alg=alg)
    tokens = tokens_for(rp, person)

    response = rp.userinfo(tokens["access_token"])

    assert response.mimetype == "application/jwt"
    assert response.headers["Cache-Control"] == "no-store"
    keys = KeySet.import_key_set(json.loads(house.app.test_client().get("/jwks").data))
    read = jwt.decode(response.get_data(as_text=True), keys, algorithms=[alg])
    _, id_token = house.id_token(tokens["id_token"])
    assert read.header["alg"] == alg
    assert read.claims["iss"] == house.settings.issuer
    assert read.claims["aud"] == rp.client_id
    assert read.claims["sub"] == id_token["sub"]
    assert read.claims["birthdate"]


def test_it_passes_for_no_other_token_of_ours(house: House, person: Person) -> None:
    rp = house.client(userinfo_signed_response_alg="ES256")
    signed = rp.userinfo(tokens_for(rp, person)["access_token"]).get_data(as_text=True)

    refused(rp.userinfo(signed), "invalid_token", 401)
    browser = house.browser()
    browser.open("/authorize", rp.request(id_token_hint=signed))
    assert browser.answer["error"] == "invalid_request"


def test_errors_stay_json(house: House, person: Person) -> None:
    rp = house.client(userinfo_signed_response_alg="ES256")

    refused(rp.userinfo("x"), "invalid_token", 401)


def test_algorithm_that_we_hold_no_key_for_is_not_registered(house: House) -> None:
    for alg in ("none", "HS256", "EdDSA"):
        with pytest.raises(InvalidClientMetadata):
            house.client(userinfo_signed_response_alg=alg)


@pytest.mark.parametrize("member", ["id_token_encrypted_response_alg", "userinfo_encrypted_response_alg"])
def test_client_that_asks_for_encryption_is_not_registered(house: House, member: str) -> None:
    with pytest.raises(InvalidClientMetadata):
        house.client(**{member: "RSA-OAEP-256"})


def test_discovery_names_the_algorithms(house: House) -> None:
    document = house.app.test_client().get("/.well-known/openid-configuration").get_json()

    assert document["userinfo_signing_alg_values_supported"] == ["ES256", "RS256"]
