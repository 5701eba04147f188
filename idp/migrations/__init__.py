"""How the tables came to be as they are. Whoever only asks whether they are so does without Alembic."""

from pathlib import Path

from sqlalchemy import inspect, text

from idp.storage.database import Database

VERSIONS = Path(__file__).parent / "versions"
STORED = text("SELECT version_num FROM alembic_version")


def is_current(database: Database, versions: Path = VERSIONS) -> bool:
    """Whether the tables are those this version of the program was written for.

    Migrations follow one another, each in a file that begins with its number.
    """
    newest = max(file.name.partition("_")[0] for file in versions.glob("[0-9]*_*.py"))
    with database.transaction() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return False
        return [row.version_num for row in connection.execute(STORED)] == [newest]
