"""Accounts: who has an electronic identity here, of what level, and whether it may be used."""

import json
from collections import namedtuple
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, LargeBinary, String, Table, Uuid, bindparam, select, update
from sqlalchemy.exc import IntegrityError

from idp.accounts.citizen import hint
from idp.accounts.kinds import KINDS, Identity, Kind
from idp.accounts.phone import phone_hint
from idp.assurance import Level
from idp.kernel.clock import Clock
from idp.kernel.errors import NotFound, Refused
from idp.keyring.seal import Seal
from idp.statute.rules import LockGround
from idp.storage.database import Database, Instant, metadata
from idp.storage.prepared import Prepared


class Status(StrEnum):
    """Where an account stands. Only an active one may sign in, and nothing leads out of closed."""

    ISSUED = "issued"
    ACTIVE = "active"
    LOCKED = "locked"
    CLOSED = "closed"


class AccountExists(Refused):
    """There is an account with this number already: one person, one account."""

    code = "account_exists"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One holder's account. ``phone`` is E.164; ``activated_at`` also says when the phone was confirmed.

    ``profile`` is what holders say of themselves and no register knows, by the names of OIDC Core 1.0 §5.1.
    Decree 69/2024 gives it no place: only a demonstration's sample people have any.
    """

    id: UUID
    kind: Kind
    level: Level | None
    status: Status
    number: str = field(repr=False)
    phone: str | None = field(repr=False)
    email: str | None = field(default=None, repr=False)
    profile: Mapping[str, str] = field(default_factory=dict, repr=False)
    identity: Identity = field(repr=False)
    opened_at: datetime
    activated_at: datetime | None = None
    locked_at: datetime | None = None
    lock_ground: LockGround | None = None
    updated_at: datetime

    @property
    def is_active(self) -> bool:
        return self.status == Status.ACTIVE

    @property
    def number_hint(self) -> str:
        """The number masked for display."""
        return hint(self.number)

    @property
    def phone_hint(self) -> str | None:
        """The phone masked for display."""
        return phone_hint(self.phone) if self.phone else None


@dataclass(frozen=True, slots=True)
class Standing:
    """What every token asks of its account: whether it may act, and at which level. Nothing is unsealed."""

    id: UUID
    level: Level | None
    status: Status

    @property
    def is_active(self) -> bool:
        return self.status == Status.ACTIVE


CONTACT = ("number", "phone", "email", "profile")

accounts = Table(
    "accounts",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("level", String(2)),
    Column("status", String(8), nullable=False),
    Column("number_index", LargeBinary(32), nullable=False, unique=True),
    Column("phone_index", LargeBinary(32)),
    # ``CONTACT`` is sealed together, so that a look-up opens two seals and not four.
    Column("contact_sealed", LargeBinary, nullable=False),
    Column("identity_sealed", LargeBinary, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("activated_at", Instant),
    Column("locked_at", Instant),
    Column("lock_ground", String(24)),
    Column("updated_at", Instant, nullable=False),
    Index(None, "phone_index"),
)

SHOWN = tuple(column for column in accounts.c if not column.name.endswith("_index"))
_SHOWN = select(*SHOWN)
_Shown: Any = namedtuple("_Shown", [column.name for column in SHOWN])  # type: ignore[misc]
BY_ID = Prepared(_SHOWN.where(accounts.c.id == bindparam("id")))
BY_NUMBER = Prepared(_SHOWN.where(accounts.c.number_index == bindparam("number_index")))
ACTIVE_HELD = Prepared(
    select(accounts.c.id)
    .where(accounts.c.id == bindparam("id"), accounts.c.status == Status.ACTIVE.value)
    .with_for_update(read=True)
)
STANDING_OF = Prepared(
    select(accounts.c.id, accounts.c.level, accounts.c.status).where(accounts.c.id == bindparam("id"))
)
INSERT = accounts.insert()

_ONE = accounts.c.id == bindparam("account_id")
_NOW = bindparam("now", type_=Instant)

ACTIVATE = (
    update(accounts)
    .where(_ONE, accounts.c.status == Status.ISSUED.value)
    .values(status=Status.ACTIVE.value, activated_at=_NOW, updated_at=_NOW)
)
LOCK = (
    update(accounts)
    .where(_ONE, accounts.c.status.in_((Status.ISSUED.value, Status.ACTIVE.value)))
    .values(status=Status.LOCKED.value, locked_at=_NOW, lock_ground=bindparam("ground"), updated_at=_NOW)
)
# Death outranks every other ground: whatever else ends, that one stays.
LOCK_FOR_DEATH = (
    update(accounts)
    .where(
        _ONE,
        accounts.c.status != Status.CLOSED.value,
        accounts.c.lock_ground.is_distinct_from(LockGround.DEATH.value),
    )
    .values(status=Status.LOCKED.value, locked_at=_NOW, lock_ground=LockGround.DEATH.value, updated_at=_NOW)
)
_OPEN_AGAIN = {"locked_at": None, "lock_ground": None, "updated_at": _NOW}
UNLOCK_ACTIVATED = (
    update(accounts)
    .where(_ONE, accounts.c.status == Status.LOCKED.value, accounts.c.activated_at.is_not(None))
    .values(status=Status.ACTIVE.value, **_OPEN_AGAIN)
)
UNLOCK_ISSUED = (
    update(accounts)
    .where(_ONE, accounts.c.status == Status.LOCKED.value, accounts.c.activated_at.is_(None))
    .values(status=Status.ISSUED.value, **_OPEN_AGAIN)
)
REWRITTEN = ("number_index", "contact_sealed", "identity_sealed", "updated_at")
SET_LEVEL = update(accounts).where(_ONE).values(level=bindparam("to_level"), updated_at=_NOW)


class Accounts:
    """Finds and changes accounts. Personal data is sealed; numbers are found by a keyed index.

    The changes are single statements that name the status they start from, so of two at once one wins.
    They answer whether something changed. What they mean is in ``lifecycle`` and ``enrolment``.
    """

    def __init__(self, database: Database, seal: Seal, clock: Clock) -> None:
        self.database = database
        self._seal = seal
        self._clock = clock

    def get(self, account_id: UUID) -> Account | None:
        """The account; ``None`` when there is none."""
        row = self.database.first(BY_ID, {"id": account_id})
        return None if row is None else self._account(row)

    def restored(self, values: Iterable[Any]) -> Account:
        """The account of a row that another room's statement read: the columns of ``SHOWN``, in order."""
        return self._account(_Shown._make(values))

    def by_number(self, number: str) -> Account | None:
        """The account of an identity number (digits only, as ``parse_number`` gives them)."""
        row = self.database.first(BY_NUMBER, {"number_index": self._seal.index(number, "accounts.number")})
        return None if row is None else self._account(row)

    def the(self, account_id: UUID) -> Account:
        """The account that must be there.

        Raises:
            NotFound: it is not.
        """
        account = self.get(account_id)
        if account is None:
            raise NotFound("account")
        return account

    def standing(self, account_id: UUID) -> Standing | None:
        """Whether an account may act, and its level; ``None`` when there is none."""
        row = self.database.first(STANDING_OF, {"id": account_id})
        return None if row is None else standing(*row)

    def hold_active(self, account_id: UUID) -> bool:
        """Whether it is active; if so, whoever locks it waits for the end of the open transaction."""
        return self.database.first(ACTIVE_HELD, {"id": account_id}) is not None

    def add(self, account: Account) -> None:
        """Store a new account.

        Raises:
            AccountExists: its number has one already. An open transaction is then past saving.
        """
        try:
            self.database.run(INSERT, self._columns(account))
        except IntegrityError:
            # Not chained: the driver's message quotes the row.
            raise AccountExists from None

    def activate(self, account_id: UUID) -> bool:
        """From issued to active."""
        return self._change(ACTIVATE, account_id)

    def lock(self, account_id: UUID, ground: LockGround) -> bool:
        """From issued or active to locked. Death locks a locked account once more, under its own ground."""
        if ground == LockGround.DEATH:
            return self._change(LOCK_FOR_DEATH, account_id)
        return self._change(LOCK, account_id, ground=ground.value)

    def unlock(self, account_id: UUID) -> bool:
        """From locked to what it was before: active, or issued if it never was activated."""
        return self._change(UNLOCK_ACTIVATED, account_id) or self._change(UNLOCK_ISSUED, account_id)

    def set_level(self, account_id: UUID, level: Level | None) -> bool:
        """Give another account level."""
        return self._change(SET_LEVEL, account_id, to_level=None if level is None else level.value)

    def rewrite(self, account: Account) -> None:
        """Store the number, contact and identity that an account now has; who it is stays."""
        columns = self._columns(replace(account, updated_at=self._clock()))
        changed = update(accounts).where(accounts.c.id == account.id)
        self.database.run(changed.values({name: columns[name] for name in REWRITTEN}))

    def _change(self, statement: Any, account_id: UUID, **values: str | None) -> bool:
        return self.database.run(statement, {"account_id": account_id, "now": self._clock(), **values}) == 1

    def _columns(self, account: Account) -> dict[str, object]:
        contact = {name: getattr(account, name) for name in CONTACT}
        return {
            "id": account.id,
            "kind": account.kind.value,
            "level": None if account.level is None else account.level.value,
            "status": account.status.value,
            "number_index": self._seal.index(account.number, "accounts.number"),
            "phone_index": account.phone and self._seal.index(account.phone, "accounts.phone"),
            "contact_sealed": self._sealed(contact, "contact", account.id),
            "identity_sealed": self._sealed(account.identity.stored(), "identity", account.id),
            "opened_at": account.opened_at,
            "activated_at": account.activated_at,
            "locked_at": account.locked_at,
            "lock_ground": None if account.lock_ground is None else account.lock_ground.value,
            "updated_at": account.updated_at,
        }

    def _account(self, row: Any) -> Account:
        kind = Kind(row.kind)
        return Account(
            id=row.id,
            kind=kind,
            level=None if row.level is None else Level(row.level),
            status=Status(row.status),
            **self._opened(row.contact_sealed, "contact", row.id),
            identity=KINDS[kind].identity.restored(self._opened(row.identity_sealed, "identity", row.id)),
            opened_at=row.opened_at,
            activated_at=row.activated_at,
            locked_at=row.locked_at,
            lock_ground=None if row.lock_ground is None else LockGround(row.lock_ground),
            updated_at=row.updated_at,
        )

    def _sealed(self, members: Mapping[str, object], column: str, account_id: UUID) -> bytes:
        text = json.dumps(members, ensure_ascii=False, separators=(",", ":"))
        return self._seal.seal(text.encode(), f"accounts.{column}:{account_id}")

    def _opened(self, sealed: bytes, column: str, account_id: UUID) -> dict[str, Any]:
        text = self._seal.open(sealed, f"accounts.{column}:{account_id}").decode()
        members: dict[str, Any] = json.loads(text)
        return members


def standing(account_id: UUID, level: str | None, status: str) -> Standing:
    """What a row says."""
    return Standing(account_id, None if level is None else Level(level), Status(status))
