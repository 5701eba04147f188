"""How SQLite keeps a moment."""

from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import Dialect
from sqlalchemy.dialects.sqlite import DATETIME

_IN_UTC = "+00:00"


class SqliteInstant(DATETIME):
    """A moment as text: in UTC, without saying so.

    SQLAlchemy's own way there and back takes several times as long, and a grant with its account has eight.
    """

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], str | None]:
        return _written

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[str | None], datetime | None]:
        return _read


def _written(value: datetime | None) -> str | None:
    if value is None:
        return None
    return value.astimezone(UTC).isoformat(" ", "microseconds").removesuffix(_IN_UTC)


def _read(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value + _IN_UTC)
