"""What registration refuses of a JWK Set: keys that nobody could use, or that are no secret any more.

RFC 7517 §5 has readers ignore keys of kinds that they do not know: a set may serve other providers too. So
a ``kty``, ``crv`` or ``alg`` that is not spoken here is let be, as long as another key of the set is of use.
A key of a kind that we do know and that cannot work is refused at once: later its client would only hear
that no key fits. Refusals name the key by its place, for what is in it may be a secret.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from idp.keyring.gate import ALGORITHMS
from idp.keyring.jose import PRIVATE_MEMBERS, BadToken, fits, import_public, keys_in
from idp.keyring.jwe import recipient_key
from idp.keyring.jwe_gate import KEY_MANAGEMENT
from idp.oidc.clients.address_checks import is_web_address
from idp.oidc.clients.metadata import ClientMetadata

KINDS = {*ALGORITHMS.values(), *KEY_MANAGEMENT.values()}
SPOKEN = (*ALGORITHMS, *KEY_MANAGEMENT)
SOUND = {
    "RSA": "n of 2048 to 8192 bits and e from 65537, in base64url",
    "EC": "x and y of a point on P-256, 32 bytes each in base64url",
    "OKP": "x of an Ed25519 key, 32 bytes in base64url",
}
TEXTS = ("kty", "crv", "use", "alg", "kid")


def faults_of_keys(metadata: ClientMetadata) -> Iterator[tuple[str, str]]:
    """Each member at fault, and what it should have been."""
    if metadata.jwks_uri is not None:
        if metadata.jwks is not None:  # RFC 7591 §2
            yield "jwks", "not beside jwks_uri"
        if not is_web_address(metadata.jwks_uri):
            yield "jwks_uri", "an https address"
    if metadata.jwks is None:
        return
    try:
        keys_in(metadata.jwks)
    except BadToken:
        yield "jwks", "a JWK Set of at most 50 keys"
        return
    keys: Sequence[Any] = metadata.jwks["keys"]
    yield from _faults_of_each(keys)
    usable = [key for key in keys if isinstance(key, Mapping) and _is_known(key)]
    if keys and not usable:
        yield "jwks", f"a key of a kind that is used here, its alg left out or one of {' '.join(SPOKEN)}"
    if metadata.token_endpoint_auth_method == "private_key_jwt":
        asked = metadata.token_endpoint_auth_signing_alg
        allowed = (asked,) if asked in metadata.limits.algorithms else metadata.limits.algorithms
        if not any(fits(key, alg) for key in usable for alg in allowed):
            yield "jwks", f"a key that verifies {' or '.join(allowed)}, for private_key_jwt"


def _faults_of_each(keys: Sequence[Any]) -> Iterator[tuple[str, str]]:
    places: dict[str, int] = {}
    for place, key in enumerate(keys):
        if (expected := _wanted_of(key)) is not None:
            yield f"jwks.keys[{place}]", expected
        elif (kid := key.get("kid")) is not None and places.setdefault(kid, place) != place:
            yield f"jwks.keys[{place}]", f"a kid of its own, another than that of keys[{places[kid]}]"


def _wanted_of(key: object) -> str | None:
    """What a key should have been; ``None``: it is sound, or of a kind that we know nothing of."""
    if not isinstance(key, Mapping):
        return "an object"
    if not PRIVATE_MEMBERS.isdisjoint(key) or key.get("kty") == "oct":
        return "a public key: a private one that was sent is no longer one; make another"
    if not all(isinstance(key.get(name, ""), str) for name in TEXTS) or not key.get("kty"):
        return f"{' '.join(TEXTS)}: text where they are there, and a kty"
    if not _is_known(key):
        return None
    try:
        import_public(key)
    except BadToken:
        return SOUND[key["kty"]]
    if not (
        any(fits(key, alg) for alg in ALGORITHMS) or any(recipient_key([key], alg) for alg in KEY_MANAGEMENT)
    ):
        return "use (sig or enc), key_ops and alg that fit its kty and one another"
    return None


def _is_known(key: Mapping[str, Any]) -> bool:
    return (key.get("kty"), key.get("crv")) in KINDS and key.get("alg", SPOKEN[0]) in SPOKEN
