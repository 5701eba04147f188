"""Consents as the database has them, and the statements that find, end and confirm them."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Index,
    String,
    Table,
    Uuid,
    bindparam,
    insert,
    select,
    text,
    update,
)

from idp.storage.database import Instant, metadata
from idp.storage.prepared import Prepared

consents = Table(
    "consents",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("account_id", Uuid, nullable=False, index=True),
    Column("client_id", String(64), nullable=False),
    Column("scope", JSON, nullable=False),
    Column("claims", JSON, nullable=False),
    Column("shown", JSON, nullable=False),
    # What was asked for and the account had not got then: the page could not show it.
    Column("lacked", JSON(none_as_null=True)),
    Column("purpose", String(500)),
    # What its holder was told of the client then: names, purpose, legal basis, retention, addresses.
    Column("terms", JSON(none_as_null=True)),
    # Who said it for the account, acting for it; whether a child agreed besides its guardian.
    Column("given_by", Uuid),
    Column("child_agreed", Boolean),
    Column("given_at", Instant, nullable=False),
    # Its end: taken back, if there is a term for the client to act on it, or taken over by a wider one.
    Column("withdrawn_at", Instant),
    Column("due_at", Instant, index=True),
    Column("article", String(40)),
    Column("confirmed_at", Instant),
    Column("confirmed_by", String(40)),
    # Every yes stays, and whoever is asked each time says many: only those that stand are looked through.
    Index(
        "ix_consents_account_id_client_id",
        "account_id",
        "client_id",
        sqlite_where=text("withdrawn_at IS NULL"),
        postgresql_where=text("withdrawn_at IS NULL"),
    ),
)
_SAID = ("client_id", "scope", "claims", "shown", "lacked", "purpose", "given_by", "child_agreed", "given_at")
INSERT = Prepared(insert(consents))
_STANDS = (
    consents.c.account_id == bindparam("of_account"),
    consents.c.client_id == bindparam("of_client"),
    consents.c.withdrawn_at.is_(None),
)
FIND = Prepared(select(*(consents.c[name] for name in _SAID)).where(*_STANDS))
END = Prepared(update(consents).where(*_STANDS).values(withdrawn_at=bindparam("now")))
WITHDRAW = (
    update(consents)
    .where(*_STANDS)
    .values(
        withdrawn_at=bindparam("now", type_=Instant),
        due_at=bindparam("due", type_=Instant),
        article=bindparam("law"),
    )
)
EVER = select(consents).where(consents.c.account_id == bindparam("of_account")).order_by(consents.c.id.desc())
ONE = select(consents).where(consents.c.id == bindparam("consent"))
UNCONFIRMED = (
    select(consents)
    .where(consents.c.due_at.is_not(None), consents.c.confirmed_at.is_(None))
    .order_by(consents.c.due_at)
)
CONFIRM = (
    update(consents)
    .where(
        consents.c.id == bindparam("consent"),
        consents.c.due_at.is_not(None),
        consents.c.confirmed_at.is_(None),
    )
    .values(confirmed_at=bindparam("now", type_=Instant), confirmed_by=bindparam("by"))
)
