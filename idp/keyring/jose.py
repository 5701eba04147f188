"""Signed tokens (JWS compact, JWT): signing ours, verifying ours and foreign ones behind the gate.

The only file that speaks to joserfc.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwk, jws
from joserfc.errors import JoseError, UnsupportedAlgorithmError

from idp.kernel.errors import Corrupt
from idp.keyring.gate import (
    ALGORITHMS,
    MAX_HEADER_BYTES,
    BadToken,
    decode,
    encode,
    parse_compact,
    read_object,
)

__all__ = [
    "BadToken",
    "Jwk",
    "PrivateKey",
    "PublicKey",
    "check_signature",
    "der_of",
    "fits",
    "half_hash",
    "header_of",
    "import_public",
    "key_id",
    "keys_in",
    "parse_compact",
    "public_members",
    "read_object",
    "require_typ",
    "sign_compact",
    "signer",
    "verify",
    "verify_by_own_key",
    "verify_parsed",
]

Jwk = Mapping[str, Any]
PublicKey = jwk.Key
PrivateKey = EllipticCurvePrivateKey | RSAPrivateKey | Ed25519PrivateKey

RSA_BITS = range(2048, 8193)
RSA_EXPONENTS = range(65537, 2**32)
MAX_KEYS = 50
MAX_MEMBER_CHARACTERS = 1400  # 8192 bits in base64url, and a little

PUBLIC_MEMBERS = {"EC": ("crv", "x", "y"), "RSA": ("n", "e"), "OKP": ("crv", "x")}
PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_ECDSA = ECDSA(SHA256())
_encode_json = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


class _Registry(jws.JWSRegistry):
    """joserfc's algorithms, narrowed to those named; ``EdDSA`` means Ed25519 (RFC 9864 §2.2)."""

    max_header_length = MAX_HEADER_BYTES * 2
    max_signature_length = MAX_MEMBER_CHARACTERS

    def __init__(self, algorithms: Sequence[str]) -> None:
        # Unknown header members are ignored, as RFC 7515 §4 asks; the dangerous ones met the gate.
        super().__init__(algorithms=algorithms, strict_check_header=False)

    def get_alg(self, name: str) -> Any:  # joserfc gives its class no public name
        if not self.allowed or name not in self.allowed or name not in ALGORITHMS:
            raise UnsupportedAlgorithmError(name)
        return self.algorithms["Ed25519" if name == "EdDSA" else name]


# One registry an algorithm, that knows no other.
_ONLY = {alg: _Registry([alg]) for alg in ALGORITHMS}


def verify(
    token: str, keys: Jwk | Sequence[Jwk], algs: Sequence[str], typ: str | None = None
) -> dict[str, Any]:
    """The claims of a JWT from outside, its signature verified. Times, ``iss`` and ``aud`` are the caller's.

    Args:
        keys: the sender's registered public JWKs. One is chosen: the one with the token's ``kid``, or
            without a ``kid`` the only one that fits ``alg``.
        algs: what the sender may use, out of ``ALGORITHMS``.
        typ: what the header must name (RFC 7515 §4.1.9, ``application/`` aside). ``None``: anything,
            for senders whose specification leaves it open.

    Raises:
        BadToken: it fails the gate, the algorithm or type is another, no key or more than one fits, the
            key is weak or private, or the signature is wrong.
    """
    header, claims = parse_compact(token)
    verify_parsed(token, header, [keys] if isinstance(keys, Mapping) else keys, algs, typ)
    return claims


def verify_parsed(
    token: str, header: Mapping[str, Any], keys: Sequence[Jwk], algs: Sequence[str], typ: str | None = None
) -> None:
    """``verify`` for whoever had to look into the token first, to know whose keys to take."""
    alg = header["alg"]
    if alg not in algs:
        raise BadToken("alg_refused")
    require_typ(header, typ)
    check_signature(token, alg, import_public(_choose(keys, alg, header.get("kid"))))


def verify_by_own_key(token: str, algs: Sequence[str], typ: str) -> tuple[dict[str, Any], str]:
    """The claims of a JWT that brings its own public key, as DPoP proofs do, and that key's thumbprint.

    It proves that its maker holds the key, and nothing about who that is.

    Raises:
        BadToken: as ``verify``.
    """
    header, claims = parse_compact(token, asked_for=frozenset({"jwk"}))
    alg, key = header["alg"], header.get("jwk")
    if alg not in algs:
        raise BadToken("alg_refused")
    require_typ(header, typ)
    if not isinstance(key, dict) or (key.get("kty"), key.get("crv")) != ALGORITHMS[alg]:
        raise BadToken("bad_key")
    public = import_public(key)
    check_signature(token, alg, public)
    return claims, public.thumbprint()


def require_typ(header: Mapping[str, Any], typ: str | None) -> None:
    """Hold a header to a type; ``None`` lets any pass. Raises ``BadToken``."""
    if typ is not None and _media_type(header.get("typ", "")) != _media_type(typ):
        raise BadToken("typ_refused")


def check_signature(token: str, alg: str, key: PublicKey) -> None:
    """Verify the signature of a token that passed the gate, by this key and this algorithm alone.

    Raises:
        BadToken: it is wrong, or the key is of another kind.
    """
    try:
        jws.deserialize_compact(token, key, registry=_ONLY[alg])
    except (JoseError, ValueError):
        raise BadToken("bad_signature") from None


