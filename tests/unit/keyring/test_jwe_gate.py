"""The strict gate for encrypted tokens: what a JWE must look like before any key comes near it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.keyring.gate import BadToken, encode
from idp.keyring.jwe_gate import CONTENT, KEY_MANAGEMENT, MAX_ENCRYPTED_BYTES, is_encrypted, parse_encrypted

POINT = {"kty": "EC", "crv": "P-256", "x": encode(bytes(32)), "y": encode(bytes(32))}
HEADER: dict[str, Any] = {"alg": "RSA-OAEP-256", "enc": "A256GCM", "cty": "JWT", "kid": "one"}
AGREED: dict[str, Any] = {"alg": "ECDH-ES", "enc": "A256GCM", "epk": POINT}


def a_jwe(
    header: dict[str, Any] | str = HEADER,
    key: bytes = b"k",
    vector: bytes = bytes(12),
    content: bytes = b"c",
    tag: bytes = bytes(16),
) -> str:
    raw = header if isinstance(header, str) else json.dumps(header)
    return ".".join(encode(part) for part in (raw.encode(), key, vector, content, tag))


def refusal(token: str) -> str:
    with pytest.raises(BadToken) as caught:
        parse_encrypted(token)
    return caught.value.reason


@pytest.mark.parametrize("enc", sorted(CONTENT))
@pytest.mark.parametrize("alg", sorted(KEY_MANAGEMENT))
def test_every_algorithm_offered_is_read(alg: str, enc: str) -> None:
    header = {"alg": alg, "enc": enc} | ({"epk": POINT} if alg.startswith("ECDH") else {})
    vector, tag = (bytes(size) for size in CONTENT[enc])
    token = a_jwe(header, b"" if alg == "ECDH-ES" else b"k", vector, b"c", tag)

    assert is_encrypted(token)
    assert parse_encrypted(token) == header


def test_token_over_the_limit_is_refused_before_it_is_looked_at() -> None:
    assert refusal("x" * (MAX_ENCRYPTED_BYTES + 1)) == "too_large"
    assert refusal(a_jwe(HEADER | {"x": "a" * 5000})) == "too_large"
    parse_encrypted(a_jwe(content=bytes(16000)))


@pytest.mark.parametrize(
    "token",
    ["", "....", "a.b.c", "a.b.c.d", a_jwe() + ".", a_jwe(content=b""), a_jwe().replace(".", "\u2024"), "{}"],
)
def test_anything_but_five_parts_is_refused(token: str) -> None:
    assert refusal(token) in ("not_compact", "not_base64url", "not_json")


def test_json_serialization_with_several_recipients_is_not_understood() -> None:
    general = {"protected": "e30", "recipients": [{}, {}], "iv": "", "ciphertext": "", "tag": ""}

    assert refusal(json.dumps(general)) == "not_compact"


def test_base64url_has_one_spelling_only() -> None:
    parts = a_jwe(tag=bytes(16)).split(".")

    for part in range(5):
        for mark in ("=", "\n", " ", "+"):
            spoilt = [text + mark if at == part else text for at, text in enumerate(parts)]
            assert refusal(".".join(spoilt)) == "not_base64url"


@pytest.mark.spec("RFC 8725 §3.6")
@pytest.mark.parametrize(
    "member",
    ["crit", "b64", "zip", "jku", "jwk", "x5u", "x5c", "p2s", "p2c", "iv", "tag", "skid"],
)
@pytest.mark.parametrize("value", [None, "DEF", 10**9, ["exp"]])
def test_header_that_would_steer_decryption_is_refused(member: str, value: object) -> None:
    assert refusal(a_jwe(HEADER | {member: value})) == "header_refused"


@pytest.mark.spec("FAPI 2.0 Security Profile §5.4.1", "RFC 8725 §3.2")
@pytest.mark.parametrize(
    "alg",
    [
        "dir", "RSA1_5", "RSA-OAEP", "RSA-OAEP-384", "A128KW", "A256KW", "A128GCMKW", "PBES2-HS256+A128KW",
        "ECDH-ES+A192KW", "ECDH-1PU", "none", "rsa-oaep-256", "ES256", "", None,
    ],
)  # fmt: skip
def test_key_management_that_is_not_offered_is_refused(alg: str | None) -> None:
    header = {name: value for name, value in (HEADER | {"alg": alg}).items() if value is not None}

    assert refusal(a_jwe(header)) == "alg_refused"


@pytest.mark.parametrize("enc", ["A192GCM", "A192CBC-HS384", "C20P", "XC20P", "a256gcm", "", None])
def test_content_encryption_that_is_not_offered_is_refused(enc: str | None) -> None:
    header = {name: value for name, value in (HEADER | {"enc": enc}).items() if value is not None}

    assert refusal(a_jwe(header)) == "enc_refused"


@pytest.mark.parametrize("member", ["alg", "enc", "kid", "typ", "cty"])
@pytest.mark.parametrize("value", [1, None, [], {}, True])
def test_header_member_of_another_type_is_refused(member: str, value: object) -> None:
    assert refusal(a_jwe(HEADER | {member: value})) == "header_refused"


def test_member_that_comes_twice_is_refused() -> None:
    assert refusal(a_jwe('{"alg":"RSA-OAEP-256","enc":"A256GCM","enc":"A128GCM"}')) == "duplicate_member"


@pytest.mark.parametrize("cty", ["JWT", "jwt", "application/jwt", "oauth-authz-req+jwt"])
def test_content_may_say_that_it_is_a_jwt(cty: str) -> None:
    assert parse_encrypted(a_jwe(HEADER | {"cty": cty}))["cty"] == cty


@pytest.mark.parametrize("cty", ["", "JWE", "json", "application/jose", "text/plain"])
def test_content_that_says_to_be_something_else_is_refused(cty: str) -> None:
    assert refusal(a_jwe(HEADER | {"cty": cty})) == "cty_refused"


@pytest.mark.parametrize("enc", sorted(CONTENT))
@pytest.mark.parametrize(("vector", "tag"), [(-1, 0), (1, 0), (0, -1), (0, 1), (0, -4), (0, -12)])
def test_vector_and_tag_have_the_one_length_of_their_algorithm(enc: str, vector: int, tag: int) -> None:
    right_vector, right_tag = CONTENT[enc]
    token = a_jwe(HEADER | {"enc": enc}, b"k", bytes(right_vector + vector), b"c", bytes(right_tag + tag))

    assert refusal(token) == "not_compact"


def test_key_travels_just_where_the_algorithm_sends_one() -> None:
    assert refusal(a_jwe(AGREED, key=b"k")) == "not_compact"
    assert refusal(a_jwe(AGREED | {"alg": "ECDH-ES+A256KW"}, key=b"")) == "not_compact"
    assert refusal(a_jwe(HEADER, key=b"")) == "not_compact"


@pytest.mark.parametrize(
    "ephemeral",
    [
        None,
        "x",
        {},
        {**POINT, "d": "AA"},
        {**POINT, "kid": "a"},
        {**POINT, "crv": "P-384"},
        {**POINT, "kty": "OKP"},
        {"kty": "OKP", "crv": "X25519", "x": "AA"},
        {name: value for name, value in POINT.items() if name != "y"},
    ],
)
def test_ephemeral_key_is_a_bare_point_on_our_curve(ephemeral: object) -> None:
    assert refusal(a_jwe(AGREED | {"epk": ephemeral}, key=b"")) == "bad_key"


@pytest.mark.parametrize("name", ["apu", "apv"])
@pytest.mark.parametrize("value", [1, None, "a" * 513, "=", "ä"])
def test_parties_are_short_base64url(name: str, value: object) -> None:
    assert refusal(a_jwe(AGREED | {name: value}, key=b"")) in ("header_refused", "not_base64url")


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: raw.decode("latin-1")))
def test_random_text_is_only_ever_refused(text: str) -> None:
    refusal(text)


@given(
    st.dictionaries(
        st.sampled_from(["alg", "enc", "epk", "apu", "apv", "kid", "cty", "typ", "zip", "crit", "p2c", "x"]),
        st.none()
        | st.integers(-(10**17), 10**17)
        | st.sampled_from([*KEY_MANAGEMENT, *CONTENT, "JWT", "dir"])
        | st.text(max_size=8)
        | st.dictionaries(st.sampled_from(["kty", "crv", "x", "y", "d"]), st.text(max_size=5), max_size=5),
        max_size=6,
    ),
    st.binary(max_size=40),
    st.binary(min_size=11, max_size=17),
    st.binary(max_size=40),
    st.binary(min_size=15, max_size=33),
)
def test_what_is_let_through_is_offered_and_whole(
    header: dict[str, Any], key: bytes, vector: bytes, content: bytes, tag: bytes
) -> None:
    try:
        read = parse_encrypted(a_jwe(header, key, vector, content, tag))
    except BadToken:
        return
    assert read["alg"] in KEY_MANAGEMENT
    assert CONTENT[read["enc"]] == (len(vector), len(tag))
    assert content
    assert not {"zip", "crit", "p2c"} & set(read)
