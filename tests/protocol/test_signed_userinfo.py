"""OpenID Connect Core 1.0 §5.3.2: UserInfo as a signed JWT, for clients registered for it."""

import pytest

from idp.oidc.clients.checks import InvalidClientMetadata
from tests.house import House, Person
from tests.protocol.acts import refused, tokens_for


@pytest.mark.spec("OIDC Core 1.0 §5.3.2")
@pytest.mark.parametrize("alg", ["ES256", "RS256", "PS256", "EdDSA"])
def test_answer_is_a_jwt_with_the_same_claims_for_this_client(house: House, person: Person, alg: str) -> None:
    rp = house.client(userinfo_signed_response_alg=alg)
    tokens = tokens_for(rp, person)

    response = rp.userinfo(tokens["access_token"])

    assert response.mimetype == "application/jwt"
    assert response.headers["Cache-Control"] == "no-store"
    header, claims = house.id_token(response.get_data(as_text=True))
    _, id_token = house.id_token(tokens["id_token"])
    assert header["alg"] == alg
    assert claims["iss"] == house.settings.issuer
    assert claims["aud"] == rp.client_id
    assert claims["sub"] == id_token["sub"]
    assert claims["birthdate"]


@pytest.mark.spec("RFC 8725 §3.12")
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
    for alg in ("none", "HS256", "Ed25519", "ES512"):
        with pytest.raises(InvalidClientMetadata):
            house.client(userinfo_signed_response_alg=alg)


def test_discovery_names_the_algorithms(house: House) -> None:
    document = house.app.test_client().get("/.well-known/openid-configuration").get_json()

    assert document["userinfo_signing_alg_values_supported"] == ["ES256", "RS256", "PS256", "EdDSA"]
