"""Request objects: authorization requests that the client signed (RFC 9101, OIDC Core 1.0 §6)."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from idp.kernel.clock import Clock
from idp.kernel.errors import Refused
from idp.keyring.gate import MAX_BYTES, decode, read_object
from idp.keyring.jose import BadToken, Jwk, parse_compact, verify
from idp.keyring.jwe_gate import is_encrypted, parse_encrypted
from idp.keyring.keyring import Keyring
from idp.oidc.clients.client import Client
from idp.oidc.clients.encryption import REQUEST_OBJECT, Encryption, encryption_of
from idp.oidc.errors import InvalidRequestObject, InvalidRequestUri
from idp.oidc.profiles import ALGORITHMS
from idp.storage.ephemeral import Ephemeral, Space

REQUEST_ALGORITHMS = ALGORITHMS
TYPES = ("", "jwt", "oauth-authz-req+jwt")
LONGEST = timedelta(minutes=60)  # FAPI 2.0 Message Signing §5.3.1: from nbf to exp, and from nbf to now
AHEAD = timedelta(seconds=30)  # clients' clocks
# Members of the JWT itself, and what may not stand in one (RFC 9101 §4).
_ENVELOPE = frozenset({"iss", "aud", "exp", "nbf", "iat", "jti"})
_IN_BACKCHANNEL = ("exp", "nbf", "iat", "jti")  # CIBA Core 1.0 §7.1.1; ``iss`` and ``aud`` anywhere
_NEVER = ("request", "request_uri")
_LISTS = frozenset({"resource"})
_FAR = 10**11  # seconds; later than any calendar that we compute with

MAX_URI = 512  # RFC 9101 §5.2
ACCEPTED = "application/oauth-authz-req+jwt, application/jwt"
UNSIGNED = "none"

Fetch = Callable[[str, str], bytes]
KeysOf = Callable[[Client, str | None], Sequence[Jwk]]


class RequestObjects:
    """Reads request objects. Each that has a ``jti`` is good once.

    Args:
        keys_of: the public keys of a client; the second argument is the ``kid`` that is looked for.
        fetch: the body behind an address, given what to accept; raises ``Refused``.
    """

    def __init__(
        self,
        issuer: str,
        keyring: Keyring,
        keys_of: KeysOf,
        fetch: Fetch,
        ephemeral: Ephemeral,
        clock: Clock,
    ) -> None:
        self._issuer = issuer
        self._keyring = keyring
        self._fetch = fetch
        self._keys_of = keys_of
        self._ephemeral = ephemeral
        self._clock = clock

    def read(self, client: Client, token: str) -> tuple[dict[str, str], bool]:
        """The parameters inside, as if they had come in a query, and whether somebody signed them.

        Raises:
            InvalidRequestObject: naming the member, what was expected and what came.
            Unavailable: the memory of those read before is silent.
        """
        return self._read(client, self._opened(client, token))

    def read_backchannel(self, client: Client, token: str) -> tuple[dict[str, str], bool]:
        """``read`` for CIBA (Core 1.0 §7.1.1): with an algorithm of its own, never encrypted, never again."""
        registered = client.metadata.backchannel_authentication_request_signing_alg
        claims = self._verified(client, token, _among(client, registered))
        for name in _IN_BACKCHANNEL:
            if name not in claims:
                raise InvalidRequestObject(f"request: {name}: missing")
        return self._parameters(client, claims), True

    def fetch(self, client: Client, uri: str) -> tuple[dict[str, str], bool]:
        """The parameters inside an object that the client serves, and whether it is signed.

        It may be unsigned where the client registered ``none``: nobody but the client serves its address
        (OIDC Core 1.0 §6.2, RFC 9101 §5.2).

        Raises:
            InvalidRequestUri: the address is not registered, or gives nothing.
            InvalidRequestObject: as in ``read``.
        """
        if len(uri) > MAX_URI or not {uri, uri.partition("#")[0]} & set(client.metadata.request_uris):
            raise InvalidRequestUri("request_uri: not registered for this client, or longer than 512")
        try:
            token = self._fetch(uri.partition("#")[0], ACCEPTED).decode("ascii").strip()
        except UnicodeDecodeError:
            raise InvalidRequestUri("request_uri: expected a JWT there") from None
        except Refused as error:
            raise InvalidRequestUri(f"request_uri: nothing usable there: {error.code}") from None
        is_unsigned = client.metadata.request_object_signing_alg == UNSIGNED
        return self._read(client, self._opened(client, token), is_unsigned=is_unsigned)

    def _read(self, client: Client, token: str, *, is_unsigned: bool = False) -> tuple[dict[str, str], bool]:
        if not is_unsigned and not _is_left_unsigned(client, token):
            return self._parameters(client, self._verified(client, token, algorithms_of(client))), True
        try:
            claims = _unsigned(token)
        except BadToken as error:
            raise InvalidRequestObject(f"request: {error.reason}; expected a JWT with alg none") from None
        ours = {"iss": client.client_id, "aud": self._issuer}  # who says nothing of them means them
        return self._parameters(client, ours | claims), False

    def _parameters(self, client: Client, claims: Mapping[str, Any]) -> dict[str, str]:
        if claims.get("iss") != client.client_id:
            raise InvalidRequestObject("request: iss: expected the client_id")
        audience = claims.get("aud")
        if self._issuer not in (audience if isinstance(audience, list) else [audience]):
            raise InvalidRequestObject(f"request: aud: expected {self._issuer}")
        if claims.get("client_id", client.client_id) != client.client_id:
            raise InvalidRequestObject("request: client_id: differs from the one outside")
        if claims.get("sub") == client.client_id:
            # RFC 9101 §10.8: a client assertion is no request.
            raise InvalidRequestObject("request: sub: a request object is not about the client")
        for name in _NEVER:
            if name in claims:
                raise InvalidRequestObject(f"request: {name}: may not stand inside a request object")
        self._check_times(client, claims)
        parameters = {
            name: text
            for name, value in claims.items()
            if name not in _ENVELOPE and (text := _text(name, value)) is not None
        }
        self._spend(client, claims)
        return parameters

    def _opened(self, client: Client, token: str) -> str:
        """What was encrypted to us, just as the client is registered (§6.1); what was not, as it is.

        Who is registered to encrypt may also not (OIDC Registration 1.0 §2): its signature stands either way.
        """
        if not is_encrypted(token):
            return token
        wanted = encryption_of(client.metadata, REQUEST_OBJECT)
        try:
            header = parse_encrypted(token)
            if wanted not in (None, Encryption(header["alg"], header["enc"])):
                raise BadToken("alg_refused")
            return self._keyring.open(token)
        except BadToken as error:
            how = f"with {wanted.alg} and {wanted.enc}" if wanted else "as discovery tells"
            raise InvalidRequestObject(
                f"request: {error.reason}; expected a JWT, encrypted {how} to a key of ours with use enc"
            ) from None

    def _verified(self, client: Client, token: str, algorithms: tuple[str, ...]) -> dict[str, Any]:
        try:
            header, _ = parse_compact(token)
            if header.get("typ", "").lower().removeprefix("application/") not in TYPES:
                raise BadToken("typ_refused")
            return verify(token, self._keys_of(client, header.get("kid")), algorithms)
        except Refused as error:
            reason = error.reason if isinstance(error, BadToken) else error.code
            raise InvalidRequestObject(
                f"request: {reason}; expected a JWT, typ oauth-authz-req+jwt, signed with "
                f"{' or '.join(algorithms) or 'nothing'} by a key of this client"
            ) from None

    def _check_times(self, client: Client, claims: Mapping[str, Any]) -> None:
        now, times = self._clock(), {name: _instant(name, claims) for name in ("exp", "nbf", "iat")}
        exp, nbf = times["exp"], times["nbf"]
        metadata = client.metadata
        if metadata.limits.requires_request_object_times or metadata.require_signed_request_object:
            for name in ("exp", "nbf"):
                if times[name] is None:
                    raise InvalidRequestObject(f"request: {name}: missing")
        if exp is not None and exp <= now:
            raise InvalidRequestObject("request: exp: it has expired")
        if exp is not None and exp > (nbf or now) + LONGEST + AHEAD:
            raise InvalidRequestObject("request: exp: expected within 60 minutes of nbf")
        if nbf is not None and nbf < now - LONGEST:
            raise InvalidRequestObject("request: nbf: expected not more than 60 minutes ago")
        for name in ("nbf", "iat"):
            at = times[name]
            if at is not None and at > now + AHEAD:
                raise InvalidRequestObject(f"request: {name}: lies in the future")

    def _spend(self, client: Client, claims: Mapping[str, Any]) -> None:
        jti = claims.get("jti")
        if jti is None:
            return
        if not isinstance(jti, str) or not jti:
            raise InvalidRequestObject("request: jti: expected a string")
        key = f"{client.client_id}\0{jti}"
        if self._ephemeral.increment(Space.REQUEST_JTI, key, 2 * LONGEST + AHEAD) != 1:
            raise InvalidRequestObject("request: its jti was used before; make a new one for each request")


def _unsigned(token: str) -> dict[str, Any]:
    """The claims of a JWT that is not signed, read as strictly as if it were."""
    head, _, rest = token.partition(".")
    body, _, signature = rest.partition(".")
    if len(token) > MAX_BYTES or not body or signature:
        raise BadToken("too_large" if len(token) > MAX_BYTES else "not_compact")
    header = read_object(decode(head))
    if header.get("alg") != UNSIGNED or not header.keys() <= {"alg", "typ"}:
        raise BadToken("header_refused")
    if str(header.get("typ", "")).lower().removeprefix("application/") not in TYPES:
        raise BadToken("typ_refused")
    return read_object(decode(body))


def _is_left_unsigned(client: Client, token: str) -> bool:
    """Whether nobody signed it, and its client may do so: then it says no more than a query would."""
    if not client.metadata.unsigned_requests or len(token) > MAX_BYTES:
        return False
    if client.metadata.request_object_signing_alg not in (None, UNSIGNED):
        return False
    try:
        return read_object(decode(token.partition(".")[0])).get("alg") == UNSIGNED
    except BadToken:
        return False


def algorithms_of(client: Client) -> tuple[str, ...]:
    """What a client may sign its requests with; never ``none``."""
    return _among(client, client.metadata.request_object_signing_alg)


def _among(client: Client, registered: str | None) -> tuple[str, ...]:
    return tuple(alg for alg in client.metadata.limits.algorithms if registered in (None, alg))


def _instant(name: str, claims: Mapping[str, Any]) -> datetime | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _FAR:
        raise InvalidRequestObject(f"request: {name}: expected seconds since 1970 as a number")
    return datetime.fromtimestamp(value, UTC)


def _text(name: str, value: object) -> str | None:
    """A member as the parameter that it stands for (RFC 9101 §4); ``None``: it was left empty.

    What is no text is its JSON: whoever knows the parameter judges it, and unknown ones may be anything.
    """
    if value is None or isinstance(value, str):
        return value
    if name in _LISTS and isinstance(value, list) and all(isinstance(part, str) for part in value):
        return " ".join(value)
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
