"""Taking a CSV file in: in whole batches, taken up again where it broke off."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Generic, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    LargeBinary,
    String,
    Table,
    Uuid,
    bindparam,
    delete,
    func,
    select,
    update,
)

from idp.kernel.clock import Clock
from idp.kernel.errors import Refused
from idp.kernel.ids import new_id
from idp.registers.csv_file import Form, Row, Rows, checked_digest
from idp.registers.fields import Reason
from idp.statute.ages import day_in_vietnam
from idp.storage.database import Database, Instant, metadata

R = TypeVar("R")

ROWS_AT_ONCE = 1000
REFUSALS_TOLD = 100

Progress = Callable[[int, int], None]
"""Told after each batch: bytes read, bytes in all."""

register_imports = Table(
    "register_imports",
    metadata,
    Column("register", String(12), primary_key=True),
    Column("import_id", Uuid, nullable=False),
    Column("file_digest", LargeBinary(32), nullable=False),
    Column("line", BigInteger, nullable=False),
    Column("accepted", Integer, nullable=False),
    Column("updated", Integer, nullable=False),
    Column("finished_at", Instant),
)
register_refusals = Table(
    "register_refusals",
    metadata,
    Column("import_id", Uuid, primary_key=True),
    Column("line", BigInteger, primary_key=True),
    Column("reason", String(32), nullable=False),
)

_OF = register_imports.c.register == bindparam("of")
LAST = select(register_imports).where(_OF)
FORGET_LAST = delete(register_imports).where(_OF)
FORGET_REFUSALS = delete(register_refusals).where(register_refusals.c.import_id == bindparam("which"))
BEGIN = register_imports.insert()
REFUSE = register_refusals.insert()
ADVANCE = (
    update(register_imports)
    .where(
        _OF,
        register_imports.c.import_id == bindparam("which"),
        register_imports.c.line == bindparam("from_line"),
        register_imports.c.finished_at.is_(None),
    )
    .values(
        line=bindparam("to_line"),
        accepted=register_imports.c.accepted + bindparam("more"),
        updated=register_imports.c.updated + bindparam("replaced"),
        finished_at=bindparam("at", type_=Instant),
    )
)
_REFUSED = register_refusals.c.import_id == bindparam("which")
REFUSALS = (
    select(register_refusals.c.line, register_refusals.c.reason)
    .where(_REFUSED, register_refusals.c.line > bindparam("after"))
    .order_by(register_refusals.c.line)
    .limit(bindparam("most"))
)
REFUSED_COUNT = select(func.count()).select_from(register_refusals).where(_REFUSED)


class ImportOvertaken(Refused):
    """Another import into the same place has begun, or goes on with the same file: it alone continues."""

    code = "import_overtaken"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What became of a file. ``updated`` rows are among the ``accepted``.

    ``refused`` has the first hundred lines with their reasons, ``refused_count`` counts all, and
    ``every_refusal`` reads all of them, however many, until the next import into the same place.
    ``resumed_after`` is the line on which an earlier run had broken off, 0 when this one began the file.
    """

    accepted: int
    updated: int
    refused: tuple[tuple[int, Reason], ...] = field(default=())
    refused_count: int
    resumed_after: int = 0
    every_refusal: Callable[[], Iterator[tuple[int, Reason]]] = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What became of a batch: the lines that were refused after all, and counts."""

    refused: tuple[tuple[int, Reason], ...]
    accepted: int
    updated: int


class Taker(Protocol[R]):
    """Where the rows of files go. ``name`` stands for it in the ledger: one import into each at a time."""

    @property
    def name(self) -> str: ...

    @property
    def shape(self) -> Form[R]: ...

    @property
    def database(self) -> Database: ...

    def put(self, batch: Sequence[tuple[int, R]], import_id: UUID, /) -> Written:
        """Write a batch of one import, each row with its line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    import_id: UUID
    line: int


