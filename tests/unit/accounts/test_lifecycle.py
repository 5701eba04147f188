import pytest

from idp.accounts.account import LockGround, Status
from idp.accounts.kinds import Kind
from idp.accounts.lifecycle import Lifecycle, LoweredFor, NotToBeLowered
from idp.accounts.locks import (
    GroundNotLawful,
    LockAbsent,
    Locks,
    LockStands,
    SeveralGrounds,
    UnlockByAuthority,
)
from idp.accounts.notices import Notices
from idp.assurance import Level
from idp.kernel.errors import NotFound
from idp.kernel.ids import new_id
from tests.people import an_account


@pytest.fixture
def notices(database, accounts, sent, recorded, clock):
    return Notices(database, accounts, sent, recorded, clock)


@pytest.fixture
def locks(database, clock):
    return Locks(database, clock)


@pytest.fixture
def lifecycle(accounts, locks, notices, recorded, clock):
    return Lifecycle(accounts, locks, notices, recorded, clock)


@pytest.fixture
def account(accounts):
    account = an_account(level=Level.ONE)
    accounts.add(account)
    accounts.activate(account.id)
    return account


def test_lock_and_unlock_are_remembered_with_their_ground(lifecycle, recorded, account):
    locked = lifecycle.lock(account.id, LockGround.HOLDER_ASKED, "cli")
    unlocked = lifecycle.unlock(account.id, "cli")

    assert (locked.status, unlocked.status) == (Status.LOCKED, Status.ACTIVE)
    facts = {"ground": "holder_asked", "actor": "cli"}
    assert recorded.events == [
        ("account.locked", account.id, {**facts, "article": "26/2023 Art. 34.1.a"}),
        ("account.unlocked", account.id, facts),
    ]


def test_who_comes_second_is_told_and_leaves_no_event(lifecycle, recorded, account):
    with pytest.raises(LockAbsent):
        lifecycle.unlock(account.id, "cli")
    lifecycle.lock(account.id, LockGround.AUTHORITY, "cli")
    with pytest.raises(LockStands) as refused:
        lifecycle.lock(account.id, LockGround.AUTHORITY, "cli")
    with pytest.raises(LockAbsent):
        lifecycle.unlock(account.id, "cli", LockGround.HOLDER_ASKED)
    with pytest.raises(NotToBeLowered):
        lifecycle.lower(account.id, LoweredFor.MISTAKE, "cli")

    assert [name for name, *_ in recorded.events] == ["account.locked"]
    assert refused.value.facts() == {"ground": "authority", "article": "26/2023 Art. 34.1.đ"}


@pytest.mark.parametrize(
    ("kind", "ground"),
    [
        (Kind.CITIZEN, LockGround.DISSOLVED),
        (Kind.CITIZEN, LockGround.RESIDENCE_EXPIRED),
        (Kind.FOREIGNER, LockGround.CARD_HELD),
        (Kind.ORGANISATION, LockGround.DEATH),
    ],
)
def test_ground_that_the_law_has_not_for_this_kind_is_refused(lifecycle, accounts, recorded, kind, ground):
    account = an_account(kind, number="9000000001")
    accounts.add(account)

    with pytest.raises(GroundNotLawful):
        lifecycle.lock(account.id, ground, "cli")

    assert accounts.the(account.id).status == Status.ISSUED
    assert recorded.events == []


def test_account_opens_when_its_last_ground_has_ended(lifecycle, locks, recorded, account):
    lifecycle.lock(account.id, LockGround.HOLDER_ASKED, "holder")
    lifecycle.lock(account.id, LockGround.CARD_HELD, "population")

    with pytest.raises(SeveralGrounds) as refused:
        lifecycle.unlock(account.id, "cli")
    one_ended = lifecycle.unlock(account.id, "cli", LockGround.HOLDER_ASKED)
    both_ended = lifecycle.unlock(account.id, "cli")

    assert refused.value.ground == "holder_asked card_held"
    assert (one_ended.status, one_ended.lock_ground) == (Status.LOCKED, LockGround.CARD_HELD)
    assert (both_ended.status, both_ended.lock_ground) == (Status.ACTIVE, None)
    names = [name for name, *_ in recorded.events]
    assert names == ["account.locked", "account.locked", "account.lock_ended", "account.unlocked"]
    assert [(lock.actor, lock.ended_by) for lock in locks.ever(account.id)] == [
        ("holder", "cli"),
        ("population", "cli"),
    ]


