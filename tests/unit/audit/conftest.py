"""A log on each real database, and a hand that may change rows behind its back."""

from contextlib import contextmanager

import pytest
from sqlalchemy import event

from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.audit.verify import verify
from idp.kernel.errors import Unavailable
from idp.kernel.ids import new_id

KEY = b"a key of the audit log, 32 bytes"


@pytest.fixture(params=["database", "postgres_database"])
def any_database(request):
    """SQLite, then PostgreSQL."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def log_of(clock):
    """A log on a database of the test's choice."""
    return lambda database: AuditLog(database, KEY, clock)


@pytest.fixture
def log(any_database, log_of):
    return log_of(any_database)


@pytest.fixture
def answer_lost():
    """While it lasts, a database's connection breaks at a statement: the server may have run it, or not."""

    @contextmanager
    def lost(database, *, is_committed):
        run = database.run

        def broken(statement, parameters=None):
            if is_committed:
                run(statement, parameters)
            raise Unavailable("database")

        database.run = broken
        with pytest.raises(Unavailable):
            yield
        database.run = run

    return lost


@pytest.fixture
def tamper(any_database):
    """Run SQL as somebody with the database's password, but not the key, could."""

    def run(*statements):
        with any_database.transaction() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    return run


@pytest.fixture
def faults(any_database):
    """What verifying finds, in the words it prints."""

    def find(checkpoint=None):
        return [str(finding) for finding in verify(any_database, KEY, checkpoint=checkpoint).findings]

    return find


@pytest.fixture
def statements(any_database):
    """Every statement sent to the database, as it is sent."""
    sent = []

    def note(_connection, _cursor, statement, _parameters, _context, _many):
        sent.append(statement)

    event.listen(any_database.engine, "before_cursor_execute", note)
    yield sent
    event.remove(any_database.engine, "before_cursor_execute", note)


@pytest.fixture
def ten(log):
    """A log with ten rows in lane 1."""
    for number in range(10):
        log.record(Event.TOKEN_ISSUED, account_id=new_id(), client_id="portal", count=number)
    return log
