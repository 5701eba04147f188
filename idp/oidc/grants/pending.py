"""Requests that wait for an answer elsewhere: at another device (RFC 8628), on one's own pages (CIBA)."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from idp.kernel.clock import Clock
from idp.kernel.errors import Unavailable
from idp.oidc.clients.client import Client
from idp.oidc.errors import AccessDenied, AuthorizationPending, ExpiredToken, InvalidGrant, SlowDown
from idp.oidc.tokens.grant import Grant
from idp.oidc.tokens.handle import read_handle
from idp.storage.ephemeral import Ephemeral, Space

INTERVAL = timedelta(seconds=5)
# RFC 8628 §3.5: each slow_down adds five seconds.
SLOWER = timedelta(seconds=5)
JITTER = timedelta(milliseconds=500)  # what a network may take off a client's five seconds
REMEMBERED = timedelta(minutes=10)  # how long an expired one is told from an unknown one
TRIES = 5
SLOTS = 10


@dataclass(frozen=True, slots=True)
class Waiting:
    """Which request waits: where it is kept, and its id. The grant that it may become has the same id."""

    space: Space
    id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A request that waits, or has been answered and waits to be redeemed.

    Args:
        secret_hash: SHA-256, in hexadecimal, of the secret that the client polls with.
        asked: the authorization request, as JSON has it.
        interval: the least time between two polls.
        user_code: what a person types to find it; spent with the answer.
        account_id: the only one who may answer, if the client named one.
        ping: what it takes to call the client back (CIBA Core 1.0 §10.2), sealed; none where it polls.
    """

    waiting: Waiting
    client_id: str
    secret_hash: str = field(repr=False)
    asked: Mapping[str, Any]
    created_at: datetime
    expires_at: datetime
    interval: timedelta = INTERVAL
    user_code: str | None = field(default=None, repr=False)
    account_id: UUID | None = None
    binding_message: str | None = None
    ping: str | None = field(default=None, repr=False)
    polled_at: datetime | None = None
    grant: Grant | None = None
    is_refused: bool = False
    version: int = 0

    @property
    def is_answered(self) -> bool:
        return self.is_refused or self.grant is not None


_PENDING: TypeAdapter[Pending] = TypeAdapter(Pending)


