"""What an account stands on: every check that was made of its holder, by whom, when, under which article."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Column, LargeBinary, Row, String, Table, Uuid, bindparam, or_, select
from sqlalchemy.exc import IntegrityError

from idp.accounts.application import State
from idp.accounts.application_statements import applications
from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.kernel.errors import Refused
from idp.kernel.ids import new_id
from idp.keyring.seal import Seal
from idp.storage.database import Database, Instant, metadata


class EvidenceKind(StrEnum):
    """How something was checked."""

    REGISTER = "register"
    CHIP_CARD = "chip_card"
    IN_PERSON = "in_person"


class EvidenceGiven(Refused):
    """The same officer has attested this already: two are two people."""

    code = "evidence_given"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One check.

    Args:
        source: who answers for it: the register's name, the officer's office, the country that signed a card.
        document: what kind of document was looked at: ``idcard``, ``passport``, ``residence_permit``.
        officer: account id of the officer, or ``cli``; ``None`` where no person acted.
        facts: what was found, in code words: ``card_seen``, ``face_compared``, ``data_group_1``.
        article: by which it was made.
    """

    id: UUID
    account_id: UUID
    application_id: UUID | None = None
    kind: EvidenceKind
    at: datetime
    source: str
    document: str | None = None
    officer: str | None = field(default=None, repr=False)
    facts: tuple[str, ...] = ()
    article: str = ""


SEEN = ("card_seen", "face_compared", "fingerprints_taken")
"""What an officer does with somebody whose account shall have level 02."""

evidence = Table(
    "evidence",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("account_id", Uuid, nullable=False, index=True),
    Column("application_id", Uuid, index=True),
    Column("kind", String(16), nullable=False),
    Column("at", Instant, nullable=False),
    Column("details_sealed", LargeBinary, nullable=False),
    # Which application and officer, so that nobody counts for two.
    Column("once_index", LargeBinary(32), unique=True),
)

INSERT = evidence.insert()
OF_ACCOUNT = select(evidence).where(evidence.c.account_id == bindparam("account")).order_by(evidence.c.id)
# What came of nothing is no evidence: acts towards a level that was refused, or is waited for.
STANDING = (
    select(evidence)
    .outerjoin(applications, applications.c.id == evidence.c.application_id)
    .where(
        evidence.c.account_id == bindparam("account"),
        or_(evidence.c.application_id.is_(None), applications.c.state == State.ACCEPTED.value),
    )
    .order_by(evidence.c.id)
)
OF_APPLICATION = (
    select(evidence).where(evidence.c.application_id == bindparam("application")).order_by(evidence.c.id)
)


class EvidenceRecords:
    """Keeps evidence, sealed. Nothing is ever changed or removed."""

    def __init__(self, database: Database, seal: Seal, audit: AuditLog) -> None:
        self._database = database
        self._seal = seal
        self._audit = audit

    def add(self, made: Evidence) -> None:
        """Keep one more, with its audit event.

        Raises:
            EvidenceGiven: its officer has given one to the same application. An open transaction is then
                past saving.
        """
        once = None
        if made.application_id is not None and made.officer is not None:
            once = self._seal.index(f"{made.application_id}:{made.officer}", "evidence.once")
        row = {
            "id": made.id,
            "account_id": made.account_id,
            "application_id": made.application_id,
            "kind": made.kind.value,
            "at": made.at,
            "details_sealed": self._sealed(made),
            "once_index": once,
        }
        with self._database.transaction():
            try:
                self._database.run(INSERT, row)
            except IntegrityError:
                raise EvidenceGiven from None
            self._audit.record(
                Event.EVIDENCE_ADDED,
                account_id=made.account_id,
                kind=made.kind.value,
                article=made.article,
                actor=made.officer,
            )

    def of_account(self, account_id: UUID) -> Sequence[Evidence]:
        """All that was ever checked of an account's holder, oldest first."""
        return [self._evidence(row) for row in self._database.all(OF_ACCOUNT, {"account": account_id})]

    def standing(self, account_id: UUID) -> Sequence[Evidence]:
        """What an account stands on, oldest first: not what was gathered for an application in vain."""
        return [self._evidence(row) for row in self._database.all(STANDING, {"account": account_id})]

    def of_application(self, application_id: UUID) -> Sequence[Evidence]:
        """All that was gathered for an application, oldest first."""
        rows = self._database.all(OF_APPLICATION, {"application": application_id})
        return [self._evidence(row) for row in rows]

    def _sealed(self, made: Evidence) -> bytes:
        members = {
            "source": made.source,
            "document": made.document,
            "officer": made.officer,
            "facts": made.facts,
            "article": made.article,
        }
        return self._seal.seal(json.dumps(members, ensure_ascii=False).encode(), _context(made.id))

    def _evidence(self, row: Row[Any]) -> Evidence:
        members = json.loads(self._seal.open(row.details_sealed, _context(row.id)))
        return Evidence(
            id=row.id,
            account_id=row.account_id,
            application_id=row.application_id,
            kind=EvidenceKind(row.kind),
            at=row.at,
            source=members["source"],
            document=members["document"],
            officer=members["officer"],
            facts=tuple(members["facts"]),
            article=members["article"],
        )


def register_match(
    account_id: UUID, source: str, at: datetime, article: str, application_id: UUID | None = None
) -> Evidence:
    """What was filed agrees with the register's record."""
    return Evidence(
        id=new_id(),
        account_id=account_id,
        application_id=application_id,
        kind=EvidenceKind.REGISTER,
        at=at,
        source=source,
        article=article,
    )


def seen_in_person(
    account_id: UUID,
    at: datetime,
    officer: str,
    office: str,
    article: str,
    facts: tuple[str, ...] = SEEN,
    application_id: UUID | None = None,
    document: str | None = "idcard",
) -> Evidence:
    """An officer had the person before them, with the card.

    Args:
        document: ``None`` where there was none: the card was still to be issued.
        officer: account id, or ``cli`` where an operator attests it.
    """
    return Evidence(
        id=new_id(),
        account_id=account_id,
        application_id=application_id,
        kind=EvidenceKind.IN_PERSON,
        at=at,
        source=office,
        document=document,
        officer=officer,
        facts=facts,
        article=article,
    )


def _context(evidence_id: UUID) -> str:
    return f"evidence.details:{evidence_id}"
