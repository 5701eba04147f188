"""Clients that sign: their keys, and what they prove themselves by."""

import secrets
import warnings
from dataclasses import dataclass, field
from typing import Any

from joserfc import jwk, jws, jwt
from werkzeug.test import TestResponse

from idp.oidc.clients.assertion import ASSERTION_TYPE
from tests.house import House, RelyingParty

KINDS: dict[str, tuple[Any, Any]] = {
    "ES256": (jwk.ECKey, "P-256"),
    "RS256": (jwk.RSAKey, 2048),
    "PS256": (jwk.RSAKey, 2048),
    "EdDSA": (jwk.OKPKey, "Ed25519"),
    "Ed25519": (jwk.OKPKey, "Ed25519"),
}


def a_key(alg: str = "ES256", kid: str = "one") -> Any:
    """A new private key."""
    kind, size = KINDS[alg]
    return kind.generate_key(size, {"kid": kid}, auto_kid=False)


def jwks(*keys: Any) -> dict[str, Any]:
    """What a client publishes."""
    return {"keys": [key.as_dict(private=False) for key in keys]}


def signed(claims: dict[str, Any], key: Any, alg: str = "ES256", **header: Any) -> str:
    """A JWT; ``kid`` is the key's unless told, ``None`` leaves a member out."""
    members = {"alg": alg, "kid": key.kid, "typ": "JWT", **header}
    kept = {name: value for name, value in members.items() if value is not None}
    registry = jws.JWSRegistry(algorithms=[alg], strict_check_header=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # joserfc's word on the name EdDSA, which most clients still use
        return jwt.encode(kept, claims, key, registry=registry)


@dataclass(slots=True)
class Signer:
    """A client that proves itself by ``private_key_jwt``."""

    house: House
    party: RelyingParty
    key: Any
    alg: str = "ES256"
    header: dict[str, Any] = field(default_factory=dict)

    @property
    def client_id(self) -> str:
        return self.party.client_id

    def claims(self, **overrides: Any) -> dict[str, Any]:
        now = int(self.house.clock().timestamp())
        usual = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": self.house.settings.issuer,
            "iat": now,
            "exp": now + 60,
            "jti": secrets.token_urlsafe(16),
        }
        return {name: value for name, value in (usual | overrides).items() if value is not None}

    def assertion(self, **overrides: Any) -> str:
        return signed(self.claims(**overrides), self.key, self.alg, **self.header)

    def post(
        self,
        path: str,
        form: dict[str, str],
        assertion: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> TestResponse:
        """A form, with an assertion beside it."""
        proof = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion or self.assertion()}
        return self.house.app.test_client().post(path, data={**proof, **form}, headers=headers)


def a_signer(house: House, name: str = "signer", alg: str = "ES256", **details: Any) -> Signer:
    """A registered one, its keys with the registration unless told."""
    key = details.pop("key", None) or a_key(alg)
    usual: dict[str, Any] = {
        "token_endpoint_auth_method": "private_key_jwt",
        "grant_types": ("authorization_code", "refresh_token", "client_credentials"),
    }
    if "jwks_uri" not in details:
        usual["jwks"] = jwks(key)
    return Signer(house, house.client(name, **(usual | details)), key, alg)
