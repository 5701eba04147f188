"""Time, passed in, so that tests can hold it still."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """This moment, aware, in UTC."""
    return datetime.now(UTC)
