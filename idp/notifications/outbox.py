"""The channel of development: keeps what would have been sent, for a page to show."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, LargeBinary, Table, Uuid, bindparam, delete, select

from idp.kernel.clock import Clock
from idp.kernel.ids import new_id
from idp.keyring.seal import Seal
from idp.storage.database import Database, Instant, metadata


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One message that nobody was sent."""

    id: UUID
    at: datetime
    to: str = field(repr=False)
    text: str = field(repr=False)


outbox = Table(
    "outbox",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("at", Instant, nullable=False, index=True),
    Column("to_sealed", LargeBinary, nullable=False),
    Column("text_sealed", LargeBinary, nullable=False),
)

INSERT = outbox.insert()
RECENT = select(outbox).order_by(outbox.c.id.desc()).limit(bindparam("most"))
FORGET = delete(outbox).where(outbox.c.at < bindparam("before", type_=Instant))


class Outbox:
    """A ``Channel`` into a table, sealed like any personal data. Never in production: it reaches nobody."""

    name = "outbox"

    def __init__(self, database: Database, seal: Seal, clock: Clock) -> None:
        self._database = database
        self._seal = seal
        self._clock = clock

    def send(self, to: str, text: str) -> None:
        """Keep one message; in an open transaction, if that commits."""
        message_id = new_id()
        self._database.run(
            INSERT,
            {
                "id": message_id,
                "at": self._clock(),
                "to_sealed": self._seal.seal(to.encode(), f"outbox.to:{message_id}"),
                "text_sealed": self._seal.seal(text.encode(), f"outbox.text:{message_id}"),
            },
        )

    def recent(self, limit: int = 20) -> tuple[Kept, ...]:
        """The newest messages, newest first."""
        rows = self._database.all(RECENT, {"most": limit})
        return tuple(
            Kept(
                id=row.id,
                at=row.at,
                to=self._seal.open(row.to_sealed, f"outbox.to:{row.id}").decode(),
                text=self._seal.open(row.text_sealed, f"outbox.text:{row.id}").decode(),
            )
            for row in rows
        )

    def forget(self, before: datetime) -> int:
        """Remove what is older than ``before``. Gives how many."""
        return self._database.run(FORGET, {"before": before})
