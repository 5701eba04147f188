"""Opaque access tokens: a MAC over the grant they stand for, so that issuing one stores nothing.

The grant's row is still read at every use: revocation is a property of reads (docs/decisions/0011).
"""

import base64
import hmac
import os
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from idp.kernel.clock import Clock

_HEAD = struct.Struct(">B16sQ8s")  # version, grant, expiry in epoch seconds, nonce
_VERSION = 1
_MAC_BYTES = 32
MAX_LENGTH = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessToken:
    """What an access token says once its MAC holds."""

    grant_id: UUID
    scope: tuple[str, ...]
    expires_at: datetime


class AccessTokens:
    """Makes and reads access tokens."""

    def __init__(self, key: bytes, clock: Clock, ttl: timedelta) -> None:
        self._key = key
        self._clock = clock
        self.ttl = ttl

    def issue(self, grant_id: UUID, scope: tuple[str, ...]) -> str:
        """A new token for a grant, good for ``ttl`` and for ``scope``."""
        expires = int((self._clock() + self.ttl).timestamp())
        body = _HEAD.pack(_VERSION, grant_id.bytes, expires, os.urandom(8)) + " ".join(scope).encode()
        return base64.urlsafe_b64encode(body + self._mac(body)).rstrip(b"=").decode()

    def read(self, token: str) -> AccessToken | None:
        """What a token says; ``None`` if we did not make it or its time is over."""
        if len(token) > MAX_LENGTH or not token.isascii():
            return None
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except ValueError:
            return None
        body, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
        if len(body) < _HEAD.size or not hmac.compare_digest(mac, self._mac(body)):
            return None
        version, grant_id, expires, _nonce = _HEAD.unpack_from(body)
        expires_at = datetime.fromtimestamp(expires, UTC)
        if version != _VERSION or expires_at <= self._clock():
            return None
        scope = tuple(body[_HEAD.size :].decode().split())
        return AccessToken(grant_id=UUID(bytes=grant_id), scope=scope, expires_at=expires_at)

    def _mac(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, "sha256")
