"""Private keys of sample clients, as demo.json tells them."""

import base64
from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric import ec

from idp.keyring.jose import PRIVATE_MEMBERS, public_members

ALGORITHM = "ES256"
SIZE = 32  # bytes of a number on P-256


def new_jwk(kid: str) -> dict[str, str]:
    """A fresh private key (RFC 7517, RFC 7518 §6.2.2)."""
    private = ec.generate_private_key(ec.SECP256R1())
    number = private.private_numbers().private_value.to_bytes(SIZE)
    secret = base64.urlsafe_b64encode(number).decode().rstrip("=")
    return {**public_members(private), "d": secret, "kid": kid, "alg": ALGORITHM, "use": "sig"}


def public_part(jwk: Mapping[str, str]) -> dict[str, str]:
    """What may be registered of a key."""
    return {name: value for name, value in jwk.items() if name not in PRIVATE_MEMBERS}
