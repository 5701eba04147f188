"""OpenID Connect Discovery 1.0: what is advertised is true, and whatever is done is advertised."""

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.house import Browser, House, Person, RelyingParty
from tests.protocol.acts import tokens_for

REQUIRED = (
    "issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri", "scopes_supported",
    "response_types_supported", "subject_types_supported", "id_token_signing_alg_values_supported",
    "claims_supported",
)  # fmt: skip


@pytest.fixture
def document(house: House) -> dict[str, Any]:
    response = house.app.test_client().get("/.well-known/openid-configuration")
    assert response.status_code == 200
    found: dict[str, Any] = response.get_json()
    return found


@pytest.mark.spec("Discovery 1.0 §4.2", "RFC 8414 §3.2", "Discovery 1.0 §4")
def test_document_is_json_that_anybody_may_fetch(house: House) -> None:
    for path in ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/jwks"):
        response = house.app.test_client().get(path)
        assert response.status_code == 200
        assert response.mimetype == "application/json"
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        head = house.app.test_client().head(path)
        assert (head.status_code, head.data) == (200, b"")
        assert head.headers["Content-Length"] == response.headers["Content-Length"]


@pytest.mark.spec(
    "Discovery 1.0 §3", "RFC 8414 §2", "OIDC Core 1.0 §15.1", "FAPI 2.0 Security Profile §5.3.2.1"
)
def test_everything_required_is_there(document: dict[str, Any]) -> None:
    for member in REQUIRED:
        assert document[member], member
    assert "RS256" in document["id_token_signing_alg_values_supported"]
    assert "none" not in json.dumps(document["id_token_signing_alg_values_supported"])
    assert "openid" in document["scopes_supported"]
    assert all(value is not None for value in document.values())


@pytest.mark.spec("Discovery 1.0 §3")
def test_nothing_is_advertised_that_is_not_there(document: dict[str, Any]) -> None:
    assert set(document) == {
        *REQUIRED, "end_session_endpoint", "check_session_iframe",
        "frontchannel_logout_supported", "frontchannel_logout_session_supported",
        "backchannel_logout_supported", "backchannel_logout_session_supported",
        "registration_endpoint",
        "response_modes_supported", "grant_types_supported",
        "acr_values_supported", "token_endpoint_auth_methods_supported",
        *(f"{e}_endpoint_auth_signing_alg_values_supported" for e in ("token", "introspection")),
        "revocation_endpoint_auth_signing_alg_values_supported", "code_challenge_methods_supported",
        "claim_types_supported", "claims_parameter_supported", "request_parameter_supported",
        "verified_claims_supported", "trust_frameworks_supported", "evidence_supported",
        "electronic_records_supported", "documents_supported", "documents_check_methods_supported",
        "claims_in_verified_claims_supported",
        "request_uri_parameter_supported", "prompt_values_supported", "display_values_supported",
        "ui_locales_supported", "claims_locales_supported", "authorization_response_iss_parameter_supported",
        "dpop_signing_alg_values_supported", "userinfo_signing_alg_values_supported",
        "introspection_endpoint", "introspection_endpoint_auth_methods_supported",
        "introspection_signing_alg_values_supported", "revocation_endpoint",
        *(
            f"{kind}_encryption_{part}_values_supported"
            for kind in ("id_token", "userinfo", "authorization", "introspection", "request_object")
            for part in ("alg", "enc")
        ),
        "revocation_endpoint_auth_methods_supported", "pushed_authorization_request_endpoint",
        "device_authorization_endpoint", "backchannel_authentication_endpoint",
        "backchannel_token_delivery_modes_supported", "backchannel_user_code_parameter_supported",
        "backchannel_authentication_request_signing_alg_values_supported",
        "require_pushed_authorization_requests", "require_signed_request_object",
        "require_request_uri_registration", "request_object_signing_alg_values_supported",
        "authorization_signing_alg_values_supported", "authorization_details_types_supported",
    }  # fmt: skip


@pytest.mark.spec("Discovery 1.0 §3")
def test_every_endpoint_is_ours_and_answers(house: House, document: dict[str, Any]) -> None:
    endpoints = [name for name in document if name.endswith("_endpoint") or name == "jwks_uri"]
    assert len(endpoints) == 11
    for name in endpoints:
        assert document[name].startswith(house.settings.issuer + "/")
        path = document[name].removeprefix(house.settings.issuer)
        response = house.app.test_client().get(path)
        assert response.status_code not in (404, 500), name


