"""An authority asks for a lock, or for its end: forwarded by one officer, decided by another.

Decree 69/2024 Art. 29-30: one working day to forward it, two to decide.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Row, String, Table, Uuid, bindparam, select, update

from idp.accounts.account import Account, Accounts, Status
from idp.accounts.locks import GroundNotLawful, LockAbsent, LockRefused, Locks, LockStands
from idp.accounts.officers import Officers
from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.kernel.clock import Clock
from idp.kernel.errors import NotFound, Refused
from idp.kernel.ids import new_id
from idp.statute.law import STATUTE
from idp.statute.rules import Case, Deadline, LockGround
from idp.storage.database import Database, Instant, metadata

LONGEST = 200


class Turn(StrEnum):
    """What is asked for."""

    LOCK = "lock"
    UNLOCK = "unlock"


class Stage(StrEnum):
    """Where a request stands: each leads to the next, by another officer's act."""

    FILED = "filed"
    FORWARDED = "forwarded"
    GRANTED = "granted"
    REFUSED = "refused"


# Which term runs in each stage that waits.
TERMS = {
    (Turn.LOCK, Stage.FILED): Case.LOCK_FORWARDED,
    (Turn.LOCK, Stage.FORWARDED): Case.LOCK_DECIDED,
    (Turn.UNLOCK, Stage.FILED): Case.UNLOCK_FORWARDED,
    (Turn.UNLOCK, Stage.FORWARDED): Case.UNLOCK_DECIDED,
}
WAITING = (Stage.FILED, Stage.FORWARDED)

lock_requests = Table(
    "lock_requests",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("account_id", Uuid, nullable=False, index=True),
    Column("turn", String(8), nullable=False),
    Column("authority", String(LONGEST), nullable=False),
    Column("document", String(LONGEST), nullable=False),
    Column("stage", String(12), nullable=False, index=True),
    Column("filed_by", String(40), nullable=False),
    Column("filed_at", Instant, nullable=False),
    Column("forwarded_by", String(40)),
    Column("forwarded_at", Instant),
    Column("decided_by", String(40)),
    Column("decided_at", Instant),
    Column("reason", String(LONGEST)),
)

_ONE = lock_requests.c.id == bindparam("request")
_NOW = bindparam("now", type_=Instant)
INSERT = lock_requests.insert()
FIND = select(lock_requests).where(_ONE)
STANDING = (
    select(lock_requests)
    .where(lock_requests.c.stage.in_([stage.value for stage in WAITING]))
    .order_by(lock_requests.c.id)
)
FORWARD = (
    update(lock_requests)
    .where(_ONE, lock_requests.c.stage == Stage.FILED.value)
    .values(stage=Stage.FORWARDED.value, forwarded_by=bindparam("by"), forwarded_at=_NOW)
)
DECIDE = (
    update(lock_requests)
    .where(_ONE, lock_requests.c.stage == Stage.FORWARDED.value)
    .values(
        stage=bindparam("to_stage"), decided_by=bindparam("by"), decided_at=_NOW, reason=bindparam("because")
    )
)


class RequestMoved(Refused):
    """Somebody was first, or has to be: what was not forwarded is not decided. ``stage``: where now."""

    code = "lock_request_moved"

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage.value)
        self.stage = stage

    def facts(self) -> dict[str, object]:
        return {"reason": self.stage.value}


class SameOfficer(LockRefused):
    """Whoever forwarded a request does not decide it, and nobody acts on a request about themself."""

    code = "lock_request_same_officer"


class RequestMisshaped(Refused):
    """The authority or its document is not named, or in more than 200 characters."""

    code = "lock_request_misshaped"


@dataclass(frozen=True, slots=True, kw_only=True)
class LockRequest:
    """One request. ``document``: the authority's own number for its letter. Officers are account ids."""

    id: UUID
    account_id: UUID
    turn: Turn
    authority: str
    document: str = field(repr=False)
    stage: Stage
    filed_by: str
    filed_at: datetime
    forwarded_by: str | None = None
    forwarded_at: datetime | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    reason: str | None = field(default=None, repr=False)

    @property
    def deadline(self) -> Deadline | None:
        """Until when the next act is due, by the law of the day the term began; ``None`` once decided."""
        case = TERMS.get((self.turn, self.stage))
        began_at = self.forwarded_at or self.filed_at
        return None if case is None else STATUTE.at(began_at).deadline(case, began_at)


