"""Reads the whole log again and says what was done to it, while others write.

Streams: memory does not grow with the rows. No transaction stays open, so nobody waits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, Select, String, bindparam, cast, func, or_, select, union

from idp.audit.chain import Chain
from idp.audit.checkpoints import Mark, marks_of
from idp.audit.diagnosis import LOOK_AHEAD, Examination, Fault, Finding, Place, Row
from idp.audit.lanes import REGISTER, audit_events, audit_lanes
from idp.storage.database import Database

PAGE = 2000
MOST_DIAGNOSES = 1000  # past this many the log is lost; the rest is not read
COUNTED_AT_ONCE = 500_000  # rows that any server counts within its time limit for a statement
ENDLESS = 2**62
_E, _L = audit_events.c, audit_lanes.c

_HEAD = select(_L.seq, _L.mac).where(_L.lane == bindparam("lane"))
_NEXT_LANE = union(
    select(func.min(_L.lane).label("lane")).where(_L.lane > bindparam("after")),
    select(func.min(_E.lane).label("lane")).where(_E.lane > bindparam("after")),
)
_STRANGE_LANES = union(
    select(_L.lane).where(or_(_L.lane < REGISTER, _L.lane > bindparam("count"))),
    select(_E.lane).where(or_(_E.lane <= REGISTER, _E.lane > bindparam("count"))),
).order_by("lane")
_BESIDE = select(func.min(_E.seq).label("first"), func.max(_E.seq).label("last")).where(
    _E.lane == bindparam("lane"), or_(_E.seq < 1, _E.seq > bindparam("after"))
)
_COUNT = select(func.count()).where(
    _E.lane == bindparam("lane"), _E.seq > bindparam("after"), _E.seq <= bindparam("upto")
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What verifying found. ``is_complete``: false when so much was wrong that reading stopped."""

    rows: int
    lanes: int
    findings: tuple[Finding, ...]
    is_complete: bool = True

    @property
    def is_intact(self) -> bool:
        return not self.findings


def verify(database: Database, key: bytes, *, checkpoint: str | None = None) -> Verdict:
    """Check every row, every lane's end and the register of lanes.

    Args:
        key: the one the log was written with.
        checkpoint: a line of ``checkpoints.checkpoint``, kept elsewhere. Without one nobody can tell an older
            copy of the whole database from the present one, nor a lane's older end put back with its seal.

    Raises:
        Corrupt: the checkpoint is not one of ours.
        Unavailable: the database is silent.
    """
    reading = _Reading(database, Chain(key), marks_of(checkpoint, key) if checkpoint is not None else {})
    try:
        reading.read_all()
    except _Enough:
        return reading.verdict(is_complete=False)
    return reading.verdict()


def count(database: Database) -> int:
    """How many events are recorded. Counts the rows themselves, in the lanes that have a head."""
    total = 0
    for lane in database.all(select(_L.lane, _L.seq).where(_L.lane > REGISTER)):
        after = 0
        while after < lane.seq:
            rows = database.first(
                _COUNT, {"lane": lane.lane, "after": after, "upto": after + COUNTED_AT_ONCE}
            )
            total += rows[0] if rows else 0
            after += COUNTED_AT_ONCE
    return total


class _Enough(Exception):
    """More is wrong than it helps to list."""


