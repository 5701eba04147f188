"""Checkpoints: the heads of all lanes on one line, for keeping where nobody at the database can reach.

The chain alone cannot tell an old copy of the whole database from the present one. A checkpoint kept outside
can: what it saw must still be there.
"""

import base64
import hmac
from dataclasses import dataclass

from sqlalchemy import select

from idp.audit.chain import Chain
from idp.audit.lanes import REGISTER, audit_lanes
from idp.kernel.clock import Clock
from idp.kernel.errors import Corrupt
from idp.storage.database import Database

VERSION = "audit1"
_HEADS = select(audit_lanes).where(audit_lanes.c.seq > 0).order_by(audit_lanes.c.lane)
_FEWEST_WORDS = 3  # version, time, code


@dataclass(frozen=True, slots=True)
class Mark:
    """A lane's head as a checkpoint saw it."""

    lane: int
    seq: int
    seal: bytes


def checkpoint(database: Database, key: bytes, clock: Clock) -> str:
    """One signed line of ASCII with the sealed heads of all lanes: ``audit1 time lane:seq:seal ... code``.

    About 50 characters for each lane.
    """
    marks = (f"{row.lane}:{row.seq}:{_word(row.mac)}" for row in database.all(_HEADS) if row.lane != REGISTER)
    paper = " ".join((VERSION, clock().isoformat(timespec="seconds"), *marks))
    return f"{paper} {_word(Chain(key).sign(paper))}"


def marks_of(line: str, key: bytes) -> dict[int, Mark]:
    """What a checkpoint says, by lane.

    Raises:
        Corrupt: it is not a line that ``checkpoint`` made with this key.
    """
    paper, _, code = line.strip().rpartition(" ")
    words = paper.split(" ")
    if not (line.isascii() and hmac.compare_digest(code, _word(Chain(key).sign(paper)))):
        raise Corrupt("audit_checkpoint")
    if len(words) < _FEWEST_WORDS - 1 or words[0] != VERSION:
        raise Corrupt("audit_checkpoint")
    marks = (_mark(word) for word in words[2:])
    return {mark.lane: mark for mark in marks}


def _mark(word: str) -> Mark:
    lane, seq, seal = word.split(":")
    return Mark(int(lane), int(seq), base64.urlsafe_b64decode(seal + "="))


def _word(code: bytes) -> str:
    return base64.urlsafe_b64encode(code).decode().rstrip("=")
