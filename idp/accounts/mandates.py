"""Every mandate there is: given by the law or by people, found, and ended."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.exc import IntegrityError

from idp.accounts.account import Status
from idp.accounts.delegation import (
    AGENTS_ACCOUNT,
    APPOINTED,
    AgentUnfit,
    MandateCircular,
    MandateExists,
    MandateOver,
    RoleNotGiven,
    Wish,
    check,
    check_shape,
    may_end,
)
from idp.accounts.kinds import Kind
from idp.accounts.mandate import EndGround, Mandate, mandates, restored, stored
from idp.accounts.mandate_statements import (
    EXPIRE,
    FIND,
    HOLD,
    INSERT,
    LIVE,
    LIVE_HELD,
    LOST,
    OPEN,
    USABLE,
    running,
)
from idp.assurance import Level
from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.kernel.clock import Clock
from idp.kernel.errors import NotFound
from idp.kernel.ids import new_id
from idp.storage.database import Database

BY_LAW = "law"
OnEnd = Callable[[Sequence[Mandate]], None]


class Mandates:
    """Gives and ends mandates, each with its audit events in one transaction.

    ``on_end`` hears of every mandate that is ended, in the same transaction: tokens born of it end there.
    """

    def __init__(self, database: Database, audit: AuditLog, clock: Clock, on_end: OnEnd) -> None:
        self._database = database
        self._audit = audit
        self._clock = clock
        self._on_end = on_end

    def find(self, mandate_id: UUID) -> Mandate | None:
        """A mandate, over or not; ``None`` when there is none."""
        row = self._database.first(FIND, {"mandate_id": mandate_id})
        return None if row is None else restored(row)

    def live(self, mandate_id: UUID, *, hold: bool = False) -> Mandate | None:
        """A mandate that may be used now, its agent's and principal's accounts looked at; else ``None``.

        Args:
            hold: whoever ends it then waits for the end of the open transaction.
        """
        row = self._database.first(
            LIVE_HELD if hold else LIVE, {"mandate_id": mandate_id, "now": self._clock()}
        )
        return None if row is None else restored(row)

    def usable_by(self, agent_id: UUID) -> list[Mandate]:
        """What a person may use now, oldest first."""
        rows = self._database.all(USABLE, {"acting": agent_id, "now": self._clock()})
        return [restored(row) for row in rows]

    def of_agent(self, account_id: UUID) -> list[Mandate]:
        """What an account holds: neither ended nor past its day; some may not have begun. Oldest first."""
        return self._standing(mandates.c.agent_id == account_id)

    def of_principal(self, account_id: UUID) -> list[Mandate]:
        """Who acts for an account: neither ended nor past its day. Oldest first."""
        return self._standing(mandates.c.principal_id == account_id)

    def ever(self, account_id: UUID) -> list[Mandate]:
        """Every mandate there was, held or given, newest first."""
        which = or_(mandates.c.agent_id == account_id, mandates.c.principal_id == account_id)
        statement = select(mandates).where(which).order_by(mandates.c.id.desc())
        return [restored(row) for row in self._database.all(statement)]

    def above(self, mandate: Mandate) -> list[Mandate]:
        """The mandates that one was given under, the nearest first, ended ones too."""
        found: list[Mandate] = []
        while mandate.parent_id is not None and (higher := self.find(mandate.parent_id)) is not None:
            found.append(higher)
            mandate = higher
        return found

    def appoint(self, principal_id: UUID, wish: Wish, actor: str = BY_LAW) -> Mandate:
        """Record what the law gives, as a register or an enrolment found it.

        The principal may still wait for its activation; nothing can be done for it until then.

        Args:
            actor: who decided: an operator's account id, ``cli``, or ``law``.

        Raises:
            RoleNotGiven: the law gives no such role for such an account.
            AgentUnfit, MandateCircular, MandateMisshaped, MandateExists.
            NotFound: there is no such principal, or it is locked or closed.
        """

        def appointed() -> Mandate:
            kind = self._hold(principal_id, wish.agent_id, (Status.ISSUED, Status.ACTIVE))
            if kind not in APPOINTED.get(wish.role, ()):
                raise RoleNotGiven(wish.role.value)
            if wish.agent_id == principal_id:
                raise MandateCircular
            check_shape(wish, self._clock())
            return self._add(self._made(principal_id, wish), actor)

        return self._database.atomically(appointed)

    def grant(self, giver_id: UUID, under: UUID, wish: Wish) -> Mandate:
        """Hand on, under a mandate that ``giver_id`` holds.

        Raises:
            MandateOver: the giver's mandate ended meanwhile, or is not theirs.
            AgentUnfit, MandateCircular, MandateMisshaped, MandateExists, MandateWider, RoleNotGiven.
        """

        def granted() -> Mandate:
            parent = self.find(under)
            if parent is None or parent.agent_id != giver_id:
                raise MandateOver
            self._hold(parent.principal_id, wish.agent_id, (Status.ACTIVE,))
            held = self.live(under, hold=True)
            if held is None:
                raise MandateOver
            check(held, self.above(held), wish, self._clock())
            made = self._made(held.principal_id, wish, granted_by=giver_id, parent_id=held.id)
            return self._add(made, str(giver_id))

        return self._database.atomically(granted)

    def revoke(self, mandate_id: UUID, by: UUID | None, actor: str = BY_LAW) -> list[Mandate]:
        """End a mandate and all that was given under it; gives what ended.

        Args:
            by: whose holder asks; ``None``: the law (``actor`` says who acted for it).

        Raises:
            NotFound: there is none, or ``by`` may not end it.
            MandateOver: it has ended already.
        """

        def revoked() -> list[Mandate]:
            mandate = self.find(mandate_id)
            if mandate is None or (by is not None and not self._may_end(by, mandate)):
                raise NotFound("mandate")
            ground = EndGround.REGISTER if by is None else EndGround.REVOKED
            if by == mandate.agent_id:
                ground = EndGround.RENOUNCED
            ended = self._end(ground, str(by) if by else actor, mandates.c.id == mandate_id)
            if not ended:
                raise MandateOver
            return ended

        return self._database.atomically(revoked)

    def end_all(self, account_id: UUID, ground: str, actor: str = BY_LAW) -> list[Mandate]:
        """End what an account gave, holds and has others act by, and what was given under that.

        Args:
            ground: why, as a code word of at most 24 characters; for a lock, its own.
        """
        held, given = mandates.c.agent_id == account_id, mandates.c.principal_id == account_id
        return self._database.atomically(lambda: self._end(ground, actor, held, given))

    def lost_by_lock(self, agent_id: UUID) -> set[UUID]:
        """For whom somebody acted by law until a lock of their own or the other's account ended it."""
        return {row.principal_id for row in self._database.all(LOST, {"acting": agent_id})}

    def may_end(self, by: UUID, mandate: Mandate) -> bool:
        """Whether somebody may end a mandate themself."""
        return self._may_end(by, mandate)

    def _may_end(self, by: UUID, mandate: Mandate) -> bool:
        return may_end(by, mandate, self.above(mandate), self.usable_by(by))

    def _standing(self, which: ColumnElement[bool]) -> list[Mandate]:
        statement = select(mandates).where(which, OPEN, running(self._clock())).order_by(mandates.c.id)
        return [restored(row) for row in self._database.all(statement)]

    def _hold(self, principal_id: UUID, agent_id: UUID, allowed: Collection[Status]) -> Kind:
        """Look at both accounts; whoever locks one waits for the end of the transaction."""
        found = {row.id: row for row in self._database.all(HOLD, {"one": principal_id, "other": agent_id})}
        principal, agent = found.get(principal_id), found.get(agent_id)
        if principal is None or principal.status not in allowed:
            raise NotFound("account")
        if agent is None or agent.status != Status.ACTIVE or agent.level != Level.TWO.value:
            raise AgentUnfit("", AGENTS_ACCOUNT)
        return Kind(principal.kind)

    def _made(
        self, principal_id: UUID, wish: Wish, granted_by: UUID | None = None, parent_id: UUID | None = None
    ) -> Mandate:
        now = self._clock()
        return Mandate(
            id=new_id(),
            principal_id=principal_id,
            agent_id=wish.agent_id,
            role=wish.role,
            services=wish.services,
            limit_vnd=wish.limit_vnd,
            granted_by=granted_by,
            parent_id=parent_id,
            depth=wish.depth,
            starts_at=wish.starts_at or now,
            ends_at=wish.ends_at,
            created_at=now,
        )

    def _add(self, mandate: Mandate, actor: str) -> Mandate:
        place = {"for_whom": mandate.principal_id, "acting": mandate.agent_id, "as_what": mandate.role.value}
        self._database.run(EXPIRE, {**place, "now": mandate.created_at})
        try:
            self._database.run(INSERT, stored(mandate))
        except IntegrityError:
            raise MandateExists from None
        facts = {"mandate": str(mandate.id), "role": mandate.role.value, "actor": actor}
        self._audit.record(Event.MANDATE_GIVEN, account_id=mandate.principal_id, **facts)
        self._audit.record(Event.MANDATE_RECEIVED, account_id=mandate.agent_id, **facts)
        return mandate

    def _end(self, ground: str, actor: str, *which: ColumnElement[bool]) -> list[Mandate]:
        """One level of the tree after the other: what is given meanwhile waits, and is then seen."""
        now = self._clock()
        ended: list[Mandate] = []
        level = [mandate for each in which for mandate in self._end_level(each, ground, now)]
        while level:
            ended += level
            below = mandates.c.parent_id.in_([mandate.id for mandate in level])
            level = self._end_level(below, EndGround.ABOVE_ENDED, now)
        for mandate in ended:
            facts = {
                "mandate": str(mandate.id),
                "role": mandate.role.value,
                "ground": mandate.ended_ground,
                "actor": actor,
            }
            self._audit.record(Event.MANDATE_ENDED, account_id=mandate.principal_id, **facts)
            self._audit.record(Event.MANDATE_ENDED, account_id=mandate.agent_id, **facts)
        if ended:
            self._on_end(ended)
        return ended

    def _end_level(self, which: ColumnElement[bool], ground: str, now: datetime) -> list[Mandate]:
        statement = (
            update(mandates)
            .where(which, OPEN)
            .values(revoked_at=now, ended_ground=str(ground))
            .returning(*mandates.c)
        )
        return [restored(row) for row in self._database.all(statement)]
