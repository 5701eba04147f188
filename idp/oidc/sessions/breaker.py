"""Spares receivers that do not answer, and those who wait behind them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

FAILURES = 5
PAUSE = timedelta(minutes=1)


@dataclass(slots=True)
class _Record:
    failures: int = 0
    closed_until: datetime | None = None


class Breaker:
    """After ``FAILURES`` in a row a receiver is left alone for ``PAUSE``; then one try shows how it is.

    For one thread, in one process: others find out for themselves.
    """

    def __init__(self) -> None:
        self._records: dict[str, _Record] = {}

    def wait_until(self, receiver: str, now: datetime) -> datetime | None:
        """When a receiver may be tried again; ``None``: now."""
        record = self._records.get(receiver)
        if record is None or record.closed_until is None:
            return None
        if now < record.closed_until:
            return record.closed_until
        record.closed_until = now + PAUSE  # for all but the one that asks
        return None

    def failed(self, receiver: str, now: datetime) -> None:
        record = self._records.setdefault(receiver, _Record())
        record.failures += 1
        if record.failures >= FAILURES:
            record.closed_until = now + PAUSE

    def succeeded(self, receiver: str) -> None:
        self._records.pop(receiver, None)
