"""Access tokens: a MAC over the grant they stand for, so that issuing one stores nothing.

Opaque to clients, but for those registered for JWTs (RFC 9068). Either way the grant's row is still looked
for at every use: revocation is a property of reads (docs/decisions/0011).
"""

import base64
import hmac
import json
import os
import struct
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from idp.kernel.clock import Clock
from idp.oidc.clients.client import Client
from idp.oidc.tokens.grant import Grant
from idp.oidc.tokens.jwt_access_token import NO_LIMITS, AccessToken, JwtAccessTokens, Limits

_HEAD = struct.Struct(">B16sQ8s")  # version, grant, expiry in epoch seconds, nonce
_PLAIN = 1  # then: the scope
_RICH = 2  # then: a JSON object, for tokens that say more than their scope
_OWN = 3  # likewise, for a client's own right: the token alone tells of it
_MAC_BYTES = 32
MAX_LENGTH = 4096


class AccessTokens:
    """Makes and reads access tokens."""

    def __init__(self, key: bytes, clock: Clock, ttl: timedelta, jwts: JwtAccessTokens) -> None:
        self._key = key
        self._clock = clock
        self._jwts = jwts
        self.ttl = ttl

    def issue(
        self,
        client: Client,
        grant: Grant,
        scope: tuple[str, ...],
        confirmation: Mapping[str, str] | None = None,
        audience: tuple[str, ...] = (),
        limits: Limits = NO_LIMITS,
    ) -> str:
        """A new token for a grant, good for ``ttl`` and for ``scope``.

        Args:
            confirmation: the key that whoever uses it must hold (RFC 7800 §3); ``None``: a bearer token.
            audience: the resources that it is for; empty: UserInfo.
            limits: in what else it is less than the grant's own tokens.
        """
        now = self._clock()
        expires_at = now + self.ttl if limits.until is None else min(now + self.ttl, limits.until)
        if client.metadata.access_token_format == "jwt":
            return self._jwts.issue(
                client,
                grant,
                AccessToken(
                    grant_id=grant.id,
                    scope=scope,
                    issued_at=now,
                    expires_at=expires_at,
                    confirmation=confirmation,
                    audience=audience,
                    actor=limits.actor,
                    details=limits.details,
                ),
            )
        version, tail, is_own = _PLAIN, " ".join(scope), grant.account_id is None
        if confirmation or audience or is_own or limits is not NO_LIMITS:
            version = _OWN if is_own else _RICH
            told: dict[str, Any] = {"scope": tail, "cnf": confirmation, "aud": audience}
            if is_own or limits.actor is not None:
                told["client_id"] = client.client_id
            if limits.actor is not None:
                told["act"] = limits.actor
            if limits is not NO_LIMITS:
                told |= {"iat": int(now.timestamp()), "details": limits.details}
            tail = json.dumps(told, separators=(",", ":"))
        body = _HEAD.pack(version, grant.id.bytes, int(expires_at.timestamp()), os.urandom(8)) + tail.encode()
        return base64.urlsafe_b64encode(body + self._mac(body)).rstrip(b"=").decode()

    def life(self, limits: Limits = NO_LIMITS) -> int:
        """For how many seconds a token that is made now is good."""
        left = self.ttl if limits.until is None else min(self.ttl, limits.until - self._clock())
        return int(left.total_seconds())

    def read(self, token: str) -> AccessToken | None:
        """What a token says; ``None`` if we did not make it or its time is over."""
        if "." in token:
            return self._jwts.read(token)
        if len(token) > MAX_LENGTH or not token.isascii():
            return None
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except ValueError:
            return None
        body, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
        if base64.urlsafe_b64encode(raw).rstrip(b"=") != token.encode():
            return None  # one spelling for each token
        if len(body) < _HEAD.size or not hmac.compare_digest(mac, self._mac(body)):
            return None
        version, grant_id, expires, _nonce = _HEAD.unpack_from(body)
        expires_at = datetime.fromtimestamp(expires, UTC)
        if version not in (_PLAIN, _RICH, _OWN) or expires_at <= self._clock():
            return None
        tail = body[_HEAD.size :].decode()
        more: dict[str, Any] = {"scope": tail} if version == _PLAIN else json.loads(tail)
        return AccessToken(
            is_own=version == _OWN,
            grant_id=UUID(bytes=grant_id),
            scope=tuple(more["scope"].split()),
            issued_at=datetime.fromtimestamp(more["iat"], UTC) if "iat" in more else expires_at - self.ttl,
            expires_at=expires_at,
            confirmation=more.get("cnf"),
            audience=tuple(more.get("aud", ())),
            client_id=more.get("client_id"),
            actor=more.get("act"),
            details=tuple(more["details"]) if more.get("details") is not None else None,
        )

    def _mac(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, "sha256")
