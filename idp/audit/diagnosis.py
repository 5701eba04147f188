"""What was done to rows whose codes do not follow: edited, removed, inserted or reordered."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from idp.audit.chain import Chain, Told

LOOK_AHEAD = 32  # rows within which a reordering or a renumbering is recognised; beyond, it is two faults


class Fault(StrEnum):
    """What is wrong with the log."""

    EDITED = "edited"  # the row, or its code, is not what was written
    REMOVED = "removed"
    INSERTED = "inserted"
    REORDERED = "reordered"
    TRUNCATED = "truncated"  # the rows at a lane's end are gone
    HEAD_EDITED = "head_edited"  # a lane's sealed end does not fit its rows
    HEAD_REMOVED = "head_removed"
    LANE_REMOVED = "lane_removed"  # rows and head
    LANE_INSERTED = "lane_inserted"  # rows or head of a lane that was never opened
    REGISTER_EDITED = "register_edited"  # the count of lanes
    REGISTER_REMOVED = "register_removed"
    ROLLED_BACK = "rolled_back"  # what a checkpoint saw is there no more


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong, in the rows ``first`` to ``last`` of a lane.

    Their numbers are those they were written with, before any renumbering; of inserted rows, those they have.
    """

    fault: Fault
    lane: int
    first: int = 0
    last: int = 0

    def __str__(self) -> str:
        places = f"{self.first}" if self.first == self.last else f"{self.first}-{self.last}"
        return f"{self.fault} lane={self.lane} seq={places}"


class Row(NamedTuple):
    """One stored row of a lane."""

    seq: int
    mac: bytes
    told: Told


@dataclass(frozen=True, slots=True)
class Place:
    """Where reading stands: the code the next row must follow, and its place as it was written.

    ``shift`` is what renumbering took from the places: as written less as stored.
    """

    before: bytes
    seq: int
    shift: int = 0


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was found, how many rows it explains, and where to read on."""

    finding: Finding
    rows: int
    place: Place


class Examination:
    """One lane's rows from the first that does not follow."""

    def __init__(self, chain: Chain, lane: int, place: Place, window: Sequence[Row]) -> None:
        self._chain = chain
        self._lane = lane
        self._place = place
        self._window = window

    def diagnose(self) -> Diagnosis:
        """The simplest explanation that lets the rows behind it follow again."""
        return (
            self._gap() or self._out_of_order() or self._edit() or self._renumbering() or self._unexplained()
        )

    def _follows(self, row: Row, before: bytes, seq: int) -> bool:
        return self._chain.link(before, self._lane, seq, row.told) == row.mac

    def _found(self, fault: Fault, first: int, last: int, rows: int, place: Place) -> Diagnosis:
        return Diagnosis(Finding(fault, self._lane, first, last), rows, place)

    def _gap(self) -> Diagnosis | None:
        """Places are missing. The row behind them cannot be proven: the code it follows is gone."""
        here, row = self._place, self._window[0]
        seq = row.seq + here.shift
        if seq <= here.seq:
            return None
        return self._found(Fault.REMOVED, here.seq, seq - 1, 1, Place(row.mac, seq + 1, here.shift))

    def _out_of_order(self) -> Diagnosis | None:
        """A row further on follows: the ones passed over come later, or were never written."""
        here, order = self._place, list[int]()
        before, seq = here.before, here.seq
        while (index := self._index_of(before, seq, order)) is not None:
            order.append(index)
            before, seq = self._window[index].mac, seq + 1
            if sorted(order) == list(range(len(order))):
                return self._found(
                    Fault.REORDERED, here.seq, seq - 1, len(order), Place(before, seq, here.shift)
                )
        if not order:
            return None
        strange = min(order)
        place = Place(here.before, here.seq, here.shift - strange)
        last = self._window[strange - 1].seq
        return self._found(Fault.INSERTED, self._window[0].seq, last, strange, place)

    def _index_of(self, before: bytes, seq: int, taken: Sequence[int]) -> int | None:
        for index, row in enumerate(self._window):
            if index not in taken and self._follows(row, before, seq):
                return index
        return None

    def _edit(self) -> Diagnosis | None:
        """The next row follows this one's code, as it stands or as it should be."""
        here, row = self._place, self._window[0]
        if len(self._window) == 1:
            return None
        for mac in (row.mac, self._chain.link(here.before, self._lane, here.seq, row.told)):
            if self._follows(self._window[1], mac, here.seq + 1):
                place = Place(mac, here.seq + 1, here.shift)
                return self._found(Fault.EDITED, here.seq, here.seq, 1, place)
        return None

    def _renumbering(self) -> Diagnosis | None:
        """Rows were taken out and those behind them moved up: the next row follows, at a higher place."""
        here, row = self._place, self._window[0]
        for gone in range(1, LOOK_AHEAD if len(self._window) > 1 else 0):
            if self._follows(self._window[1], row.mac, here.seq + gone + 1):
                place = Place(row.mac, here.seq + gone + 1, here.shift + gone)
                return self._found(Fault.REMOVED, here.seq, here.seq + gone - 1, 1, place)
        return None

    def _unexplained(self) -> Diagnosis:
        here, row = self._place, self._window[0]
        return self._found(Fault.EDITED, here.seq, here.seq, 1, Place(row.mac, here.seq + 1, here.shift))
