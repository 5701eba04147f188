"""Signing and verifying: the algorithms, the choice of one key, and what is refused."""

import base64
import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from hypothesis import given, settings
from hypothesis import strategies as st

from idp.kernel.errors import Corrupt
from idp.keyring.files import GENERATE
from idp.keyring.gate import BadToken, encode, parse_compact
from idp.keyring.jose import (
    Jwk,
    PrivateKey,
    half_hash,
    header_of,
    import_public,
    key_id,
    public_members,
    sign_compact,
    signer,
    verify,
)

ALGS = ("ES256", "RS256", "PS256", "EdDSA", "Ed25519")
CLAIMS = {"iss": "https://portal.example", "name": "Nguyễn Văn An", "n": 1}
PRIVATE: Mapping[str, PrivateKey] = {alg: GENERATE[alg]() for alg in ALGS}
PUBLIC: Mapping[str, dict[str, str]] = {
    alg: {**public_members(private), "kid": f"k-{alg}", "alg": alg} for alg, private in PRIVATE.items()
}


def a_token(alg: str = "ES256", *, kid: str | None = None, typ: str = "JWT", **claims: Any) -> str:
    header = header_of(alg, kid or f"k-{alg}", typ)
    return sign_compact(header, {**CLAIMS, **claims}, signer(alg, PRIVATE[alg]))


def a_token_without_kid(alg: str) -> str:
    return sign_compact(encode(json.dumps({"alg": alg}).encode()), CLAIMS, signer(alg, PRIVATE[alg]))


def refusal(token: str, keys: Jwk | list[Any], algs: tuple[str, ...] = ALGS, typ: str | None = None) -> str:
    with pytest.raises(BadToken) as caught:
        verify(token, keys, algs, typ)
    return caught.value.reason


@pytest.mark.parametrize("alg", ALGS)
def test_token_verifies_with_its_public_key(alg: str) -> None:
    assert verify(a_token(alg), PUBLIC[alg], [alg], "JWT") == CLAIMS
    assert verify(a_token(alg), list(PUBLIC.values()), ALGS) == CLAIMS


@pytest.mark.spec("RFC 8037 appendix A.3")
def test_ed25519_key_of_the_rfc_is_read() -> None:
    key = import_public({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})

    assert key.thumbprint() == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


