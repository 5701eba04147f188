"""A process that records until it is killed, ``writer.py URL KEY``, and prints a line for each commit."""

import sys

from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.kernel.clock import utc_now
from idp.kernel.errors import Unavailable
from idp.storage.database import Database


def main() -> None:
    database = Database(sys.argv[1])
    log = AuditLog(database, sys.argv[2].encode(), utc_now)
    done = 0
    while True:
        try:
            with database.transaction():
                log.record(Event.TOKEN_ISSUED, client_id="portal", count=done)
                log.record(Event.CODE_ISSUED, client_id="portal", count=done)
        except Unavailable:
            continue  # SQLite keeps no queue: who writes without a pause leaves another no turn
        done += 1
        print(done, flush=True)


if __name__ == "__main__":
    main()
