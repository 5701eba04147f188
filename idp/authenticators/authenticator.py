"""What an account has enrolled to prove itself with: a password, the secret of a code app."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    LargeBinary,
    Row,
    String,
    Table,
    UniqueConstraint,
    Uuid,
    bindparam,
    delete,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from idp.kernel.clock import Clock
from idp.kernel.errors import Refused
from idp.kernel.ids import new_id
from idp.keyring.seal import Seal
from idp.storage.database import Database, Instant, metadata
from idp.storage.prepared import Prepared

LABEL_LENGTH = 64


class AuthenticatorExists(Refused):
    """The account has one of this method and label already."""

    code = "authenticator_exists"


@dataclass(frozen=True, slots=True, kw_only=True)
class Authenticator:
    """One thing enrolled. ``label`` is the holder's own word for it, ``secret`` what its method needs.

    ``sealed`` is the secret as it stands in its row.
    """

    id: UUID
    account_id: UUID
    method: str
    secret: bytes = field(repr=False)
    sealed: bytes = field(repr=False)
    label: str
    created_at: datetime
    last_used_at: datetime | None


authenticators = Table(
    "authenticators",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("account_id", Uuid, nullable=False),
    Column("method", String(32), nullable=False),
    Column("secret_sealed", LargeBinary, nullable=False),
    Column("label", String(LABEL_LENGTH), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("last_used_at", Instant),
    # The highest time step a code was taken of: here and not in Ephemeral, for it must outlive a flush.
    Column("last_step", BigInteger),
    UniqueConstraint("account_id", "method", "label"),
)

_AT = bindparam("at", type_=Instant)
_STEP = bindparam("step", type_=BigInteger)

OF_ACCOUNT = Prepared(
    select(authenticators)
    .where(authenticators.c.account_id == bindparam("account_id"))
    .order_by(authenticators.c.id)
)
HELD = Prepared(
    select(authenticators.c.id)
    .where(authenticators.c.account_id == bindparam("account_id"))
    .with_for_update(read=True, key_share=True)
)
INSERT = authenticators.insert()
SWAP_SECRET = (
    update(authenticators)
    .where(authenticators.c.id == bindparam("row_id"), authenticators.c.secret_sealed == bindparam("was"))
    .values(secret_sealed=bindparam("sealed"))
)
REMOVE = delete(authenticators).where(
    authenticators.c.id == bindparam("row_id"), authenticators.c.account_id == bindparam("owner")
)
TOUCH = update(authenticators).where(authenticators.c.id == bindparam("row_id")).values(last_used_at=_AT)
# RFC 6238 §5.2: one acceptance of one step, over all processes, whatever the clock does.
SPEND_STEP = Prepared(
    update(authenticators)
    .where(
        authenticators.c.id == bindparam("row_id"),
        or_(authenticators.c.last_step.is_(None), authenticators.c.last_step < _STEP),
    )
    .values(last_step=_STEP, last_used_at=_AT)
)


class Authenticators:
    """Finds and changes what is enrolled. Secrets are sealed, each to its own row."""

    def __init__(self, database: Database, seal: Seal, clock: Clock) -> None:
        self.database = database
        self._seal = seal
        self._clock = clock

    def of(self, account_id: UUID) -> tuple[Authenticator, ...]:
        """All of one account's, oldest first; one statement."""
        rows = self.database.all(OF_ACCOUNT, {"account_id": account_id})
        return tuple(self._authenticator(row) for row in rows)

    def add(self, account_id: UUID, method: str, secret: bytes, label: str = "") -> Authenticator:
        """Enrol one more. ``label`` is cut to 64 characters.

        Raises:
            AuthenticatorExists: of this method and label; an open transaction is then past saving.
        """
        authenticator_id = new_id()
        authenticator = Authenticator(
            id=authenticator_id,
            account_id=account_id,
            method=method,
            secret=secret,
            sealed=self._seal.seal(secret, _context(authenticator_id)),
            label=label[:LABEL_LENGTH],
            created_at=self._clock(),
            last_used_at=None,
        )
        try:
            self.database.run(
                INSERT,
                {
                    "id": authenticator.id,
                    "account_id": account_id,
                    "method": method,
                    "secret_sealed": authenticator.sealed,
                    "label": authenticator.label,
                    "created_at": authenticator.created_at,
                },
            )
        except IntegrityError:
            # Not chained: the driver's message quotes the row.
            raise AuthenticatorExists from None
        return authenticator

    def hold(self, account_id: UUID, authenticator_ids: Collection[UUID]) -> bool:
        """Whether an account still has these; if so, whoever takes one away waits for the transaction."""
        held = {row.id for row in self.database.all(HELD, {"account_id": account_id})}
        return held.issuperset(authenticator_ids)

    def replace(self, account_id: UUID, method: str, secret: bytes, label: str = "") -> bool:
        """Put a new one in the place of the one of this method and label, or enrol it.

        It has another id, so that what the old one proved is known to be of the old one.

        Returns:
            Whether there was one before.

        Raises:
            AuthenticatorExists: somebody else replaced it meanwhile.
        """
        with self.database.transaction():
            old = [
                known
                for known in self.of(account_id)
                if known.method == method and known.label == label[:LABEL_LENGTH]
            ]
            for known in old:
                self.remove(account_id, known.id)
            self.add(account_id, method, secret, label)
            return bool(old)

    def swap_secret(self, authenticator: Authenticator, secret: bytes) -> bool:
        """Put another secret into one whose secret is still the one read. False: somebody changed it."""
        parameters = {
            "row_id": authenticator.id,
            "sealed": self._seal.seal(secret, _context(authenticator.id)),
            "was": authenticator.sealed,
        }
        return self.database.run(SWAP_SECRET, parameters) == 1

    def remove(self, account_id: UUID, authenticator_id: UUID) -> bool:
        """Take one from its account. False: this account has no such one."""
        return self.database.run(REMOVE, {"row_id": authenticator_id, "owner": account_id}) == 1

    def touch(self, authenticator_ids: Iterable[UUID]) -> None:
        """Note the use of these, in one statement for all. Meant for the end of a sign-in."""
        now = self._clock()
        rows = [{"row_id": authenticator_id, "at": now} for authenticator_id in authenticator_ids]
        if rows:
            self.database.run(TOUCH, rows)

    def spend_step(self, authenticator_id: UUID, step: int, now: datetime) -> bool:
        """Take a time step, once. False: it, or a later one, was taken before."""
        parameters = {"row_id": authenticator_id, "step": step, "at": now}
        return self.database.run(SPEND_STEP, parameters) == 1

    def _authenticator(self, row: Row[Any]) -> Authenticator:
        return Authenticator(
            id=row.id,
            account_id=row.account_id,
            method=row.method,
            secret=self._seal.open(row.secret_sealed, _context(row.id)),
            sealed=row.secret_sealed,
            label=row.label,
            created_at=row.created_at,
            last_used_at=row.last_used_at,
        )


def _context(authenticator_id: UUID) -> str:
    return f"authenticators.secret:{authenticator_id}"
