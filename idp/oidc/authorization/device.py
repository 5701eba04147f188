"""Device authorization requests (RFC 8628): read by the rules, then waiting under a code that people type."""

import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.kernel.clock import Clock
from idp.kernel.ids import new_id
from idp.oidc.authorization.core import RequestReader
from idp.oidc.authorization.request import At, AuthorizationRequest
from idp.oidc.authorization.waiting import asked_by, to_wait
from idp.oidc.clients.client import Client
from idp.oidc.grants.answered import DeviceGrant
from idp.oidc.grants.pending import INTERVAL, Pending, Pendings, Waiting
from idp.oidc.tokens.handle import new_handle
from idp.storage.ephemeral import Space

# RFC 8628 §6.1: letters that spell no words and are not mistaken for one another; 20^10 is 43 bits.
ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
LENGTH = 10
GROUP = 5
TTL = timedelta(minutes=10)


class DeviceRequests:
    """What devices ask for."""

    def __init__(self, reader: RequestReader, pendings: Pendings, audit: AuditLog, clock: Clock) -> None:
        self._reader = reader
        self._pendings = pendings
        self._audit = audit
        self._clock = clock

    def open(self, parameters: Mapping[str, str], client: Client, verification_uri: str) -> dict[str, Any]:
        """Let a request wait; the device authorization response (RFC 8628 §3.2).

        Raises:
            OAuthError: as for a request at the authorization endpoint.
        """
        request, _ = self._reader.read_elsewhere(parameters, client, At.DEVICE)
        waiting, now = Waiting(Space.DEVICE_CODE, new_id()), self._clock()
        handle = new_handle(waiting.id)
        user_code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        self._pendings.open(
            Pending(
                waiting=waiting,
                client_id=client.client_id,
                secret_hash=handle.hash.hex(),
                asked=to_wait(replace(request, waiting=waiting)),
                created_at=now,
                expires_at=now + TTL,
                user_code=user_code,
            )
        )
        self._audit.record(
            Event.REQUEST_RECEIVED, client_id=client.client_id, grant_type=DeviceGrant.GRANT_TYPE
        )
        shown = spaced(user_code)
        return {
            "device_code": str(handle),
            "user_code": shown,
            "verification_uri": verification_uri,
            "verification_uri_complete": f"{verification_uri}?user_code={shown}",
            "expires_in": int(TTL.total_seconds()),
            "interval": int(INTERVAL.total_seconds()),
        }

    def find(self, typed: str) -> AuthorizationRequest | None:
        """The request that waits under what a person typed; ``None``: none does, or no longer."""
        user_code = plain(typed)
        pending = self._pendings.by_user_code(user_code) if len(user_code) == LENGTH else None
        return asked_by(pending) if pending is not None else None


def plain(typed: str) -> str:
    """A user code without what people put between its letters, in capitals (RFC 8628 §6.1)."""
    return "".join(letter for letter in typed.upper() if letter in ALPHABET)


def spaced(user_code: str) -> str:
    """A user code in groups, for the eye."""
    return "-".join(user_code[start : start + GROUP] for start in range(0, LENGTH, GROUP))
