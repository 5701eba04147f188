"""Consent: what an account allowed a client, for which purpose, until it takes it back (Law 91/2025)."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.kernel.clock import Clock
from idp.kernel.errors import NotFound
from idp.kernel.ids import new_id
from idp.oidc.clients.client import Client, Clients
from idp.oidc.consent_statements import (
    CONFIRM,
    END,
    EVER,
    FIND,
    INSERT,
    ONE,
    UNCONFIRMED,
    WITHDRAW,
)
from idp.oidc.tokens.claims import by_scope
from idp.oidc.tokens.withdrawing import Known, revoke_known
from idp.statute.law import STATUTE
from idp.statute.rules import Case
from idp.storage.database import Database

TERMS = ("client_name", "purpose", "legal_basis", "retention", "policy_uri", "client_uri")


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """A standing yes, to the purpose as it was shown.

    ``claims`` are those allowed by name, besides what the scopes stand for; ``shown`` also holds those that
    were left unticked, so that nobody is asked twice; ``lacked``, by scope or by name, those that the account
    had not got, so that nobody was shown them. ``given_by``: who said it, acting for the account;
    ``child_agreed``: as they said, the child was asked and agrees (Law 91/2025 Art. 24).
    """

    client_id: str
    scope: frozenset[str]
    claims: frozenset[str]
    shown: frozenset[str]
    lacked: frozenset[str] = frozenset()
    purpose: str | None = None
    given_by: UUID | None = None
    child_agreed: bool = False
    given_at: datetime | None = None

    @property
    def asked(self) -> frozenset[str]:
        """All the claims that it was about, by their scopes or by name."""
        return self.shown.union(by_scope(self.scope))

    def covers(self, scope: Collection[str], claims: Collection[str], lacks: frozenset[str]) -> bool:
        """Whether it was to all of this. What ``lacked`` then and is there now was never shown.

        Args:
            lacks: what the account has not got now.
        """
        appeared = self.lacked.intersection([*by_scope(scope), *claims]) - lacks
        return self.scope.issuperset(scope) and self.shown.issuperset(claims) and not appeared


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

    def counting(self, account_id: UUID, client: Client, redirect_uri: str) -> Consent:
        """The yes that spares the person the page; none where another may ask in the client's name."""
        known = self.find(account_id, client.client_id) if client.is_assured_at(redirect_uri) else None
        return known or no_consent(client.client_id)

    def give(self, account_id: UUID, consent: Consent) -> None:
        """Record a yes, widening the one that stands. One to another purpose ends."""
        now = self._clock()
        with self._database.transaction():
            before = self._standing(account_id, consent.client_id)
            if before is not None:
                self._database.run(
                    END, {"of_account": account_id, "of_client": consent.client_id, "now": now}
                )
                if not self._is_current(before):  # what was given for another purpose is over for good
                    revoke_known(self._database, account_id, consent.client_id, now)
                    before = None
            row = {
                "id": new_id(),
                "account_id": account_id,
                "client_id": consent.client_id,
                "scope": sorted(consent.scope | (before.scope if before else frozenset())),
                "claims": sorted(consent.claims | (before.claims - consent.shown if before else frozenset())),
                "shown": sorted(consent.shown | (before.shown if before else frozenset())),
                "lacked": sorted(consent.lacked | (before.lacked - consent.asked if before else frozenset())),
                "purpose": consent.purpose,
                "given_by": consent.given_by,
                "child_agreed": consent.child_agreed,
                "terms": self._terms(consent.client_id),
                "given_at": now,
            }
            self._database.run(INSERT, row)

    def withdraw(self, account_id: UUID, client_id: str, actor: UUID | None = None) -> bool:
        """Take a yes back (Law 91/2025 Art. 10), or have ``actor`` do so for the holder.

        The client's grants end at once; for what it has, the law's term begins, and it is told.
        """
        now = self._clock()
        term = STATUTE.at(now).deadline(Case.CONSENT_WITHDRAWN, now)
        which = {"of_account": account_id, "of_client": client_id}
        with self._database.transaction():
            ended = self._database.run(
                WITHDRAW, {**which, "now": now, "due": term.due_at, "law": term.article}
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
        return [_record(row) for row in self._database.all(EVER, {"of_account": account_id})]

    def record(self, consent_id: UUID) -> ConsentRecord:
        """One yes as it is kept.

        Raises:
            NotFound.
        """
        row = self._database.first(ONE, {"consent": consent_id})
        if row is None:
            raise NotFound("consent")
        return _record(row)

    def unconfirmed(self) -> list[ConsentRecord]:
        """What was taken back, and whose clients have not said that they acted on it; soonest due first."""
        return [_record(row) for row in self._database.all(UNCONFIRMED)]

    def confirm(self, consent_id: UUID, actor: str) -> ConsentRecord:
        """Write down that a client has acted on what was taken back.

        Raises:
            NotFound: there is none that waits for it.
        """
        with self._database.transaction():
            values = {"consent": consent_id, "now": self._clock(), "by": actor}
            if self._database.run(CONFIRM, values) != 1:
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
        rows = self._database.all(FIND, {"of_account": account_id, "of_client": client_id})
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
        lacked=frozenset(row.lacked or ()),
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
