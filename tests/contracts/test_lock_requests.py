"""Authorities' requests on SQLite and PostgreSQL: two officers, one act each, and of two at once one wins."""

import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from idp.accounts.account import Accounts, LockGround
from idp.accounts.lock_requests import (
    LockRequests,
    RequestMisshaped,
    RequestMoved,
    SameOfficer,
    Stage,
    Turn,
)
from idp.accounts.locks import LockAbsent, Locks, LockStands
from idp.accounts.officers import NotAnOfficer, Officers
from idp.audit.events import FACTS
from idp.kernel.errors import Refused
from tests.people import a_seal, an_account

POLICE, LETTER = "Công an tỉnh Mẫu", "12/CV-PC06"


class Recorded(list):
    """Stands for the audit log."""

    def record(self, event, *, account_id=None, **facts):
        assert set(facts) <= set(FACTS)
        self.append((event.value, account_id, facts))


class World:
    """A holder and two officers."""

    def __init__(self, database, clock):
        self.numbers = count(1)
        self.accounts = Accounts(database, a_seal(), clock)
        self.recorded = Recorded()
        self.locks = Locks(database, clock)
        officers = Officers(database, self.accounts, self.recorded, clock)
        self.requests = LockRequests(database, self.accounts, officers, self.locks, self.recorded, clock)
        self.holder, self.one, self.other = (self.an_account() for _ in range(3))
        for officer in (self.one, self.other):
            officers.appoint(officer, "Công an phường Mẫu", "cli")

    def an_account(self):
        account = an_account(number=f"00119999000{next(self.numbers)}")
        self.accounts.add(account)
        self.accounts.activate(account.id)
        return account.id

    def file(self, turn=Turn.LOCK):
        return self.requests.file(self.holder, turn, POLICE, LETTER, self.one)


@pytest.fixture(params=["database", "postgres_database"])
def world(request, clock):
    return World(request.getfixturevalue(request.param), clock)


@pytest.mark.spec("Decree 69/2024 Art. 29")
def test_request_is_filed_forwarded_and_decided_within_its_terms(world, clock):
    filed = world.file()
    forwarded = world.requests.forward(filed.id, world.one)
    decided = world.requests.decide(filed.id, world.other, is_granted=True)

    assert (filed.stage, filed.deadline.within, filed.deadline.article) == (Stage.FILED, 1, "69/2024 Art. 29")
    assert (forwarded.stage, forwarded.deadline.within) == (Stage.FORWARDED, 2)
    assert (decided.stage, decided.deadline) == (Stage.GRANTED, None)
    assert [name for name, account, _ in world.recorded if account == world.holder] == [
        "lock_request.filed",
        "lock_request.forwarded",
        "lock_request.decided",
    ]


def test_who_forwarded_does_not_decide(world):
    request = world.requests.forward(world.file().id, world.one)

    with pytest.raises(SameOfficer):
        world.requests.decide(request.id, world.one, is_granted=True)

    assert world.requests.find(request.id).stage is Stage.FORWARDED


def test_nobody_acts_on_a_request_about_themself(world):
    with pytest.raises(SameOfficer):
        world.requests.file(world.one, Turn.LOCK, POLICE, LETTER, world.one)
    request = world.requests.file(world.one, Turn.LOCK, POLICE, LETTER, world.other)
    with pytest.raises(SameOfficer):
        world.requests.forward(request.id, world.one)


def test_who_is_no_officer_acts_on_nothing(world):
    request = world.file()

    with pytest.raises(NotAnOfficer):
        world.requests.forward(request.id, world.holder)


def test_what_was_not_forwarded_is_not_decided(world):
    with pytest.raises(RequestMoved) as told:
        world.requests.decide(world.file().id, world.other, is_granted=True)

    assert told.value.facts() == {"reason": "filed"}


def test_there_is_nothing_to_ask_where_it_stands_so_already(world):
    with pytest.raises(LockAbsent):
        world.file(Turn.UNLOCK)
    world.locks.place(world.holder, LockGround.AUTHORITY, "26/2023 Art. 34.1.đ", "cli")
    with pytest.raises(LockStands):
        world.file()


@pytest.mark.parametrize("names", [("", LETTER), (POLICE, " "), (POLICE, "x" * 201)])
def test_authority_and_letter_are_named(world, names):
    with pytest.raises(RequestMisshaped):
        world.requests.file(world.holder, Turn.LOCK, *names, world.one)


def test_what_is_late_is_seen(world, clock):
    request = world.file()
    due_at = request.deadline.due_at

    (waiting,) = world.requests.waiting()

    assert not waiting.deadline.has_passed(clock())
    assert waiting.deadline.has_passed(due_at)


def test_of_two_who_decide_at_once_one_wins_and_the_other_is_told(world):
    request = world.requests.forward(world.file().id, world.one)
    start = threading.Barrier(2)

    def decide(is_granted):
        start.wait()
        try:
            return world.requests.decide(request.id, world.other, is_granted=is_granted).stage
        except Refused as refusal:
            return refusal.code

    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(decide, [True, False]))

    assert RequestMoved.code in told
    assert world.requests.find(request.id).stage in told