class Import(Generic[R]):
    """Imports into one place. Every batch is one transaction, with the line it reached."""

    def __init__(self, taker: Taker[R], clock: Clock) -> None:
        self._taker = taker
        self._database = taker.database
        self._of = taker.name
        self._clock = clock

    def run(self, path: Path, progress: Progress, finished: Callable[[ImportReport], None]) -> ImportReport:
        """Take over a CSV file. A file that an earlier run did not finish is continued.

        ``finished`` is called in the transaction that ends the import.

        Raises:
            NotUtf8, HeaderIncomplete: the file as a whole is refused, and nothing changed.
            ImportOvertaken: another run is at work.
            OSError: it cannot be read.
        """
        total = path.stat().st_size
        with path.open("rb") as file:
            digest = checked_digest(file)
        with path.open("rb") as file:
            today = day_in_vietnam(self._clock())
            Rows(file, self._taker.shape, today).close()  # a header at fault changes nothing
            state = self._database.atomically(lambda: self._begun(digest))
            file.seek(0)
            rows = Rows(file, self._taker.shape, today, after=state.line)
            try:
                line = self._batches(rows, file, state, lambda done: progress(done, total))
            finally:
                rows.close()
        return self._database.atomically(lambda: self._finished(state, line, finished))

    def _begun(self, digest: bytes) -> _State:
        last = self._database.first(LAST, {"of": self._of})
        if last is not None and last.finished_at is None and last.file_digest == digest:
            return _State(import_id=last.import_id, line=last.line)
        if last is not None:
            self._database.run(FORGET_REFUSALS, {"which": last.import_id})
            self._database.run(FORGET_LAST, {"of": self._of})
        state = _State(import_id=new_id(), line=0)
        beginning = {"register": self._of, "import_id": state.import_id, "file_digest": digest}
        self._database.run(BEGIN, {**beginning, "line": 0, "accepted": 0, "updated": 0, "finished_at": None})
        return state

    def _batches(
        self, rows: Iterable[Row[R]], file: BinaryIO, state: _State, progress: Callable[[int], None]
    ) -> int:
        line, every = state.line, iter(rows)
        while batch := list(islice(every, ROWS_AT_ONCE)):
            reached = batch[-1][0]
            self._database.atomically(lambda: self._write(batch, state, line, reached))  # noqa: B023
            line = reached
            progress(file.tell())
        return line

    def _write(self, batch: list[Row[R]], state: _State, line: int, reached: int) -> None:
        good = [(number, outcome) for number, outcome in batch if not isinstance(outcome, Reason)]
        bad = [(number, outcome) for number, outcome in batch if isinstance(outcome, Reason)]
        written = self._taker.put(good, state.import_id)
        bad += written.refused
        if bad:
            self._database.run(
                REFUSE,
                [
                    {"import_id": state.import_id, "line": number, "reason": reason.value}
                    for number, reason in bad
                ],
            )
        self._advance(state, line, reached, written.accepted, written.updated, None)

    def _finished(self, state: _State, line: int, finished: Callable[[ImportReport], None]) -> ImportReport:
        self._advance(state, line, line, 0, 0, self._clock())
        last = self._database.first(LAST, {"of": self._of})
        count = self._database.first(REFUSED_COUNT, {"which": state.import_id})
        if last is None or count is None:
            raise ImportOvertaken
        report = ImportReport(
            accepted=last.accepted,
            updated=last.updated,
            refused=tuple(islice(self._refusals(state.import_id), REFUSALS_TOLD)),
            refused_count=count[0],
            resumed_after=state.line,
            every_refusal=partial(self._refusals, state.import_id),
        )
        finished(report)
        return report

    def _refusals(self, import_id: UUID) -> Iterator[tuple[int, Reason]]:
        after = 0
        while rows := self._database.all(
            REFUSALS, {"which": import_id, "after": after, "most": ROWS_AT_ONCE}
        ):
            yield from ((row.line, Reason(row.reason)) for row in rows)
            after = rows[-1].line

    def _advance(
        self, state: _State, line: int, to_line: int, more: int, replaced: int, at: datetime | None
    ) -> None:
        place = {"of": self._of, "which": state.import_id, "from_line": line, "to_line": to_line}
        if self._database.run(ADVANCE, {**place, "more": more, "replaced": replaced, "at": at}) != 1:
            raise ImportOvertaken
