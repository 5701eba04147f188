"""How an account stops, on SQLite and PostgreSQL: of two who act at once one wins, and the other is told."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from idp.accounts.account import Accounts, Status
from idp.accounts.lifecycle import Lifecycle, LoweredFor, NotToBeLowered
from idp.accounts.locks import LockAbsent, Locks, LockStands
from idp.accounts.notices import Notices, account_notices
from idp.assurance import Level
from idp.audit.events import FACTS
from idp.kernel.errors import Refused
from idp.statute.rules import LockGround
from tests.people import a_seal, an_account

RACERS = 4


class Recorded:
    """Stands for the audit log, and for messages that nobody sends here."""

    def __init__(self):
        self.events = []

    def record(self, event, *, account_id=None, client_id=None, **facts):
        assert set(facts) <= set(FACTS)
        self.events.append(event.value)


class World:
    """One account of level 02, and what stops it."""

    def __init__(self, database, clock):
        self.database, self.recorded = database, Recorded()
        self.accounts = Accounts(database, a_seal(), clock)
        self.locks = Locks(database, clock)
        notices = Notices(database, self.accounts, self.recorded, self.recorded, clock)
        self.lifecycle = Lifecycle(self.accounts, self.locks, notices, self.recorded, clock)
        account = an_account(status=Status.ACTIVE, level=Level.TWO, activated_at=clock())
        self.accounts.add(account)
        self.id = account.id

    @property
    def notices(self):
        return self.database.first(select(func.count()).select_from(account_notices))[0]


@pytest.fixture(params=["database", "postgres_database"])
def world(request, clock):
    return World(request.getfixturevalue(request.param), clock)


def race(*acts):
    """What became of each act, all begun at once: its answer, or what it raised."""
    gate = threading.Barrier(len(acts))

    def run(act):
        gate.wait()
        try:
            return act()
        except Refused as refusal:
            return refusal

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_of_several_locks_on_one_ground_one_is_placed(world):
    told = race(*[lambda: world.lifecycle.lock(world.id, LockGround.CARD_HELD, "cli")] * RACERS)

    assert sum(isinstance(each, LockStands) for each in told) == RACERS - 1
    assert len(world.locks.ever(world.id)) == 1
    assert world.recorded.events == ["account.locked"]
    assert world.notices == 1


def test_locks_on_two_grounds_at_once_both_stand(world):
    grounds = (LockGround.CARD_HELD, LockGround.CARD_REVOKED)

    race(*[lambda ground=ground: world.lifecycle.lock(world.id, ground, "cli") for ground in grounds])

    assert {lock.ground for lock in world.locks.standing(world.id)} == set(grounds)
    assert world.accounts.the(world.id).status is Status.LOCKED


def test_of_several_unlocks_one_opens(world):
    world.lifecycle.lock(world.id, LockGround.CARD_HELD, "cli")

    told = race(*[lambda: world.lifecycle.unlock(world.id, "cli")] * RACERS)

    assert sum(isinstance(each, LockAbsent) for each in told) == RACERS - 1
    assert world.accounts.the(world.id).status is Status.ACTIVE
    assert world.recorded.events == ["account.locked", "account.unlocked"]


def test_lock_and_unlock_at_once_leave_status_and_locks_agreeing(world):
    world.lifecycle.lock(world.id, LockGround.CARD_HELD, "cli")

    race(
        lambda: world.lifecycle.unlock(world.id, "cli", LockGround.CARD_HELD),
        lambda: world.lifecycle.lock(world.id, LockGround.CARD_REVOKED, "population"),
    )

    assert [lock.ground for lock in world.locks.standing(world.id)] == [LockGround.CARD_REVOKED]
    account = world.accounts.the(world.id)
    assert (account.status, account.lock_ground) == (Status.LOCKED, LockGround.CARD_REVOKED)


def test_of_several_who_take_the_level_back_one_does(world):
    told = race(*[lambda: world.lifecycle.lower(world.id, LoweredFor.MISTAKE, "cli")] * RACERS)

    assert sum(isinstance(each, NotToBeLowered) for each in told) == RACERS - 1
    assert world.recorded.events == ["account.level_changed"]
    assert world.notices == 1
