"""The channel of development."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from idp.notifications.outbox import Outbox, outbox
from tests.people import PHONE, a_seal


@pytest.fixture
def channel(database, clock):
    return Outbox(database, a_seal(), clock)


def test_newest_message_comes_first(channel, clock):
    for text in ("một", "hai", "ba"):
        channel.send(PHONE, text)

    assert [kept.text for kept in channel.recent(2)] == ["ba", "hai"]
    assert channel.recent(1)[0].to == PHONE
    assert channel.recent(1)[0].at == clock()


def test_nothing_is_stored_or_shown_in_the_clear(channel, database):
    channel.send(PHONE, "123456 là mã")

    row = database.first(select(outbox))
    kept = channel.recent()[0]

    assert PHONE.encode() not in row.to_sealed
    assert b"123456" not in row.text_sealed
    assert "123456" not in repr(kept)
    assert PHONE not in repr(kept)


def test_old_messages_are_forgotten(channel, clock):
    channel.send(PHONE, "cũ")
    clock.advance(timedelta(hours=1))
    channel.send(PHONE, "mới")

    assert channel.forget(clock()) == 1

    assert [kept.text for kept in channel.recent()] == ["mới"]


def test_message_of_a_transaction_that_failed_is_not_kept(channel, database):
    def send_and_fail():
        with database.transaction():
            channel.send(PHONE, "không gửi")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        send_and_fail()

    assert channel.recent() == ()
