"""A register over HTTP: JSON asked and answered under one address, numbers in the body and never in a URL.

``POST {address}/find`` with ``{"number": "..."}`` answers ``{"record": {...}}``, or ``{"record": null}``
where there is none; a record's members are the columns of its CSV file. ``POST {address}/changes`` with
``{"after": "...", "limit": 100}`` answers ``{"changes": [...]}``. Anything else, and silence, is
``Unavailable``; but one change that has its place and cannot be read stops none of those after it.
"""

import json
import re
from collections.abc import Sequence
from datetime import date
from typing import Any, Generic, TypeGuard, TypeVar
from urllib.parse import urlsplit

from idp.kernel.clock import Clock
from idp.kernel.errors import Unavailable
from idp.keyring.gate import BadToken, read_object
from idp.outbound import OK, Outbound, OutboundFailed
from idp.registers.breaker import Breaker
from idp.registers.fields import RowRefused
from idp.registers.register import MOST_CHANGES, Change, ChangeKind, Shape, UnreadChange
from idp.registers.request_key import RequestKey
from idp.statute.ages import day_in_vietnam

R = TypeVar("R")
LONGEST_CURSOR = 128
WORD = re.compile(r"[a-z_]{1,24}")
ANYBODYS_NUMBER = re.compile(r"[0-9A-Z.]{1,35}")


class HttpRegister(Generic[R]):
    """One register behind one address. What it answers is checked like a row of a file."""

    def __init__(
        self, shape: Shape[R], address: str, outbound: Outbound, key: RequestKey | None, clock: Clock
    ) -> None:
        self._shape = shape
        self._address = address.rstrip("/")
        self._outbound = outbound
        self._key = key
        self._clock = clock
        self._breaker = Breaker(f"{shape.name.value} register", clock)
        self.source = f"{shape.name.value} register at {urlsplit(address).hostname}"

    def find(self, number: str) -> R | None:
        """The record of a number; ``None`` when there is none. Raises ``Unavailable``.

        What cannot be a number is not asked for: nobody's typing can make a register look broken.
        """
        if not ANYBODYS_NUMBER.fullmatch(number):
            return None
        return self._breaker.ask(lambda: self._record(number))

    def changes(self, after: str, limit: int = MOST_CHANGES) -> Sequence[Change | UnreadChange]:
        """As in ``Register``."""
        return self._breaker.ask(lambda: self._changes(after, min(limit, MOST_CHANGES)))

    def _record(self, number: str) -> R | None:
        answer = self._ask("find", {"number": number})
        if "record" in answer and answer["record"] is None:
            return None
        row = answer.get("record")
        if not isinstance(row, dict) or not all(isinstance(value, str) for value in row.values()):
            raise self._unusable()
        try:
            record = self._shape.read_row(row, day_in_vietnam(self._clock()))
        except (RowRefused, KeyError):
            raise self._unusable() from None
        if self._shape.number_of(record) != number:
            raise self._unusable()
        return record

    def _changes(self, after: str, limit: int) -> Sequence[Change | UnreadChange]:
        listed = self._ask("changes", {"after": after, "limit": limit}).get("changes")
        if not isinstance(listed, list):
            raise self._unusable()
        return [self._change(each) for each in listed]

    def _change(self, members: Any) -> Change | UnreadChange:
        """One of them. Only without its place is a change no answer: all others are passed, read or not."""
        cursor = members.get("cursor") if isinstance(members, dict) else None
        if not _is_text(cursor):
            raise self._unusable()
        try:
            change = Change(
                cursor=cursor,
                kind=ChangeKind(members["kind"]),
                number=members["number"],
                happened_on=date.fromisoformat(members["happened_on"]),
                new_number=members["new_number"],
            )
        except (KeyError, TypeError, ValueError):
            return _unread(cursor, members)
        has_numbers = _is_text(change.number) and (change.new_number is None or _is_text(change.new_number))
        return change if has_numbers else _unread(cursor, members)

    def _ask(self, what: str, question: dict[str, object]) -> dict[str, Any]:
        url, body = f"{self._address}/{what}", json.dumps(question).encode()
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self._key is not None:
            headers["Authorization"] = f"Bearer {self._key.token(url, body, self._clock())}"
        try:
            answer = self._outbound.post(url, body, headers)
        except OutboundFailed:
            raise self._unusable() from None
        if answer.status != OK:
            raise self._unusable(answer.status)
        if answer.content_type != "application/json":
            raise self._unusable()
        try:
            return read_object(answer.body)
        except BadToken:
            raise self._unusable() from None

    def _unusable(self, answered: int | None = None) -> Unavailable:
        return Unavailable(self._breaker.what, answered=answered)


def _is_text(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_CURSOR


def _unread(cursor: str, members: dict[str, Any]) -> UnreadChange:
    """What is left of a change that cannot be read: nothing of it is kept that is not a word or a number."""
    kind, number = str(members.get("kind")), str(members.get("number"))
    return UnreadChange(
        cursor=cursor,
        kind=kind if WORD.fullmatch(kind) else "",
        number=number if ANYBODYS_NUMBER.fullmatch(number) else None,
    )
