"""Codes sent to the registered phone."""

from dataclasses import replace
from datetime import timedelta

import pytest

from idp.authenticators.method import SIGN_IN, MethodUnusable, Occasion, ProofRejected
from idp.kernel.errors import TooManyAttempts, Unavailable

ELSEWHERE = Occasion(binding="another browser")
OTHERWISE = Occasion(purpose="change_phone")


def code_for(proving, account, occasion=SIGN_IN):
    return proving.right("sms_otp", account, occasion)


def spend(proving, account, code, occasion=SIGN_IN):
    return proving.sms_otp.verify(account, (), code, occasion, proving.clock()).spend()


def test_code_goes_to_the_registered_phone_with_who_asks(proving, holder):
    proving.methods.begin("sms_otp", holder, Occasion(party="Cổng Dịch vụ công", lang="vi"))

    kept = proving.outbox.recent()[0]
    assert kept.to == holder.phone
    assert kept.text[:6].isdigit()
    assert "Cổng Dịch vụ công" in kept.text


@pytest.mark.parametrize("occasion", [ELSEWHERE, OTHERWISE])
def test_code_of_one_occasion_is_worth_nothing_on_another(proving, holder, occasion):
    code = code_for(proving, holder)

    with pytest.raises(ProofRejected):
        spend(proving, holder, code, occasion)
    assert spend(proving, holder, code)


def test_code_sent_for_another_browser_leaves_the_first_one_good(proving, holder):
    mine = code_for(proving, holder)
    code_for(proving, holder, ELSEWHERE)

    assert spend(proving, holder, mine)


def test_code_to_an_old_phone_is_worth_nothing_after_the_phone_changed(proving, holder):
    code = code_for(proving, holder)

    with pytest.raises(ProofRejected):
        spend(proving, replace(holder, phone="+84900000002"), code)


def test_code_is_good_for_ten_minutes(proving, holder, clock):
    code = code_for(proving, holder)
    clock.advance(timedelta(minutes=10))

    with pytest.raises(ProofRejected):
        spend(proving, holder, code)


def test_later_code_replaces_the_earlier_one(proving, holder):
    first, second = code_for(proving, holder), code_for(proving, holder)

    if first != second:
        with pytest.raises(ProofRejected):
            spend(proving, holder, first)
    assert spend(proving, holder, second)


def test_five_messages_an_hour_are_sent_and_no_more(proving, holder, clock):
    for _ in range(5):
        proving.methods.begin("sms_otp", holder, ELSEWHERE)

    with pytest.raises(TooManyAttempts):
        proving.methods.begin("sms_otp", holder)
    assert len(proving.outbox.recent()) == 5

    clock.advance(timedelta(hours=1))
    proving.methods.begin("sms_otp", holder)


def test_message_the_channel_did_not_take_is_not_counted(proving, holder, monkeypatch):
    def silent(*given):
        raise Unavailable("sms")

    monkeypatch.setattr(proving.outbox, "send", silent)
    for _ in range(7):
        with pytest.raises(Unavailable):
            proving.methods.begin("sms_otp", holder)
    monkeypatch.undo()

    proving.methods.begin("sms_otp", holder)


def test_another_code_gives_no_more_tries(proving, holder):
    for number in range(10):
        if number % 5 == 0:
            code = code_for(proving, holder)
        with pytest.raises(ProofRejected):
            proving.methods.prove("sms_otp", holder, "", proving.wrong("sms_otp", code), "203.0.113.7")
    code = code_for(proving, holder)

    with pytest.raises(TooManyAttempts):
        proving.methods.prove("sms_otp", holder, "", code, "203.0.113.7")


def test_nothing_is_sent_where_nobody_may_sign_in(proving, holder):
    proving.methods.begin("sms_otp", None)
    proving.methods.begin("sms_otp", replace(holder, status="locked"))

    assert proving.outbox.recent() == ()


def test_account_without_phone_cannot_use_it(proving):
    account = proving.holder(phone=None)

    assert "sms_otp" not in proving.methods.available(account)
    with pytest.raises(MethodUnusable):
        proving.methods.begin("sms_otp", account)


def test_stored_code_is_no_code(proving, holder, monkeypatch):
    stored = []
    monkeypatch.setattr(proving.ephemeral, "put", lambda *given: stored.append(given))

    code = code_for(proving, holder)

    assert code.encode() not in stored[0][2]
