from datetime import timedelta

import pytest

from idp.accounts.kinds import Kind
from idp.accounts.notices import PAUSES, Notices, kinds
from idp.kernel.errors import Unavailable
from idp.kernel.ids import new_id
from idp.notifications.texts import Texts
from idp.statute.rules import LockGround
from tests.people import an_account


class Silent:
    """A channel that takes nothing."""

    def __init__(self):
        self.asked = 0

    def send_notice(self, to, kind, lang):
        self.asked += 1
        raise Unavailable("sms_gateway")


@pytest.fixture
def account(accounts):
    account = an_account()
    accounts.add(account)
    return account


@pytest.mark.parametrize("kind", kinds(LockGround))
@pytest.mark.parametrize("lang", Texts().langs)
def test_every_notice_has_its_text_in_every_language(kind, lang):
    assert kind in Texts().kinds(lang)
    assert "{" not in Texts().compose(kind, {}, lang)


def test_foreigners_are_written_to_in_english(database, accounts, sent, recorded, clock):
    foreigner = an_account(Kind.FOREIGNER, number="9000000001")
    accounts.add(foreigner)
    notices = Notices(database, accounts, sent, recorded, clock)

    notices.owe(foreigner.id, "unlocked")
    notices.send_due()

    assert sent.notices == [(foreigner.phone, "unlocked", "en")]


def test_notice_of_what_was_undone_is_not_sent(database, accounts, sent, recorded, clock, account):
    notices = Notices(database, accounts, sent, recorded, clock)

    def owed_and_failed():
        notices.owe(account.id, "unlocked")
        raise Unavailable("something")

    with pytest.raises(Unavailable):
        database.atomically(owed_and_failed)

    assert notices.send_due() == 0


def test_silent_channel_is_tried_again_later_and_in_the_end_given_up(
    database, accounts, recorded, clock, account
):
    channel = Silent()
    notices = Notices(database, accounts, channel, recorded, clock)
    notices.owe(account.id, "unlocked")

    for pause in PAUSES:
        assert notices.send_due() == 0
        before = channel.asked
        notices.send_due()
        assert channel.asked == before, "not before its time"
        clock.advance(pause)
    notices.send_due()
    clock.advance(timedelta(days=30))
    notices.send_due()

    assert channel.asked == len(PAUSES) + 1
    assert [name for name, *_ in recorded.events] == ["message.failed"]


def test_account_without_a_phone_holds_nobody_up(database, accounts, sent, recorded, clock):
    account = an_account(phone=None)
    accounts.add(account)
    notices = Notices(database, accounts, sent, recorded, clock)
    notices.owe(account.id, "unlocked")
    notices.owe(new_id(), "unlocked")

    assert notices.send_due() == 0
    clock.advance(timedelta(days=1))
    assert notices.send_due() == 0
    assert sent.notices == []


def test_settled_notices_are_forgotten_after_their_time(database, accounts, sent, recorded, clock, account):
    notices = Notices(database, accounts, sent, recorded, clock)
    notices.owe(account.id, "unlocked")
    notices.send_due()

    assert notices.forget() == 0
    clock.advance(timedelta(days=91))
    assert notices.forget() == 1
