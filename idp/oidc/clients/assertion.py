"""``private_key_jwt``: a client proves itself by a JWT that it signed (RFC 7523 §3, OIDC Core 1.0 §9)."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from idp.kernel.clock import Clock
from idp.keyring.jose import BadToken, parse_compact, verify_parsed
from idp.oidc.clients.client import Client
from idp.oidc.clients.keys import ClientKeys, KeysUnreachable
from idp.oidc.errors import InvalidClient
from idp.storage.ephemeral import Ephemeral, Space

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
TYPES = (None, "jwt", "client-authentication+jwt")
TOKEN_PATH = "/token"
MAX_LIFE = timedelta(hours=1)
MAX_AHEAD = timedelta(seconds=30)  # FAPI 2.0: 10 s must pass, beyond 60 s must not
DOUBT = "unknown client, or not registered for private_key_jwt, or not signed by a key of its own"


class Assertions:
    """Verifies client assertions. Each is good once; while the memory of that is silent, none is."""

    def __init__(self, issuer: str, keys: ClientKeys, ephemeral: Ephemeral, clock: Clock) -> None:
        self._issuer = issuer
        self._keys = keys
        self._ephemeral = ephemeral
        self._clock = clock

    def prove(self, client: Client, assertion: str, urls: tuple[str, ...]) -> None:
        """That the client signed this assertion, for us, just now, and that it comes for the first time.

        Args:
            assertion: it has been read by ``claimant`` before.
            urls: the addresses of the endpoint that was called; clients may name one as audience.

        Raises:
            InvalidClient: saying what was expected.
            Unavailable: the memory of spent assertions is silent.
        """
        header, claims = _read(assertion)
        self._check_audience(client, claims.get("aud"), urls)
        expires_at = self._check_times(claims)
        jti = claims.get("jti")
        if not isinstance(jti, str) or not jti:
            raise InvalidClient("client_assertion: jti is missing")
        self._check_signature(client, assertion, header)
        if (
            self._ephemeral.increment(
                Space.ASSERTION_JTI, f"{client.client_id}\0{jti}", expires_at - self._clock() + MAX_AHEAD
            )
            != 1
        ):
            raise InvalidClient("client_assertion: its jti was used before; make a new one for each request")

    def _check_audience(self, client: Client, audience: object, urls: tuple[str, ...]) -> None:
        expected = f"client_assertion: aud: expected {self._issuer}"
        if client.metadata.limits.is_audience_issuer_alone:  # FAPI 2.0 Security Profile §5.3.2.1
            if audience != self._issuer:
                raise InvalidClient(f"{expected}, as one string")
            return
        # All of them must be ours: an assertion that somebody else may take, they may pass on.
        named = audience if isinstance(audience, list) else [audience]
        if not named or not all(name in (self._issuer, self._issuer + TOKEN_PATH, *urls) for name in named):
            raise InvalidClient(expected)

    def _check_times(self, claims: Mapping[str, Any]) -> datetime:
        now = self._clock()
        expires_at = _instant(claims, "exp")
        if expires_at is None:
            raise InvalidClient("client_assertion: exp is missing")
        if not now < expires_at <= now + MAX_LIFE + MAX_AHEAD:
            raise InvalidClient("client_assertion: exp: expected within the next hour")
        for name in ("iat", "nbf"):
            at = _instant(claims, name)
            if at is not None and at > now + MAX_AHEAD:
                raise InvalidClient(f"client_assertion: {name}: lies in the future")
        return expires_at

    def _check_signature(self, client: Client, assertion: str, header: Mapping[str, Any]) -> None:
        registered = client.metadata.token_endpoint_auth_signing_alg
        allowed = (registered,) if registered else client.metadata.limits.algorithms
        if header["alg"] not in allowed:
            raise InvalidClient(f"client_assertion: alg: expected {' or '.join(allowed)}")
        try:
            verify_parsed(assertion, header, self._keys.of(client, header.get("kid")), allowed)
        except KeysUnreachable as error:
            raise InvalidClient(
                f"client_assertion: no keys could be got from jwks_uri: {error.reason}"
            ) from None
        except BadToken as error:
            if error.reason in ("unknown_key", "ambiguous_key"):
                raise InvalidClient(
                    "client_assertion: kid and alg: expected to fit one registered key, and only one"
                ) from None
            raise InvalidClient(DOUBT) from None


def claimant(assertion_type: str | None, assertion: str | None) -> str:
    """Who an assertion says that it comes from. **Nothing is verified.**

    Raises:
        InvalidClient: it is no assertion.
    """
    if assertion_type != ASSERTION_TYPE:
        raise InvalidClient(f"client_assertion_type: expected {ASSERTION_TYPE}")
    if not assertion:
        raise InvalidClient("client_assertion: missing")
    header, claims = _read(assertion)
    if header.get("typ") is not None and header["typ"].lower().removeprefix("application/") not in TYPES:
        raise InvalidClient("client_assertion: typ: expected none, JWT or client-authentication+jwt")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not subject or claims.get("iss") != subject:
        raise InvalidClient("client_assertion: iss and sub: expected the client_id in both")
    return subject


def _read(assertion: str) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        return parse_compact(assertion)
    except BadToken as error:
        raise InvalidClient(f"client_assertion: {error.reason}") from None


def _instant(claims: Mapping[str, Any], name: str) -> datetime | None:
    """A NumericDate (RFC 7519 §2)."""
    value = claims.get(name)
    if value is None:
        return None
    try:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        raise InvalidClient(f"client_assertion: {name}: expected seconds since 1970") from None
