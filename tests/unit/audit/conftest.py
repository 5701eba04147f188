"""A log on each real database, and a hand that may change rows behind its back."""

import pytest

from idp.audit.log import AuditLog
from idp.audit.verify import verify

KEY = b"a key of the audit log, 32 bytes"


@pytest.fixture(params=["database", "postgres_database"])
def any_database(request):
    """SQLite, then PostgreSQL."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def log(any_database, clock):
    return AuditLog(any_database, KEY, clock)


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
