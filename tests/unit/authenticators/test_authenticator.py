"""What is enrolled: sealed, each to its own row."""

import pytest
from sqlalchemy import select, update

from idp.authenticators.authenticator import LABEL_LENGTH, AuthenticatorExists, authenticators
from idp.kernel.errors import Corrupt
from idp.kernel.ids import new_id


@pytest.fixture
def enrolled(proving):
    return proving.authenticators


def test_enrolled_one_is_found_again(enrolled, clock):
    account_id = new_id()

    added = enrolled.add(account_id, "totp", b"SECRET", "Điện thoại của mẹ")

    assert enrolled.of(account_id) == (added,)
    assert added.created_at == clock()


def test_secret_is_neither_shown_nor_stored_in_the_clear(enrolled, database):
    added = enrolled.add(new_id(), "totp", b"SECRET")

    stored = database.first(select(authenticators.c.secret_sealed))

    assert "SECRET" not in repr(added)
    assert b"SECRET" not in stored.secret_sealed


def test_secret_moved_to_another_row_does_not_open(enrolled, database):
    mine, victims = enrolled.add(new_id(), "totp", b"MINE"), enrolled.add(new_id(), "totp", b"VICTIMS")
    row = update(authenticators).where(authenticators.c.id == victims.id)

    database.run(row.values(secret_sealed=mine.sealed))

    with pytest.raises(Corrupt):
        enrolled.of(victims.account_id)


def test_two_of_one_method_and_label_are_refused(enrolled):
    account_id = new_id()
    enrolled.add(account_id, "totp", b"ONE", "phone")

    with pytest.raises(AuthenticatorExists):
        enrolled.add(account_id, "totp", b"TWO", "phone")


def test_long_label_is_cut(enrolled):
    assert len(enrolled.add(new_id(), "totp", b"S", "x" * 300).label) == LABEL_LENGTH


def test_replaced_one_is_another_and_it_is_told_whether_there_was_one(enrolled):
    account_id = new_id()
    other = enrolled.add(account_id, "totp", b"APP")

    assert enrolled.replace(account_id, "password", b"OLD") is False
    old = enrolled.of(account_id)[1]
    assert enrolled.replace(account_id, "password", b"NEW") is True

    assert [known.secret for known in enrolled.of(account_id)] == [b"APP", b"NEW"]
    assert enrolled.of(account_id)[0] == other
    assert enrolled.hold(account_id, {other.id})
    assert not enrolled.hold(account_id, {other.id, old.id})


def test_secret_changed_meanwhile_is_not_swapped(enrolled):
    account_id = new_id()
    read = enrolled.add(account_id, "password", b"READ")
    enrolled.replace(account_id, "password", b"CHANGED")

    assert enrolled.swap_secret(read, b"RENEWED") is False
    assert enrolled.of(account_id)[0].secret == b"CHANGED"


def test_nobody_removes_anothers(enrolled):
    added = enrolled.add(new_id(), "totp", b"S")

    assert enrolled.remove(new_id(), added.id) is False
    assert enrolled.remove(added.account_id, added.id) is True
    assert enrolled.of(added.account_id) == ()


def test_use_is_noted_for_several_at_once(enrolled, clock):
    account_id = new_id()
    ids = [enrolled.add(account_id, method, b"S").id for method in ("password", "totp")]

    enrolled.touch(ids)
    enrolled.touch([])

    assert [known.last_used_at for known in enrolled.of(account_id)] == [clock(), clock()]


def test_step_is_taken_once_and_none_before_it(enrolled, clock):
    app = enrolled.add(new_id(), "totp", b"S")

    taken = [enrolled.spend_step(app.id, step, clock()) for step in (7, 7, 6, 8, 8)]

    assert taken == [True, False, False, True, False]
