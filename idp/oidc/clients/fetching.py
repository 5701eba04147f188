"""Fetching what clients publish while somebody waits for an answer: strangers take some threads, not all."""

import time
from collections.abc import Callable
from threading import BoundedSemaphore
from urllib.parse import urlsplit

from idp.outbound import OutboundFailed

AT_ONCE = 2  # half of the threads that are at work in a process
PLACE_SECONDS = 0.3  # how long to wait for one of these
SLOW_SECONDS = 2.0
REST_SECONDS = 10.0  # for who was slow, or silent
MAX_RESTING = 1000

Fetch = Callable[..., bytes]


class Fetching:
    """As ``Outbound.fetch``, for requests under way."""

    def __init__(self, fetch: Fetch, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._monotonic = monotonic
        self._places = BoundedSemaphore(AT_ONCE)
        self._resting: dict[str, float] = {}

    def __call__(self, url: str, *more: str) -> bytes:
        """The body behind an address.

        Raises:
            OutboundFailed: as ``fetch`` says; or ``outbound_resting``: it was slow a moment ago;
                ``outbound_busy``: others are being waited for.
        """
        host = urlsplit(url).netloc
        if self._monotonic() < self._resting.get(host, 0):
            raise OutboundFailed("resting")
        if not self._places.acquire(timeout=PLACE_SECONDS):
            raise OutboundFailed("busy")
        began = self._monotonic()
        try:
            return self._fetch(url, *more)
        finally:
            self._places.release()
            if self._monotonic() - began >= SLOW_SECONDS:
                self._rest(host)

    def _rest(self, host: str) -> None:
        if len(self._resting) >= MAX_RESTING:
            self._resting.clear()
        self._resting[host] = self._monotonic() + REST_SECONDS
