"""The table of applications, and what is asked of it."""

from sqlalchemy import Column, Index, LargeBinary, String, Table, Uuid, bindparam, select, update

from idp.accounts.application import WAITING
from idp.storage.database import Instant, metadata

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
    # Who filed for an organisation, by an account of their own; NULL where people file for themselves.
    Column("applicant_id", Uuid, index=True),
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
_OF = applications.c.account_id == bindparam("of")
OF_ACCOUNT = select(applications).where(_OF).order_by(applications.c.id.desc())
BY_OPEN_KEY = select(applications).where(applications.c.open_key == bindparam("key"))
IN_STATE = (
    select(applications)
    .where(applications.c.state == bindparam("standing"), applications.c.id > bindparam("after"))
    .order_by(applications.c.id)
    .limit(bindparam("most"))
)
OF_APPLICANT = (
    select(applications)
    .where(applications.c.applicant_id == bindparam("applicant"))
    .order_by(applications.c.id.desc())
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
AMEND = (
    update(applications)
    .where(_ONE, applications.c.state == bindparam("from_state"))
    .values(
        state=bindparam("to_state"),
        case=bindparam("as_case"),
        due_at=bindparam("due", type_=Instant),
        filed_sealed=bindparam("sealed"),
    )
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
