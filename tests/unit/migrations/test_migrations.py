"""Migrations run by the program: up to date, at once or not at all, whoever starts first."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from idp.kernel.errors import Unavailable
from idp.migrations import is_current
from idp.migrations.upgrade import migrate
from idp.storage.database import Database
from idp.storage.engine import Impatient
from tests.conftest import sqlite

FIRST = """
from alembic import op
import sqlalchemy as sa

revision, down_revision = "0001", None

def upgrade():
    op.create_table("pots", sa.Column("id", sa.Uuid(), primary_key=True))
"""
SECOND = """
from alembic import op
import sqlalchemy as sa

revision, down_revision = "0002", "0001"

def upgrade():
    with op.batch_alter_table("pots") as pots:
        pots.add_column(sa.Column("colour", sa.String(8)))
"""
BROKEN = (
    SECOND
    + """
    op.execute("this is not SQL")
"""
)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without any table."""
    is_sqlite = request.param == "sqlite"
    database = (
        sqlite(tmp_path / "empty.db") if is_sqlite else Database(request.getfixturevalue("postgres_url"))
    )
    yield database
    database.close()


@pytest.fixture
def versions(tmp_path: Path) -> Path:
    """A folder with the first migration."""
    folder = tmp_path / "versions"
    folder.mkdir()
    (folder / "0001_first.py").write_text(FIRST)
    return folder


def test_a_new_database_is_not_current_until_migrated(empty: Database, versions: Path) -> None:
    assert not is_current(empty, versions)

    migrate(empty, versions)

    assert is_current(empty, versions)
    assert inspect(empty.engine).has_table("pots")


def test_migrating_again_changes_nothing(empty: Database, versions: Path) -> None:
    migrate(empty, versions)
    migrate(empty, versions)

    assert is_current(empty, versions)


def test_a_new_migration_makes_the_database_old(empty: Database, versions: Path) -> None:
    migrate(empty, versions)
    empty.run(text("INSERT INTO pots (id) VALUES ('00000000000000000000000000000001')"))

    (versions / "0002_second.py").write_text(SECOND)
    assert not is_current(empty, versions)
    migrate(empty, versions)

    assert is_current(empty, versions)
    assert empty.all(text("SELECT colour FROM pots")) == [(None,)]


def test_a_migration_that_fails_leaves_all_as_it_was(empty: Database, versions: Path) -> None:
    migrate(empty, versions)
    (versions / "0002_broken.py").write_text(BROKEN)

    with pytest.raises(DBAPIError):
        migrate(empty, versions)

    assert [column["name"] for column in inspect(empty.engine).get_columns("pots")] == ["id"]
    (versions / "0002_broken.py").unlink()
    assert is_current(empty, versions)


def test_of_many_that_start_at_once_one_migrates(empty: Database, versions: Path) -> None:
    processes = [Database(empty.url) for _ in range(6)]

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(lambda database: migrate(database, versions), processes))

    assert is_current(empty, versions)
    for database in processes:
        database.close()


def test_a_migration_may_take_its_time(
    postgres_url: str, versions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Impatient, "patience", 0.2)
    (versions / "0002_slow.py").write_text(SECOND + '    op.execute("SELECT pg_sleep(0.5)")\n')
    database = Database(postgres_url)

    migrate(database, versions)

    assert is_current(database, versions)
    with pytest.raises(Unavailable):
        database.run(text("SELECT pg_sleep(0.5)"))
    assert database.first(text("SELECT 1")) == (1,), "on a new connection"
    database.close()


def test_statements_keep_their_time_limit_after_a_migration(postgres_url: str, versions: Path) -> None:
    database = Database(postgres_url)

    migrate(database, versions)

    assert database.first(text("SHOW statement_timeout")) == ("2500ms",)
    assert database.first(text("SHOW lock_timeout")) == ("2500ms",)
    database.close()
