"""Pushed authorization requests (RFC 9126): sent ahead by the client's server, then named by a reference."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pydantic import TypeAdapter

from idp.kernel.clock import Clock
from idp.kernel.ids import new_secret
from idp.keyring.seal import Seal
from idp.oidc.authorization.request import PUSHED, AuthorizationRequest
from idp.storage.ephemeral import Ephemeral, Space

SIGN_IN = timedelta(minutes=10)  # one that was begun in time may end after the reference has expired


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pushed:
    request: AuthorizationRequest
    expires_at: datetime


_PUSHED: TypeAdapter[_Pushed] = TypeAdapter(_Pushed)


class PushedRequests:
    """Requests that passed every rule when they were pushed. Sealed: they may name a person's number.

    A browser may load one again, for people press reload; the first answer to it is the only one.
    """

    def __init__(self, ephemeral: Ephemeral, seal: Seal, clock: Clock, ttl: timedelta) -> None:
        self._ephemeral = ephemeral
        self._seal = seal
        self._clock = clock
        self.ttl = ttl

    def push(self, request: AuthorizationRequest) -> str:
        """Keep a request for ``ttl``; gives its ``request_uri``."""
        uri = PUSHED + new_secret()
        pushed = _Pushed(request=replace(request, request_uri=uri), expires_at=self._clock() + self.ttl)
        sealed = self._seal.seal(_PUSHED.dump_json(pushed), f"pushed:{uri}")
        self._ephemeral.put(Space.PUSHED_REQUEST, uri, sealed, self.ttl + SIGN_IN)
        return uri

    def find(self, uri: str) -> AuthorizationRequest | None:
        """What was pushed; ``None``: never, too long ago, or it was answered."""
        entry = self._ephemeral.get(Space.PUSHED_REQUEST, uri)
        if entry is None:
            return None
        pushed = _PUSHED.validate_json(self._seal.open(entry.value, f"pushed:{uri}"))
        return pushed.request if self._clock() < pushed.expires_at else None

    def spend(self, request: AuthorizationRequest) -> bool:
        """Answer a request: False where it was pushed, and another answer was first."""
        uri = request.request_uri
        return uri is None or self._ephemeral.take(Space.PUSHED_REQUEST, uri) is not None
