"""Clients that have things encrypted, and encrypt to us: their keys, and another hand than ours."""

from typing import Any

from joserfc import jwe
from joserfc.jwk import ECKey, RSAKey, import_key

from tests.house import House

ALGS = ("RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW")
ENCS = ("A256GCM", "A128GCM", "A128CBC-HS256", "A256CBC-HS512")
DEFAULT_ENC = "A128CBC-HS256"
RSA = RSAKey.generate_key(2048, {"kid": "their-rsa", "use": "enc"})
EC = ECKey.generate_key("P-256", {"kid": "their-ec", "use": "enc"})
PUBLISHED: dict[str, Any] = {"keys": [key.as_dict(private=False) for key in (RSA, EC)]}


def opened(token: str, alg: str, enc: str = DEFAULT_ENC) -> tuple[dict[str, Any], str]:
    """The header and the content of what was encrypted to the client, with these algorithms alone."""
    key = RSA if alg.startswith("RSA") else EC
    read = jwe.decrypt_compact(token, key, algorithms=[alg, enc])
    assert read.plaintext is not None
    return dict(read.protected), read.plaintext.decode()


def our_key(house: House, alg: str) -> Any:
    """The key that discovery's JWKS holds out for ``alg``."""
    keys = house.app.test_client().get("/jwks").get_json()["keys"]
    kty = "RSA" if alg.startswith("RSA") else "EC"
    (key,) = (key for key in keys if key["use"] == "enc" and key["kty"] == kty)
    return import_key(key)


def sealed(
    house: House, content: str, alg: str = "ECDH-ES", enc: str = "A256GCM", key: Any = None, **header: Any
) -> str:
    """Content encrypted to us; ``None`` leaves a header member out."""
    key = key or our_key(house, alg)
    told = {"alg": alg, "enc": enc, "cty": "JWT", "kid": key.kid, **header}
    members = {name: value for name, value in told.items() if value is not None}
    registry = jwe.JWERegistry(algorithms=[alg, enc], strict_check_header=False)
    return jwe.encrypt_compact(members, content, key, registry=registry)
