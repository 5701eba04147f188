"""What is asked of the table of mandates."""

from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, insert, or_, select, update

from idp.accounts.account import Status, accounts
from idp.accounts.mandate import EndGround, mandates
from idp.assurance import Level
from idp.statute.rules import LockGround
from idp.storage.prepared import Prepared

_AGENT, _PRINCIPAL = accounts.alias("agent"), accounts.alias("principal")
OPEN = mandates.c.revoked_at.is_(None)


def running(at: Any) -> ColumnElement[bool]:
    """Mandates whose day is not past at a moment."""
    return or_(mandates.c.ends_at.is_(None), mandates.c.ends_at > at)


def _live(*which: ColumnElement[bool]) -> Select[Any]:
    """Mandates that hold now: in time, their agent fit to act, their principal active."""
    return (
        select(mandates)
        .join(_AGENT, _AGENT.c.id == mandates.c.agent_id)
        .join(_PRINCIPAL, _PRINCIPAL.c.id == mandates.c.principal_id)
        .where(
            *which,
            OPEN,
            mandates.c.starts_at <= bindparam("now"),
            running(bindparam("now")),
            _AGENT.c.status == Status.ACTIVE.value,
            _AGENT.c.level == Level.TWO.value,
            _PRINCIPAL.c.status == Status.ACTIVE.value,
        )
    )


_BY_ID = mandates.c.id == bindparam("mandate_id")
FIND = Prepared(select(mandates).where(_BY_ID))
LIVE = Prepared(_live(_BY_ID))
LIVE_HELD = Prepared(_live(_BY_ID).with_for_update(read=True, of=mandates))
USABLE = Prepared(_live(mandates.c.agent_id == bindparam("acting")).order_by(mandates.c.id))
HOLD = Prepared(
    select(accounts.c.id, accounts.c.kind, accounts.c.level, accounts.c.status)
    .where(or_(accounts.c.id == bindparam("one"), accounts.c.id == bindparam("other")))
    .order_by(accounts.c.id)
    .with_for_update(read=True)
)
LOST = (
    select(mandates.c.principal_id)
    .where(
        mandates.c.agent_id == bindparam("acting"),
        mandates.c.granted_by.is_(None),
        mandates.c.ended_ground.in_([ground.value for ground in LockGround]),
    )
    .distinct()
)
INSERT = Prepared(insert(mandates))
# Past its day, a mandate makes room for the next one in the same role.
EXPIRE = Prepared(
    update(mandates)
    .where(
        mandates.c.principal_id == bindparam("for_whom"),
        mandates.c.agent_id == bindparam("acting"),
        mandates.c.role == bindparam("as_what"),
        OPEN,
        mandates.c.ends_at <= bindparam("now"),
    )
    .values(revoked_at=mandates.c.ends_at, ended_ground=EndGround.EXPIRED.value)
)
