"""The strict gate for encrypted tokens: what a compact JWE from outside must look like before it is opened.

Reads and opens nothing. The algorithms are those that we offer for what we encrypt as well.
"""

from collections.abc import Mapping
from typing import Any

from idp.keyring.gate import MAX_BYTES, MAX_HEADER_BYTES, BadToken, decode, read_object

# What a key management algorithm asks of the recipient's key: kty and crv (RFC 7518 §4.1). RSA1_5 and
# RSA-OAEP with SHA-1, shared secrets (dir, A128KW, A128GCMKW) and passwords (PBES2) are not offered.
KEY_MANAGEMENT: Mapping[str, tuple[str, str | None]] = {
    "RSA-OAEP-256": ("RSA", None),
    "ECDH-ES": ("EC", "P-256"),
    "ECDH-ES+A128KW": ("EC", "P-256"),
    "ECDH-ES+A256KW": ("EC", "P-256"),
}
# Content encryption: bytes of the initialization vector and of the tag (RFC 7518 §5.1).
CONTENT: Mapping[str, tuple[int, int]] = {
    "A256GCM": (12, 16),
    "A128GCM": (12, 16),
    "A128CBC-HS256": (16, 16),
    "A256CBC-HS512": (16, 32),
}
DIRECT = "ECDH-ES"  # agrees on the content's key itself, so that no encrypted one travels
MAX_ENCRYPTED_BYTES = MAX_BYTES * 3 // 2  # a signed token of MAX_BYTES in base64url once more, and a header
NESTED = ("jwt", "oauth-authz-req+jwt")
# Each would choose another key, compress, or belong to an algorithm that is not offered.
REFUSED_HEADERS = frozenset(
    {"crit", "b64", "zip", "jku", "jwk", "x5u", "x5c", "p2s", "p2c", "iv", "tag", "skid"}
)
EPHEMERAL_MEMBERS = frozenset({"kty", "crv", "x", "y"})
MAX_PARTY_CHARACTERS = 512


def is_encrypted(token: str) -> bool:
    """Whether a token has the five parts of an encrypted one (RFC 7516 §9)."""
    return token.count(".") == 4  # noqa: PLR2004


def parse_encrypted(token: str) -> dict[str, Any]:
    """The header of a compact JWE from outside, behind the strict gate. **Nothing is decrypted.**

    Raises:
        BadToken: over ``MAX_ENCRYPTED_BYTES``, not five parts in canonical base64url, a header that is no
            JSON object as ``gate`` reads them, a member of ``REFUSED_HEADERS``, an ``alg`` or ``enc`` that
            is not offered, a vector, tag or encrypted key that cannot belong to them, an ephemeral key with
            anything but its public members, or content that says to be anything but a JWT.
    """
    if len(token) > MAX_ENCRYPTED_BYTES:
        raise BadToken("too_large")
    parts = token.split(".", 5) if token.isascii() else []
    if len(parts) != 5:  # noqa: PLR2004 - header, key, vector, ciphertext, tag
        raise BadToken("not_compact")
    raw_header, key, vector, ciphertext, tag = (decode(part) for part in parts)
    if len(raw_header) > MAX_HEADER_BYTES:
        raise BadToken("too_large")
    header = read_object(raw_header)
    _check_header(header)
    if (len(vector), len(tag)) != CONTENT[header["enc"]] or not ciphertext:
        raise BadToken("not_compact")
    if bool(key) == (header["alg"] == DIRECT):
        raise BadToken("not_compact")
    return header


def _check_header(header: Mapping[str, Any]) -> None:
    if not REFUSED_HEADERS.isdisjoint(header):
        raise BadToken("header_refused")
    if not all(isinstance(header.get(name, ""), str) for name in ("alg", "enc", "kid", "typ", "cty")):
        raise BadToken("header_refused")
    if header.get("alg") not in KEY_MANAGEMENT:
        raise BadToken("alg_refused")
    if header.get("enc") not in CONTENT:
        raise BadToken("enc_refused")
    # RFC 7519 §5.2: ``JWT``. Clients that leave it out nest a JWT all the same: nothing else is read.
    if header.get("cty", "jwt").lower().removeprefix("application/") not in NESTED:
        raise BadToken("cty_refused")
    if KEY_MANAGEMENT[header["alg"]][0] == "EC":
        _check_agreement(header)


def _check_agreement(header: Mapping[str, Any]) -> None:
    """What the sender brings to the agreement (RFC 7518 §4.6.1); the point itself is checked on opening."""
    ephemeral = header.get("epk")
    if not isinstance(ephemeral, dict) or ephemeral.keys() != EPHEMERAL_MEMBERS:
        raise BadToken("bad_key")
    if (ephemeral["kty"], ephemeral["crv"]) != KEY_MANAGEMENT[header["alg"]]:
        raise BadToken("bad_key")
    for name in ("apu", "apv"):
        party = header.get(name, "")
        if not isinstance(party, str) or len(party) > MAX_PARTY_CHARACTERS:
            raise BadToken("header_refused")
        decode(party)
