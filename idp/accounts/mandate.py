"""A mandate: who may act for whom, in which services, up to what, and until when."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, Column, Index, Row, SmallInteger, String, Table, Uuid, text

from idp.storage.database import Instant, metadata


class Role(StrEnum):
    """As what somebody acts for another account."""

    REPRESENTATIVE = "representative"
    MANAGER = "manager"
    ACCOUNTANT = "accountant"
    CLERK = "clerk"
    AUTHORISED_PERSON = "authorised_person"
    GUARDIAN = "guardian"


class EndGround(StrEnum):
    """Why a mandate ended before its day. The ground of a lock stands there under its own name."""

    REVOKED = "revoked"
    RENOUNCED = "renounced"
    ABOVE_ENDED = "above_ended"
    REGISTER = "register"
    EXPIRED = "expired"
    GUARDIANSHIP = "guardianship"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mandate:
    """The agent may act for the principal.

    Args:
        services: ids of the clients where it may be used; empty: all.
        limit_vnd: the most that one act may be worth, in dong; ``None``: no limit.
        granted_by: the account whose holder gave it; ``None``: the law, by a register or an enrolment.
        parent_id: the mandate under which it was delegated; ``None``: under none.
        depth: how many more times it may be passed on, one below the other.
        ends_at: the first moment at which it no longer holds; ``None``: until it is revoked.
        ended_ground: why it ended early: of ``EndGround``, or a ground of ``LockGround``.
    """

    id: UUID
    principal_id: UUID
    agent_id: UUID
    role: Role
    services: frozenset[str] = frozenset()
    limit_vnd: int | None = None
    granted_by: UUID | None = None
    parent_id: UUID | None = None
    depth: int = 0
    starts_at: datetime
    ends_at: datetime | None = None
    created_at: datetime
    revoked_at: datetime | None = None
    ended_ground: str | None = None

    def is_live(self, now: datetime) -> bool:
        """Whether it holds at a moment, as far as it alone says: the accounts must be active besides."""
        is_in_time = self.starts_at <= now and (self.ends_at is None or now < self.ends_at)
        return self.revoked_at is None and is_in_time

    def covers(self, client_id: str) -> bool:
        """Whether it may be used at a client."""
        return not self.services or client_id in self.services

    def allows(self, amount_vnd: int) -> bool:
        """Whether it is enough for an act of that worth."""
        return self.limit_vnd is None or amount_vnd <= self.limit_vnd


mandates = Table(
    "mandates",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("principal_id", Uuid, nullable=False, index=True),
    Column("agent_id", Uuid, nullable=False, index=True),
    Column("role", String(20), nullable=False),
    Column("services", JSON, nullable=False),
    Column("limit_vnd", BigInteger),
    Column("granted_by", Uuid),
    Column("parent_id", Uuid, index=True),
    Column("depth", SmallInteger, nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant),
    Column("created_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    Column("ended_ground", String(24)),
    # Who is told of the end of what the law gives: see ``idp.accounts.guardianship_end``.
    Column("ending_told", SmallInteger, nullable=False, server_default=text("0")),
    Index(
        "ix_mandates_ending",
        "role",
        "ending_told",
        "ends_at",
        sqlite_where=text("revoked_at IS NULL"),
        postgresql_where=text("revoked_at IS NULL"),
    ),
    # In each role, one person acts for an account once: of two who grant it at the same time, one does.
    Index(
        "uq_mandates_open",
        "principal_id",
        "agent_id",
        "role",
        unique=True,
        sqlite_where=text("revoked_at IS NULL"),
        postgresql_where=text("revoked_at IS NULL"),
    ),
)


def stored(mandate: Mandate) -> dict[str, object]:
    """A mandate as its row."""
    return {
        "id": mandate.id,
        "principal_id": mandate.principal_id,
        "agent_id": mandate.agent_id,
        "role": mandate.role.value,
        "services": sorted(mandate.services),
        "limit_vnd": mandate.limit_vnd,
        "granted_by": mandate.granted_by,
        "parent_id": mandate.parent_id,
        "depth": mandate.depth,
        "starts_at": mandate.starts_at,
        "ends_at": mandate.ends_at,
        "created_at": mandate.created_at,
        "revoked_at": mandate.revoked_at,
        "ended_ground": mandate.ended_ground,
    }


def restored(row: Row[Any]) -> Mandate:
    """From a row that names every column."""
    return Mandate(
        id=row.id,
        principal_id=row.principal_id,
        agent_id=row.agent_id,
        role=Role(row.role),
        services=frozenset(row.services),
        limit_vnd=row.limit_vnd,
        granted_by=row.granted_by,
        parent_id=row.parent_id,
        depth=row.depth,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        created_at=row.created_at,
        revoked_at=row.revoked_at,
        ended_ground=row.ended_ground,
    )
