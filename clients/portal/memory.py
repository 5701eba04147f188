"""A small shelf in this process where things lie until their time is up.

Enough for one process. A site of several processes puts Redis here: the three methods are all it needs.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Memory(Generic[T]):
    """Values by key, each with an end. Bounded: past ``limit`` the oldest goes first.

    The method names are those that Authlib's ``OAuth(cache=...)`` calls.
    """

    def __init__(self, limit: int = 10_000, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[float, T]] = OrderedDict()

    def set(self, key: str, value: T, seconds: float) -> None:
        """Lay ``value`` down for ``seconds``; what lay there before is gone."""
        now = self._monotonic()
        with self._lock:
            self._kept.pop(key, None)
            self._kept[key] = (now + seconds, value)
            self._make_room(now)

    def get(self, key: str) -> T | None:
        """The value, or None when there is none or its time is up."""
        with self._lock:
            ends, value = self._kept.get(key, (0.0, None))
        return value if ends > self._monotonic() else None

    def delete(self, key: str) -> None:
        """Take it away; nothing happens when it is not there."""
        with self._lock:
            self._kept.pop(key, None)

    def _make_room(self, now: float) -> None:
        while self._kept:
            ends, _ = next(iter(self._kept.values()))
            if ends > now and len(self._kept) <= self._limit:
                return
            self._kept.popitem(last=False)
