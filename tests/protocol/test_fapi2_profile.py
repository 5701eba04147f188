"""FAPI 2.0 Security Profile, FAPI-CIBA: what clients registered under a profile must keep to."""

from dataclasses import replace
from typing import Any

import pytest

from idp.keyring.keyring import SIGNING
from idp.oidc.clients.checks import InvalidClientMetadata, check
from idp.oidc.clients.metadata import ClientMetadata
from idp.oidc.profiles import PROFILES, Profile, profile_of
from tests.assertions import a_key, a_signer
from tests.house import Browser, House
from tests.proofs import Holder

JWK = {
    "kty": "EC",
    "crv": "P-256",
    "kid": "one",
    "x": "WKn-ZIGevcwGIyyrzFoZNBdaq9_TsqzGl96oc0CWuis",
    "y": "y77t-RvAHRKTsSGdIYUfweuOvwrvDD-Q3Hv5J0fSKbE",
}
FIT = ClientMetadata(
    client_name={"en": "Trial site"},
    redirect_uris=("https://rp.example/callback",),
    token_endpoint_auth_method="private_key_jwt",
    jwks={"keys": [JWK, a_key("RS256", "two").as_dict(private=False)]},
)
SIGNED = [
    "id_token_signed_response_alg",
    "authorization_signed_response_alg",
    "introspection_signed_response_alg",
    "request_object_signing_alg",
    "token_endpoint_auth_signing_alg",
]


@pytest.fixture(params=PROFILES)
def profile(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def fault(metadata: ClientMetadata) -> str:
    with pytest.raises(InvalidClientMetadata) as caught:
        check(metadata, SIGNING)
    return caught.value.field


def test_a_client_that_fits_is_registered(profile: str) -> None:
    check(replace(FIT, profile=profile), SIGNING)


@pytest.mark.parametrize("name", ["fapi1", "", "FAPI2"])
def test_an_unknown_profile_is_refused(name: str) -> None:
    assert fault(replace(FIT, profile=name)) == "profile"


@pytest.mark.spec("FAPI 2.0 Security Profile §5.3.2.1")
@pytest.mark.parametrize("method", ["none", "client_secret_basic", "client_secret_post"])
def test_clients_prove_themselves_by_a_key(profile: str, method: Any) -> None:
    check(replace(FIT, token_endpoint_auth_method=method), SIGNING)

    refused = fault(replace(FIT, profile=profile, token_endpoint_auth_method=method))

    assert refused == "token_endpoint_auth_method"


@pytest.mark.spec("FAPI 2.0 Security Profile §5.4.1")
@pytest.mark.parametrize("member", SIGNED)
def test_rs256_signs_nothing(profile: str, member: str) -> None:
    check(replace(FIT, **{member: "RS256"}), SIGNING)  # type: ignore[arg-type]

    assert fault(replace(FIT, profile=profile, **{member: "RS256"})) == member  # type: ignore[arg-type]


@pytest.mark.spec("FAPI 2.0 Security Profile §5.3.2.2")
def test_answers_go_over_plain_http_to_native_apps_alone(profile: str) -> None:
    plain = replace(FIT, redirect_uris=("http://localhost:9000/callback",))
    check(plain, SIGNING)
    check(replace(plain, profile=profile, application_type="native"), SIGNING)

    assert fault(replace(plain, profile=profile)) == "redirect_uris"


@pytest.mark.spec("FAPI 2.0 Security Profile §5.2.3")
def test_pages_of_other_origins_may_not_call_the_authorization_endpoint(house: House) -> None:
    asked = {"Origin": "https://rp.example", "Access-Control-Request-Method": "GET"}

    for answer in (
        house.app.test_client().options("/authorize", headers=asked),
        house.app.test_client().get("/authorize", headers=asked),
    ):
        assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]


@pytest.mark.spec("FAPI 2.0 Security Profile §5.3.2.2")
def test_a_request_that_was_not_pushed_is_refused(house: House, browser: Browser, profile: str) -> None:
    party = house.client("bank", token_endpoint_auth_method="private_key_jwt", jwks=FIT.jwks, profile=profile)

    browser.open("/authorize", party.request())

    assert browser.answer["error"] == "invalid_request"
    assert "/par" in browser.answer["error_description"]


@pytest.mark.spec("FAPI 2.0 Security Profile §5.3.2.1")
def test_tokens_are_bound_to_a_key_or_not_given(house: House, profile: str) -> None:
    signer = a_signer(house, profile=profile)
    ask = {"grant_type": "client_credentials"}

    refused = signer.post("/token", ask)
    given = signer.post("/token", ask, headers={"DPoP": Holder(house).proof()})

    assert (refused.status_code, refused.get_json()["error"]) == (400, "invalid_request")
    assert given.get_json()["token_type"] == "DPoP"


def test_clients_without_a_profile_have_its_limits_nowhere() -> None:
    assert profile_of(None) == Profile()
    assert "RS256" in profile_of(None).algorithms


def test_discovery_stays_as_it_is(house: House) -> None:
    address = "/.well-known/openid-configuration"
    before = house.app.test_client().get(address).data
    house.client("bank", token_endpoint_auth_method="private_key_jwt", jwks=FIT.jwks, profile="fapi2")

    assert house.app.test_client().get(address).data == before
