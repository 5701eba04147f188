"""Consent: what an account allowed a client, for which purpose, until it takes it back (Law 91/2025)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Boolean, Column, Row, String, Table, Uuid, bindparam, insert, select, update

from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.kernel.clock import Clock
from idp.kernel.errors import NotFound
from idp.kernel.ids import new_id
from idp.oidc.clients.client import Clients
from idp.oidc.tokens.withdrawing import Known, revoke_known
from idp.statute.law import STATUTE
from idp.statute.rules import Case
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
    # What its holder was told of the client then: names, purpose, legal basis, retention, addresses.
    Column("terms", JSON(none_as_null=True)),
    # Who said it for the account, acting for it; whether a child agreed besides its guardian.
    Column("given_by", Uuid),
    Column("child_agreed", Boolean),
    Column("given_at", Instant, nullable=False),
    # Its end: taken back, if there is a term for the client to act on it, or taken over by a wider one.
    Column("withdrawn_at", Instant),
    Column("due_at", Instant, index=True),
    Column("article", String(40)),
    Column("confirmed_at", Instant),
    Column("confirmed_by", String(40)),
)
TERMS = ("client_name", "purpose", "legal_basis", "retention", "policy_uri", "client_uri")
_STANDING = ("client_id", "scope", "claims", "shown", "purpose", "given_by", "child_agreed", "given_at")
_INSERT = Prepared(insert(consents))
_STANDS = (
    consents.c.account_id == bindparam("of_account"),
    consents.c.client_id == bindparam("of_client"),
    consents.c.withdrawn_at.is_(None),
)
_FIND = Prepared(select(*(consents.c[name] for name in _STANDING)).where(*_STANDS))
_END = Prepared(update(consents).where(*_STANDS).values(withdrawn_at=bindparam("now")))
_WITHDRAW = (
    update(consents)
    .where(*_STANDS)
    .values(
        withdrawn_at=bindparam("now", type_=Instant),
        due_at=bindparam("due", type_=Instant),
        article=bindparam("law"),
    )
)
_EVER = (
    select(consents).where(consents.c.account_id == bindparam("of_account")).order_by(consents.c.id.desc())
)
_ONE = select(consents).where(consents.c.id == bindparam("consent"))
_UNCONFIRMED = (
    select(consents)
    .where(consents.c.due_at.is_not(None), consents.c.confirmed_at.is_(None))
    .order_by(consents.c.due_at)
)
_CONFIRM = (
    update(consents)
    .where(
        consents.c.id == bindparam("consent"),
        consents.c.due_at.is_not(None),
        consents.c.confirmed_at.is_(None),
    )
    .values(confirmed_at=bindparam("now", type_=Instant), confirmed_by=bindparam("by"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """A standing yes, to the purpose as it was shown.

    ``claims`` are those allowed by name, besides what the scopes stand for; ``shown`` also holds those that
    were left unticked, so that nobody is asked twice. ``given_by``: who said it, acting for the account;
    ``child_agreed``: as they said, the child was asked and agrees (Law 91/2025 Art. 24).
    """

    client_id: str
    scope: frozenset[str]
    claims: frozenset[str]
    shown: frozenset[str]
    purpose: str | None = None
    given_by: UUID | None = None
    child_agreed: bool = False
    given_at: datetime | None = None

    def covers(self, scope: Iterable[str], claims: Iterable[str]) -> bool:
        return self.scope.issuperset(scope) and self.shown.issuperset(claims)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRecord:
    """A yes as it is kept for good: what was told when it was given, and how it ended.

    Args:
        terms: the client's ``TERMS`` as they were registered then; ``None``: given before they were kept.
        ended_at: taken back, or taken over by a wider yes.
        due_at: it was taken back: the first instant that is too late for the client to have acted on it,
            by ``article``.
        confirmed_at: the client has said that it did.
    """

    id: UUID
    account_id: UUID
    consent: Consent
    terms: Mapping[str, Any] | None
    ended_at: datetime | None
    due_at: datetime | None
    article: str | None
    confirmed_at: datetime | None

    @property
    def is_withdrawn(self) -> bool:
        return self.due_at is not None


class Consents:
    """Consents given. A new one takes the old one's place; the old row stays, with its end.

    Args:
        tell: owes the client of a consent that is taken back word of it, in the same transaction.
    """

    def __init__(
        self,
        database: Database,
        clients: Clients,
        audit: AuditLog,
        clock: Clock,
        tell: Callable[[Known], None],
    ) -> None:
        self._database = database
        self._clients = clients
        self._audit = audit
        self._clock = clock
        self._tell = tell

    def find(self, account_id: UUID, client_id: str) -> Consent | None:
        """The yes that stands; ``None`` if there is none, or only one to another purpose."""
        standing = self._standing(account_id, client_id)
        return standing if standing is not None and self._is_current(standing) else None

    def give(self, account_id: UUID, consent: Consent) -> None:
        """Record a yes, widening the one that stands. One to another purpose ends."""
        now = self._clock()
        with self._database.transaction():
            before = self._standing(account_id, consent.client_id)
            if before is not None:
                self._database.run(
                    _END, {"of_account": account_id, "of_client": consent.client_id, "now": now}
                )
                before = before if self._is_current(before) else None
            row = {
                "id": new_id(),
                "account_id": account_id,
                "client_id": consent.client_id,
                "scope": sorted(consent.scope | (before.scope if before else frozenset())),
                "claims": sorted(consent.claims | (before.claims - consent.shown if before else frozenset())),
                "shown": sorted(consent.shown | (before.shown if before else frozenset())),
                "purpose": consent.purpose,
                "given_by": consent.given_by,
                "child_agreed": consent.child_agreed,
                "terms": self._terms(consent.client_id),
                "given_at": now,
            }
            self._database.run(_INSERT, row)

    def withdraw(self, account_id: UUID, client_id: str, actor: UUID | None = None) -> bool:
        """Take a yes back (Law 91/2025 Art. 10), or have ``actor`` do so for the holder.

        The client's grants end at once; for what it has, the law's term begins, and it is told.
        """
        now = self._clock()
        term = STATUTE.at(now).deadline(Case.CONSENT_WITHDRAWN, now)
        which = {"of_account": account_id, "of_client": client_id}
        with self._database.transaction():
            ended = self._database.run(
                _WITHDRAW, {**which, "now": now, "due": term.due_at, "law": term.article}
            )
            known = revoke_known(self._database, account_id, client_id, now)
            if ended:
                self._tell(known)
                self._audit.record(
                    Event.CONSENT_WITHDRAWN,
                    account_id=account_id,
                    client_id=client_id,
                    article=term.article,
                    **({} if actor is None else {"actor": str(actor)}),
                )
        return ended > 0

    def ever(self, account_id: UUID) -> list[ConsentRecord]:
        """Every yes an account ever gave, newest first."""
        return [_record(row) for row in self._database.all(_EVER, {"of_account": account_id})]

    def record(self, consent_id: UUID) -> ConsentRecord:
        """One yes as it is kept.

        Raises:
            NotFound.
        """
        row = self._database.first(_ONE, {"consent": consent_id})
        if row is None:
            raise NotFound("consent")
        return _record(row)

    def unconfirmed(self) -> list[ConsentRecord]:
        """What was taken back, and whose clients have not said that they acted on it; soonest due first."""
        return [_record(row) for row in self._database.all(_UNCONFIRMED)]

    def confirm(self, consent_id: UUID, actor: str) -> ConsentRecord:
        """Write down that a client has acted on what was taken back.

        Raises:
            NotFound: there is none that waits for it.
        """
        with self._database.transaction():
            values = {"consent": consent_id, "now": self._clock(), "by": actor}
            if self._database.run(_CONFIRM, values) != 1:
                raise NotFound("withdrawal")
            record = self.record(consent_id)
            self._audit.record(
                Event.CONSENT_WITHDRAWAL_CONFIRMED,
                account_id=record.account_id,
                client_id=record.consent.client_id,
                actor=actor,
            )
        return record

    def _terms(self, client_id: str) -> dict[str, Any] | None:
        client = self._clients.find(client_id)
        if client is None:
            return None
        told = {name: getattr(client.metadata, name) for name in TERMS}
        return {name: dict(term) if isinstance(term, Mapping) else term for name, term in told.items()}

    def _standing(self, account_id: UUID, client_id: str) -> Consent | None:
        rows = self._database.all(_FIND, {"of_account": account_id, "of_client": client_id})
        return next(map(_consent, rows), None)

    def _is_current(self, consent: Consent) -> bool:
        client = self._clients.find(consent.client_id)
        return client is not None and client.metadata.is_for(consent.purpose)


def _consent(row: Row[Any]) -> Consent:
    return Consent(
        client_id=row.client_id,
        scope=frozenset(row.scope),
        claims=frozenset(row.claims),
        shown=frozenset(row.shown),
        purpose=row.purpose,
        given_by=row.given_by,
        child_agreed=bool(row.child_agreed),
        given_at=row.given_at,
    )


def _record(row: Row[Any]) -> ConsentRecord:
    return ConsentRecord(
        id=row.id,
        account_id=row.account_id,
        consent=_consent(row),
        terms=row.terms,
        ended_at=row.withdrawn_at,
        due_at=row.due_at,
        article=row.article,
        confirmed_at=row.confirmed_at,
    )


def no_consent(client_id: str) -> Consent:
    """Nothing allowed, nothing asked yet."""
    return Consent(client_id=client_id, scope=frozenset(), claims=frozenset(), shown=frozenset())
