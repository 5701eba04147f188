"""Initial access tokens: an operator's leave to register a client (RFC 7591 §3)."""

from datetime import timedelta

from sqlalchemy import JSON, Column, Integer, LargeBinary, Table, insert, update

from idp.kernel.clock import Clock
from idp.kernel.ids import digest, new_secret
from idp.storage.database import Database, Instant, metadata
from idp.storage.sweep import sweep_rows

invitations = Table(
    "client_invitations",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("scope", JSON, nullable=False),
    Column("uses_left", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
)


class Invitations:
    """Tokens that admit so many registrations until a day. Kept only as digests."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def issue(self, scope: tuple[str, ...], uses: int, ttl: timedelta) -> str:
        """A new one, shown once; ``scope`` is all that clients registered with it may ask for."""
        token, now = new_secret(), self._clock()
        row = {
            "token_hash": digest(token),
            "scope": list(scope),
            "uses_left": uses,
            "created_at": now,
            "expires_at": now + ttl,
        }
        self._database.run(insert(invitations), row)
        return token

    def spend(self, token: str) -> tuple[str, ...] | None:
        """Use one up, and give its scope; ``None``: unknown, used up or expired."""
        one = invitations.c
        row = self._database.first(
            update(invitations)
            .where(one.token_hash == digest(token), one.uses_left > 0, one.expires_at > self._clock())
            .values(uses_left=one.uses_left - 1)
            .returning(one.scope)
        )
        return tuple(row.scope) if row is not None else None

    def forget(self) -> int:
        """Remove those whose day is over; gives how many."""
        return sweep_rows(self._database, invitations.c.expires_at, self._clock())
