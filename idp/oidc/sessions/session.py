"""Sessions: a browser that is signed in at the provider."""

import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import JSON, Column, LargeBinary, Row, String, Table, Uuid, bindparam, insert, select, update

from idp.assurance import Proof, authentication_level
from idp.kernel.clock import Clock
from idp.kernel.ids import new_id
from idp.oidc.tokens.grant import Grants
from idp.oidc.tokens.handle import new_handle, read_handle
from idp.storage.database import Database, Instant, metadata
from idp.storage.prepared import Prepared
from idp.storage.sweep import sweep_rows

IDLE = timedelta(hours=1)
IDLE_HIGH = timedelta(minutes=15)  # from level 3 on
HIGH_LEVEL = 3
Tell = Callable[[UUID, UUID], None]
SEEN_EVERY = timedelta(minutes=1)  # a session in use is written at most this often
MAX_AGENT = 200
_PROOFS: TypeAdapter[tuple[Proof, ...]] = TypeAdapter(tuple[Proof, ...])

sessions = Table(
    "sessions",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("secret_hash", LargeBinary(32), nullable=False),
    Column("account_id", Uuid, nullable=False, index=True),
    Column("proofs", JSON, nullable=False),
    Column("agent", String(MAX_AGENT), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
    Column("ended_at", Instant),
)
_HELD = Prepared(
    select(sessions.c.id)
    .where(sessions.c.id == bindparam("session_id"), sessions.c.ended_at.is_(None))
    .with_for_update(read=True)
)
_INSERT = Prepared(insert(sessions))
_FIND = Prepared(
    select(sessions).where(sessions.c.id == bindparam("session_id"), sessions.c.ended_at.is_(None))
)
_RENEW = Prepared(
    update(sessions)
    .where(sessions.c.id == bindparam("session_id"), sessions.c.ended_at.is_(None))
    .values(secret_hash=bindparam("new_hash"), proofs=bindparam("new_proofs"), seen_at=bindparam("now"))
)
_SEEN = Prepared(
    update(sessions).where(sessions.c.id == bindparam("session_id")).values(seen_at=bindparam("now"))
)
_END = Prepared(
    update(sessions)
    .where(sessions.c.id == bindparam("session_id"), sessions.c.ended_at.is_(None))
    .values(ended_at=bindparam("now"))
    .returning(sessions.c.account_id)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A signed-in browser. Its ``id`` is the ``sid`` of ID tokens; its cookie holds a secret besides."""

    id: UUID
    account_id: UUID
    proofs: tuple[Proof, ...]
    agent: str = field(repr=False)
    created_at: datetime
    seen_at: datetime
    expires_at: datetime

    @property
    def level(self) -> int:
        return authentication_level(self.proofs)

    def is_live(self, now: datetime) -> bool:
        idle = IDLE_HIGH if self.level >= HIGH_LEVEL else IDLE
        return now < self.expires_at and now < self.seen_at + idle


class Sessions:
    """The sessions there are. ``tell`` hears of each end, in its transaction: session and account."""

    def __init__(self, database: Database, grants: Grants, tell: Tell, clock: Clock, ttl: timedelta) -> None:
        self._database = database
        self._grants = grants
        self._tell = tell
        self._clock = clock
        self._ttl = ttl

    def begin(self, account_id: UUID, proofs: Sequence[Proof], agent: str) -> tuple[Session, str]:
        """A new session, and the value of its cookie."""
        now = self._clock()
        handle = new_handle(new_id())
        session = Session(
            id=handle.owner,
            account_id=account_id,
            proofs=tuple(proofs),
            agent=agent[:MAX_AGENT],
            created_at=now,
            seen_at=now,
            expires_at=now + self._ttl,
        )
        row = {
            "id": session.id,
            "secret_hash": handle.hash,
            "account_id": account_id,
            "proofs": _PROOFS.dump_python(session.proofs, mode="json"),
            "agent": session.agent,
            "created_at": now,
            "seen_at": now,
            "expires_at": session.expires_at,
        }
        self._database.run(_INSERT, row)
        return session, str(handle)

    def find(self, cookie: str | None) -> Session | None:
        """The live session that a cookie proves; ``None`` for any other cookie."""
        session, now = self.proven(cookie), self._clock()
        if session is None or not session.is_live(now):
            return None
        if now - session.seen_at > SEEN_EVERY:
            self._database.run(_SEEN, {"session_id": session.id, "now": now})
        return session

    def proven(self, cookie: str | None) -> Session | None:
        """The session that a cookie proves, live or left idle too long, but not ended."""
        handle = read_handle(cookie) if cookie else None
        if handle is None:
            return None
        row = self._database.first(_FIND, {"session_id": handle.owner})
        if row is None or not hmac.compare_digest(row.secret_hash, handle.hash):
            return None
        return _session(row)

    def hold(self, session_id: UUID) -> bool:
        """Whether a session has not been ended; if so, whoever ends it waits for the open transaction."""
        return self._database.first(_HELD, {"session_id": session_id}) is not None

    def forget(self) -> int:
        """Remove sessions whose longest life is over, ended or not; gives how many."""
        return sweep_rows(self._database, sessions.c.expires_at, self._clock())

    def renew(self, session: Session, proofs: Sequence[Proof]) -> str | None:
        """Write what was proven since, under a new cookie; ``None`` if the session is over meanwhile.

        The ``sid`` stays, so that clients that knew it still hear of its end.
        """
        handle, now = new_handle(session.id), self._clock()
        if now >= session.expires_at:
            return None
        values = {
            "session_id": session.id,
            "new_hash": handle.hash,
            "new_proofs": _PROOFS.dump_python(tuple(proofs), mode="json"),
            "now": now,
        }
        return str(handle) if self._database.run(_RENEW, values) == 1 else None

    def end(self, session_id: UUID) -> bool:
        """End a session and, at once, every grant that does not outlive it; clients are to hear of it."""
        with self._database.transaction():
            ended = self._database.first(_END, {"session_id": session_id, "now": self._clock()})
            self._grants.revoke_session(session_id)
            if ended is not None:
                self._tell(session_id, ended.account_id)
        return ended is not None

    def of(self, account_id: UUID) -> list[Session]:
        """An account's live sessions, newest first."""
        now = self._clock()
        return [session for session in self._open(account_id) if session.is_live(now)]

    def end_all(self, account_id: UUID, but: UUID | None = None) -> int:
        """End an account's sessions, all but one where ``but`` names it; gives how many.

        Those left idle end too: clients may still take the person for signed in.
        """
        others = [session for session in self._open(account_id) if session.id != but]
        return sum(self.end(session.id) for session in others)

    def _open(self, account_id: UUID) -> list[Session]:
        """An account's sessions that were not ended and whose time is not over, newest first."""
        statement = (
            select(sessions)
            .where(
                sessions.c.account_id == account_id,
                sessions.c.ended_at.is_(None),
                sessions.c.expires_at > self._clock(),
            )
            .order_by(sessions.c.created_at.desc())
        )
        return [_session(row) for row in self._database.all(statement)]


def merged(earlier: Sequence[Proof], later: Sequence[Proof]) -> tuple[Proof, ...]:
    """The proofs of two moments, the newest of each method."""
    newest: dict[str, Proof] = {proof.method: proof for proof in earlier}
    newest.update({proof.method: proof for proof in later})
    return tuple(newest.values())


def _session(row: Row[Any]) -> Session:
    return Session(
        id=row.id,
        account_id=row.account_id,
        proofs=_PROOFS.validate_python(row.proofs),
        agent=row.agent,
        created_at=row.created_at,
        seen_at=row.seen_at,
        expires_at=row.expires_at,
    )
