"""SQLite files opened while others write to them."""

import sqlite3
import threading
from pathlib import Path

from sqlalchemy import text

from idp.storage.database import Database


def test_a_new_file_that_somebody_writes_to_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "idp.db"
    other = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    other.execute("CREATE TABLE theirs (id INTEGER)")
    finish = threading.Timer(0.2, other.execute, ("COMMIT",))
    finish.start()
    database = Database(f"sqlite:///{path}")

    assert database.first(text("SELECT count(*) FROM theirs")) == (0,)

    finish.join()
    database.close()
    other.close()
