"""RFC 7517: which key sets clients may register, and what registration says of those that could not work."""

from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jwk

from idp.keyring.gate import encode
from tests.assertions import a_key
from tests.house import House

ASKED = {"client_name": "Trial", "redirect_uris": ["https://rp.example/cb"]}
BY_KEY = {**ASKED, "token_endpoint_auth_method": "private_key_jwt"}
EC, RSA, OKP = a_key("ES256"), a_key("RS256", "rsa"), a_key("EdDSA", "okp")
FOREIGN = {
    "a curve": jwk.ECKey.generate_key("P-384", {"kid": "far"}).as_dict(private=False),
    "a kind": {"kty": "AKP", "alg": "ML-DSA-44", "pub": "AAAA", "kid": "later"},
    "an algorithm": RSA.as_dict(private=False) | {"alg": "RS384"},
}


def public(key: Any, **changes: Any) -> dict[str, Any]:
    return {n: v for n, v in (key.as_dict(private=False) | changes).items() if v is not None}


def short() -> dict[str, Any]:
    """An RSA key of 1024 bits: joserfc makes none without a warning."""
    numbers = rsa.generate_private_key(65537, 1024).public_key().public_numbers()
    return public(RSA, n=encode(numbers.n.to_bytes(128)))


@pytest.fixture
def open_house(make_house: Callable[..., House]) -> House:
    """A simulator: there, anybody may register."""
    return make_house(is_simulator=True)


def register(house: House, members: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    response = house.app.test_client().post("/register", json=members)
    return response.status_code, response.get_json()


UNUSABLE: dict[str, tuple[Callable[[], object], str]] = {
    "too short": (short, "2048 to 8192 bits"),
    "a small exponent": (lambda: public(RSA, e="Aw"), "2048 to 8192 bits"),
    "off the curve": (lambda: public(EC, y="A" * 43), "a point on P-256"),
    "without y": (lambda: public(EC, y=None), "a point on P-256"),
    "not base64url": (lambda: public(EC, x="=" * 43), "a point on P-256"),
    "short of bytes": (lambda: public(OKP, x="AAAA"), "32 bytes"),
    "private EC": (lambda: EC.as_dict(private=True), "a public key"),
    "private RSA": (lambda: RSA.as_dict(private=True), "a public key"),
    "its primes alone": (lambda: public(RSA, p=RSA.as_dict(private=True)["p"]), "a public key"),
    "private OKP": (lambda: OKP.as_dict(private=True), "a public key"),
    "shared": (lambda: {"kty": "oct", "k": "c2VjcmV0"}, "a public key"),
    "of a foreign kind, private": (lambda: {"kty": "AKP", "d": "c2VjcmV0"}, "a public key"),
    "of no kind": (lambda: public(EC, kty=None), "a kty"),
    "a kid that is no text": (lambda: public(EC, kid=1), "text"),
    "another's alg": (lambda: public(EC, alg="RS256"), "alg that fit"),
    "an alg to encrypt with, for signatures": (
        lambda: public(EC, use="sig", alg="ECDH-ES"),
        "alg that fit",
    ),
    "an unknown use": (lambda: public(EC, use="wrap"), "use (sig or enc)"),
    "for no operation": (lambda: public(EC, key_ops=[]), "key_ops"),
    "operations that are no list": (lambda: public(EC, key_ops="verify"), "key_ops"),
    "the first one's kid": (lambda: public(OKP, kid="good"), "a kid of its own"),
    "no object": (lambda: "key", "an object"),
}


@pytest.mark.spec("RFC 7517 §4", "RFC 7518 §3.3", "RFC 7591 §3.2.2", "RFC 7591 §2")
def test_key_that_could_never_work_is_refused_by_its_place(open_house: House) -> None:
    good = public(a_key(), kid="good")
    for what, (made, expected) in UNUSABLE.items():
        key = made()

        status, answer = register(open_house, {**BY_KEY, "jwks": {"keys": [good, key]}})

        assert (status, answer["error"]) == (400, "invalid_client_metadata"), what
        assert answer["error_description"].startswith("jwks.keys[1]: expected "), what
        assert expected in answer["error_description"], what
        for value in key.values() if isinstance(key, dict) else ():
            # Never what was sent: it may be a secret.
            assert len(str(value)) < len("c2VjcmV0") or str(value) not in answer["error_description"], what


@pytest.mark.spec("RFC 7592 §2.2", "RFC 7591 §3.2.2")
def test_key_that_could_never_work_is_refused_in_a_change(open_house: House) -> None:
    _, known = register(open_house, {**BY_KEY, "jwks": {"keys": [public(EC)]}})
    path = known["registration_client_uri"].removeprefix(open_house.settings.issuer)
    asked = {**BY_KEY, "client_id": known["client_id"], "jwks": {"keys": [short()]}}
    headers = {"Authorization": f"Bearer {known['registration_access_token']}"}

    response = open_house.app.test_client().put(path, json=asked, headers=headers)

    assert (response.status_code, response.get_json()["error"]) == (400, "invalid_client_metadata")
    kept = open_house.app.test_client().get(path, headers=headers).get_json()
    assert kept["jwks"] == {"keys": [public(EC)]}


@pytest.mark.spec("RFC 7517 §5")
def test_keys_of_kinds_not_spoken_here_are_let_be_beside_one_that_is(open_house: House) -> None:
    for what, key in FOREIGN.items():
        asked = {"keys": [key, public(EC)]}
        status, answer = register(open_house, {**BY_KEY, "jwks": asked})
        assert (status, answer.get("jwks")) == (201, asked), what

        status, answer = register(open_house, {**ASKED, "jwks": {"keys": [key]}})
        assert (status, answer["error"]) == (400, "invalid_client_metadata"), what
        assert "jwks: expected a key of a kind that is used here" in answer["error_description"]


@pytest.mark.spec("OIDC Core 1.0 §9", "RFC 7523 §3")
def test_client_that_signs_registers_a_key_that_verifies(open_house: House) -> None:
    for keys, more in (
        ([], {}),
        ([public(EC, use="enc")], {}),
        ([public(EC)], {"token_endpoint_auth_signing_alg": "PS256"}),
        ([public(RSA, alg="RS256")], {"profile": "fapi2"}),
    ):
        status, answer = register(open_house, {**BY_KEY, **more, "jwks": {"keys": keys}})

        assert (status, answer["error"]) == (400, "invalid_client_metadata"), (keys, more)
        assert "private_key_jwt" in answer["error_description"]


@pytest.mark.spec("RFC 7517 §4.2", "RFC 7517 §4.4")
def test_every_key_that_works_registers(open_house: House) -> None:
    keys = [
        public(EC, use="sig", alg="ES256", kid="1"),
        public(RSA, use="sig", alg="PS256", kid="2"),
        public(RSA, use="sig", kid="3"),
        public(OKP, alg="Ed25519", kid="4"),
        public(RSA, use="enc", alg="RSA-OAEP-256", kid="5"),
        public(EC, use="enc", alg="ECDH-ES+A128KW", key_ops=["deriveKey"], kid="6"),
        public(OKP, kid=None, x5t="AAAA"),
    ]

    status, answer = register(open_house, {**BY_KEY, "jwks": {"keys": keys}})

    assert (status, answer.get("jwks")) == (201, {"keys": keys})