class _Reading:
    """One pass over the log."""

    def __init__(self, database: Database, chain: Chain, marks: dict[int, Mark]) -> None:
        self._database = database
        self._chain = chain
        self._marks = marks
        self._page_after = _page(database.is_sqlite)
        self._findings: list[Finding] = []
        self._diagnoses = self._rows = self._lanes = 0

    def verdict(self, *, is_complete: bool = True) -> Verdict:
        return Verdict(self._rows, self._lanes, tuple(self._findings), is_complete)

    def read_all(self) -> None:
        # A lane first: where there is one there is a register, also when the very first is opened as we read.
        is_used = self._next_lane(REGISTER) is not None
        register = self._head(REGISTER)
        if register is not None and register.mac == self._chain.seal_of_register(register.seq):
            self._read_registered(register.seq)
        elif register is not None or is_used:
            self._read_unregistered(Fault.REGISTER_REMOVED if register is None else Fault.REGISTER_EDITED)
        for mark in self._marks.values():
            self._find(Fault.ROLLED_BACK, mark.lane, 1, mark.seq)

    def _read_registered(self, opened: int) -> None:
        lane = 0
        while lane < opened:
            lane += 1
            self._read_lane(lane)
            if lane == opened:
                strange = self._database.all(_STRANGE_LANES, {"count": opened})
                register = self._head(REGISTER)
                # Others may open lanes while we read.
                if register is not None and register.seq > opened:
                    opened = register.seq
                    continue
                for row in strange:
                    self._find(Fault.LANE_INSERTED, row.lane)

    def _read_unregistered(self, fault: Fault) -> None:
        self._find(fault, REGISTER)
        lane = self._next_lane(REGISTER)
        while lane is not None:
            self._read_lane(lane)
            lane = self._next_lane(lane)

    def _next_lane(self, after: int) -> int | None:
        rows = self._database.all(_NEXT_LANE, {"after": after})
        return min((row.lane for row in rows if row.lane is not None), default=None)

    def _read_lane(self, lane: int) -> None:
        self._lanes += 1
        place = Place(self._chain.start(lane), 1)
        mark = self._marks.pop(lane, None)
        if mark is not None:
            place = self._read(lane, place, mark.seq)
            if not self._ends(place, lane, mark.seq, mark.seal):
                self._find(Fault.ROLLED_BACK, lane, min(place.seq, mark.seq), mark.seq)
        head = self._head(lane)
        while head is not None:
            place = self._read(lane, place, head.seq)
            beside = self._beside(lane, place)
            newer = self._head(lane)
            if newer is None or newer.seq <= head.seq:
                self._judge_end(lane, head, place, beside)
                return
            head = newer  # its writer went on while we read
        if place.seq == 1 and self._beside(lane, place) is None:
            self._find(Fault.LANE_REMOVED, lane)
        else:
            self._find(Fault.HEAD_REMOVED, lane)
            self._read(lane, place, ENDLESS)

    def _judge_end(self, lane: int, head: Any, place: Place, beside: tuple[int, int] | None) -> None:
        if place.seq <= head.seq:
            self._find(Fault.TRUNCATED, lane, place.seq, head.seq)
        elif not self._ends(place, lane, head.seq, head.mac):
            self._find(Fault.HEAD_EDITED, lane, head.seq, head.seq)
            self._read(lane, place, ENDLESS)
        elif beside is not None:
            following = self._rows_after(lane, head.seq - place.shift)[:1]
            is_ours = any(
                self._chain.link(place.before, lane, place.seq, row.told) == row.mac for row in following
            )
            self._find(Fault.HEAD_EDITED if is_ours else Fault.INSERTED, lane, *beside)

    def _ends(self, place: Place, lane: int, seq: int, seal: bytes) -> bool:
        return place.seq == seq + 1 and self._chain.seal(lane, seq, place.before) == seal

    def _read(self, lane: int, place: Place, upto: int) -> Place:
        """Read on from a place until the row ``upto``, or the last there is."""
        page: list[Row] = []
        index = 0
        while place.seq <= upto:
            if index == len(page):
                page, index = self._rows_after(lane, place.seq - 1 - place.shift), 0
                if not page:
                    break
            before = index
            place, index = self._follow(lane, place, page, index, upto)
            self._rows += index - before
            if index < len(page) and place.seq <= upto:
                if len(page) - index < LOOK_AHEAD:
                    page, index = page[index:] + self._rows_after(lane, page[-1].seq), 0
                diagnosis = Examination(self._chain, lane, place, page[index : index + LOOK_AHEAD]).diagnose()
                self._count_diagnosis(diagnosis.finding)
                place, index = diagnosis.place, index + diagnosis.rows
                self._rows += diagnosis.rows
        return place

    def _follow(
        self, lane: int, place: Place, page: Sequence[Row], index: int, upto: int
    ) -> tuple[Place, int]:
        """Go along rows that follow one another; stop at the first that does not, or after ``upto``."""
        link = self._chain.link
        before, seq, shift = place.before, place.seq, place.shift
        while index < len(page) and seq <= upto:
            row_seq, mac, told = page[index]
            if row_seq + shift != seq or link(before, lane, seq, told) != mac:
                break
            before = mac
            seq += 1
            index += 1
        return Place(before, seq, shift), index

    def _rows_after(self, lane: int, seq: int) -> list[Row]:
        rows: Sequence[Any] = self._database.all(self._page_after, {"lane": lane, "after": seq})
        return [Row(row[0], row[1], (row[2], row[3], row[4], row[5], row[6])) for row in rows]

    def _beside(self, lane: int, place: Place) -> tuple[int, int] | None:
        row = self._database.first(_BESIDE, {"lane": lane, "after": place.seq - 1 - place.shift})
        return None if row is None or row.first is None else (row.first, row.last)

    def _head(self, lane: int) -> Any:
        return self._database.first(_HEAD, {"lane": lane})

    def _count_diagnosis(self, finding: Finding) -> None:
        self._diagnoses += 1
        last = self._findings[-1] if self._findings else None
        if last and (last.fault, last.lane, last.last + 1) == (finding.fault, finding.lane, finding.first):
            self._findings[-1] = Finding(last.fault, last.lane, last.first, finding.last)
        else:
            self._findings.append(finding)
        if self._diagnoses >= MOST_DIAGNOSES:
            raise _Enough

    def _find(self, fault: Fault, lane: int, first: int = 0, last: int = 0) -> None:
        self._findings.append(Finding(fault, lane, first, last))


def _page(is_sqlite: bool) -> Select[Any]:
    """The next rows of a lane as bytes, for a row altered behind our back may hold what its type forbids."""
    at: ColumnElement[Any] = cast(_E.at, String)
    account: ColumnElement[Any] = cast(_E.account_id, String)
    if not is_sqlite:
        at = func.coalesce(func.to_char(func.timezone("UTC", _E.at), "YYYY-MM-DD HH24:MI:SS.US"), "")
        account = func.replace(account, "-", "")
    texts = (at, _E.event, account, _E.client_id, _E.facts)
    return (
        select(_E.seq, cast(_E.mac, LargeBinary), *(_bytes_of(part, is_sqlite) for part in texts))
        .where(_E.lane == bindparam("lane"), _E.seq > bindparam("after"), _E.seq < ENDLESS)
        .order_by(_E.seq)
        .limit(PAGE)
    )


def _bytes_of(text: ColumnElement[Any], is_sqlite: bool) -> ColumnElement[Any]:
    return cast(text, LargeBinary) if is_sqlite else func.convert_to(text, "UTF8")
