import pytest

from idp.accounts.account import LockGround, Status
from idp.accounts.kinds import Kind
from idp.accounts.lifecycle import LevelNotOfKind, Lifecycle
from idp.assurance import Level
from idp.kernel.errors import NotFound
from idp.kernel.ids import new_id
from tests.people import an_account


@pytest.fixture
def lifecycle(accounts, recorded):
    return Lifecycle(accounts, recorded)


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
        ("account.locked", account.id, facts),
        ("account.unlocked", account.id, facts),
    ]


def test_what_is_so_already_leaves_no_event(lifecycle, recorded, account):
    lifecycle.unlock(account.id, "cli")
    lifecycle.lock(account.id, LockGround.AUTHORITY, "cli")
    lifecycle.lock(account.id, LockGround.AUTHORITY, "cli")
    lifecycle.change_level(account.id, Level.ONE, "cli")

    assert [name for name, *_ in recorded.events] == ["account.locked"]


def test_account_of_somebody_deceased_is_locked(lifecycle, account):
    lifecycle.lock(account.id, LockGround.CARD_HELD, "cli")

    locked = lifecycle.mark_deceased(account.id, "cli")

    assert (locked.status, locked.lock_ground) == (Status.LOCKED, LockGround.DEATH)


def test_level_change_is_remembered_with_the_level_before(lifecycle, recorded, account):
    changed = lifecycle.change_level(account.id, Level.TWO, "cli")

    assert changed.level == Level.TWO
    facts = {"level": "02", "old_level": "01", "actor": "cli"}
    assert recorded.events == [("account.level_changed", account.id, facts)]


def test_organisation_gets_no_level_and_a_citizen_needs_one(lifecycle, accounts, account):
    organisation = an_account(Kind.ORGANISATION, number="9000000001")
    accounts.add(organisation)

    with pytest.raises(LevelNotOfKind):
        lifecycle.change_level(organisation.id, Level.ONE, "cli")
    with pytest.raises(LevelNotOfKind):
        lifecycle.change_level(account.id, None, "cli")


def test_unknown_account_is_not_found(lifecycle, recorded):
    for act in (lifecycle.mark_deceased, lifecycle.unlock):
        with pytest.raises(NotFound):
            act(new_id(), "cli")

    assert recorded.events == []
