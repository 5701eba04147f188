"""What registration takes and refuses of clients that want encryption, or another algorithm to sign."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey

from idp.oidc.clients.checks import InvalidClientMetadata
from idp.outbound import OutboundFailed
from tests.house import House
from tests.protocol.test_rfc7591_registration import ASKED, manage, refusal, register
from tests.sealing import ALGS, DEFAULT_ENC, EC, ENCS, PUBLISHED, RSA

KINDS = ("id_token", "userinfo", "authorization", "introspection")
URI = "https://rp.example/keys.json"


@pytest.fixture
def open_house(make_house: Callable[..., House]) -> House:
    return make_house(is_simulator=True)


@pytest.mark.spec("OIDC Registration 1.0 §2", "JARM §3", "RFC 9701 §6")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("alg", ALGS)
def test_algorithm_for_the_key_brings_the_content_default(open_house: House, kind: str, alg: str) -> None:
    member = f"{kind}_encrypted_response"

    answer = register(open_house, {**ASKED, "jwks": PUBLISHED, f"{member}_alg": alg}).get_json()

    assert (answer[f"{member}_alg"], answer[f"{member}_enc"]) == (alg, DEFAULT_ENC)
    kept = open_house.provider.clients.find(answer["client_id"])
    assert kept is not None
    assert getattr(kept.metadata, f"{member}_enc") == DEFAULT_ENC


@pytest.mark.spec("OIDC Registration 1.0 §2")
def test_request_objects_need_no_key_of_the_client(open_house: House) -> None:
    answer = register(open_house, {**ASKED, "request_object_encryption_alg": "RSA-OAEP-256"}).get_json()

    assert answer["request_object_encryption_enc"] == DEFAULT_ENC


@pytest.mark.spec("OIDC Registration 1.0 §2")
@pytest.mark.parametrize("enc", ENCS)
def test_content_encryption_is_as_asked(open_house: House, enc: str) -> None:
    asked = {"jwks": PUBLISHED, "userinfo_encrypted_response_alg": "ECDH-ES"}

    answer = register(open_house, {**ASKED, **asked, "userinfo_encrypted_response_enc": enc}).get_json()

    assert answer["userinfo_encrypted_response_enc"] == enc


@pytest.mark.spec("OIDC Registration 1.0 §2")
@pytest.mark.parametrize("kind", KINDS)
def test_content_algorithm_alone_is_refused(open_house: House, kind: str) -> None:
    asked = {**ASKED, "jwks": PUBLISHED, f"{kind}_encrypted_response_enc": "A256GCM"}

    response = register(open_house, asked)

    assert refusal(response) == (400, "invalid_client_metadata")
    assert f"{kind}_encrypted_response_enc" in response.get_json()["error_description"]
    assert refusal(register(open_house, {**ASKED, "request_object_encryption_enc": "A256GCM"}))[0] == 400


@pytest.mark.spec("OIDC Registration 1.0 §3.3")
@pytest.mark.parametrize("kind", [*KINDS, "request_object"])
@pytest.mark.parametrize(
    "asked",
    [
        {"alg": alg}
        for alg in ("RSA1_5", "RSA-OAEP", "dir", "A128KW", "PBES2-HS256+A128KW", "none", "ES256", 7)
    ]
    + [{"alg": "ECDH-ES", "enc": enc} for enc in ("A192GCM", "none", "", [])],
    ids=str,
)
def test_algorithm_that_is_not_offered_is_refused(
    open_house: House, kind: str, asked: dict[str, Any]
) -> None:
    stem = f"{kind}_encryption" if kind == "request_object" else f"{kind}_encrypted_response"
    members = {f"{stem}_{part}": value for part, value in asked.items()}

    assert refusal(register(open_house, {**ASKED, "jwks": PUBLISHED, **members})) == (
        400,
        "invalid_client_metadata",
    )


def one(key: Any, **changes: Any) -> dict[str, Any]:
    return {"keys": [key.as_dict(private=False) | changes]}


UNUSABLE: dict[str, tuple[str, dict[str, Any] | None]] = {
    "none at all": ("ECDH-ES", None),
    "an empty set": ("ECDH-ES", {"keys": []}),
    "of another kind": ("ECDH-ES", one(RSA)),
    "for signatures": ("ECDH-ES", one(EC, use="sig")),
    "for another algorithm": ("ECDH-ES", one(EC, alg="ES256")),
    "to verify": ("RSA-OAEP-256", one(RSA, key_ops=["verify"])),
    "on another curve": ("ECDH-ES", one(ECKey.generate_key("P-384", {"kid": "far"}))),
    "no point of the curve": ("ECDH-ES", one(EC, y="A" * 43)),
    "too short": ("RSA-OAEP-256", one(RSA, n="__" * 80)),
}


@pytest.mark.spec("OIDC Core 1.0 §10.2")
@pytest.mark.parametrize("what", sorted(UNUSABLE))
def test_client_without_a_key_to_encrypt_to_is_refused(open_house: House, what: str) -> None:
    alg, jwks = UNUSABLE[what]
    asked = {**ASKED, "id_token_encrypted_response_alg": alg, **({"jwks": jwks} if jwks else {})}

    response = register(open_house, asked)

    assert refusal(response) == (400, "invalid_client_metadata")
    # A key that is of no use to anybody is named itself; else the member that asks for another.
    description = response.get_json()["error_description"]
    assert description.startswith(("id_token_encrypted_response_alg", "jwks")), description
    with pytest.raises(InvalidClientMetadata):
        open_house.client(jwks=jwks, id_token_encrypted_response_alg=alg)


@pytest.mark.spec("OIDC Core 1.0 §10.2")
def test_shared_secret_is_no_key_to_encrypt_to(open_house: House) -> None:
    jwks = {"keys": [OctKey.generate_key(256).as_dict() | {"use": "enc"}]}

    asked = {**ASKED, "jwks": jwks, "id_token_encrypted_response_alg": "ECDH-ES"}

    assert refusal(register(open_house, asked)) == (400, "invalid_client_metadata")


@pytest.mark.spec("OIDC Core 1.0 §10.2")
@pytest.mark.parametrize("body", [None, b"", b"[]", b'{"keys":[]}', json.dumps(one(RSA)).encode()])
def test_key_behind_jwks_uri_is_looked_at(
    open_house: House, monkeypatch: pytest.MonkeyPatch, body: bytes | None
) -> None:
    def fetch(_uri: str) -> bytes:
        if body is None:
            raise OutboundFailed("no_answer")
        return body

    monkeypatch.setattr(open_house.provider.client_keys, "_fetch", fetch)
    asked = {**ASKED, "jwks_uri": URI, "introspection_encrypted_response_alg": "ECDH-ES"}

    assert refusal(register(open_house, asked)) == (400, "invalid_client_metadata")


@pytest.mark.spec("OIDC Registration 1.0 §2", "RFC 7592 §2.2")
def test_key_published_since_is_found_when_asked_again(
    open_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    bodies = [one(RSA), PUBLISHED]
    keys = open_house.provider.client_keys
    monkeypatch.setattr(keys, "_fetch", lambda _uri: json.dumps(bodies.pop(0)).encode())
    asked = {**ASKED, "jwks_uri": URI, "id_token_encrypted_response_alg": "RSA-OAEP-256"}

    answer = register(open_house, asked).get_json()
    changed = {**asked, "client_id": answer["client_id"], "id_token_encrypted_response_alg": "ECDH-ES"}
    response = manage(open_house, "PUT", answer, json=changed)

    assert response.status_code == 200, response.text
    assert response.get_json()["id_token_encrypted_response_alg"] == "ECDH-ES"
    assert bodies == []


@pytest.mark.spec("OIDC Registration 1.0 §2", "OIDC Core 1.0 §10.1")
@pytest.mark.parametrize("kind", ["id_token", "userinfo", "authorization", "introspection"])
@pytest.mark.parametrize("alg", ["ES256", "RS256", "PS256", "EdDSA"])
def test_each_answer_may_be_signed_with_each_algorithm(open_house: House, kind: str, alg: str) -> None:
    answer = register(open_house, {**ASKED, f"{kind}_signed_response_alg": alg}).get_json()

    assert answer[f"{kind}_signed_response_alg"] == alg


@pytest.mark.spec("Discovery 1.0 §3")
def test_what_the_keyring_does_not_sign_with_is_neither_told_nor_registered(
    make_house: Callable[..., House],
) -> None:
    house = make_house(is_simulator=True, signing_algorithms="ES256,RS256")
    document = house.app.test_client().get("/.well-known/openid-configuration").get_json()

    for kind in ("id_token", "userinfo", "authorization", "introspection"):
        assert document[f"{kind}_signing_alg_values_supported"] == ["ES256", "RS256"]
        asked = {**ASKED, f"{kind}_signed_response_alg": "PS256"}
        assert refusal(register(house, asked)) == (400, "invalid_client_metadata")


@pytest.mark.spec("OIDC Registration 1.0 §2", "CIBA Core 1.0 §4")
@pytest.mark.parametrize(
    "member", ["request_object_signing_alg", "backchannel_authentication_request_signing_alg"]
)
@pytest.mark.parametrize("alg", ["HS256", "ES512", "nothing"])
def test_algorithm_that_no_request_could_be_verified_with_is_refused(
    open_house: House, member: str, alg: str
) -> None:
    assert refusal(register(open_house, {**ASKED, member: alg})) == (400, "invalid_client_metadata")
