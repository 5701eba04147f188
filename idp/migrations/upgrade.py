"""Alembic, run by the program itself."""

from contextlib import suppress
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from idp.migrations import VERSIONS
from idp.storage.database import Database
from idp.storage.engine import STATEMENT_TIMEOUT_MS, unhurried

FOLDER = Path(__file__).parent
WAIT_FOR_OTHERS = "60s"

# As Alembic would make it; made first, so that there is something to lock.
VERSION_TABLE = text(
    "CREATE TABLE IF NOT EXISTS alembic_version "
    "(version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
)


def migrate(database: Database, versions: Path = VERSIONS) -> None:
    """Bring the tables up to date, all or nothing.

    Any number of processes may call it at once: one migrates, the others wait for it. Reading and writing
    goes on meanwhile; a change that waits over 2.5 s for somebody's lock gives up, to be tried again.

    Raises:
        Unavailable: the server is gone, or the tables were too busy.
    """
    with suppress(IntegrityError, ProgrammingError):  # another process made it at the same moment
        database.run(VERSION_TABLE)
    with database.transaction() as connection, unhurried(connection):
        if not database.is_sqlite:  # where BEGIN IMMEDIATE has locked the others out already
            _be_alone(database)
        config = configuration(versions)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def configuration(versions: Path = VERSIONS) -> Config:
    """Alembic's settings; there is no ``alembic.ini``."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", str(versions))
    return config


def _be_alone(database: Database) -> None:
    database.run(text("SET LOCAL statement_timeout = 0"))
    database.run(text(f"SET LOCAL lock_timeout = '{WAIT_FOR_OTHERS}'"))
    # Keeps out those who migrate, not those who only ask which version it is.
    database.run(text("LOCK TABLE alembic_version IN SHARE ROW EXCLUSIVE MODE"))
    database.run(text(f"SET LOCAL lock_timeout = {STATEMENT_TIMEOUT_MS}"))
