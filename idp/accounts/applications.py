"""Every application there is: filed, found again, moved on by whoever is first."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, LargeBinary, Row, String, Table, Uuid, bindparam, select, update
from sqlalchemy.exc import IntegrityError

from idp.accounts.application import (
    WAITING,
    Application,
    ApplicationMoved,
    State,
    check_move,
    due,
    new_reference,
    read_reference,
)
from idp.accounts.kinds import Kind
from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.kernel.clock import Clock
from idp.kernel.errors import NotFound
from idp.kernel.ids import new_id
from idp.keyring.seal import Seal
from idp.statute.rules import Case
from idp.storage.database import Database, Instant, metadata

applications = Table(
    "applications",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("reference", String(16), nullable=False, unique=True),
    Column("kind", String(16), nullable=False),
    Column("case", String(32), nullable=False),
    Column("state", String(20), nullable=False),
    Column("number_index", LargeBinary(32), nullable=False),
    # Number and details; NULL once decided.
    Column("filed_sealed", LargeBinary),
    Column("filed_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("decided_at", Instant),
    Column("decided_by", String(64)),
    Column("reason", String(40)),
    Column("article", String(40)),
    Column("account_id", Uuid, index=True),
    # What there may be only one of while it waits, such as the wish to raise one account; NULL once decided.
    Column("open_key", String(64), unique=True),
    Index(None, "state", "due_at"),
    Index(None, "number_index"),
)

INSERT = applications.insert()
_ONE = applications.c.id == bindparam("application_id")
BY_ID = select(applications).where(_ONE)
HOLD = BY_ID.with_for_update()
BY_REFERENCE = select(applications).where(applications.c.reference == bindparam("told"))
BY_OPEN_KEY = select(applications).where(applications.c.open_key == bindparam("key"))
IN_STATE = (
    select(applications)
    .where(applications.c.state == bindparam("standing"), applications.c.id > bindparam("after"))
    .order_by(applications.c.id)
    .limit(bindparam("most"))
)
OVERDUE = (
    select(applications)
    .where(
        applications.c.state.in_([state.value for state in WAITING]),
        applications.c.due_at <= bindparam("now", type_=Instant),
    )
    .order_by(applications.c.due_at)
    .limit(bindparam("most"))
)
MOVE = (
    update(applications)
    .where(_ONE, applications.c.state == bindparam("from_state"))
    .values(state=bindparam("to_state"))
)
DECIDE = (
    update(applications)
    .where(_ONE, applications.c.state == bindparam("from_state"))
    .values(
        state=bindparam("to_state"),
        decided_at=bindparam("now", type_=Instant),
        decided_by=bindparam("by"),
        reason=bindparam("why"),
        article=bindparam("law"),
        account_id=bindparam("account"),
        filed_sealed=None,
        open_key=None,
    )
)
FIRST = UUID(int=0)


class ApplicationOpen(ApplicationMoved):
    """There is one like it that waits already."""

    def __init__(self) -> None:
        super().__init__(State.WAITING_IN_PERSON)


class Applications:
    """Files and finds applications. Each move names the state it starts from, so of two at once one wins."""

    def __init__(self, database: Database, seal: Seal, audit: AuditLog, clock: Clock) -> None:
        self.database = database
        self._seal = seal
        self._audit = audit
        self._clock = clock

    def file(
        self,
        kind: Kind,
        case: Case,
        number: str,
        details: Mapping[str, str],
        state: State = State.WAITING_REGISTER,
        account_id: UUID | None = None,
        open_key: str | None = None,
    ) -> Application:
        """Write an application down; the law's term begins.

        Args:
            account_id: whose level it is about.
            open_key: there may be only one that waits with this key.

        Raises:
            ApplicationOpen: there is. An open transaction is then past saving.
        """
        now = self._clock()
        made = Application(
            id=new_id(),
            reference=new_reference(),
            kind=kind,
            case=case,
            state=state,
            number=number,
            details=details,
            filed_at=now,
            due_at=due(case, now).due_at,
            account_id=account_id,
        )
        with self.database.transaction():
            try:
                self.database.run(INSERT, self._columns(made, open_key))
            except IntegrityError:
                raise ApplicationOpen from None
            facts = {"application": str(made.id), "case": case.value, "state": state.value}
            self._audit.record(Event.APPLICATION_FILED, account_id=account_id, **facts)
        return made

    def get(self, application_id: UUID) -> Application | None:
        """The application; ``None`` when there is none."""
        return self._found(BY_ID, {"application_id": application_id})

    def hold(self, application_id: UUID) -> Application:
        """The application as it is now; whoever else acts on it waits for the end of the open transaction.

        Raises:
            NotFound: there is none.
        """
        found = self._found(HOLD, {"application_id": application_id})
        if found is None:
            raise NotFound("application")
        return found

    def of_applicant(self, reference: str, number: str) -> Application | None:
        """The one with this reference and number, both as typed; ``None``: not with both."""
        row = self.database.first(BY_REFERENCE, {"told": read_reference(reference)})
        if row is None or row.number_index != self._index(number):
            return None
        return self._application(row)

    def waiting_with(self, open_key: str) -> Application | None:
        """The one that waits with this key."""
        return self._found(BY_OPEN_KEY, {"key": open_key})

    def standing(self, state: State, after: UUID = FIRST, most: int = 100) -> Sequence[Application]:
        """Those in a state, oldest first, from beyond ``after``."""
        rows = self.database.all(IN_STATE, {"standing": state.value, "after": after, "most": most})
        return [self._application(row) for row in rows]

    def overdue(self, most: int = 1000) -> Sequence[Application]:
        """Those that the law's term has passed over, the latest first."""
        return [
            self._application(row) for row in self.database.all(OVERDUE, {"now": self._clock(), "most": most})
        ]

    def wait(self, application: Application, state: State) -> None:
        """Let it wait for something else.

        Raises:
            ApplicationMoved: it stands elsewhere meanwhile, or may not go there.
        """
        check_move(application, state)
        self._move(MOVE, application, state, {})

    def decide(
        self,
        application: Application,
        state: State,
        by: str,
        reason: str | None = None,
        article: str | None = None,
        account_id: UUID | None = None,
    ) -> None:
        """Decide it, and forget what was filed.

        Args:
            by: who did: an account's id, ``cli``, ``holder`` or ``law``.
            account_id: the account that came of it.

        Raises:
            ApplicationMoved: somebody decided it meanwhile.
        """
        check_move(application, state)
        account = account_id or application.account_id
        values = {"now": self._clock(), "by": by, "why": reason, "law": article, "account": account}
        with self.database.transaction():
            self._move(DECIDE, application, state, values)
            facts = {"application": str(application.id), "case": application.case.value}
            facts |= {"state": state.value, "actor": by}
            self._audit.record(Event.APPLICATION_DECIDED, account_id=account, reason=reason, **facts)

    def _move(self, statement: Any, application: Application, to: State, values: dict[str, Any]) -> None:
        place = {
            "application_id": application.id,
            "from_state": application.state.value,
            "to_state": to.value,
        }
        if self.database.run(statement, place | values) != 1:
            now = self.get(application.id)
            raise ApplicationMoved(now.state if now else application.state)

    def _found(self, statement: Any, parameters: dict[str, Any]) -> Application | None:
        row = self.database.first(statement, parameters)
        return None if row is None else self._application(row)

    def _index(self, number: str) -> bytes:
        return self._seal.index(number, "applications.number")

    def _columns(self, application: Application, open_key: str | None) -> dict[str, object]:
        filed = json.dumps([application.number, dict(application.details)], ensure_ascii=False)
        return {
            "id": application.id,
            "reference": application.reference,
            "kind": application.kind.value,
            "case": application.case.value,
            "state": application.state.value,
            "number_index": self._index(application.number or ""),
            "filed_sealed": self._seal.seal(filed.encode(), f"applications.filed:{application.id}"),
            "filed_at": application.filed_at,
            "due_at": application.due_at,
            "account_id": application.account_id,
            "open_key": open_key,
        }

    def _application(self, row: Row[Any]) -> Application:
        number, details = None, {}
        if row.filed_sealed is not None:
            opened = self._seal.open(row.filed_sealed, f"applications.filed:{row.id}")
            number, details = json.loads(opened)
        return Application(
            id=row.id,
            reference=row.reference,
            kind=Kind(row.kind),
            case=Case(row.case),
            state=State(row.state),
            number=number,
            details=details,
            filed_at=row.filed_at,
            due_at=row.due_at,
            decided_at=row.decided_at,
            decided_by=row.decided_by,
            reason=row.reason,
            article=row.article,
            account_id=row.account_id,
        )
