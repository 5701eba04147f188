"""What clients have encrypted, by which algorithms, and what registration refuses of their wishes.

OIDC Registration 1.0 §2, JARM §3, RFC 9701 §6.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from idp.keyring.gate import BadToken
from idp.keyring.jose import keys_in
from idp.keyring.jwe import recipient_key
from idp.keyring.jwe_gate import CONTENT, KEY_MANAGEMENT
from idp.oidc.clients.metadata import ClientMetadata

# What we send encrypted, with the members that ask for it; a logout token is encrypted as an ID token is.
ANSWERS = {
    kind: (f"{kind}_encrypted_response_alg", f"{kind}_encrypted_response_enc")
    for kind in ("id_token", "userinfo", "authorization", "introspection")
}
REQUEST_OBJECT = "request_object"  # what is encrypted to us
MEMBERS = {**ANSWERS, REQUEST_OBJECT: ("request_object_encryption_alg", "request_object_encryption_enc")}
DEFAULT_ENC = "A128CBC-HS256"

# What discovery says of it.
ENCRYPTION: dict[str, object] = {
    f"{kind}_encryption_{part}_values_supported": list(offered)
    for kind in MEMBERS
    for part, offered in (("alg", KEY_MANAGEMENT), ("enc", CONTENT))
}


@dataclass(frozen=True, slots=True)
class Encryption:
    """How one kind of token is encrypted: the key's ``alg`` and the content's ``enc`` (RFC 7518 §4, §5)."""

    alg: str
    enc: str


def encryption_of(details: ClientMetadata, kind: str) -> Encryption | None:
    """What a client has registered for a kind of token, with the specification's default; ``None``: plain."""
    alg_member, enc_member = MEMBERS[kind]
    alg = getattr(details, alg_member)
    return None if alg is None else Encryption(alg, getattr(details, enc_member) or DEFAULT_ENC)


def faults_of_encryption(details: ClientMetadata) -> Iterator[tuple[str, str]]:
    """Each member at fault, and what it should have been."""
    for alg_member, enc_member in MEMBERS.values():
        alg, enc = getattr(details, alg_member), getattr(details, enc_member)
        if alg not in (None, *KEY_MANAGEMENT):
            yield alg_member, f"one of {' '.join(KEY_MANAGEMENT)}"
        if enc is not None and alg is None:
            yield enc_member, f"nothing without {alg_member}"
        elif enc not in (None, *CONTENT):
            yield enc_member, f"one of {' '.join(CONTENT)}"
    yield from _faults_of_keys(details)


def algorithms_to(details: ClientMetadata) -> dict[str, str]:
    """The algorithms that need a key of the client's own, each with a member that names it."""
    members = (alg_member for alg_member, _ in ANSWERS.values())
    return {alg: member for member in members if (alg := getattr(details, member)) in KEY_MANAGEMENT}


def _faults_of_keys(details: ClientMetadata) -> Iterator[tuple[str, str]]:
    """Keys that are registered are looked at here; those behind ``jwks_uri`` by whoever may fetch them."""
    if details.jwks_uri is not None:
        return
    try:
        keys = keys_in(details.jwks) if details.jwks is not None else ()
    except BadToken:
        return  # told by the checks of ``jwks`` itself
    for alg, member in algorithms_to(details).items():
        if recipient_key(keys, alg) is None:
            yield member, f"a public key for {alg} in jwks or behind jwks_uri, its use enc or left out"