class Pendings:
    """The requests that wait. An answer is given once, and redeemed once."""

    def __init__(self, ephemeral: Ephemeral, clock: Clock) -> None:
        self._ephemeral = ephemeral
        self._clock = clock

    def open(self, pending: Pending) -> None:
        """Let it wait until its time is over."""
        waiting, left = pending.waiting, self._left(pending)
        if pending.user_code is not None:
            self._ephemeral.put(
                Space.USER_CODE, pending.user_code, str(waiting.id).encode(), left - REMEMBERED
            )
        if pending.account_id is not None:
            self._list(pending.account_id, waiting)
        self._ephemeral.put(waiting.space, str(waiting.id), _PENDING.dump_json(pending), left)

    def find(self, waiting: Waiting) -> Pending | None:
        """A request that was not redeemed yet, be it answered or expired."""
        entry = self._ephemeral.get(waiting.space, str(waiting.id))
        return None if entry is None else replace(_PENDING.validate_json(entry.value), version=entry.version)

    def open_to(self, waiting: Waiting) -> Pending | None:
        """A request that still waits for an answer."""
        pending = self.find(waiting)
        if pending is None or pending.is_answered or pending.expires_at <= self._clock():
            return None
        return pending

    def by_user_code(self, user_code: str) -> Pending | None:
        """The request that still waits under a code, in its stored form."""
        entry = self._ephemeral.get(Space.USER_CODE, user_code)
        return None if entry is None else self.open_to(Waiting(Space.DEVICE_CODE, UUID(entry.value.decode())))

    def of(self, account_id: UUID) -> list[Pending]:
        """The requests that wait for one account's answer, newest first; of very many the newest."""
        slots = (self._ephemeral.get(Space.CIBA_REQUEST, f"{account_id}:{slot}") for slot in range(SLOTS))
        found = [
            self.open_to(Waiting(Space.CIBA_REQUEST, UUID(slot.value.decode()))) for slot in slots if slot
        ]
        mine = [pending for pending in found if pending is not None and pending.account_id == account_id]
        return sorted(mine, key=lambda pending: pending.created_at, reverse=True)

    def _list(self, account_id: UUID, waiting: Waiting) -> None:
        """Let the account find it: in a ring, so that nobody's flood makes the list long."""
        turn = self._ephemeral.increment(Space.CIBA_REQUEST, f"{account_id}:turn", timedelta(days=1))
        slot = f"{account_id}:{turn % SLOTS}"
        self._ephemeral.put(Space.CIBA_REQUEST, slot, str(waiting.id).encode(), REMEMBERED * 2)

    def allow(self, waiting: Waiting, grant: Grant) -> Pending | None:
        """Answer with a yes. ``None``: it was answered before, or its time is over."""
        return self._answer(waiting, grant, is_refused=False)

    def refuse(self, waiting: Waiting) -> Pending | None:
        """Answer with a no. ``None``: as in ``allow``."""
        return self._answer(waiting, None, is_refused=True)

    def redeem(self, space: Space, text: str, client: Client) -> Pending:
        """The request that somebody allowed, for the client that polls for it, once.

        Raises:
            AuthorizationPending, SlowDown: nobody has answered yet (RFC 8628 §3.5).
            AccessDenied: refused. ExpiredToken: nobody answered in time.
            InvalidGrant: unknown, redeemed before, or another client's.
        """
        unknown = InvalidGrant("the code or request is unknown, already used, or another client's")
        handle = read_handle(text)
        pending = self.find(Waiting(space, handle.owner)) if handle else None
        if handle is None or pending is None or pending.client_id != client.client_id:
            raise unknown
        if not hmac.compare_digest(pending.secret_hash, handle.hash.hex()):
            raise unknown
        now = self._clock()
        if now >= pending.expires_at:
            raise ExpiredToken("nobody answered in time; begin anew")
        if pending.is_refused:
            raise AccessDenied("the request was refused")
        if pending.grant is None:
            raise self._not_yet(pending, now)
        if self._ephemeral.take(space, str(handle.owner)) is None:
            raise unknown
        return pending

    def _not_yet(self, pending: Pending, now: datetime) -> AuthorizationPending | SlowDown:
        """Remember the poll. Of two at once, one comes too soon."""
        interval, last = pending.interval, pending.polled_at
        is_too_soon = last is not None and now - last < interval - JITTER
        interval = interval + SLOWER if is_too_soon else interval
        is_saved = self._save(replace(pending, polled_at=now, interval=interval))
        if is_too_soon or not is_saved:
            seconds = int(interval.total_seconds())
            return SlowDown(f"polled too soon; wait {seconds} seconds between polls from now on")
        return AuthorizationPending("nobody has answered yet; poll again after the interval")

    def _answer(self, waiting: Waiting, grant: Grant | None, *, is_refused: bool) -> Pending | None:
        for _ in range(TRIES):  # a poll may write its time in between
            pending = self.open_to(waiting)
            if pending is None:
                return None
            answered = replace(pending, grant=grant, is_refused=is_refused)
            if self._save(answered):
                if pending.user_code is not None:
                    self._ephemeral.take(Space.USER_CODE, pending.user_code)
                return answered
        raise Unavailable("ephemeral")

    def _save(self, pending: Pending) -> bool:
        waiting = pending.waiting
        value, left = _PENDING.dump_json(pending), self._left(pending)
        return self._ephemeral.replace(waiting.space, str(waiting.id), value, pending.version, left)

    def _left(self, pending: Pending) -> timedelta:
        return pending.expires_at + REMEMBERED - self._clock()
