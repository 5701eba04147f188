"""Consent: what an account allowed a client, for which purpose, until it takes it back (Law 91/2025)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Column, Row, String, Table, Uuid, bindparam, insert, select, update

from idp.kernel.clock import Clock
from idp.kernel.ids import new_id
from idp.oidc.tokens.grant import Grants
from idp.storage.database import Database, Instant, metadata
from idp.storage.prepared import Prepared

consents = Table(
    "consents",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("account_id", Uuid, nullable=False, index=True),
    Column("client_id", String(64), nullable=False),
    Column("scope", JSON, nullable=False),
    Column("claims", JSON, nullable=False),
    Column("shown", JSON, nullable=False),
    Column("purpose", String(500)),
    Column("given_at", Instant, nullable=False),
    Column("withdrawn_at", Instant),
)
_FIND = Prepared(
    select(consents).where(
        consents.c.account_id == bindparam("account_id"),
        consents.c.client_id == bindparam("client_id"),
        consents.c.withdrawn_at.is_(None),
    )
)
_INSERT = Prepared(insert(consents))
_END = Prepared(
    update(consents)
    .where(
        consents.c.account_id == bindparam("of_account"),
        consents.c.client_id == bindparam("of_client"),
        consents.c.withdrawn_at.is_(None),
    )
    .values(withdrawn_at=bindparam("now"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """A standing yes.

    ``claims`` are those allowed by name, besides what the scopes stand for; ``shown`` also holds those that
    were left unticked, so that nobody is asked twice.
    """

    client_id: str
    scope: frozenset[str]
    claims: frozenset[str]
    shown: frozenset[str]
    purpose: str | None = None
    given_at: datetime | None = None

    def covers(self, scope: Iterable[str], claims: Iterable[str]) -> bool:
        return self.scope.issuperset(scope) and self.shown.issuperset(claims)


class Consents:
    """Consents given. A new one takes the old one's place; the old row stays, with its end."""

    def __init__(self, database: Database, grants: Grants, clock: Clock) -> None:
        self._database = database
        self._grants = grants
        self._clock = clock

    def find(self, account_id: UUID, client_id: str) -> Consent | None:
        row = self._database.first(_FIND, {"account_id": account_id, "client_id": client_id})
        return None if row is None else _consent(row)

    def of(self, account_id: UUID) -> list[Consent]:
        """An account's standing consents, newest first."""
        statement = (
            select(consents)
            .where(consents.c.account_id == account_id, consents.c.withdrawn_at.is_(None))
            .order_by(consents.c.given_at.desc())
        )
        return [_consent(row) for row in self._database.all(statement)]

    def give(self, account_id: UUID, consent: Consent) -> None:
        """Record a yes, widening the one that stands."""
        now = self._clock()
        with self._database.transaction():
            before = self.find(account_id, consent.client_id)
            if before is not None:
                self._end(account_id, consent.client_id, now)
            row = {
                "id": new_id(),
                "account_id": account_id,
                "client_id": consent.client_id,
                "scope": sorted(consent.scope | (before.scope if before else frozenset())),
                "claims": sorted(consent.claims | (before.claims - consent.shown if before else frozenset())),
                "shown": sorted(consent.shown | (before.shown if before else frozenset())),
                "purpose": consent.purpose,
                "given_at": now,
            }
            self._database.run(_INSERT, row)

    def withdraw(self, account_id: UUID, client_id: str) -> bool:
        """Take a yes back: the client's grants end in the same transaction."""
        with self._database.transaction():
            ended = self._end(account_id, client_id, self._clock())
            self._grants.revoke_between(account_id, client_id)
        return ended

    def _end(self, account_id: UUID, client_id: str, now: datetime) -> bool:
        return self._database.run(_END, {"of_account": account_id, "of_client": client_id, "now": now}) > 0


def _consent(row: Row[Any]) -> Consent:
    return Consent(
        client_id=row.client_id,
        scope=frozenset(row.scope),
        claims=frozenset(row.claims),
        shown=frozenset(row.shown),
        purpose=row.purpose,
        given_at=row.given_at,
    )


def no_consent(client_id: str) -> Consent:
    """Nothing allowed, nothing asked yet."""
    return Consent(client_id=client_id, scope=frozenset(), claims=frozenset(), shown=frozenset())