def test_end_of_another_ground_does_not_bring_the_dead_back(lifecycle, account):
    lifecycle.lock(account.id, LockGround.HOLDER_ASKED, "holder")
    lifecycle.mark_deceased(account.id, "population")

    after = lifecycle.unlock(account.id, "cli", LockGround.HOLDER_ASKED)

    assert (after.status, after.lock_ground) == (Status.LOCKED, LockGround.DEATH)


def test_death_that_was_a_mistake_leaves_the_ground_before_it(lifecycle, account):
    lifecycle.lock(account.id, LockGround.CARD_HELD, "population")
    lifecycle.mark_deceased(account.id, "population")

    after = lifecycle.unlock(account.id, "cli", LockGround.DEATH)

    assert (after.status, after.lock_ground) == (Status.LOCKED, LockGround.CARD_HELD)


def test_what_an_authority_locked_it_alone_unlocks(lifecycle, account):
    lifecycle.lock(account.id, LockGround.AUTHORITY, "cli")

    with pytest.raises(UnlockByAuthority):
        lifecycle.unlock(account.id, "cli")

    assert lifecycle.unlock(account.id, "cli", is_decided=True).status == Status.ACTIVE


def test_closed_account_is_not_locked(lifecycle, locks, accounts, recorded):
    account = an_account(status=Status.CLOSED)
    accounts.add(account)

    assert lifecycle.lock(account.id, LockGround.DEATH, "population").status == Status.CLOSED
    assert (locks.ever(account.id), recorded.events) == ([], [])


def test_account_never_activated_opens_as_issued(lifecycle, accounts):
    account = an_account()
    accounts.add(account)
    lifecycle.lock(account.id, LockGround.CARD_HELD, "cli")

    assert lifecycle.unlock(account.id, "cli").status == Status.ISSUED


def test_holder_is_told_of_lock_and_unlock(lifecycle, notices, sent, account):
    lifecycle.lock(account.id, LockGround.CARD_HELD, "cli")
    lifecycle.unlock(account.id, "cli")

    assert sent.notices == []
    assert notices.send_due() == 2
    assert sent.notices == [(account.phone, "locked_card_held", "vi"), (account.phone, "unlocked", "vi")]
    assert notices.send_due() == 0


def test_account_of_somebody_deceased_is_locked(lifecycle, account):
    lifecycle.lock(account.id, LockGround.CARD_HELD, "cli")

    locked = lifecycle.mark_deceased(account.id, "cli")

    assert (locked.status, locked.lock_ground) == (Status.LOCKED, LockGround.DEATH)


def test_level_02_is_taken_back_with_its_reason_and_the_holder_told(
    lifecycle, accounts, recorded, notices, sent, account
):
    accounts.set_level(account.id, Level.TWO)

    lowered = lifecycle.lower(account.id, LoweredFor.FRAUD, "cli")

    assert lowered.level == Level.ONE
    facts = {"level": "01", "old_level": "02", "reason": "fraud", "actor": "cli"}
    assert recorded.events == [("account.level_changed", account.id, facts)]
    notices.send_due()
    assert sent.notices == [(account.phone, "level_lowered", "vi")]


def test_what_has_not_level_02_is_not_lowered(lifecycle, accounts, recorded, account):
    organisation = an_account(Kind.ORGANISATION, number="9000000001")
    accounts.add(organisation)

    for each in (organisation, account):
        with pytest.raises(NotToBeLowered):
            lifecycle.lower(each.id, LoweredFor.MISTAKE, "cli")
    assert recorded.events == []


def test_unknown_account_is_not_found(lifecycle, recorded):
    for act in (lifecycle.mark_deceased, lifecycle.unlock):
        with pytest.raises(NotFound):
            act(new_id(), "cli")

    assert recorded.events == []
