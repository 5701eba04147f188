"""Guardians, and children whom a message reaches, are told of the end of guardianship at the 14th birthday.

Decree 69/2024 Art. 14.2. A mandate ends by its date, with nothing running: a sweep tells of it before, and on
the day. What was told stands with the mandate, written in the transaction that owes the notice, so that each
is owed once, however many sweep at once, and whenever one of them dies.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import IntEnum
from functools import partial
from uuid import UUID

from sqlalchemy import bindparam, select, update

from idp.accounts.account import Accounts
from idp.accounts.guardianship import has_come_of_age
from idp.accounts.mandate import Role, mandates
from idp.accounts.mandate_statements import OPEN
from idp.accounts.notices import Notices
from idp.kernel.clock import Clock
from idp.statute.ages import day_in_vietnam
from idp.statute.law import STATUTE, LawSilent
from idp.statute.rules import AdvanceNotice, Announced
from idp.storage.database import Database, Instant

AT_ONCE = 100


class Told(IntEnum):
    """What a guardian was last told of a mandate's end, as its row has it."""

    NOTHING = 0
    COMING = 1
    ENDED = 2


TO_GUARDIAN = {Told.COMING: "guardianship_ending", Told.ENDED: "guardianship_ended"}
TO_CHILD = {Told.COMING: "account_yours_soon", Told.ENDED: "account_yours"}

_GUARDIANS = mandates.c.role == Role.GUARDIAN.value
# By the index on role, what was told, and the end: nothing that was told before is read again.
DUE = (
    select(mandates.c.principal_id)
    .where(
        _GUARDIANS,
        OPEN,
        mandates.c.ending_told == bindparam("so_far"),
        mandates.c.ends_at <= bindparam("until", type_=Instant),
    )
    .order_by(mandates.c.ends_at)
    .limit(AT_ONCE)
)
# In one order for all, so that two sweeps never wait for each other crosswise.
HELD = (
    select(
        mandates.c.id,
        mandates.c.agent_id,
        mandates.c.ends_at,
        mandates.c.revoked_at,
        mandates.c.ending_told,
    )
    .where(_GUARDIANS, mandates.c.principal_id == bindparam("of"))
    .order_by(mandates.c.id)
    .with_for_update()
)
TELL = update(mandates).where(mandates.c.id == bindparam("mandate")).values(ending_told=bindparam("what"))


@dataclass(frozen=True, slots=True)
class Ending:
    """One guardian's mandate for a child, as far as its end goes."""

    id: UUID
    agent_id: UUID
    ends_at: datetime | None
    is_open: bool
    told: Told


class GuardianshipEnd:
    """Owes the notices. ``Notices`` sends them."""

    def __init__(self, database: Database, accounts: Accounts, notices: Notices, clock: Clock) -> None:
        self._database = database
        self._accounts = accounts
        self._notices = notices
        self._clock = clock

    def tell(self) -> int:
        """Have everybody told who is to be by now; how many notices are owed for it."""
        now = self._clock()
        rule = notice_rule(now)
        if rule is None:
            return 0
        owed, term = 0, timedelta(days=rule.days)
        for so_far, until in ((Told.NOTHING, now + term), (Told.COMING, now)):
            while found := self._database.all(DUE, {"so_far": int(so_far), "until": until}):
                for child in dict.fromkeys(row.principal_id for row in found):
                    owed += self._database.atomically(partial(self._told, child, now, term))
        return owed

    def _told(self, child_id: UUID, now: datetime, term: timedelta) -> int:
        rows = self._database.all(HELD, {"of": child_id})
        endings = [
            Ending(row.id, row.agent_id, row.ends_at, row.revoked_at is None, Told(row.ending_told))
            for row in rows
        ]
        owed = 0
        for stage in (Told.COMING, Told.ENDED):
            due = due_for(stage, endings, now, term)
            for ending in due:
                self._database.run(TELL, {"mandate": ending.id, "what": int(stage)})
                self._notices.owe(ending.agent_id, TO_GUARDIAN[stage])
            owed += len(due)
            if due and not any(ending.told >= stage for ending in endings):
                owed += self._tell_child(child_id, stage, {ending.agent_id for ending in endings}, now)
        return owed

    def _tell_child(self, child_id: UUID, stage: Told, guardians: set[UUID], now: datetime) -> int:
        """Only by a phone of the child's own: a guardian's has the notice that is theirs."""
        child = self._accounts.get(child_id)
        if child is None or child.phone is None:
            return 0
        if stage is Told.ENDED and not has_come_of_age(child, now):
            return 0  # it is theirs already
        if any(child.phone == guardian.phone for guardian in map(self._accounts.the, guardians)):
            return 0
        self._notices.owe(child_id, TO_CHILD[stage])
        return 1


def due_for(stage: Told, endings: Sequence[Ending], now: datetime, term: timedelta) -> list[Ending]:
    """Whose guardians are to be told of a stage now. Pure.

    Of a day that has come nobody is told that it is coming.
    """
    return [
        ending
        for ending in endings
        if ending.is_open and ending.told < stage and stage_of(ending.ends_at, now, term) is stage
    ]


def stage_of(ends_at: datetime | None, now: datetime, term: timedelta) -> Told:
    """How near a mandate's end is. Pure."""
    if ends_at is None or now < ends_at - term:
        return Told.NOTHING
    return Told.COMING if now < ends_at else Told.ENDED


def notice_rule(now: datetime) -> AdvanceNotice | None:
    """How long before it guardians are told of the end; ``None``: children had no accounts then. Pure."""
    try:
        return STATUTE.at(now).notice(Announced.GUARDIANSHIP_ENDS)
    except LawSilent:
        return None


@dataclass(frozen=True, slots=True)
class Birthday:
    """The day from which a child acts alone, and by which article."""

    day: date
    article: str


def coming_birthday(ends_at: datetime | None, now: datetime) -> Birthday | None:
    """What a guardian's mandate ends with, if that is so near that it is announced. Pure."""
    rule = notice_rule(now)
    if rule is None or ends_at is None:
        return None
    is_near = stage_of(ends_at, now, timedelta(days=rule.days)) is Told.COMING
    return Birthday(day_in_vietnam(ends_at), rule.article) if is_near else None