class LockRequests:
    """Files, forwards and decides. Of two officers at once one wins, and the other is told."""

    def __init__(
        self,
        database: Database,
        accounts: Accounts,
        officers: Officers,
        locks: Locks,
        audit: AuditLog,
        clock: Clock,
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._officers = officers
        self._locks = locks
        self._audit = audit
        self._clock = clock

    def find(self, request_id: UUID) -> LockRequest:
        """One of them.

        Raises:
            NotFound.
        """
        row = self._database.first(FIND, {"request": request_id})
        if row is None:
            raise NotFound("lock request")
        return _request(row)

    def waiting(self) -> Sequence[LockRequest]:
        """Those that wait for an officer, oldest first."""
        return [_request(row) for row in self._database.all(STANDING)]

    def file(
        self, account_id: UUID, turn: Turn, authority: str, document: str, officer_id: UUID
    ) -> LockRequest:
        """Take a request in, as an officer received it.

        Raises:
            NotAnOfficer, SameOfficer, RequestMisshaped, NotFound.
            LockStands, LockAbsent, GroundNotLawful: there is nothing that could be decided.
        """
        officer = self._officers.the(officer_id)
        names = [" ".join(text.split()) for text in (authority, document)]
        if not all(0 < len(name) <= LONGEST for name in names):
            raise RequestMisshaped
        account = self._accounts.the(account_id)
        self._check(account, turn, str(officer.account_id))
        request = LockRequest(
            id=new_id(),
            account_id=account_id,
            turn=turn,
            authority=names[0],
            document=names[1],
            stage=Stage.FILED,
            filed_by=str(officer.account_id),
            filed_at=self._clock(),
        )
        with self._database.transaction():
            self._database.run(INSERT, _row(request))
            self._record(Event.LOCK_REQUEST_FILED, request, request.filed_by)
        return request

    def forward(self, request_id: UUID, officer_id: UUID) -> LockRequest:
        """One officer has looked at it and passes it on.

        Raises:
            NotAnOfficer, SameOfficer, RequestMoved, NotFound.
        """
        officer, request = str(self._officers.the(officer_id).account_id), self.find(request_id)
        self._refuse_own(request, officer)
        with self._database.transaction():
            self._move(FORWARD, request, {"by": officer})
            self._record(Event.LOCK_REQUEST_FORWARDED, request, officer)
        return self.find(request_id)

    def decide(
        self, request_id: UUID, officer_id: UUID, *, is_granted: bool, reason: str = ""
    ) -> LockRequest:
        """Another officer decides. Within the transaction that then locks or unlocks.

        Raises:
            NotAnOfficer, SameOfficer, RequestMoved, NotFound.
        """
        officer, request = str(self._officers.the(officer_id).account_id), self.find(request_id)
        self._refuse_own(request, officer)
        if officer == request.forwarded_by:
            raise SameOfficer
        stage = Stage.GRANTED if is_granted else Stage.REFUSED
        because = " ".join(reason.split())[:LONGEST] or None
        with self._database.transaction():
            self._move(DECIDE, request, {"by": officer, "to_stage": stage.value, "because": because})
            self._record(Event.LOCK_REQUEST_DECIDED, request, officer, stage)
        return self.find(request_id)

    def _check(self, account: Account, turn: Turn, officer: str) -> None:
        if officer == str(account.id):
            raise SameOfficer
        rule = STATUTE.at(self._clock()).lock_rule(account.kind, LockGround.AUTHORITY)
        if rule is None or account.status is Status.CLOSED:
            raise GroundNotLawful(LockGround.AUTHORITY.value)
        is_locked = any(lock.ground is LockGround.AUTHORITY for lock in self._locks.standing(account.id))
        if turn is Turn.LOCK and is_locked:
            raise LockStands(LockGround.AUTHORITY.value, rule.article)
        if turn is Turn.UNLOCK and not is_locked:
            raise LockAbsent(LockGround.AUTHORITY.value, rule.article)

    def _refuse_own(self, request: LockRequest, officer: str) -> None:
        if officer == str(request.account_id):
            raise SameOfficer

    def _move(self, statement: Any, request: LockRequest, values: dict[str, Any]) -> None:
        moved = self._database.run(statement, {"request": request.id, "now": self._clock(), **values})
        if moved != 1:
            raise RequestMoved(self.find(request.id).stage)

    def _record(self, event: Event, request: LockRequest, officer: str, stage: Stage | None = None) -> None:
        facts = {"lock_request": str(request.id), "kind": request.turn.value, "actor": officer}
        if stage is not None:
            facts["state"] = stage.value
        self._audit.record(event, account_id=request.account_id, **facts)


def _row(request: LockRequest) -> dict[str, object]:
    return {
        column.name: value.value if isinstance(value := getattr(request, column.name), StrEnum) else value
        for column in lock_requests.c
    }


def _request(row: Row[Any]) -> LockRequest:
    values: dict[str, Any] = {column.name: getattr(row, column.name) for column in lock_requests.c}
    return LockRequest(**(values | {"turn": Turn(row.turn), "stage": Stage(row.stage)}))
