"""The private key with which we show a register who asks: each request carries a signed token (JWT, ES256).

It names the address and the digest of the body, and is good for a minute. The register holds the public key.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from idp.kernel.errors import Corrupt
from idp.kernel.ids import new_id
from idp.keyring.gate import BadToken, encode
from idp.keyring.jose import header_of, key_id, public_members, sign_compact, signer, verify

ALG, TYP = "ES256", "register-request+jwt"
LIFETIME = timedelta(seconds=60)
LEEWAY = timedelta(seconds=30)
OTHERS_MAY = 0o077


class RequestKey:
    """Signs requests."""

    def __init__(self, private: EllipticCurvePrivateKey) -> None:
        public = public_members(private)
        self.public: dict[str, str] = {**public, "kid": key_id(ALG, public), "alg": ALG, "use": "sig"}
        """Its public JWK, for the register."""
        self._header = header_of(ALG, self.public["kid"], TYP)
        self._sign = signer(ALG, private)

    def token(self, url: str, body: bytes, now: datetime) -> str:
        """What shows that we ask this, of this address, now."""
        issued_at = int(now.timestamp())
        claims = {
            "aud": url,
            "iat": issued_at,
            "exp": issued_at + int(LIFETIME.total_seconds()),
            "jti": str(new_id()),
            "body": digest_of(body),
        }
        return sign_compact(self._header, claims, self._sign)


def load_key(path: Path) -> RequestKey:
    """The key in a PEM file that only we may read.

    Raises:
        Corrupt: others may read it, or it holds no P-256 key.
        OSError: it cannot be read.
    """
    if path.stat().st_mode & OTHERS_MAY:
        raise Corrupt("register_key.mode")
    try:
        private = load_pem_private_key(path.read_bytes(), None)
    except (ValueError, TypeError):
        raise Corrupt("register_key") from None
    if not isinstance(private, EllipticCurvePrivateKey) or not isinstance(private.curve, SECP256R1):
        raise Corrupt("register_key")
    return RequestKey(private)


def make_key(path: Path) -> RequestKey:
    """A new key in a new file that only we may read.

    Raises:
        FileExistsError: there is one already; it stays.
    """
    private = generate_private_key(SECP256R1())
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.touch(mode=0o600, exist_ok=False)
    path.write_bytes(pem)
    return RequestKey(private)


def check_token(token: str, key: Mapping[str, Any], url: str, body: bytes, now: datetime) -> None:
    """The register's side: whether a token was made by this key, for this request, a moment ago.

    Raises:
        BadToken.
    """
    claims = verify(token, key, [ALG], TYP)
    issued_at, expires_at = claims.get("iat"), claims.get("exp")
    is_timely = (
        isinstance(issued_at, int)
        and isinstance(expires_at, int)
        and issued_at <= (now + LEEWAY).timestamp()
        and (now - LEEWAY).timestamp() < expires_at <= issued_at + LIFETIME.total_seconds()
    )
    if not is_timely or claims.get("aud") != url or claims.get("body") != digest_of(body):
        raise BadToken("claims")


def digest_of(body: bytes) -> str:
    """SHA-256 in base64url."""
    return encode(hashlib.sha256(body).digest())
