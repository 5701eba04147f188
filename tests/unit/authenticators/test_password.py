"""Passwords: what is taken, how they are kept, how many are hashed at once."""

import threading
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from idp.authenticators.breached import Breached
from idp.authenticators.method import SIGN_IN, ProofRejected
from idp.authenticators.password import Hashing, Password, PasswordUnfit
from idp.kernel.errors import Corrupt, Unavailable
from tests.proving import RIGHT, cheap_hashing


def verify(proving, account, response, password=None):
    enrolled = proving.authenticators.of(account.id)
    return (password or proving.password).verify(account, enrolled, response, SIGN_IN, proving.clock())


def test_hash_is_argon2id_with_the_parameters_promised():
    encoded = Hashing().hash(b"x").decode()

    assert encoded.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("", "too_short"),
        ("1234567", "too_short"),
        ("e\u0302\u0301" * 7, "too_short"),
        ("x" * 129, "too_long"),
        ("lúa chín\x00vàng", "characters"),
        ("lúa chín\nvàng", "characters"),
        ("lúa chín \ud800", "characters"),
        ("matkhau123", "breached"),
        ("001199990001", "personal"),
        ("a001199990001!", "personal"),
        ("Trần Thị Thu Hà1", "personal"),
    ],
)
def test_unfit_password_is_refused_with_the_reason(proving, password, reason):
    with pytest.raises(PasswordUnfit) as refusal:
        proving.password.prepare(password, ("001199990001", "Trần Thị Thu Hà", ""))

    assert refusal.value.facts()["reason"] == reason
    assert password not in str(refusal.value) or not password


@pytest.mark.parametrize("password", ["8 ký tự", "x7" * 64, "chỉ có chữ thường", "🌾🌾🌾🌾🌾🌾🌾🌾"])
def test_password_needs_no_composition(proving, holder, password):
    proving.password.set_password(holder.id, password.ljust(8, "."))

    assert verify(proving, holder, password.ljust(8, "."))


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_password_typed_on_another_keyboard_is_the_same(proving, holder, form):
    assert verify(proving, holder, unicodedata.normalize(form, RIGHT))


def test_password_is_not_cut(proving, holder):
    proving.password.set_password(holder.id, "x7" * 64)

    with pytest.raises(ProofRejected):
        verify(proving, holder, "x7" * 63 + "x8")


def test_new_password_ends_the_old_one_and_leaves_the_app(proving, holder):
    proving.password.set_password(holder.id, "một mật khẩu khác")

    with pytest.raises(ProofRejected):
        verify(proving, holder, RIGHT)
    assert proving.methods.available(holder) == ("password", "totp", "sms_otp")


def test_change_is_remembered(proving, holder):
    proving.password.set_password(holder.id, "một mật khẩu khác")

    events = [entry.event for entry in proving.audit.for_account(holder.id, 10)]
    assert events == ["authenticator.changed", "authenticator.enrolled"]


def test_hashing_in_a_transaction_is_a_fault(proving, holder):
    with pytest.raises(Corrupt), proving.database.transaction():
        proving.password.set_password(holder.id, "một mật khẩu khác")


def test_prepared_password_is_stored_with_the_transaction_or_not_at_all(proving, holder):
    hashed = proving.password.prepare("một mật khẩu khác")

    def store_and_fail():
        with proving.database.transaction():
            proving.password.store(holder.id, hashed)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        store_and_fail()

    assert verify(proving, holder, RIGHT)


def stronger(proving):
    return Password(proving.authenticators, proving.audit, cheap_hashing(passes=2), Breached())


def test_hash_of_aged_parameters_is_renewed_when_it_is_used(proving, holder):
    verified = verify(proving, holder, RIGHT, stronger(proving))

    assert verified.spend()

    assert b"t=2" in proving.authenticators.of(holder.id)[0].secret
    assert verify(proving, holder, RIGHT)


def test_renewal_does_not_bring_back_a_password_changed_meanwhile(proving, holder):
    verified = verify(proving, holder, RIGHT, stronger(proving))
    proving.password.set_password(holder.id, "một mật khẩu khác")

    assert verified.spend() is False

    assert verify(proving, holder, "một mật khẩu khác")


def test_no_account_no_password_and_a_wrong_one_hash_as_often(proving, holder, monkeypatch):
    hashed = []
    real = proving.hashing.verify
    monkeypatch.setattr(proving.hashing, "verify", lambda *given: hashed.append(1) or real(*given))
    enrolled = proving.authenticators.of(holder.id)

    for account, known in ((holder, enrolled), (holder, ()), (None, ())):
        for response in ("sai rồi", "x" * 10_000, ""):
            with pytest.raises(ProofRejected):
                proving.password.verify(account, known, response, SIGN_IN, proving.clock())

    assert len(hashed) == 9


def test_no_more_are_hashed_at_once_than_there_are_cores(monkeypatch):
    hashing = cheap_hashing(cores=2)
    now, most, counting = 0, 0, threading.Lock()

    def hashed(password):
        nonlocal now, most
        with counting:
            now += 1
            most = max(most, now)
        gate.wait(0.01)
        with counting:
            now -= 1
        return b""

    gate = threading.Event()
    monkeypatch.setattr(hashing, "_hashed", hashed)
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(hashing.hash, [b"x"] * 32))

    assert most == 2


@pytest.mark.parametrize("given", [{"queue": 0}, {"patience": timedelta(milliseconds=10)}])
def test_full_or_slow_queue_is_a_clear_no(monkeypatch, given):
    hashing = cheap_hashing(cores=1, **given)
    begun, done = threading.Event(), threading.Event()
    monkeypatch.setattr(hashing, "_hashed", lambda password: begun.set() or done.wait(10) or b"")
    with ThreadPoolExecutor(1) as pool:
        pool.submit(hashing.hash, b"x")
        begun.wait(10)

        with pytest.raises(Unavailable):
            hashing.hash(b"y")
        done.set()

    assert hashing.hash(b"z") is not None


def test_try_that_found_no_core_is_given_back(proving, holder, monkeypatch):
    def full(*given):
        raise Unavailable("hashing")

    monkeypatch.setattr(proving.hashing, "verify", full)
    for _ in range(8):
        with pytest.raises(Unavailable):
            proving.methods.prove("password", holder, "", RIGHT, "203.0.113.7")
    monkeypatch.undo()

    assert proving.methods.prove("password", holder, "", RIGHT, "203.0.113.7")


def test_stored_hash_that_is_none_wakes_someone():
    with pytest.raises(Corrupt):
        cheap_hashing().verify(b"not a hash", b"x")