@pytest.mark.spec(
    "Discovery 1.0 §3",
    "RFC 6749 §3.1",
    "RFC 6750 §5.3",
    "RFC 7009 §2",
    "RFC 7591 §3",
    "RFC 7662 §2",
    "RFC 8414 §3",
    "OIDC Core 1.0 §3.1.2.1",
    "OIDC Core 1.0 §5.3",
    "RFC 8628 §3.1",
    "RFC 9126 §2",
    "RFC 9700 §2.6",
)
def test_https_issuer_has_https_endpoints_only(make_house: Any) -> None:
    house = make_house(issuer="https://id.dinhdanh.example", is_demo=False, sms_channel="none")

    document = house.app.test_client().get("/.well-known/openid-configuration").get_json()

    assert document["issuer"] == "https://id.dinhdanh.example"
    for name, value in document.items():
        if name.endswith("_endpoint") or name == "jwks_uri":
            assert value.startswith("https://id.dinhdanh.example/"), name


@pytest.mark.spec("Discovery 1.0 §4.3")
def test_issuer_is_the_id_tokens_iss(house: House, rp: RelyingParty, person: Person, document: Any) -> None:
    _, claims = house.id_token(tokens_for(rp, person)["id_token"])

    assert claims["iss"] == document["issuer"]


# The keys


@pytest.mark.spec(
    "OIDC Core 1.0 §10.1.1", "OIDC Core 1.0 §15.2", "Discovery 1.0 §3", "FAPI 2.0 Security Profile §5.4.2"
)
def test_keys_published_are_public_and_named_apart(house: House) -> None:
    keys = house.app.test_client().get("/jwks").get_json()["keys"]

    kids = [key["kid"] for key in keys]
    signing = [key for key in keys if key["use"] == "sig"]
    assert len(set(kids)) == len(kids) == 10
    assert len(signing) == 8  # current and next, of each algorithm
    assert {key["alg"] for key in signing} == set(house.provider.keyring.algorithms)
    assert [(key["use"], key["kty"], key.get("alg")) for key in keys if key not in signing] == [
        ("enc", "RSA", "RSA-OAEP-256"),
        ("enc", "EC", None),  # for agreement, direct and with a wrapped key
    ]
    for key in keys:
        assert set(key) <= {"kty", "crv", "x", "y", "n", "e", "use", "alg", "kid"}


@pytest.mark.spec("OIDC Core 1.0 §10.1.1")
def test_keys_follow_one_another_without_a_gap(house: House, rp: RelyingParty, person: Person) -> None:
    def published() -> set[str]:
        return {key["kid"] for key in house.app.test_client().get("/jwks").get_json()["keys"]}

    before, old = published(), tokens_for(rp, person)["id_token"]
    old_kid = house.id_token(old)[0]["kid"]
    house.clock.advance(timedelta(days=2))
    house.provider.keyring.rotate("ES256")

    new_kid = house.id_token(tokens_for(rp, person)["id_token"])[0]["kid"]
    assert new_kid in before - {old_kid}  # it was published while it was next
    assert house.id_token(old)[0]["kid"] == old_kid  # the retired one still verifies
    assert before < published()

    house.clock.advance(timedelta(days=2))
    assert old_kid not in published()
    assert new_kid in published()


@pytest.mark.spec("Discovery 1.0 §4.1")
@pytest.mark.parametrize("path", ["/jwks", "/.well-known/openid-configuration"])
def test_other_methods_on_documents_are_not_allowed(house: House, path: str) -> None:
    response = house.app.test_client().post(path)

    assert response.status_code == 405
    assert "GET" in response.headers["Allow"]


def test_keys_that_were_never_made_are_told_as_a_fault(make_house: Any) -> None:
    house = make_house(keys_dir=make_house().settings.keys_dir / "nowhere")

    response = house.app.test_client().get("/jwks")

    assert response.status_code == 503
    assert response.get_json()["error"] == "temporarily_unavailable"
    assert int(response.headers["Retry-After"]) > 0


def test_advertised_never_depends_on_the_caller(
    house: House, document: dict[str, Any], browser: Browser
) -> None:
    response = browser.client.get(
        "/.well-known/openid-configuration",
        headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"},
    )

    assert response.get_json() == document
