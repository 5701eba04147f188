"""One request to correct what is kept of somebody: how it stands, until when, and its row."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Column, LargeBinary, String, Table, Uuid, bindparam, select, update

from idp.kernel.errors import Refused
from idp.statute.law import STATUTE
from idp.statute.rules import Case, Deadline
from idp.storage.database import Instant, metadata

LONGEST = 500
AT_ONCE = 5  # that wait, of one holder
A_DAY = 20  # that one holder files, those taken back among them
DAY = timedelta(days=1)


class Stage(StrEnum):
    """Where a request stands. Nothing leads out of the last three."""

    FILED = "filed"
    ACKNOWLEDGED = "acknowledged"
    CORRECTED = "corrected"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


WAITING = (Stage.FILED, Stage.ACKNOWLEDGED)

corrections = Table(
    "corrections",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("account_id", Uuid, nullable=False, index=True),
    Column("member", String(32), nullable=False),
    # What is right, and why the holder says so.
    Column("wish_sealed", LargeBinary, nullable=False),
    Column("stage", String(12), nullable=False, index=True),
    Column("filed_at", Instant, nullable=False),
    Column("acknowledged_at", Instant),
    Column("decided_at", Instant),
    Column("decided_by", String(40)),
    Column("answer_sealed", LargeBinary),
)

_ONE = corrections.c.id == bindparam("correction")
_NOW = bindparam("now", type_=Instant)
INSERT = corrections.insert()
FIND = select(corrections).where(_ONE)
OF_ACCOUNT = (
    select(corrections).where(corrections.c.account_id == bindparam("of")).order_by(corrections.c.id.desc())
)
_WAITS = corrections.c.stage.in_([stage.value for stage in WAITING])
STANDING = select(corrections).where(_WAITS).order_by(corrections.c.id)
ACKNOWLEDGE = (
    update(corrections)
    .where(_ONE, corrections.c.stage == Stage.FILED.value)
    .values(stage=Stage.ACKNOWLEDGED.value, acknowledged_at=_NOW)
)
DECIDE = (
    update(corrections)
    .where(_ONE, _WAITS)
    .values(
        stage=bindparam("to_stage"),
        decided_at=_NOW,
        decided_by=bindparam("by"),
        answer_sealed=bindparam("answer"),
    )
)


class CorrectionMisshaped(Refused):
    """A part of the request is missing, too long, or about nothing that the identity has."""

    code = "correction_misshaped"


class CorrectionsWaiting(Refused):
    """The holder has as many requests waiting as may wait at once."""

    code = "corrections_waiting"


class CorrectionMoved(Refused):
    """Somebody else was first: the request is decided."""

    code = "correction_moved"


class CorrectionOfOneself(Refused):
    """No officer decides what they ask themself."""

    code = "correction_of_oneself"


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """One request. ``member``: of the identity as it is stored, or ``number`` or ``phone``.

    Args:
        right: what the holder says is right; ``reason``: why.
        answer: what the officer says to it.
    """

    id: UUID
    account_id: UUID
    member: str
    right: str = field(repr=False)
    reason: str = field(repr=False)
    stage: Stage
    filed_at: datetime
    acknowledged_at: datetime | None = None
    decided_at: datetime | None = None
    decided_by: str | None = None
    answer: str | None = field(default=None, repr=False)

    @property
    def is_waiting(self) -> bool:
        return self.stage in WAITING

    @property
    def deadline(self) -> Deadline | None:
        """Until when the next act is due, by the law of the day it was filed; ``None`` once decided."""
        if not self.is_waiting:
            return None
        is_new = self.stage is Stage.FILED
        case = Case.DATA_REQUEST_ACKNOWLEDGED if is_new else Case.DATA_CORRECTED
        return STATUTE.at(self.filed_at).deadline(case, self.filed_at)
