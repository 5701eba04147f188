"""Who read whose data at UserInfo, by day: gathered in memory, written together (docs/decisions/0027)."""

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Column, Date, Integer, String, Table, Uuid, bindparam, func, select, text

from idp.kernel.clock import Clock
from idp.kernel.errors import Unavailable
from idp.statute.ages import day_in_vietnam
from idp.statute.law import STATUTE
from idp.statute.rules import Kept
from idp.storage.database import Database, Instant, metadata
from idp.storage.sweep import sweep_rows

WRITTEN_WITHIN_SECONDS = 10.0
data_reads = Table(
    "data_reads",
    metadata,
    Column("account_id", Uuid, primary_key=True),
    Column("client_id", String(64), primary_key=True),
    Column("day", Date, primary_key=True, index=True),  # in Viet Nam
    Column("times", Integer, nullable=False),
    Column("last_at", Instant, nullable=False),
)
_ADD = text("""
    INSERT INTO data_reads (account_id, client_id, day, times, last_at)
    VALUES (:account_id, :client_id, :day, :times, :last_at)
    ON CONFLICT (account_id, client_id, day) DO UPDATE SET
        times = data_reads.times + excluded.times,
        last_at = CASE WHEN excluded.last_at > data_reads.last_at
            THEN excluded.last_at ELSE data_reads.last_at END
""").bindparams(
    bindparam("account_id", type_=Uuid), bindparam("day", type_=Date), bindparam("last_at", type_=Instant)
)
_BY_CLIENT = (
    select(
        data_reads.c.client_id,
        func.sum(data_reads.c.times).label("times"),
        func.max(data_reads.c.last_at).label("last_at"),
    )
    .where(data_reads.c.account_id == bindparam("of"), data_reads.c.day >= bindparam("since"))
    .group_by(data_reads.c.client_id)
    .order_by(func.max(data_reads.c.last_at).desc())
)
_BY_DAY = (
    select(data_reads)
    .where(data_reads.c.account_id == bindparam("of"))
    .order_by(data_reads.c.day.desc(), data_reads.c.client_id)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """How often a client read an account's data; ``day``: on which, or ``None`` for all its days together."""

    client_id: str
    times: int
    last_at: datetime
    day: date | None = None


class Reads:
    """Counts reads. A page may lack those of the last seconds; of a process that is killed, they are lost."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._gathered: dict[tuple[UUID, str, date], tuple[int, datetime]] = {}
        self._mutex = threading.Lock()
        self._writer: threading.Thread | None = None

    def note(self, account_id: UUID, client_id: str) -> None:
        """A client was told of an account just now. Asks no store."""
        now = self._clock()
        key = (account_id, client_id, day_in_vietnam(now))
        with self._mutex:
            self._gathered[key] = (self._gathered.get(key, (0, now))[0] + 1, now)
            if self._writer is None:
                self._writer = threading.Thread(target=self._write_soon, name="reads")
                self._writer.start()

    def by_client(self, account_id: UUID, since: date) -> list[Read]:
        """Who read an account's data since a day, the last one first."""
        rows = self._database.all(_BY_CLIENT, {"of": account_id, "since": since})
        return [Read(client_id=row.client_id, times=row.times, last_at=row.last_at) for row in rows]

    def by_day(self, account_id: UUID) -> Sequence[Read]:
        """The same day by day, the newest first."""
        rows = self._database.all(_BY_DAY, {"of": account_id})
        return [
            Read(client_id=row.client_id, times=row.times, last_at=row.last_at, day=row.day) for row in rows
        ]

    def write(self) -> None:
        """Write down what is gathered.

        Raises:
            Unavailable: it stays gathered.
        """
        with self._mutex:
            gathered, self._gathered = self._gathered, {}
        # In one order, whoever writes, so that no two wait for each other.
        rows = [
            {"account_id": account, "client_id": client, "day": day, "times": times, "last_at": last_at}
            for (account, client, day), (times, last_at) in sorted(gathered.items())
        ]
        if not rows:
            return
        try:
            self._database.atomically(lambda: self._database.run(_ADD, rows))
        except BaseException:
            self._put_back(gathered)
            raise

    def forget(self) -> int:
        """Remove what the law has kept long enough (Decree 69/2024 Art. 17); how many rows."""
        now = self._clock()
        law = STATUTE.at(now).retention(Kept.ACCESS_HISTORY)
        return sweep_rows(self._database, data_reads.c.day, law.oldest(day_in_vietnam(now)))

    def close(self) -> None:
        """Leave nothing unwritten."""
        try:
            self.write()
        except Unavailable:
            logging.getLogger(__name__).exception("reads_not_written")

    def _put_back(self, gathered: dict[tuple[UUID, str, date], tuple[int, datetime]]) -> None:
        with self._mutex:
            for key, (times, last_at) in gathered.items():
                more, later = self._gathered.get(key, (0, last_at))
                self._gathered[key] = (times + more, later)

    def _write_soon(self) -> None:
        # Returns at once where the process ends, which waits for this thread: nothing is left unwritten.
        threading.main_thread().join(WRITTEN_WITHIN_SECONDS)
        with self._mutex:
            self._writer = None
        try:
            self.write()
        except Exception:
            logging.getLogger(__name__).exception("reads_not_written")
        self._database.put_back()
