"""Grants: what an account allowed a client at one sign-in. Every token belongs to one and dies with it."""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    Column,
    Index,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    Uuid,
    bindparam,
    insert,
    or_,
    select,
    text,
    update,
)

from idp.accounts.account import SHOWN, Standing, accounts, standing
from idp.kernel.clock import Clock
from idp.oidc.tokens.handle import Handle
from idp.storage.database import Database, Instant, metadata
from idp.storage.prepared import Prepared
from idp.storage.sweep import sweep_rows

grants = Table(
    "grants",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("client_id", String(64), nullable=False),
    Column("account_id", Uuid),
    Column("agent_id", Uuid),
    Column("mandate_id", Uuid),
    Column("session_id", Uuid),
    Column("scope", String(1024), nullable=False),
    Column("claims", JSON, nullable=False),
    Column("level", Integer, nullable=False),
    Column("amr", JSON, nullable=False),
    Column("auth_time", Instant),
    Column("code_hash", LargeBinary(32)),
    Column("refresh_hash", LargeBinary(32)),
    Column("confirmation", JSON(none_as_null=True)),
    Column("details", JSON(none_as_null=True)),
    Column("resources", JSON(none_as_null=True)),
    Column("actor", JSON(none_as_null=True)),
    Column("purpose_hash", String(32)),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
    Column("revoked_at", Instant),
    sqlite_with_rowid=False,
)
for _name in ("account_id", "session_id", "mandate_id"):
    _has_one = text(f"{_name} IS NOT NULL")
    Index(f"ix_grants_{_name}", grants.c[_name], sqlite_where=_has_one, postgresql_where=_has_one)
