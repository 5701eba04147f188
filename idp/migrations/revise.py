"""``python -m idp.migrations.revise "message"``: write a migration from what has changed in the tables."""

import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.script import ScriptDirectory

from idp.migrations import VERSIONS
from idp.migrations.rooms import whole_metadata
from idp.migrations.upgrade import configuration, migrate
from idp.storage.database import Database


def revise(message: str, versions: Path = VERSIONS) -> Path:
    """Write the next migration into ``versions``, numbered; read it over before committing it.

    It is the difference between a new SQLite database brought up to date and the tables in the code,
    written in types that PostgreSQL knows too.
    """
    config = configuration(versions)
    number = len(list(ScriptDirectory.from_config(config).walk_revisions())) + 1
    with tempfile.TemporaryDirectory() as scratch:
        database = Database(f"sqlite:///{scratch}/scratch.db", synchronous="OFF")
        migrate(database, versions)
        with database.transaction() as connection:
            config.attributes.update(connection=connection, metadata=whole_metadata())
            command.revision(
                config, message, autogenerate=True, rev_id=f"{number:04d}", version_path=str(versions)
            )
        database.close()
    return next(versions.glob(f"{number:04d}_*.py"))


if __name__ == "__main__":
    sys.stdout.write(f"{revise(' '.join(sys.argv[1:]))}\n")
