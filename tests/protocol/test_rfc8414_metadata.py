"""RFC 8414: authorization server metadata, beside OpenID's discovery document and saying the same."""

from collections.abc import Callable
from typing import Any

import pytest

from idp.oidc.tokens.claims import SELF_TOLD
from tests.house import House


@pytest.fixture
def document(house: House) -> dict[str, Any]:
    found: dict[str, Any] = house.app.test_client().get("/.well-known/oauth-authorization-server").get_json()
    return found


@pytest.mark.spec("RFC 8414 §3")
def test_metadata_is_where_it_is_looked_for(house: House, document: dict[str, Any]) -> None:
    assert document == house.app.test_client().get("/.well-known/openid-configuration").get_json()


@pytest.mark.spec("RFC 8414 §3.3", "RFC 8414 §2")
def test_issuer_is_the_address_it_was_fetched_from(house: House, document: dict[str, Any]) -> None:
    assert document["issuer"] == house.settings.issuer
    assert not document["issuer"].endswith("/")
    assert "?" not in document["issuer"]


@pytest.mark.spec("RFC 8414 §2")
def test_defaults_that_would_be_wrong_are_written_out(document: dict[str, Any]) -> None:
    # Left out, they would mean query and fragment, implicit, and client_secret_basic alone.
    assert document["response_modes_supported"][:3] == ["query", "fragment", "form_post"]
    assert "implicit" not in document["grant_types_supported"]
    assert "none" in document["token_endpoint_auth_methods_supported"]


@pytest.mark.spec("RFC 8414 §3.2", "Discovery 1.0 §4.2")
def test_members_without_a_value_are_left_out(document: dict[str, Any]) -> None:
    assert [] not in document.values()


@pytest.mark.spec("RFC 8414 §2")
@pytest.mark.parametrize(
    "member",
    ["mtls_endpoint_aliases", "tls_client_certificate_bound_access_tokens", "jwks"],
)
def test_what_is_off_leaves_no_trace(document: dict[str, Any], member: str) -> None:
    assert member not in document


@pytest.mark.spec("RFC 8414 §2", "Discovery 1.0 §3")
@pytest.mark.parametrize("endpoint", ["token", "introspection", "revocation"])
def test_algorithms_of_assertions_are_told_for_every_endpoint(
    document: dict[str, Any], endpoint: str
) -> None:
    assert "private_key_jwt" in document[f"{endpoint}_endpoint_auth_methods_supported"]

    algorithms = document[f"{endpoint}_endpoint_auth_signing_alg_values_supported"]

    assert algorithms == document["token_endpoint_auth_signing_alg_values_supported"]
    assert {"ES256", "RS256", "PS256"} <= set(algorithms)
    assert "none" not in algorithms


@pytest.mark.spec("Discovery 1.0 §3")
def test_only_a_demonstration_names_what_people_tell_of_themselves(
    document: dict[str, Any], make_house: Callable[..., House]
) -> None:
    real = make_house(issuer="https://id.dinhdanh.example", is_demo=False, sms_channel="none")
    found = real.app.test_client().get("/.well-known/openid-configuration").get_json()

    assert set(document["claims_supported"]) - set(found["claims_supported"]) == set(SELF_TOLD)
