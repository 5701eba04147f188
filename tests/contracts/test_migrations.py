"""The migrations make the tables that the code says, on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from idp.migrations import VERSIONS, is_current
from idp.migrations.rooms import whole_metadata
from idp.migrations.upgrade import configuration, migrate
from idp.storage.database import Database
from tests.conftest import sqlite


@pytest.fixture(params=["sqlite", "postgresql"])
def migrated(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    is_sqlite = request.param == "sqlite"
    database = sqlite(tmp_path / "new.db") if is_sqlite else Database(request.getfixturevalue("postgres_url"))
    migrate(database)
    yield database
    database.close()


def test_migrations_and_code_agree_on_every_table(migrated: Database) -> None:
    with migrated.transaction() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), whole_metadata())

    assert differences == [], 'write a migration: python -m idp.migrations.revise "what changed"'


def test_a_migrated_database_is_current(migrated: Database) -> None:
    assert is_current(migrated)


def test_newest_file_is_the_head_of_one_line_of_migrations() -> None:
    heads = ScriptDirectory.from_config(configuration(VERSIONS)).get_heads()

    assert heads == [max(file.name for file in VERSIONS.glob("*.py"))[:4]]
