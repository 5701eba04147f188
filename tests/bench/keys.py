"""What clients make with keys of their own: assertions (RFC 7523) and DPoP proofs (RFC 9449)."""

import base64
import hashlib
import secrets
import time
from collections.abc import Mapping
from typing import Any

from joserfc import jwk, jwt

LIFE_SECONDS = 60


class Key:
    """A client's private key on P-256, as demo.json tells it."""

    def __init__(self, private_jwk: Mapping[str, str]) -> None:
        self._kid = private_jwk["kid"]
        self._key = jwk.ECKey.import_key({name: private_jwk[name] for name in ("kty", "crv", "x", "y", "d")})

    def assertion(self, client_id: str, audience: str) -> str:
        """A new proof of who the client is."""
        claims = {
            "iss": client_id,
            "sub": client_id,
            "aud": audience,
            "jti": secrets.token_urlsafe(16),
            "exp": int(time.time()) + LIFE_SECONDS,
        }
        return self._signed({"alg": "ES256", "kid": self._kid}, claims)

    def proof(self, method: str, url: str, access_token: str | None = None) -> str:
        """A new proof of holding the key, for one request; bound to the access token that goes with it."""
        claims = {"jti": secrets.token_urlsafe(16), "htm": method, "htu": url, "iat": int(time.time())}
        if access_token is not None:
            hashed = hashlib.sha256(access_token.encode()).digest()
            claims["ath"] = base64.urlsafe_b64encode(hashed).rstrip(b"=").decode()
        header = {"alg": "ES256", "typ": "dpop+jwt", "jwk": self._key.as_dict(private=False)}
        return self._signed(header, claims)

    def _signed(self, header: dict[str, Any], claims: dict[str, Any]) -> str:
        return jwt.encode(header, claims, self._key)