def import_public(key: Jwk) -> PublicKey:
    """A public JWK made ready. RSA of 2048 to 8192 bits with a common exponent, P-256, or Ed25519.

    Raises:
        BadToken: anything else, and any key that carries private members: it is no longer a secret.
    """
    kty = key.get("kty")
    names = PUBLIC_MEMBERS.get(kty) if isinstance(kty, str) else None
    if names is None or not PRIVATE_MEMBERS.isdisjoint(key):
        raise BadToken("bad_key")
    members: dict[str, Any] = {"kty": kty, **{name: key.get(name) for name in names}}
    if not all(isinstance(value, str) and len(value) <= MAX_MEMBER_CHARACTERS for value in members.values()):
        raise BadToken("bad_key")
    if (kty, members.get("crv")) not in ALGORITHMS.values():
        raise BadToken("bad_key")
    if kty == "RSA" and not _is_strong(members["n"], members["e"]):
        raise BadToken("bad_key")
    try:
        return jwk.import_key(members)
    except (JoseError, ValueError, UnsupportedAlgorithm):
        raise BadToken("bad_key") from None


def der_of(key: PublicKey) -> bytes:
    """A public key as certificates write it (SubjectPublicKeyInfo)."""
    public: Any = key.public_key
    der: bytes = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return der


def keys_in(jwks: object) -> tuple[Jwk, ...]:
    """The keys of a JWK Set (RFC 7517 §5).

    Raises:
        BadToken: it is none, or holds too many.
    """
    keys = jwks.get("keys") if isinstance(jwks, Mapping) else None
    if not isinstance(keys, list | tuple) or len(keys) > MAX_KEYS:
        raise BadToken("not_a_key_set")
    return tuple(key for key in keys if isinstance(key, Mapping))


def sign_compact(header_segment: str, claims: Mapping[str, Any], sign: Callable[[bytes], bytes]) -> str:
    """A signed JWT: the header as ``header_of`` gave it, the claims, the signature."""
    signing_input = f"{header_segment}.{encode(_encode_json(claims).encode())}"
    return f"{signing_input}.{encode(sign(signing_input.encode()))}"


def header_of(alg: str, kid: str, typ: str) -> str:
    """The encoded protected header of our own tokens; the same for every token of a key and type."""
    return encode(_encode_json({"alg": alg, "kid": kid, "typ": typ}).encode())


def signer(alg: str, private: PrivateKey) -> Callable[[bytes], bytes]:
    """What signs with a private key held in memory, for one algorithm. Raises ``Corrupt`` if it cannot."""
    algorithm = _ONLY[alg].get_alg(alg)
    key = _wrap(private)
    if (key.key_type, key.get("crv")) != ALGORITHMS[alg]:
        raise Corrupt("keys")
    if isinstance(private, EllipticCurvePrivateKey):
        return partial(_sign_es256, private)  # joserfc wraps the key anew for each: a fifth of a signature
    return lambda message: algorithm.sign(message, key)


def _sign_es256(private: EllipticCurvePrivateKey, message: bytes) -> bytes:
    """Both numbers, 32 bytes each (RFC 7518 §3.4)."""
    r, s = decode_dss_signature(private.sign(message, _ECDSA))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def public_members(private: PrivateKey) -> dict[str, str]:
    """The public members of a private key's JWK."""
    return {name: str(value) for name, value in _wrap(private).as_dict(private=False).items()}


def key_id(alg: str, public: Mapping[str, str]) -> str:
    """The ``kid`` of our own keys: the algorithm and 96 bits of the thumbprint (RFC 7638)."""
    return f"{alg.lower()}-{jwk.thumbprint(dict(public))[:16]}"


def half_hash(value: str, alg: str) -> str:
    """``at_hash`` or ``c_hash``: the left half of a value's hash, in base64url (OIDC Core 1.0 §3.1.3.6).

    The hash is the one inside the ID token's ``alg``: SHA-512 for Ed25519 (RFC 8032 §5.1).
    """
    name = "sha512" if alg in ("EdDSA", "Ed25519") else f"sha{alg[-3:]}"
    hashed = hashlib.new(name, value.encode("ascii")).digest()
    return encode(hashed[: len(hashed) // 2])


def _wrap(private: PrivateKey) -> PublicKey:
    if isinstance(private, EllipticCurvePrivateKey):
        return jwk.ECKey.import_key(private)
    if isinstance(private, RSAPrivateKey):
        return jwk.RSAKey.import_key(private)
    return jwk.OKPKey.import_key(private)


def _is_strong(modulus: str, exponent: str) -> bool:
    """Whether RSA numbers are neither weak nor dear to compute with. joserfc only warns."""
    n, e = (int.from_bytes(decode(number)) for number in (modulus, exponent))
    return n.bit_length() in RSA_BITS and e in RSA_EXPONENTS


def _media_type(typ: str) -> str:
    return typ.lower().removeprefix("application/")


def _choose(keys: Sequence[Jwk], alg: str, kid: str | None) -> Jwk:
    # A JWK Set comes from outside as well: what is no object in it fits nothing.
    objects = [key for key in keys if isinstance(key, Mapping)]
    fitting = [key for key in objects if fits(key, alg) and (kid is None or key.get("kid") == kid)]
    if len(fitting) != 1:
        raise BadToken("ambiguous_key" if fitting else "unknown_key")
    return fitting[0]


def fits(key: Jwk, alg: str) -> bool:
    """Whether a JWK may verify this algorithm, by its kind and by what it says of itself (RFC 7517 §4)."""
    kty, crv = ALGORITHMS[alg]
    operations = key.get("key_ops", ["verify"])
    named = key.get("alg", alg)
    return (
        key.get("kty") == kty
        and (crv is None or key.get("crv") == crv)
        and key.get("use", "sig") == "sig"
        and isinstance(operations, list)
        and "verify" in operations
        and (named == alg or (kty == "OKP" and named in ("EdDSA", "Ed25519")))
    )
