"""Stops asking whoever does not answer, so that those who need an answer are told at once."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from idp.kernel.clock import Clock
from idp.kernel.errors import Unavailable

T = TypeVar("T")

FAILURES = 3
REST = timedelta(seconds=15)
LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Breaker:
    """After three failures in a row it asks nobody for fifteen seconds; then one caller tries.

    One for each process and each thing that is asked.
    """

    def __init__(self, what: str, clock: Clock, failures: int = FAILURES, rest: timedelta = REST) -> None:
        self.what = what
        self._clock = clock
        self._most = failures
        self._rest = rest
        self._failures = 0
        self._closed_until = LONG_AGO
        self._lock = threading.Lock()

    def ask(self, work: Callable[[], T]) -> T:
        """What ``work`` gives.

        Raises:
            Unavailable: it does, or it was not asked at all; ``retry_after`` says when it will be.
        """
        self._enter()
        try:
            answer = work()
        except Unavailable:
            self._failed()
            raise
        with self._lock:
            self._failures, self._closed_until = 0, LONG_AGO
        return answer

    def _enter(self) -> None:
        with self._lock:
            now = self._clock()
            if now < self._closed_until:
                # A clock that was set back must not close it for longer than it rests.
                raise Unavailable(self.what, min(self._closed_until - now, self._rest))
            if self._failures >= self._most:
                self._closed_until = now + self._rest  # this caller tries; the others wait for it

    def _failed(self) -> None:
        with self._lock:
            self._failures += 1
            if self._failures >= self._most:
                self._closed_until = self._clock() + self._rest
