"""Encrypted tokens (JWE compact): encrypting ours to their recipients, opening those meant for us.

With ``jose.py`` the only file that speaks to joserfc.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from joserfc import jwe, jwk
from joserfc.errors import JoseError

from idp.kernel.errors import Corrupt
from idp.keyring.gate import MAX_HEADER_BYTES, BadToken
from idp.keyring.jose import Jwk, PrivateKey, import_public
from idp.keyring.jwe_gate import CONTENT, KEY_MANAGEMENT, parse_encrypted

# Which algorithms a key of ours opens, by the one that it is made for.
OPENS: Mapping[str, tuple[str, ...]] = {
    "RSA-OAEP-256": ("RSA-OAEP-256",),
    "ECDH-ES": ("ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW"),
}
NESTED = "JWT"
_USES = (None, "enc")
_OPERATIONS = frozenset({"encrypt", "wrapKey", "deriveKey", "deriveBits"})


class _Registry(jwe.JWERegistry):
    """joserfc's algorithms, narrowed to one for the key and one for the content."""

    max_protected_header_length = MAX_HEADER_BYTES * 2
    max_encrypted_key_length = 2048

    def __init__(self, alg: str, enc: str) -> None:
        # Unknown header members are ignored, as RFC 7516 §4 asks; the dangerous ones met the gate.
        super().__init__(algorithms=[alg, enc], strict_check_header=False)


_ONLY = {(alg, enc): _Registry(alg, enc) for alg in KEY_MANAGEMENT for enc in CONTENT}


def recipient_key(keys: Sequence[Jwk], alg: str) -> Jwk | None:
    """The key to encrypt to: the first fit for ``alg``, preferably one that is for nothing else.

    ``None``: nobody should encrypt to any of them.
    """
    fitting = [key for key in keys if isinstance(key, Mapping) and _fits(key, alg)]
    return min(fitting, key=lambda key: key.get("use") != "enc", default=None)


def encrypt(content: bytes, key: Jwk, alg: str, enc: str, *, is_nested: bool) -> str:
    """Content encrypted to a recipient, named by its ``kid`` where it has one.

    Args:
        key: as ``recipient_key`` chose it.
        is_nested: the content is a signed JWT itself (RFC 7519 §5.2).
    """
    kid = {"kid": key["kid"]} if isinstance(key.get("kid"), str) else {}
    header = {"alg": alg, "enc": enc, **kid, **({"cty": NESTED} if is_nested else {"typ": NESTED})}
    return jwe.encrypt_compact(header, content, import_public(key), registry=_ONLY[alg, enc])


def opener(alg: str, private: PrivateKey) -> Callable[[str], bytes]:
    """What opens with a private key held in memory. Raises ``Corrupt`` if the key is of another kind."""
    if alg == "RSA-OAEP-256" and isinstance(private, RSAPrivateKey):
        key: jwk.Key = jwk.RSAKey.import_key(private)
    elif alg == "ECDH-ES" and isinstance(private, EllipticCurvePrivateKey):
        key = jwk.ECKey.import_key(private)
    else:
        raise Corrupt("keys")
    return lambda token: _open(token, OPENS[alg], key)


def _open(token: str, algs: tuple[str, ...], key: jwk.Key) -> bytes:
    """The content. One reason for whatever goes wrong: which step it was is nobody's business."""
    header = parse_encrypted(token)
    try:
        if header["alg"] not in algs:
            raise BadToken("not_decryptable")
        if "epk" in header:
            import_public(header["epk"])  # on the curve, and every member a number
        found = jwe.decrypt_compact(token, key, registry=_ONLY[header["alg"], header["enc"]])
    except (BadToken, JoseError, ValueError, TypeError, AssertionError, UnsupportedAlgorithm):
        raise BadToken("not_decryptable") from None
    return found.plaintext or b""


def _fits(key: Jwk, alg: str) -> bool:
    """Whether a JWK is one to encrypt to, by its kind and by what it says of itself (RFC 7517 §4)."""
    kty, crv = KEY_MANAGEMENT[alg]
    operations: Any = key.get("key_ops")
    if key.get("kty") != kty or key.get("use") not in _USES or key.get("alg", alg) != alg:
        return False
    if crv is not None and key.get("crv") != crv:
        return False
    if operations is not None and not (isinstance(operations, list) and _names_one(operations)):
        return False
    try:
        import_public(key)
    except BadToken:
        return False
    return True


def _names_one(operations: list[Any]) -> bool:
    return any(isinstance(name, str) and name in _OPERATIONS for name in operations)
