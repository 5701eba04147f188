"""A process that records until it is killed, ``writer.py URL KEY``, and prints a line for each commit."""

import sys

from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.kernel.clock import utc_now
from idp.storage.database import Database


def main() -> None:
    database = Database(sys.argv[1])
    log = AuditLog(database, sys.argv[2].encode(), utc_now)
    done = 0
    while True:
        with database.transaction():
            log.record(Event.TOKEN_ISSUED, client_id="portal", count=done)
            log.record(Event.CODE_ISSUED, client_id="portal", count=done)
        done += 1
        print(done, flush=True)


if __name__ == "__main__":
    main()
