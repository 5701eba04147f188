"""The strict gate: what a compact JWT from outside must look like before any library sees it.

Reads, and verifies nothing. Encrypted tokens, JSON serialization, ``none`` and shared-secret algorithms
are deliberately not understood.
"""

import json
import math
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from idp.kernel.errors import Refused

MAX_BYTES = 16384
MAX_HEADER_BYTES = 4096
MAX_DEPTH = 16  # a verified_claims request with evidence is 12 deep
MAX_DIGITS = 18

# What an algorithm asks of a key: kty and crv (RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864 §2.2).
ALGORITHMS: Mapping[str, tuple[str, str | None]] = {
    "ES256": ("EC", "P-256"),
    "RS256": ("RSA", None),
    "PS256": ("RSA", None),
    "EdDSA": ("OKP", "Ed25519"),
    "Ed25519": ("OKP", "Ed25519"),
}
# Each of these has let a sender choose the key, the input or the cost of verification somewhere.
REFUSED_HEADERS = frozenset({"crit", "b64", "zip", "enc", "jku", "jwk", "x5u", "x5c"})

# Strings, and whatever else is no bracket. An unclosed string runs to the end, so this never backtracks.
_NO_BRACKETS = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[^][{}"]++', re.DOTALL)


class BadToken(Refused):
    """A token that is not what it must be. ``reason`` is a short code for logs and for the developer."""

    code = "bad_token"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def facts(self) -> dict[str, object]:
        return {"reason": self.reason}


def parse_compact(
    token: str, max_bytes: int = MAX_BYTES, asked_for: frozenset[str] = frozenset()
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The header and claims of a compact JWT from outside, behind the strict gate. **Nothing is verified.**

    Args:
        asked_for: those of ``REFUSED_HEADERS`` that this kind of token is meant to have.

    Raises:
        BadToken: over ``max_bytes``, not three parts in canonical base64url, not JSON objects in UTF-8, a
            member twice, too deep, a number that is not finite or has over 18 digits, text that no
            database takes (NUL, lone surrogates), a header member of ``REFUSED_HEADERS``, or an ``alg``
            outside ``ALGORITHMS``.
    """
    if len(token) > max_bytes:
        raise BadToken("too_large")
    parts = token.split(".", 3) if token.isascii() else []
    if len(parts) != 3 or not all(parts):  # noqa: PLR2004 - header, payload, signature
        raise BadToken("not_compact")
    raw_header, raw_claims = decode(parts[0]), decode(parts[1])
    decode(parts[2])
    if len(raw_header) > MAX_HEADER_BYTES:
        raise BadToken("too_large")
    header = read_object(raw_header)
    _check_header(header, REFUSED_HEADERS - asked_for)
    return header, read_object(raw_claims)


def encode(raw: bytes) -> str:
    """Base64url without padding (RFC 7515 §2)."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def decode(segment: str) -> bytes:
    """The bytes of base64url in its one spelling: they must encode to the very same characters.

    Raises:
        BadToken: padding, other characters, or stray bits at the end.
    """
    try:
        raw = urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except ValueError:
        raise BadToken("not_base64url") from None
    if encode(raw) != segment:
        raise BadToken("not_base64url")
    return raw


def _check_header(header: Mapping[str, Any], refused: frozenset[str]) -> None:
    if not refused.isdisjoint(header):
        raise BadToken("header_refused")
    if not all(isinstance(header.get(name, ""), str) for name in ("alg", "kid", "typ", "cty")):
        raise BadToken("header_refused")
    if header.get("alg") not in ALGORITHMS:
        raise BadToken("alg_refused")


def read_object(raw: bytes) -> dict[str, Any]:
    """A JSON object from outside, read as strictly as a token's: see ``parse_compact``.

    Raises:
        BadToken: it is none.
    """
    try:
        text = raw.decode()
        _check_depth(text)
        value = _decoder.decode(text)
    except ValueError:
        raise BadToken("not_json") from None
    if not isinstance(value, dict):
        raise BadToken("not_an_object")
    # Only an escape can bring these in: raw ones are no valid UTF-8, or no valid JSON.
    if "\\u" in text and any("\0" in part or not _is_encodable(part) for part in _texts(value)):
        raise BadToken("text_refused")
    return value


def _check_depth(text: str) -> None:
    """Refuse deep nesting before the parser sees it. Brackets inside strings do not count."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    depth = 0
    for bracket in _NO_BRACKETS.sub("", text):
        depth += 1 if bracket in "[{" else -1
        if depth > MAX_DEPTH:
            raise BadToken("too_deep")


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, member in value.items():
            yield name
            yield from _texts(member)
    elif isinstance(value, list):
        for member in value:
            yield from _texts(member)


def _is_encodable(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise BadToken("duplicate_member")
    return members


def _refuse_constant(_name: str) -> NoReturn:
    raise BadToken("number_refused")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise BadToken("number_refused")
    return number


def _bounded(digits: str) -> int:
    if len(digits.removeprefix("-")) > MAX_DIGITS:
        raise BadToken("number_refused")
    return int(digits)


_decoder = json.JSONDecoder(
    object_pairs_hook=_members, parse_constant=_refuse_constant, parse_float=_finite, parse_int=_bounded
)
