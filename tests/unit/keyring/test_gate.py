"""The strict gate: what a foreign JWT must look like before any library sees it."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.keyring.gate import MAX_DEPTH, BadToken, encode, parse_compact

HEADER = '{"alg":"ES256","kid":"one","typ":"JWT"}'
CLAIMS = '{"iss":"https://portal.example"}'


def a_token(header: str = HEADER, claims: str | bytes = CLAIMS, signature: bytes = b"signed") -> str:
    raw = claims if isinstance(claims, bytes) else claims.encode()
    return ".".join((encode(header.encode()), encode(raw), encode(signature)))


def refusal(token: str, **limits: Any) -> str:
    with pytest.raises(BadToken) as caught:
        parse_compact(token, **limits)
    assert caught.value.facts() == {"reason": caught.value.reason}
    return caught.value.reason


def test_plain_token_is_read() -> None:
    header, claims = parse_compact(a_token())

    assert header == {"alg": "ES256", "kid": "one", "typ": "JWT"}
    assert claims == {"iss": "https://portal.example"}


def test_token_at_the_limit_is_read_and_over_it_refused() -> None:
    token = a_token()

    parse_compact(token, max_bytes=len(token))

    assert refusal(token, max_bytes=len(token) - 1) == "too_large"
    assert refusal("x" * 16385) == "too_large"
    assert refusal(a_token(header=HEADER[:-1] + ',"x":"' + "a" * 5000 + '"}')) == "too_large"


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "a.b",
        "a.b.c.d",
        "a.b.c.d.e",
        a_token(signature=b""),
        f"{a_token()}.",
        a_token().replace(".", "\u2024"),
        '{"payload":"e30","signatures":[]}',
    ],
)
def test_anything_but_three_full_parts_is_refused(token: str) -> None:
    assert refusal(token) == "not_compact"


def test_base64url_has_one_spelling_only() -> None:
    header, claims, signature = a_token(signature=b"ab").split(".")
    assert signature == "YWI"

    for other in ("YWJ", "YWI=", "YW I", "YWI\n", "Y+I", "Y/I", "Y"):
        assert refusal(f"{header}.{claims}.{other}") == "not_base64url"
    padded = base64.urlsafe_b64encode(b'{"a":1}').decode()
    assert padded.endswith("=")
    assert refusal(f"{header}.{padded}.{signature}") == "not_base64url"


@pytest.mark.spec("RFC 8725 §3.10")
@pytest.mark.parametrize("member", ["crit", "b64", "zip", "enc", "jku", "jwk", "x5u", "x5c"])
def test_header_that_would_steer_verification_is_refused(member: str) -> None:
    assert refusal(a_token(header=f'{{"alg":"ES256","{member}":null}}')) == "header_refused"


@pytest.mark.spec("RFC 8725 §3.2")
@pytest.mark.parametrize(
    "alg", ["none", "None", "HS256", "RS1", "ES512", "dir", "PBES2-HS256+A128KW", "es256", ""]
)
def test_unknown_algorithm_is_refused(alg: str) -> None:
    assert refusal(a_token(header=json.dumps({"alg": alg}))) == "alg_refused"


def test_header_without_algorithm_is_refused() -> None:
    assert refusal(a_token(header='{"typ":"JWT"}')) == "alg_refused"


@pytest.mark.parametrize("member", ["alg", "kid", "typ", "cty"])
@pytest.mark.parametrize("value", ["1", "null", "[]", "{}", "true"])
def test_header_member_of_another_type_is_refused(member: str, value: str) -> None:
    members = {"alg": '"ES256"', member: value}
    header = ",".join(f'"{name}":{text}' for name, text in members.items())

    assert refusal(a_token(header=f"{{{header}}}")) == "header_refused"


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ('{"a":1,"a":2}', "duplicate_member"),
        ('{"a":1,"\\u0061":2}', "duplicate_member"),
        ('{"a":[{"b":{"c":1,"c":1}}]}', "duplicate_member"),
        ('{"a":NaN}', "number_refused"),
        ('{"a":Infinity}', "number_refused"),
        ('{"a":-Infinity}', "number_refused"),
        ('{"a":1e999}', "number_refused"),
        ('{"a":1234567890123456789}', "number_refused"),
        ('{"a":' + "9" * 9000 + "}", "number_refused"),
        ('{"a":"\\u0000"}', "text_refused"),
        ('{"a":["\\ud800"]}', "text_refused"),
        ('{"\\udfff":1}', "text_refused"),
        ("[]", "not_an_object"),
        ('"text"', "not_an_object"),
        ("null", "not_an_object"),
        ("{", "not_json"),
        ("{}{}", "not_json"),
        ('{"a":1,}', "not_json"),
        ("{'a':1}", "not_json"),
        ('{"a":"\n"}', "not_json"),
        ("\ufeff{}", "not_json"),
        (b'{"a":"\xff"}', "not_json"),
        (b'{"a":"\xed\xa0\x80"}', "not_json"),
        (json.dumps({"a": 1}).encode("utf-16"), "not_json"),
    ],
)
def test_json_with_more_than_one_reading_is_refused(claims: str | bytes, reason: str) -> None:
    assert refusal(a_token(claims=claims)) == reason


def test_duplicate_member_of_the_header_is_refused() -> None:
    assert refusal(a_token(header='{"alg":"ES256","alg":"ES256"}')) == "duplicate_member"


def test_nesting_is_limited_and_brackets_in_strings_do_not_count() -> None:
    deepest = '{"a":' + "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1) + "}"
    wide = json.dumps({"a": [[] for _ in range(100)], "b": '\\"' + "[{" * 50})

    parse_compact(a_token(claims=deepest))
    parse_compact(a_token(claims=wide))

    assert refusal(a_token(claims=deepest.replace("[]", "[[]]"))) == "too_deep"
    assert refusal(a_token(claims="[" * 12000)) == "too_deep"
    assert refusal(a_token(claims='{"a":' * 2000)) == "too_deep"


def test_escaped_quotes_without_end_are_refused_in_linear_time() -> None:
    assert refusal(a_token(claims="[" * 17 + '"' + '\\"' * 5900)) == "too_deep"
    assert refusal(a_token(claims='{"' + '\\"' * 5900 + "[" * 17)) == "not_json"


def test_paired_surrogate_escapes_are_text() -> None:
    _, claims = parse_compact(a_token(claims='{"name":"Nguy\\u1ec5n \\ud83d\\ude00"}'))

    assert claims == {"name": "Nguyễn 😀"}


def test_unknown_header_member_is_ignored() -> None:
    header, _ = parse_compact(a_token(header='{"alg":"ES256","client":"a"}'))

    assert header["client"] == "a"


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: raw.decode("latin-1")))
def test_random_text_is_only_ever_refused(text: str) -> None:
    refusal(text)


@given(st.binary(max_size=120), st.binary(max_size=120), st.binary(max_size=80))
def test_random_parts_are_only_ever_refused(header: bytes, claims: bytes, signature: bytes) -> None:
    refusal(".".join(encode(part) for part in (header, claims, signature)))


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(10**17), 10**17)
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8),
                inner,
                max_size=4,
            )
        ),
        max_leaves=20,
    ),
    st.booleans(),
)
def test_every_fit_value_comes_back_as_it_was(value: object, ascii_only: bool) -> None:
    claims = {"value": value}

    _, read = parse_compact(a_token(claims=json.dumps(claims, ensure_ascii=ascii_only)))

    assert read == claims
