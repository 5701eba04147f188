"""Every application there is: filed, found again, moved on by whoever is first."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.exc import IntegrityError

from idp.accounts.application import (
    BY_LAW,
    Application,
    ApplicationMoved,
    State,
    check_move,
    due,
    new_reference,
    read_reference,
)
from idp.accounts.application_statements import (
    AMEND,
    BY_ID,
    BY_OPEN_KEY,
    BY_REFERENCE,
    DECIDE,
    HOLD,
    IN_STATE,
    INSERT,
    MOVE,
    OF_ACCOUNT,
    OF_APPLICANT,
    OVERDUE,
)
from idp.accounts.kinds import Kind
from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.kernel.clock import Clock
from idp.kernel.errors import NotFound
from idp.kernel.ids import new_id
from idp.keyring.seal import Seal
from idp.statute.rules import Case
from idp.storage.database import Database

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
        applicant_id: UUID | None = None,
    ) -> Application:
        """Write an application down; the law's term begins.

        Args:
            account_id: whose level it is about.
            open_key: there may be only one that waits with this key.
            applicant_id: whose account files it, for an organisation.

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
            applicant_id=applicant_id,
        )
        with self.database.transaction():
            try:
                self.database.run(INSERT, self._columns(made, open_key))
            except IntegrityError:
                raise ApplicationOpen from None
            facts = {"application": str(made.id), "case": case.value, "state": state.value}
            self._audit.record(Event.APPLICATION_FILED, account_id=account_id or applicant_id, **facts)
        return made

    def join(self, kind: Kind, case: Case, number: str, account_id: UUID, open_key: str) -> Application:
        """File what officers attest one by one; or what another filed in this very moment, to go on with.

        Raises:
            NotFound: that was decided meanwhile.
        """
        try:
            return self.file(kind, case, number, {}, State.WAITING_IN_PERSON, account_id, open_key)
        except ApplicationOpen:
            found = self.waiting_with(open_key)
            if found is None:
                raise NotFound("application") from None
            return found

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

    def filed_by(self, applicant_id: UUID, most: int = 50) -> Sequence[Application]:
        """Those that an account's holder filed for others, the newest first."""
        rows = self.database.all(OF_APPLICANT, {"applicant": applicant_id, "most": most})
        return [self._application(row) for row in rows]

    def key_of(self, *what: str) -> str:
        """An ``open_key`` that does not tell what it is made of."""
        return self._seal.index(":".join(what), "applications.open_key").hex()

    def waiting_with(self, open_key: str) -> Application | None:
        """The one that waits with this key."""
        return self._found(BY_OPEN_KEY, {"key": open_key})

    def of_account(self, account_id: UUID) -> Sequence[Application]:
        """Those that an account came of, or whose level they are about, newest first."""
        return [self._application(row) for row in self.database.all(OF_ACCOUNT, {"of": account_id})]

    def standing(self, state: State, after: UUID = FIRST, most: int = 100) -> Sequence[Application]:
        """Those in a state, oldest first, from beyond ``after``."""
        rows = self.database.all(IN_STATE, {"standing": state.value, "after": after, "most": most})
        return [self._application(row) for row in rows]

    def all_standing(self, state: State, cases: Collection[Case] = tuple(Case)) -> Iterator[Application]:
        """Every one in a state that is of one of these cases, oldest first, read a few at a time."""
        after = FIRST
        while found := self.standing(state, after):
            after = found[-1].id
            yield from (application for application in found if application.case in cases)

    def expire(self, application: Application, then: Callable[[], None] = lambda: None) -> bool:
        """Whether its term has passed: it is then ended, with ``then``, by this caller or another."""
        if not application.is_overdue(self._clock()):
            return False
        with suppress(ApplicationMoved), self.database.transaction():
            self.decide(application, State.EXPIRED, BY_LAW, article=application.deadline.article)
            then()
        return True

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

    def amend(self, application: Application, details: Mapping[str, str], case: Case, state: State) -> None:
        """Let it wait with other details, perhaps as another case: its term is then the one of that case.

        Raises:
            ApplicationMoved: it stands elsewhere meanwhile, or may not go there.
        """
        if state is not application.state:
            check_move(application, state)
        values = {
            "as_case": case.value,
            "due": due(case, application.filed_at).due_at,
            "sealed": self._sealed(application.id, application.number, details),
        }
        self._move(AMEND, application, state, values)

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
            told = application.applicant_id or account
            self._audit.record(Event.APPLICATION_DECIDED, account_id=told, reason=reason, **facts)

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
        return {
            "id": application.id,
            "reference": application.reference,
            "kind": application.kind.value,
            "case": application.case.value,
            "state": application.state.value,
            "number_index": self._index(application.number or ""),
            "filed_sealed": self._sealed(application.id, application.number, application.details),
            "filed_at": application.filed_at,
            "due_at": application.due_at,
            "account_id": application.account_id,
            "applicant_id": application.applicant_id,
            "open_key": open_key,
        }

    def _sealed(self, application_id: UUID, number: str | None, details: Mapping[str, str]) -> bytes:
        filed = json.dumps([number, dict(details)], ensure_ascii=False)
        return self._seal.seal(filed.encode(), f"applications.filed:{application_id}")

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
            applicant_id=row.applicant_id,
        )
