"""Fixtures every test may ask for: a clock that stands still, and real servers."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from idp.storage.database import Database, metadata
from idp.storage.ephemeral import Ephemeral
from idp.storage.ephemeral_sql import SqlEphemeral
from tests.servers import Postgres, Redis

pytest_plugins = ["tests.house"]


@dataclass(slots=True)
class FakeClock:
    """Time that moves only when told to. Called, it tells the time."""

    now: datetime = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, by: timedelta) -> None:
        self.now += by


@pytest.fixture
def clock() -> FakeClock:
    """A Monday in November 2026, 08:00 in Hà Nội."""
    return FakeClock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """SQLite in a file, with the tables of every module imported so far."""
    database = sqlite(tmp_path / "idp.db")
    create_tables(database)
    yield database
    database.close()


@pytest.fixture
def ephemeral(tmp_path: Path, clock: FakeClock) -> Iterator[Ephemeral]:
    """Short-lived state in a SQLite file of its own, by the ``clock`` fixture's time."""
    database = sqlite(tmp_path / "idp-ephemeral.db")
    ephemeral = SqlEphemeral(database, clock)
    yield ephemeral
    ephemeral.close()
    database.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL cluster, started once for each test process. Leave it running."""
    server = Postgres()
    server.start()
    yield server
    server.close()


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Redis]:
    """A Redis, started once for each test process. Leave it running."""
    server = Redis()
    server.start()
    yield server
    server.close()


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """The URL of a new, empty PostgreSQL database."""
    name = postgres.create()
    yield postgres.url(name)
    postgres.drop(name)


@pytest.fixture
def postgres_database(postgres: Postgres) -> Iterator[Database]:
    """A new PostgreSQL database with the tables of every module imported so far."""
    name = postgres.copy_of(",".join(sorted(metadata.tables)), fill_template)
    database = Database(postgres.url(name))
    yield database
    database.close()
    postgres.drop(name)


@pytest.fixture
def redis_url(redis_server: Redis) -> str:
    """The URL of an empty Redis."""
    redis_server.flush()
    return redis_server.url


def sqlite(path: Path) -> Database:
    """A SQLite file as the provider opens it, but that nobody waits for the disk."""
    return Database(f"sqlite:///{path}", synchronous="OFF")


def create_tables(database: Database) -> None:
    """Make the tables of every module imported so far, in one transaction."""
    with database.transaction() as connection:
        metadata.create_all(connection)


def fill_template(url: str) -> None:
    """Make the tables in a database that others are copied from: nobody may stay connected to it."""
    database = Database(url)
    create_tables(database)
    database.close()
