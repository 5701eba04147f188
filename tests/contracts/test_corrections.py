"""Requests to correct what is kept, on SQLite and PostgreSQL: two decided at once both stand."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count

import pytest

from idp.accounts.account import Accounts
from idp.accounts.correction import Stage
from idp.accounts.corrections import Corrections
from idp.accounts.notices import Notices
from idp.accounts.officers import Officers
from idp.accounts.owed_readings import OwedReadings
from idp.audit.events import FACTS
from idp.statute.rules import LockGround
from tests.people import a_seal, an_account

HOLDERS = 8


class Recorded:
    """Stands for the audit log, and for messages that nobody sends here."""

    def record(self, _event, *, account_id=None, client_id=None, **facts):
        assert set(facts) <= set(FACTS)


class World:
    """Holders whose identity is wrong, and two officers."""

    def __init__(self, database, clock):
        self.database, self.clock, self.numbers = database, clock, count(1)
        seal, recorded = a_seal(), Recorded()
        self.accounts = Accounts(database, seal, clock)
        self.owed = OwedReadings(database, clock)
        officers = Officers(database, self.accounts, recorded, clock)
        notices = Notices(database, self.accounts, recorded, recorded, clock)
        self.corrections = Corrections(
            database, seal, self.accounts, officers, self.owed, notices, recorded, clock
        )
        self.officers = [self.an_account(), self.an_account()]
        for officer in self.officers:
            officers.appoint(officer, "Công an phường Mẫu", "cli")

    def an_account(self):
        account = an_account(number=f"0011999900{next(self.numbers):02}")
        self.accounts.add(account)
        self.accounts.activate(account.id)
        return account.id


@pytest.fixture(params=["database", "postgres_database"])
def world(request, clock):
    return World(request.getfixturevalue(request.param), clock)


def race(*acts):
    """What each act gave, all begun at once."""
    gate = threading.Barrier(len(acts))

    def run(act):
        gate.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


@pytest.mark.spec("Law 91/2025 Art. 4")
def test_two_about_one_account_are_decided_at_once(world):
    for _ in range(HOLDERS):
        holder = world.an_account()
        asked = [world.corrections.file(holder, member, "khác", "gõ nhầm") for member in ("name", "phone")]

        decided = race(
            *[
                lambda one=one, by=by: world.corrections.decide(one.id, by, is_corrected=True)
                for one, by in zip(asked, world.officers, strict=True)
            ]
        )

        assert [one.stage for one in decided] == [Stage.CORRECTED] * 2
    assert len(world.owed.due()) == HOLDERS


def test_reading_is_owed_at_the_nearest_moment_and_keeps_the_day_that_locks(world):
    holder, now = world.an_account(), world.clock()
    day = now + timedelta(days=9)

    world.owed.owe(holder, day, LockGround.DOCUMENT_EXPIRED)
    world.owed.owe(holder, now)
    world.owed.owe(holder, now + timedelta(days=3))

    (owed,) = world.owed.due()
    assert (owed.due_at, owed.ground, owed.locks_at) == (now, LockGround.DOCUMENT_EXPIRED, day)