@pytest.mark.spec("RFC 7515 appendix A.3")
def test_es256_example_of_the_rfc_verifies() -> None:
    key = {
        "kty": "EC",
        "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    }
    token = (
        "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
        "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8IS"
        "lSApmWQxfKTUJqPP3-Kg6NU1Q"
    )

    assert verify(token, key, ["ES256"])["iss"] == "joe"


@pytest.mark.spec("RFC 8725 §3.1")
def test_algorithm_outside_the_list_is_refused() -> None:
    assert refusal(a_token("RS256"), PUBLIC["RS256"], ("ES256",)) == "alg_refused"


def test_public_key_never_serves_as_shared_secret() -> None:
    token = ".".join(encode(part) for part in (b'{"alg":"HS256"}', b"{}", b"x" * 32))

    assert refusal(token, PUBLIC["RS256"], ("HS256", "RS256")) == "alg_refused"


@pytest.mark.spec("RFC 8725 §3.11")
def test_type_must_be_the_one_asked_for() -> None:
    token = a_token(typ="logout+jwt")

    assert verify(token, PUBLIC["ES256"], ["ES256"], "application/LOGOUT+jwt") == CLAIMS
    assert refusal(token, PUBLIC["ES256"], typ="JWT") == "typ_refused"
    assert refusal(a_token_without_kid("ES256"), PUBLIC["ES256"], typ="JWT") == "typ_refused"


def test_key_is_chosen_by_exact_kid() -> None:
    other = {**public_members(GENERATE["ES256"]()), "kid": "other"}

    assert verify(a_token(), [other, PUBLIC["ES256"]], ALGS) == CLAIMS
    assert refusal(a_token(), [other]) == "unknown_key"
    assert refusal(a_token(), []) == "unknown_key"
    assert refusal(a_token(kid="other"), [other]) == "bad_signature"
    assert refusal(a_token(), [PUBLIC["ES256"], {**other, "kid": "k-ES256"}]) == "ambiguous_key"


@pytest.mark.spec("FAPI 2.0 Security Profile §5.4.3")
@pytest.mark.parametrize("alg", ["RS256", "ES256", "Ed25519"])
def test_of_keys_with_one_kid_that_of_the_algorithm_is_chosen(alg: str) -> None:
    keys = [{**PUBLIC[each], "kid": "one"} for each in ("RS256", "ES256", "Ed25519")]

    assert verify(a_token(alg, kid="one"), keys, ALGS) == CLAIMS


def test_token_without_kid_needs_the_only_key_that_fits() -> None:
    token = a_token_without_kid("ES256")
    second = {**public_members(GENERATE["ES256"]()), "kid": "second"}

    assert verify(token, [PUBLIC["RS256"], PUBLIC["ES256"]], ALGS) == CLAIMS
    assert refusal(token, [PUBLIC["ES256"], second]) == "ambiguous_key"
    assert refusal(token, [PUBLIC["RS256"]]) == "unknown_key"


@pytest.mark.parametrize(
    "members",
    [
        {"use": "enc"},
        {"key_ops": ["sign"]},
        {"key_ops": "verify"},
        {"alg": "PS256"},
        {"alg": "RS512"},
        {"kty": "EC"},
        {"kty": "oct"},
        {"kty": ["RSA"]},
    ],
)
def test_key_meant_for_something_else_does_not_verify(members: dict[str, Any]) -> None:
    assert refusal(a_token("RS256"), [{**PUBLIC["RS256"], **members}]) == "unknown_key"


def test_strange_keys_beside_the_right_one_do_not_matter() -> None:
    strange: list[Any] = [
        {},
        None,
        "EC",
        {"kty": "AKP"},
        {"kty": {}, "crv": []},
        {"kty": "EC", "crv": "secp256k1"},
    ]

    assert verify(a_token(), [*strange, PUBLIC["ES256"]], ALGS) == CLAIMS


@pytest.mark.parametrize(
    "members",
    [
        {"x": "AA"},
        {"x": None},
        {"x": 1},
        {"x": "!"},
        {"y": PUBLIC["ES256"]["x"]},
        {"d": "AA"},
        {"x": "A" * 5000},
    ],
)
def test_broken_or_private_key_is_refused(members: dict[str, Any]) -> None:
    assert refusal(a_token(), [{**PUBLIC["ES256"], **members}]) == "bad_key"


@pytest.mark.spec("FAPI 2.0 Security Profile §5.4.1", "RFC 8725 §3.5")
@pytest.mark.parametrize("members", [{"e": "Aw"}, {"e": "AQAAAAE"}, {"e": "AQAA"}, {"n": "AQAB"}, {"n": ""}])
def test_weak_rsa_key_is_refused(members: dict[str, str]) -> None:
    assert refusal(a_token("RS256"), [{**PUBLIC["RS256"], **members}]) == "bad_key"


def test_rsa_of_1024_bits_is_refused() -> None:
    numbers = rsa.generate_private_key(65537, 1024).public_key().public_numbers()
    weak = {"kty": "RSA", "e": "AQAB", "n": encode(numbers.n.to_bytes(128))}

    with pytest.raises(BadToken):
        import_public(weak)


@pytest.mark.parametrize(
    "key", [{"kty": "oct", "k": "AA"}, {"kty": "EC", "crv": "P-384", "x": "AA", "y": "AA"}]
)
def test_key_of_another_kind_is_refused(key: dict[str, str]) -> None:
    with pytest.raises(BadToken):
        import_public(key)


def test_ecdsa_signature_of_zeros_or_in_der_is_refused() -> None:
    head, body, signature = a_token().split(".")
    raw = base64.urlsafe_b64decode(signature + "==")
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    assert decode_dss_signature(der)

    for forged in (bytes(64), der, raw[:63], raw + b"\0"):
        assert refusal(f"{head}.{body}.{encode(forged)}", PUBLIC["ES256"]) == "bad_signature"


def test_signer_refuses_a_key_of_another_kind() -> None:
    p384 = ec.generate_private_key(ec.SECP384R1())

    for alg, private in (
        ("RS256", PRIVATE["ES256"]),
        ("ES256", p384),
        ("EdDSA", ed448.Ed448PrivateKey.generate()),
    ):
        with pytest.raises(Corrupt):
            signer(alg, private)  # type: ignore[arg-type]


@pytest.mark.spec("RFC 7638 §3.1")
def test_kid_names_algorithm_and_thumbprint() -> None:
    public = {
        "kty": "RSA",
        "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECP"
        "ebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY3"
        "68QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4"
        "lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
        "e": "AQAB",
    }

    assert key_id("RS256", public) == "rs256-NzbLsXh8uDCcd-6M"


@pytest.mark.spec("OIDC Core 1.0 §3.1.3.6")
def test_half_hash_follows_the_algorithm() -> None:
    value = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"

    assert half_hash(value, "ES256") == "77QmUPtjPfzWtF2AnpK9RQ"  # OIDC Core 1.0 appendix A.3, its at_hash
    assert half_hash(value, "PS256") == half_hash(value, "RS256") == half_hash(value, "ES256")
    long = encode(hashlib.sha512(value.encode()).digest()[:32])
    assert half_hash(value, "EdDSA") == half_hash(value, "Ed25519") == half_hash(value, "ES512") == long


@settings(max_examples=300)
@given(st.data())
def test_mutated_token_is_only_ever_refused(data: st.DataObject) -> None:
    alg = data.draw(st.sampled_from(ALGS))
    token = a_token(alg)
    at = data.draw(st.integers(0, len(token) - 1))
    cut = data.draw(st.integers(0, 3))
    mutated = token[:at] + data.draw(st.text(max_size=3)) + token[at + cut :]

    if mutated != token:
        refusal(mutated, list(PUBLIC.values()))


@given(st.data())
def test_claims_of_another_token_do_not_fit_a_signature(data: st.DataObject) -> None:
    one, two = (a_token(n=data.draw(st.integers(0, 2**40))).split(".") for _ in range(2))
    mixed = ".".join((one[0], two[1], one[2]))

    if one[1] != two[1]:
        assert refusal(mixed, PUBLIC["ES256"]) == "bad_signature"


@given(
    st.dictionaries(
        st.sampled_from(["kty", "crv", "x", "y", "n", "e", "use", "key_ops", "alg", "kid", "d", "x5u"]),
        st.sampled_from(["EC", "RSA", "OKP", "P-256", "Ed25519", "sig", "AQAB", "k-ES256", ["verify"]])
        | st.none()
        | st.integers()
        | st.text(max_size=50)
        | st.lists(st.text(max_size=3), max_size=2)
        | st.binary(min_size=30, max_size=70).map(encode),
    )
)
def test_random_key_is_only_ever_refused(members: dict[str, Any]) -> None:
    for alg in ALGS:
        try:
            verify(a_token_without_kid(alg), [members], ALGS)
        except BadToken:
            continue
        pytest.fail("verified")
    with suppress(BadToken):
        import_public(members)


def test_parse_compact_reads_what_verify_verifies() -> None:
    assert parse_compact(a_token())[1] == CLAIMS
