"""What the representatives of an organisation say to an application for its account (Decree 69/2024 Art. 12).

Each of them is asked once, by the number that the register has; who has none here cannot be asked.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    LargeBinary,
    Row,
    String,
    Table,
    UniqueConstraint,
    Uuid,
    bindparam,
    delete,
    select,
    update,
)

from idp.accounts.application import Application, State, due
from idp.accounts.application_statements import applications
from idp.accounts.mandate import Role
from idp.kernel.clock import Clock
from idp.kernel.ids import new_id
from idp.keyring.seal import Seal
from idp.registers.register import Representative
from idp.storage.database import Database, Instant, metadata


class Answer(StrEnum):
    """What a representative says."""

    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"


approvals = Table(
    "approvals",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("application_id", Uuid, nullable=False),
    Column("person_index", LargeBinary(32), nullable=False, index=True),
    # Number or passport, name and title; NULL once the application is decided.
    Column("person_sealed", LargeBinary),
    Column("answer", String(10), nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("account_id", Uuid),
    Column("answered_at", Instant),
    UniqueConstraint("application_id", "person_index"),
)

_OF = approvals.c.application_id == bindparam("application")
_ONE = approvals.c.id == bindparam("approval")
INSERT = approvals.insert()
OF_APPLICATION = select(approvals).where(_OF).order_by(approvals.c.id)
WAITING_FOR = (
    select(approvals)
    .join(applications, applications.c.id == approvals.c.application_id)
    .where(
        approvals.c.person_index == bindparam("person"),
        approvals.c.answer == Answer.WAITING.value,
        applications.c.state == State.WAITING_APPROVALS.value,
    )
    .order_by(approvals.c.id)
)
ANSWER = (
    update(approvals)
    .where(_ONE, approvals.c.answer == Answer.WAITING.value)
    .values(
        answer=bindparam("said"),
        account_id=bindparam("by"),
        answered_at=bindparam("now", type_=Instant),
    )
)
DROP = delete(approvals).where(_ONE)
FORGET = update(approvals).where(_OF).values(person_sealed=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """One representative's.

    Args:
        number: by which they are found; ``None`` for a foreigner who has none here.
        name: with ``title``, as the register has them; ``None`` once the application is decided.
        account_id: who answered.
    """

    id: UUID
    application_id: UUID
    number: str | None = field(repr=False)
    name: str | None = field(repr=False)
    title: str | None
    answer: Answer
    asked_at: datetime
    account_id: UUID | None = None
    answered_at: datetime | None = None


class Approvals:
    """Asks, and takes answers: of two at once one wins."""

    def __init__(self, database: Database, seal: Seal, clock: Clock) -> None:
        self._database = database
        self._seal = seal
        self._clock = clock

    def of(self, application_id: UUID) -> list[Approval]:
        """Everybody's, in the order of the register."""
        return [
            self._approval(row) for row in self._database.all(OF_APPLICATION, {"application": application_id})
        ]

    def waiting_for(self, number: str) -> list[Approval]:
        """Those that somebody has to give, and has not given."""
        rows = self._database.all(WAITING_FOR, {"person": self._index(number)})
        return [self._approval(row) for row in rows]

    def ask(self, application_id: UUID, who: Representative, filer: tuple[str, UUID]) -> bool:
        """Ask one representative; whether there is one to be asked.

        Args:
            filer: number and account of who files: who files has agreed by that.
        """
        number, account_id = filer
        has_filed = who.number == number
        approval_id, now = new_id(), self._clock()
        person = json.dumps([who.number, who.name, who.title], ensure_ascii=False)
        row = {
            "id": approval_id,
            "application_id": application_id,
            "person_index": self._index(_person(who)),
            "person_sealed": self._seal.seal(person.encode(), _context(approval_id)),
            "answer": (Answer.APPROVED if has_filed else Answer.WAITING).value,
            "asked_at": now,
            "account_id": account_id if has_filed else None,
            "answered_at": now if has_filed else None,
        }
        self._database.run(INSERT, row)
        return who.number is not None and not has_filed

    def follow(
        self, application_id: UUID, named: Iterable[Representative], filer: tuple[str, UUID]
    ) -> list[Representative]:
        """Ask whom the register names now and was not asked yet, and nobody whom it names no more.

        Whoever acts holds the application. Gives whom it asked now.
        """
        asked = {
            row.person_index: row.id
            for row in self._database.all(OF_APPLICATION, {"application": application_id})
        }
        now = {self._index(_person(each)): each for each in named}
        for gone in asked.keys() - now.keys():
            self._database.run(DROP, {"approval": asked[gone]})
        return [
            each
            for index, each in now.items()
            if index not in asked and self.ask(application_id, each, filer)
        ]

    def take_back(self, approval: Approval) -> None:
        """Let what somebody said count no more. Whom the register still names is asked anew by ``follow``."""
        self._database.run(DROP, {"approval": approval.id})

    def answer(self, approval: Approval, answer: Answer, account_id: UUID) -> bool:
        """Take an answer; ``False``: it was given already."""
        values = {"approval": approval.id, "said": answer.value, "by": account_id, "now": self._clock()}
        return self._database.run(ANSWER, values) == 1

    def forget(self, application_id: UUID) -> None:
        """Forget who they are: the application is decided. Whose account answered what stays."""
        self._database.run(FORGET, {"application": application_id})

    def _index(self, person: str) -> bytes:
        return self._seal.index(person, "approvals.person")

    def _approval(self, row: Row[Any]) -> Approval:
        number = name = title = None
        if row.person_sealed is not None:
            number, name, title = json.loads(self._seal.open(row.person_sealed, _context(row.id)))
        return Approval(
            id=row.id,
            application_id=row.application_id,
            number=number,
            name=name,
            title=title,
            answer=Answer(row.answer),
            asked_at=row.asked_at,
            account_id=row.account_id,
            answered_at=row.answered_at,
        )


def next_state(given: Sequence[Approval], role: Role) -> State:
    """Where an application goes whose organisation the register confirms. Pure.

    Who cannot be asked here has to be spoken for by papers, which officers see; but those who can be asked
    may agree on an authorised person, for a time, without them.
    """
    asked = [each for each in given if each.number is not None]
    if any(each.answer is Answer.WAITING for each in asked):
        return State.WAITING_APPROVALS
    if not asked or (len(asked) < len(given) and role is not Role.AUTHORISED_PERSON):
        return State.WAITING_OFFICER
    return State.ACCEPTED


def answer_by(application: Application, given: Iterable[Approval]) -> datetime | None:
    """The first instant too late for the answers that are missing; ``None``: none is. Pure.

    The application's own term, counted from when the last of them was asked: a register that was silent
    takes nobody's time away.
    """
    asked = [each.asked_at for each in given if each.answer is Answer.WAITING and each.number is not None]
    return due(application.case, max(asked)).due_at if asked else None


def _person(who: Representative) -> str:
    return who.number or who.passport or who.name


def _context(approval_id: UUID) -> str:
    return f"approvals.person:{approval_id}"
