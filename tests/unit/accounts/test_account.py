from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event, select

from idp.accounts.account import (
    AccountExists,
    Accounts,
    LockGround,
    Status,
)
from idp.accounts.account import (
    accounts as table,
)
from idp.accounts.kinds import Kind
from idp.assurance import Level
from idp.kernel.errors import Corrupt, NotFound
from idp.kernel.ids import new_id
from tests.people import NUMBER, PHONE, a_seal, an_account


@pytest.fixture(params=["database", "postgres_database"])
def server(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def accounts(server, clock):
    return Accounts(server, a_seal(), clock)


@pytest.mark.parametrize("kind", Kind)
def test_account_of_every_kind_is_found_as_it_was_added(accounts, kind):
    account = an_account(kind, email="ha@example.vn")

    accounts.add(account)

    assert accounts.get(account.id) == account
    assert accounts.by_number(NUMBER) == account
    assert accounts.the(account.id) == account


def test_account_nobody_has_is_none(accounts):
    assert accounts.get(new_id()) is None
    assert accounts.by_number(NUMBER) is None
    assert accounts.standing(new_id()) is None
    with pytest.raises(NotFound):
        accounts.the(new_id())


def test_number_has_one_account_only(accounts):
    accounts.add(an_account())

    with pytest.raises(AccountExists) as refused:
        accounts.add(an_account())

    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__


def test_nothing_personal_is_stored_in_clear(accounts, server):
    accounts.add(an_account(email="ha@example.vn"))

    (row,) = server.all(select(table))

    stored = b"".join(bytes(value) for value in row if isinstance(value, bytes | memoryview))
    for clear in (NUMBER, NUMBER[-6:], PHONE, PHONE[-7:], "Trần", "1999-05-17", "ha@example.vn"):
        assert clear.encode() not in stored
        assert clear not in str([value for value in row if isinstance(value, str)])


def test_sealed_columns_of_one_account_do_not_open_in_another(accounts, server):
    mine, other = an_account(), an_account(number="001199990002")
    accounts.add(mine)
    accounts.add(other)
    (sealed,) = server.all(select(table.c.identity_sealed).where(table.c.id == other.id))

    server.run(table.update().where(table.c.id == mine.id).values(identity_sealed=sealed[0]))

    with pytest.raises(Corrupt):
        accounts.get(mine.id)


def test_number_and_phone_are_in_no_repr():
    text = repr(an_account(email="ha@example.vn"))

    for personal in (NUMBER, PHONE, "ha@", "Trần"):
        assert personal not in text


def test_number_is_masked_for_display():
    assert an_account().number_hint == "••• ••• ••• 001"


class CountingSeal:
    """A seal that counts how often it is opened."""

    def __init__(self):
        self.seal_within, self.opened = a_seal(), 0

    def seal(self, *given):
        return self.seal_within.seal(*given)

    def index(self, *given):
        return self.seal_within.index(*given)

    def open(self, *given):
        self.opened += 1
        return self.seal_within.open(*given)


@pytest.mark.parametrize(("look_up", "seals"), [("get", 2), ("by_number", 2), ("standing", 0)])
def test_look_up_costs_one_statement_and_two_seals_at_most(server, clock, look_up, seals):
    seal, statements, account = CountingSeal(), [], an_account()
    accounts = Accounts(server, seal, clock)
    accounts.add(account)
    event.listen(server.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))

    found = getattr(accounts, look_up)(NUMBER if look_up == "by_number" else account.id)

    assert found is not None
    assert len(statements) == 1
    assert seal.opened == seals


def test_number_is_found_by_an_index_on_sqlite(database, clock):
    Accounts(database, a_seal(), clock)
    with database.transaction() as connection:
        plan = connection.exec_driver_sql(
            "EXPLAIN QUERY PLAN SELECT * FROM accounts WHERE number_index = x'00'"
        ).all()

    assert "USING INDEX" in str(plan)


def test_issued_account_is_activated_once(accounts, clock):
    account = an_account()
    accounts.add(account)
    clock.advance(timedelta(days=1))

    assert accounts.activate(account.id) is True
    assert accounts.activate(account.id) is False

    found = accounts.the(account.id)
    assert found.is_active
    assert found.activated_at == found.updated_at == clock.now
    assert accounts.the(account.id).status == Status.ACTIVE


@pytest.mark.parametrize("was_activated", [True, False])
def test_unlocked_account_is_what_it_was(accounts, clock, was_activated):
    account = an_account()
    accounts.add(account)
    if was_activated:
        accounts.activate(account.id)
    before = accounts.the(account.id)

    assert accounts.lock(account.id, LockGround.HOLDER_ASKED) is True
    locked = accounts.the(account.id)
    assert accounts.unlock(account.id) is True

    assert (locked.status, locked.lock_ground) == (Status.LOCKED, LockGround.HOLDER_ASKED)
    assert locked.locked_at == clock.now
    assert accounts.the(account.id) == replace(before, updated_at=clock.now)
    assert accounts.unlock(account.id) is False


def test_locked_account_is_not_activated(accounts):
    account = an_account()
    accounts.add(account)
    accounts.lock(account.id, LockGround.AUTHORITY)

    assert accounts.activate(account.id) is False


def test_first_ground_stays_but_death_outranks_it(accounts):
    account = an_account()
    accounts.add(account)
    accounts.lock(account.id, LockGround.AUTHORITY)

    assert accounts.lock(account.id, LockGround.HOLDER_ASKED) is False
    assert accounts.the(account.id).lock_ground == LockGround.AUTHORITY
    assert accounts.lock(account.id, LockGround.DEATH) is True
    assert accounts.lock(account.id, LockGround.DEATH) is False
    assert accounts.the(account.id).lock_ground == LockGround.DEATH


def test_nothing_leads_out_of_closed(accounts):
    account = an_account(status=Status.CLOSED)
    accounts.add(account)

    changed = (
        accounts.activate(account.id),
        accounts.lock(account.id, LockGround.AUTHORITY),
        accounts.lock(account.id, LockGround.DEATH),
        accounts.unlock(account.id),
    )

    assert not any(changed)
    assert accounts.the(account.id).status == Status.CLOSED


def test_level_is_changed(accounts):
    account = an_account(level=Level.ONE)
    accounts.add(account)

    assert accounts.set_level(account.id, Level.TWO) is True

    assert accounts.the(account.id).level == Level.TWO