BURIED = timedelta(minutes=10)  # longer than any request lasts, and farther than our clocks stand apart
_INSERT = Prepared(insert(grants))
# With how its account stands: whoever reads a grant asks that next.
_FIND = Prepared(
    select(grants, accounts.c.level.label("account_level"), accounts.c.status.label("account_status"))
    .join_from(grants, accounts, accounts.c.id == grants.c.account_id, isouter=True)
    .where(grants.c.id == bindparam("grant_id"))
)
_FIND_WITH_ACCOUNT = Prepared(
    select(grants, *(column.label(f"its_account_{column.name}") for column in SHOWN))
    .join_from(grants, accounts, accounts.c.id == grants.c.account_id, isouter=True)
    .where(grants.c.id == bindparam("grant_id"))
)
_OF_SESSION = Prepared(
    select(grants.c.account_id)
    .where(
        grants.c.session_id == bindparam("born_in"),
        grants.c.client_id == bindparam("held_by"),
        grants.c.mandate_id.is_(None),
    )
    .limit(1)
)
ROTATE = Prepared(
    update(grants)
    .where(
        grants.c.id == bindparam("grant_id"),
        grants.c.refresh_hash == bindparam("old_hash"),
        grants.c.revoked_at.is_(None),
    )
    .values(refresh_hash=bindparam("new_hash"))
)
_REVOKE = Prepared(
    update(grants)
    .where(grants.c.id == bindparam("grant_id"), grants.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("now"))
)
_REVOKE_SESSION = Prepared(
    update(grants)
    .where(
        grants.c.session_id == bindparam("ended_session"),
        grants.c.revoked_at.is_(None),
        ~(" " + grants.c.scope + " ").contains(" offline_access "),
    )
    .values(revoked_at=bindparam("now"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One sign-in's yes to one client, or a client's own right where there is no account.

    Args:
        account_id: whose information and rights it is about: the subject of its tokens.
        agent_id: who signed in and acts for that account, under ``mandate_id``; ``None``: the account itself.
        claims: the claim names consented to one by one: ``{"id_token": [...], "userinfo": [...]}``; under
            ``verified_id_token`` and ``verified_userinfo``, if anything, requests for claims with proof;
            under ``unseen`` what its scopes stand for and the account had not got: it stays out.
        confirmation: the key that its tokens are bound to: ``jkt`` (RFC 9449) or ``x5t#S256`` (RFC 8705).
        details: ``authorization_details`` as consented to (RFC 9396).
        resources: where its access tokens may be used (RFC 8707); empty: at UserInfo.
        actor: who acts on the subject's behalf, as in the ``act`` claim (RFC 8693 §4.1).
        purpose_hash: of the purpose that was agreed to; ``None``: no person agreed to anything.
        holder: how the account stood when the grant was read; ``None``: there is none, or it was not read.
    """

    id: UUID
    client_id: str
    account_id: UUID | None
    session_id: UUID | None
    scope: tuple[str, ...]
    claims: Mapping[str, tuple[str, ...]]
    level: int
    amr: tuple[str, ...]
    auth_time: datetime | None
    created_at: datetime
    expires_at: datetime
    confirmation: Mapping[str, str] | None = None
    details: tuple[Mapping[str, Any], ...] = ()
    resources: tuple[str, ...] = ()
    actor: Mapping[str, Any] | None = None
    purpose_hash: str | None = None
    code_hash: bytes | None = field(default=None, repr=False)
    refresh_hash: bytes | None = field(default=None, repr=False)
    revoked_at: datetime | None = None
    agent_id: UUID | None = None
    mandate_id: UUID | None = None
    holder: Standing | None = field(default=None, compare=False)

    @property
    def has_active_holder(self) -> bool:
        """Whether it was read with an account that may act."""
        return self.holder is not None and self.holder.is_active

    def is_live(self, now: datetime) -> bool:
        return self.revoked_at is None and now < self.expires_at


class Grants:
    """The grants there are."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def add(self, grant: Grant) -> None:
        """Record a grant, once for its id.

        Raises:
            sqlalchemy.exc.IntegrityError: the id is taken, i.e. its code was redeemed before.
        """
        self._database.run(_INSERT, _row(grant))

    def write_over_dead(self, grant: Grant) -> bool:
        """Say whose a grant is that was dead before it was written (``add_dead``). False: it is not."""
        is_dead = (grants.c.id == grant.id, grants.c.account_id.is_(None), grants.c.revoked_at.is_not(None))
        return self._database.run(update(grants).where(*is_dead).values(**_row(grant))) == 1

    def find(self, grant_id: UUID) -> Grant | None:
        row = self._database.first(_FIND, {"grant_id": grant_id})
        if row is None:
            return None
        account = (row.account_id, row.account_level, row.account_status)
        return _grant(row, None if row.account_status is None else standing(*account))

    def find_with_account(self, grant_id: UUID) -> tuple[Grant, Sequence[Any] | None] | None:
        """A grant, and its account as ``Accounts.restored`` takes it, if there is one."""
        if (row := self._database.first(_FIND_WITH_ACCOUNT, {"grant_id": grant_id})) is None:
            return None
        columns = row[-len(SHOWN) :]
        return _grant(row), None if columns[0] is None else columns

    def account_of_session(self, session_id: UUID, client_id: str) -> UUID | None:
        """Whose session it was, if one gave this client a grant in it for themself."""
        row = self._database.first(_OF_SESSION, {"born_in": session_id, "held_by": client_id})
        return None if row is None else row.account_id

    def revoke(self, grant_id: UUID) -> bool:
        """End a grant and all its tokens. False: it was over already."""
        return self._database.run(_REVOKE, {"grant_id": grant_id, "now": self._clock()}) == 1

    def born_of(self, code: Handle) -> Grant | None:
        """The grant that a code gave birth to; ``None`` if it was not redeemed."""
        grant = self.find(code.owner)
        if grant is None or grant.code_hash is None or not hmac.compare_digest(grant.code_hash, code.hash):
            return None
        return grant

    def add_dead(
        self, grant_id: UUID, client_id: str, code_hash: bytes | None = None, until: datetime | None = None
    ) -> None:
        """Take the id of a grant that has no row, or not yet, so that nothing comes of it; see ``add``.

        ``until`` is when the last of its tokens is over, if it has any.
        """
        now = self._clock()
        row = {"id": grant_id, "client_id": client_id, "scope": "", "claims": {}, "level": 0, "amr": []}
        row |= {"code_hash": code_hash, "created_at": now, "expires_at": (until or now) + BURIED}
        self._database.run(_INSERT, row | {"revoked_at": now})

    def forget(self) -> int:
        """Remove grants whose time is over, and no sooner: till then a reuse is noticed; gives how many."""
        return sweep_rows(self._database, grants.c.expires_at, self._clock())

    def revoke_session(self, session_id: UUID) -> int:
        """End the grants of a session that is over, but those meant to outlive it (``offline_access``)."""
        return self._database.run(_REVOKE_SESSION, {"ended_session": session_id, "now": self._clock()})

    def revoke_elsewhere(self, account_id: UUID, session_id: UUID) -> int:
        """End all grants that an account gave, for itself or another, outside one session."""
        gave = or_(grants.c.account_id == account_id, grants.c.agent_id == account_id)
        which = (gave, grants.c.session_id.is_distinct_from(session_id), grants.c.revoked_at.is_(None))
        return self._database.run(update(grants).where(*which).values(revoked_at=self._clock()))

    def revoke_between(self, account_id: UUID, client_id: str | None = None) -> int:
        """End all grants of an account, or those it gave one client."""
        statement = update(grants).where(grants.c.account_id == account_id, grants.c.revoked_at.is_(None))
        if client_id is not None:
            statement = statement.where(grants.c.client_id == client_id)
        return self._database.run(statement.values(revoked_at=self._clock()))


def rotation(old: Handle, new: Handle) -> dict[str, Any]:
    """What ``ROTATE`` takes to replace a refresh token: of any number of callers, one touches the row."""
    return {"grant_id": old.owner, "old_hash": old.hash, "new_hash": new.hash}


def _row(grant: Grant) -> dict[str, Any]:
    return {
        "id": grant.id,
        "client_id": grant.client_id,
        "account_id": grant.account_id,
        "agent_id": grant.agent_id,
        "mandate_id": grant.mandate_id,
        "session_id": grant.session_id,
        "scope": " ".join(grant.scope),
        "claims": {where: list(names) for where, names in grant.claims.items()},
        "level": grant.level,
        "amr": list(grant.amr),
        "auth_time": grant.auth_time,
        "code_hash": grant.code_hash,
        "refresh_hash": grant.refresh_hash,
        "confirmation": grant.confirmation,
        "details": list(grant.details) or None,
        "resources": list(grant.resources) or None,
        "actor": grant.actor,
        "purpose_hash": grant.purpose_hash,
        "created_at": grant.created_at,
        "expires_at": grant.expires_at,
    }


def _grant(row: Row[Any], holder: Standing | None = None) -> Grant:
    return Grant(
        id=row.id,
        client_id=row.client_id,
        account_id=row.account_id,
        agent_id=row.agent_id,
        mandate_id=row.mandate_id,
        session_id=row.session_id,
        scope=tuple(row.scope.split()),
        claims={where: tuple(names) for where, names in row.claims.items()},
        level=row.level,
        amr=tuple(row.amr),
        auth_time=row.auth_time,
        code_hash=row.code_hash,
        refresh_hash=row.refresh_hash,
        confirmation=row.confirmation,
        details=tuple(row.details or ()),
        resources=tuple(row.resources or ()),
        actor=row.actor,
        purpose_hash=row.purpose_hash,
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        holder=holder,
    )
