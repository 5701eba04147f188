"""What clients that hold keys send along: DPoP proofs."""

import base64
import hashlib
import json
import secrets
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey, OKPKey, RSAKey

from tests.house import House

Key = ECKey | OKPKey | RSAKey
ALGORITHMS = {"ES256": ("EC", "P-256"), "PS256": ("RSA", 2048), "Ed25519": ("OKP", "Ed25519")}
ALGORITHMS["EdDSA"] = ALGORITHMS["Ed25519"]  # as most clients still call it


def new_key(alg: str = "ES256") -> Key:
    kind, detail = ALGORITHMS[alg]
    makers: dict[str, Any] = {"EC": ECKey, "RSA": RSAKey, "OKP": OKPKey}
    made: Key = makers[kind].generate_key(detail)
    return made


def hashed(text: str) -> str:
    return encoded(hashlib.sha256(text.encode()).digest())


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Holder:
    """Somebody with a key, who makes proofs for a house's addresses."""

    def __init__(self, house: House, alg: str = "ES256") -> None:
        self.house = house
        self.alg = alg
        self.key = new_key(alg)

    @property
    def jkt(self) -> str:
        return str(self.key.thumbprint())

    def proof(
        self, path: str = "/token", method: str = "POST", *, token: str | None = None,
        header: dict[str, Any] | None = None, **claims: Any,
    ) -> str:  # fmt: skip
        """A proof in order; ``None`` leaves a claim out."""
        usual = {
            "jti": secrets.token_urlsafe(16),
            "htm": method,
            "htu": self.house.settings.issuer + path,
            "iat": int(self.house.clock().timestamp()),
            "ath": hashed(token) if token else None,
        }
        told = {name: value for name, value in (usual | claims).items() if value is not None}
        head = {"typ": "dpop+jwt", "alg": self.alg, "jwk": self.key.as_dict(private=False)} | (header or {})
        # By hand: joserfc does not make what no server should take.
        signed = ".".join(encoded(json.dumps(part).encode()) for part in (head, told))
        alg = "Ed25519" if self.alg == "EdDSA" else self.alg
        signature = jws.JWSRegistry(algorithms=[alg]).get_alg(alg).sign(signed.encode(), self.key)
        return f"{signed}.{encoded(signature)}"

    def headers(self, token: str, method: str = "GET", **claims: Any) -> dict[str, str]:
        """What goes to UserInfo with a bound token."""
        proof = self.proof("/userinfo", method, token=token, **claims)
        return {"Authorization": f"DPoP {token}", "DPoP": proof}
