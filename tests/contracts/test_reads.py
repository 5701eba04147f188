"""Who read whose data, on SQLite and PostgreSQL: counted by day, whoever writes it down."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest

from idp.kernel.errors import Unavailable
from idp.kernel.ids import new_id
from idp.oidc.tokens.reads import Reads

ACCOUNT, PROCESSES, TIMES = new_id(), 4, 5


@pytest.fixture(params=["database", "postgres_database"])
def stored(request):
    return request.getfixturevalue(request.param)


def told(reads):
    return [(one.client_id, one.times) for one in reads.by_client(ACCOUNT, date.min)]


def test_what_several_processes_gathered_adds_up(stored, clock):
    processes = [Reads(stored, clock) for _ in range(PROCESSES)]
    for reads in processes:
        for _ in range(TIMES):
            reads.note(ACCOUNT, "portal")
            reads.note(new_id(), "portal")
    gate = threading.Barrier(PROCESSES)

    def write(reads):
        gate.wait()
        reads.write()

    with ThreadPoolExecutor(PROCESSES) as pool:
        list(pool.map(write, processes))

    assert told(processes[0]) == [("portal", PROCESSES * TIMES)]


def test_days_are_counted_apart_and_the_last_reader_comes_first(stored, clock):
    reads, day = Reads(stored, clock), clock().date()
    reads.note(ACCOUNT, "portal")
    reads.note(ACCOUNT, "shop")
    clock.advance(timedelta(days=1))
    reads.note(ACCOUNT, "portal")
    reads.write()

    assert told(reads) == [("portal", 2), ("shop", 1)]
    assert reads.by_client(ACCOUNT, day)[0].last_at == clock()
    assert [(one.client_id, one.times) for one in reads.by_client(ACCOUNT, day + timedelta(days=1))] == [
        ("portal", 1)
    ]
    assert [one.client_id for one in reads.by_day(ACCOUNT)] == ["portal", "portal", "shop"]


@pytest.mark.spec("Decree 69/2024 Art. 17")
def test_reads_are_forgotten_once_the_law_has_kept_them_and_not_a_day_before(stored, clock):
    reads, first = Reads(stored, clock), date(2026, 11, 2)
    clock.now = datetime(2026, 11, 2, 12, tzinfo=UTC)
    reads.note(ACCOUNT, "portal")
    clock.advance(timedelta(days=1))
    reads.note(ACCOUNT, "shop")
    reads.write()

    clock.now = datetime(2031, 11, 2, 12, tzinfo=UTC)
    assert reads.forget() == 0
    clock.advance(timedelta(days=1))
    assert reads.forget() == 1

    assert [(one.client_id, one.day) for one in reads.by_day(ACCOUNT)] == [
        ("shop", first + timedelta(days=1))
    ]


def test_what_the_database_did_not_take_is_written_later(database, clock, monkeypatch):
    reads = Reads(database, clock)
    reads.note(ACCOUNT, "portal")
    with monkeypatch.context() as broken:
        broken.setattr(database, "atomically", _silent)
        with pytest.raises(Unavailable):
            reads.write()
    reads.note(ACCOUNT, "portal")

    reads.write()

    assert told(reads) == [("portal", 2)]


def _silent(_work):
    raise Unavailable("database")


ENDS = """
import sys
from uuid import UUID
from idp.kernel.clock import utc_now
from idp.oidc.tokens.reads import Reads
from idp.storage.database import Database

Reads(Database(sys.argv[1]), utc_now).note(UUID(sys.argv[2]), "portal")
"""


def test_what_is_gathered_is_written_when_the_process_ends(database, clock):
    subprocess.run([sys.executable, "-c", ENDS, database.url, str(ACCOUNT)], check=True, timeout=60)

    assert told(Reads(database, clock)) == [("portal", 1)]
