"""RFC 8705 §3: tokens that only the holder of a client certificate can use."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from idp.web.http import CERTIFICATE
from tests.house import House, Person
from tests.protocol.acts import code_for, refused

OFFLINE = "openid profile offline_access"


def certificate() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "rp.example")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def shown(der: bytes) -> dict[str, str]:
    """What a proxy of ours says of the connection (RFC 9440 §2.2)."""
    return {"Client-Cert": f":{base64.b64encode(der).decode()}:"}


@pytest.fixture
def behind(make_house: Any) -> House:
    house: House = make_house(trusted_proxies=("127.0.0.1",), client_certificates=True)
    return house


@pytest.mark.spec("RFC 8705 §3.1", "RFC 8705 §3", "RFC 9700 §2.2.1")
@pytest.mark.spec("RFC 8705 §3.2")
@pytest.mark.parametrize("form", ["opaque", "jwt"])
def test_token_is_bound_to_the_certificate(behind: House, form: str) -> None:
    person, mine, other = behind.person(), certificate(), certificate()
    rp = behind.client(tls_client_certificate_bound_access_tokens=True, access_token_format=form)
    request = {
        "grant_type": "authorization_code",
        "code": code_for(rp, person, scope=OFFLINE),
        "redirect_uri": rp.redirect_uri,
        "code_verifier": rp.verifier,
    }

    refused(rp.post("/token", request), "invalid_request")
    tokens = rp.post("/token", request, shown(mine)).get_json()

    assert tokens["token_type"] == "Bearer"
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    client = behind.app.test_client()
    assert client.get("/userinfo", headers=bearer | shown(mine)).status_code == 200
    refused(client.get("/userinfo", headers=bearer | shown(other)), "invalid_token", 401)
    refused(client.get("/userinfo", headers=bearer), "invalid_token", 401)
    told = rp.post("/introspect", {"token": tokens["access_token"]}).get_json()
    assert len(told["cnf"]["x5t#S256"]) == 43
    refreshed = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    refused(rp.post("/token", refreshed), "invalid_request")
    again = rp.post("/token", refreshed, shown(other)).get_json()
    # Confidential, so its refresh token stays; the access token is the new certificate's.
    assert again["refresh_token"] == tokens["refresh_token"]
    bearer = {"Authorization": f"Bearer {again['access_token']}"}
    assert client.get("/userinfo", headers=bearer | shown(other)).status_code == 200


@pytest.mark.spec("RFC 8705 §3")
def test_our_own_listener_tells_whose_the_token_is_whatever_a_header_says(behind: House) -> None:
    person, mine, other = behind.person(), certificate(), certificate()
    rp = behind.client(tls_client_certificate_bound_access_tokens=True)
    request = {
        "grant_type": "authorization_code",
        "code": code_for(rp, person),
        "redirect_uri": rp.redirect_uri,
        "code_verifier": rp.verifier,
    }
    tokens = rp.post("/token", request, shown(mine)).get_json()
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    client = behind.app.test_client()

    def ask(der: bytes | None) -> Any:
        forged = bearer | shown(mine)
        return client.get("/userinfo", headers=forged, environ_overrides={CERTIFICATE: der})

    assert ask(mine).status_code == 200
    refused(ask(other), "invalid_token", 401)
    refused(ask(None), "invalid_token", 401)


@pytest.mark.spec("RFC 9440 §4")
def test_certificate_that_anybody_wrote_is_nothing(house: House, person: Person) -> None:
    rp = house.client(tls_client_certificate_bound_access_tokens=True)
    form = {"grant_type": "authorization_code", "code": code_for(rp, person)}

    refused(rp.post("/token", form, shown(certificate())), "invalid_request")


@pytest.mark.spec("RFC 8705 §3.3")
def test_discovery_says_so_where_certificates_are_seen(house: House, behind: House) -> None:
    def document(where: House) -> dict[str, Any]:
        found: dict[str, Any] = where.app.test_client().get("/.well-known/openid-configuration").get_json()
        return found

    assert document(behind)["tls_client_certificate_bound_access_tokens"] is True
    assert "tls_client_certificate_bound_access_tokens" not in document(house)


@pytest.mark.spec("RFC 8705 §3")
def test_sample_resource_of_a_simulator_asks_for_the_certificate_too(make_house: Any) -> None:
    house: House = make_house(trusted_proxies=("127.0.0.1",), client_certificates=True, is_simulator=True)
    person, mine, other = house.person(), certificate(), certificate()
    rp = house.client(tls_client_certificate_bound_access_tokens=True)
    request = {
        "grant_type": "authorization_code",
        "code": code_for(rp, person),
        "redirect_uri": rp.redirect_uri,
        "code_verifier": rp.verifier,
    }
    tokens = rp.post("/token", request, shown(mine)).get_json()
    asked = {"Authorization": f"Bearer {tokens['access_token']}", "x-fapi-interaction-id": "c770aef3"}
    client = house.app.test_client()

    answer = client.get("/simulator/resource", headers=asked | shown(mine))

    assert answer.status_code == 200
    assert answer.headers["x-fapi-interaction-id"] == "c770aef3"
    refused(client.get("/simulator/resource", headers=asked | shown(other)), "invalid_token", 401)
    refused(client.get("/simulator/resource", headers=asked), "invalid_token", 401)
