"""The one way in: what it offers and what it remembers."""

from dataclasses import replace

import pytest

from idp.accounts.account import Status
from idp.authenticators.method import Occasion, ProofRejected
from tests.people import an_account


def test_methods_are_offered_in_order_of_preference(proving, holder):
    assert proving.methods.available(holder) == ("password", "totp", "sms_otp")


def test_method_not_enrolled_is_not_offered(proving):
    account = an_account(status=Status.ACTIVE)
    proving.password.set_password(account.id, "một mật khẩu nào đó")

    assert proving.methods.available(account) == ("password", "sms_otp")


@pytest.mark.parametrize("status", [None, Status.ISSUED, Status.LOCKED, Status.CLOSED])
def test_only_the_first_method_is_offered_to_whom_nothing_may_be_told(proving, holder, status):
    account = replace(holder, status=status) if status else None

    assert proving.methods.available(account) == ("password",)


def test_proof_is_remembered_with_who_asked_and_from_where(proving, holder):
    occasion = Occasion(client_id="portal")
    with pytest.raises(ProofRejected):
        proving.methods.prove("password", holder, "", "sai rồi nhé", "203.0.113.7", occasion=occasion)

    entry = proving.audit.for_account(holder.id, 1)[0]
    assert (entry.event, entry.client_id) == ("sign_in.proof_refused", "portal")
    assert entry.facts == {"method": "password", "purpose": "sign_in", "address": "203.0.113.7"}


def test_right_response_proves_nothing_when_it_cannot_be_remembered(proving, holder, monkeypatch):
    def broken(*given, **facts):
        raise RuntimeError

    code = proving.right("totp", holder)
    monkeypatch.setattr(proving.audit, "record", broken)
    with pytest.raises(RuntimeError):
        proving.methods.prove("totp", holder, "", code, "203.0.113.7")
    monkeypatch.undo()

    assert proving.methods.prove("totp", holder, "", code, "203.0.113.7")


def test_removed_authenticator_is_offered_no_more(proving, holder):
    app = proving.authenticators.of(holder.id)[1]

    assert proving.methods.remove(holder, app.id) is True

    assert proving.methods.available(holder) == ("password", "sms_otp")
    assert proving.audit.for_account(holder.id, 1)[0].event == "authenticator.removed"
    assert proving.methods.remove(holder, app.id) is False


def test_spaces_in_an_unknown_number_make_no_other_subject(proving):
    left = []
    for number in ("001199990001", " 001199990001", "001 199 990 001"):
        with pytest.raises(ProofRejected) as refusal:
            proving.methods.prove("password", None, number, "sai rồi nhé", "203.0.113.7")
        left.append(refusal.value.attempts_left)

    assert left == [4, 3, 2]
