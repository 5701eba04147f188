"""What Mandates keep to on SQLite and PostgreSQL: one of two wins, ends reach all below, locks are seen."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from idp.accounts.account import Accounts, LockGround, Status
from idp.accounts.delegation import (
    AgentUnfit,
    MandateCircular,
    MandateExists,
    MandateMisshaped,
    MandateOver,
    MandateWider,
    RoleNotGiven,
    Wish,
)
from idp.accounts.kinds import Kind
from idp.accounts.mandate import Role, mandates
from idp.accounts.mandates import Mandates
from idp.assurance import Level
from idp.audit.events import FACTS
from idp.kernel.errors import NotFound
from idp.kernel.ids import new_id
from idp.storage.database import Database
from tests.people import a_seal, an_account


class Recorded:
    """Stands for the audit log and for who hears of ends."""

    def __init__(self):
        self.events = []
        self.ended = []

    def record(self, event, *, account_id=None, client_id=None, **facts):
        assert set(facts) <= set(FACTS)
        self.events.append((event.value, account_id, facts))

    def on_end(self, ended):
        self.ended += [mandate.id for mandate in ended]


class World:
    """A company with its representative, and people."""

    def __init__(self, db: Database, clock):
        self.db, self.clock, self.recorded = db, clock, Recorded()
        self.accounts = Accounts(db, a_seal(), clock)
        self.mandates = Mandates(db, self.recorded, clock, self.recorded.on_end)
        self.company = self.an_account(Kind.ORGANISATION)
        self.chief = self.an_account()
        self.top = self.mandates.appoint(
            self.company, Wish(agent_id=self.chief, role=Role.REPRESENTATIVE, depth=2)
        )

    def an_account(self, kind=Kind.CITIZEN, **given):
        number = f"001{new_id().int % 10**9:09}"
        usual = {"status": Status.ACTIVE, "activated_at": self.clock()}
        account = an_account(kind, id=new_id(), number=number, **{**usual, **given})
        self.accounts.add(account)
        return account.id

    def a_manager(self, agent=None):
        wish = Wish(agent_id=agent or self.an_account(), role=Role.MANAGER, depth=1)
        return self.mandates.grant(self.chief, self.top.id, wish)

    def a_clerk(self, manager, agent=None, **given):
        wish = Wish(agent_id=agent or self.an_account(), role=Role.CLERK, **given)
        return self.mandates.grant(manager.agent_id, manager.id, wish)


@pytest.fixture(params=["database", "postgres_database"])
def world(request, clock):
    return World(request.getfixturevalue(request.param), clock)


def both(*works):
    """Run them at once; what each gave or raised."""
    ready = threading.Barrier(len(works))

    def run(work):
        ready.wait()
        try:
            return work()
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def test_a_mandate_is_found_as_it_was_given(world):
    clerk = world.an_account()
    wish = Wish(
        agent_id=clerk,
        role=Role.CLERK,
        services=frozenset({"tax"}),
        limit_vnd=5_000_000_000,
        ends_at=world.clock() + timedelta(days=30),
    )

    given = world.mandates.grant(world.chief, world.top.id, wish)

    assert world.mandates.live(given.id) == given == world.mandates.find(given.id)
    assert given.parent_id == world.top.id
    assert given.granted_by == world.chief
    assert world.mandates.of_agent(clerk) == world.mandates.usable_by(clerk) == [given]
    assert world.mandates.of_principal(world.company) == [world.top, given]


def test_both_sides_histories_hear_of_a_mandate_and_of_its_end(world):
    manager = world.a_manager()

    world.mandates.revoke(manager.id, world.chief)

    told = [(event, account) for event, account, facts in world.recorded.events[2:]]
    assert told == [
        ("mandate.given", world.company),
        ("mandate.received", manager.agent_id),
        ("mandate.ended", world.company),
        ("mandate.ended", manager.agent_id),
    ]
    assert {facts["actor"] for _, _, facts in world.recorded.events[2:]} == {str(world.chief)}
    assert world.recorded.events[-1][2]["ground"] == "revoked"


def test_of_two_who_give_the_same_mandate_at_once_one_does(world):
    agent = world.an_account()
    wish = Wish(agent_id=agent, role=Role.ACCOUNTANT)

    results = both(*[lambda: world.mandates.grant(world.chief, world.top.id, wish)] * 2)

    assert sum(isinstance(result, MandateExists) for result in results) == 1
    assert len(world.mandates.of_agent(agent)) == 1


def test_of_two_who_end_the_same_mandate_at_once_one_does(world):
    manager = world.a_manager()

    results = both(*[lambda: world.mandates.revoke(manager.id, world.chief)] * 2)

    assert sum(isinstance(result, MandateOver) for result in results) == 1
    assert world.recorded.ended == [manager.id]


def test_nothing_given_while_its_ground_ends_outlives_it(world):
    for _ in range(5):
        manager = world.a_manager()
        clerk = world.an_account()

        given, _ended = both(
            lambda manager=manager, clerk=clerk: world.a_clerk(manager, clerk),
            lambda manager=manager: world.mandates.revoke(manager.id, world.chief),
        )

        assert world.mandates.of_agent(clerk) == []
        assert isinstance(given, MandateOver) or world.mandates.find(given.id).revoked_at is not None


def test_nothing_given_while_the_agent_is_locked_outlives_the_lock(world):
    def lock(account_id):
        with world.db.transaction():
            world.accounts.lock(account_id, LockGround.HOLDER_ASKED)
            world.mandates.end_all(account_id, LockGround.HOLDER_ASKED)

    for _ in range(5):
        agent = world.an_account()

        both(lambda agent=agent: world.a_manager(agent), lambda agent=agent: lock(agent))

        assert world.mandates.of_agent(agent) == []


def test_the_end_of_a_mandate_is_the_end_of_all_below_and_of_none_beside(world):
    manager, other = world.a_manager(), world.a_manager()
    clerk, others = world.a_clerk(manager), world.a_clerk(other)

    ended = world.mandates.revoke(manager.id, world.chief)

    assert [(mandate.id, mandate.ended_ground) for mandate in ended] == [
        (manager.id, "revoked"),
        (clerk.id, "above_ended"),
    ]
    assert world.recorded.ended == [manager.id, clerk.id]
    assert world.mandates.live(clerk.id) is None
    assert world.mandates.live(others.id) == others


def test_all_of_an_account_ends_as_agent_and_as_principal(world):
    manager = world.a_manager()
    clerk = world.a_clerk(manager)

    world.mandates.end_all(manager.agent_id, LockGround.HOLDER_ASKED)

    assert world.mandates.find(manager.id).ended_ground == "holder_asked"
    assert world.mandates.live(clerk.id) is None
    assert world.mandates.live(world.top.id) is not None
    world.mandates.end_all(world.company, LockGround.DISSOLVED)
    assert world.mandates.of_principal(world.company) == []


def test_a_holder_may_give_a_mandate_back_but_not_one_of_the_law(world):
    clerk = world.a_clerk(world.a_manager())

    assert world.mandates.revoke(clerk.id, clerk.agent_id)[0].ended_ground == "renounced"
    with pytest.raises(NotFound):
        world.mandates.revoke(world.top.id, world.chief)
    assert world.mandates.revoke(world.top.id, None)[0].ended_ground == "register"


@pytest.mark.parametrize("stranger", ["another_company", "manager", "nobody"])
def test_whoever_has_no_say_learns_nothing(world, stranger):
    manager = world.a_manager()
    by = world.an_account()
    if stranger == "another_company":
        company = world.an_account(Kind.ORGANISATION)
        world.mandates.appoint(company, Wish(agent_id=by, role=Role.REPRESENTATIVE, depth=2))
    if stranger == "manager":
        world.a_manager(by)

    with pytest.raises(NotFound):
        world.mandates.revoke(manager.id, by)
    with pytest.raises(NotFound):
        world.mandates.revoke(new_id(), by)
    with pytest.raises(MandateOver):
        world.mandates.grant(by, manager.id, Wish(agent_id=world.an_account(), role=Role.CLERK))


@pytest.mark.parametrize("unfit", ["unknown", "issued", "locked", "level_one", "organisation"])
def test_only_a_person_with_an_active_level_02_account_can_be_an_agent(world, unfit):
    agent = {
        "unknown": new_id,
        "issued": lambda: world.an_account(status=Status.ISSUED),
        "locked": lambda: world.an_account(status=Status.LOCKED),
        "level_one": lambda: world.an_account(level=Level.ONE),
        "organisation": lambda: world.an_account(Kind.ORGANISATION),
    }[unfit]()

    with pytest.raises(AgentUnfit) as refused:
        world.a_manager(agent)
    assert refused.value.article == "69/2024 Art. 12"
    with pytest.raises(AgentUnfit):
        world.mandates.appoint(world.company, Wish(agent_id=agent, role=Role.REPRESENTATIVE))


@pytest.mark.parametrize("who", ["agent", "principal"])
def test_a_mandate_rests_while_either_account_is_not_active(world, who):
    account = world.chief if who == "agent" else world.company

    world.accounts.lock(account, LockGround.AUTHORITY)

    assert world.mandates.live(world.top.id) is None
    assert world.mandates.usable_by(world.chief) == []
    world.accounts.unlock(account)
    assert world.mandates.live(world.top.id) == world.top


def test_a_mandate_rests_while_its_agent_is_below_level_02(world):
    world.accounts.set_level(world.chief, Level.ONE)

    assert world.mandates.live(world.top.id) is None


def test_a_mandate_holds_from_its_first_moment_to_its_last(world):
    start, end = world.clock() + timedelta(days=1), world.clock() + timedelta(days=2)
    clerk = world.a_clerk(world.a_manager(), starts_at=start, ends_at=end)

    assert world.mandates.live(clerk.id) is None
    world.clock.advance(timedelta(days=1))
    assert world.mandates.live(clerk.id, hold=True) == clerk
    world.clock.advance(timedelta(days=1))
    assert world.mandates.live(clerk.id) is None
    assert world.mandates.of_agent(clerk.agent_id) == []


def test_past_its_day_a_mandate_makes_room_for_the_next(world):
    manager = world.a_manager()
    first = world.a_clerk(manager, ends_at=world.clock() + timedelta(days=1))
    world.clock.advance(timedelta(days=1))

    second = world.a_clerk(manager, first.agent_id)

    assert world.mandates.of_agent(first.agent_id) == [second]
    assert world.mandates.find(first.id).ended_ground == "expired"


def test_what_is_refused_leaves_nothing(world):
    manager = world.a_manager()
    before = world.db.all(select(mandates.c.id))
    too_deep = Wish(agent_id=world.an_account(), role=Role.CLERK, depth=1)
    back = Wish(agent_id=world.chief, role=Role.CLERK)

    with pytest.raises(MandateWider):
        world.mandates.grant(manager.agent_id, manager.id, too_deep)
    with pytest.raises(MandateCircular):
        world.mandates.grant(manager.agent_id, manager.id, back)
    with pytest.raises(RoleNotGiven):
        world.mandates.grant(manager.agent_id, manager.id, replace(too_deep, role=Role.MANAGER, depth=0))
    with pytest.raises(MandateMisshaped):
        world.mandates.grant(manager.agent_id, manager.id, replace(too_deep, limit_vnd=0, depth=0))

    assert world.db.all(select(mandates.c.id)) == before


@pytest.mark.parametrize(
    ("role", "kind"),
    [
        (Role.MANAGER, Kind.ORGANISATION),
        (Role.GUARDIAN, Kind.ORGANISATION),
        (Role.REPRESENTATIVE, Kind.CITIZEN),
        (Role.AUTHORISED_PERSON, Kind.CITIZEN),
    ],
)
def test_the_law_gives_only_its_own_roles_and_only_for_their_kind(world, role, kind):
    principal = world.an_account(kind)

    with pytest.raises(RoleNotGiven):
        world.mandates.appoint(
            principal,
            Wish(agent_id=world.an_account(), role=role, ends_at=world.clock() + timedelta(days=1)),
        )


def test_a_guardian_acts_for_a_ward_and_nobody_for_themself(world):
    ward, guardian = world.an_account(), world.an_account()

    given = world.mandates.appoint(ward, Wish(agent_id=guardian, role=Role.GUARDIAN))

    assert world.mandates.live(given.id) == given
    with pytest.raises(MandateCircular):
        world.mandates.appoint(guardian, Wish(agent_id=guardian, role=Role.GUARDIAN))
    with pytest.raises(NotFound):
        world.mandates.appoint(new_id(), Wish(agent_id=guardian, role=Role.GUARDIAN))
