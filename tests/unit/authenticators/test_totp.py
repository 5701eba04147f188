"""Codes of an app."""

from base64 import b32encode
from datetime import UTC, datetime, timedelta

import pyotp
import pytest

from idp.authenticators.method import SIGN_IN, ProofRejected
from idp.authenticators.totp import matching_step, new_secret, uri

STEP = timedelta(seconds=30)


def code_at(proving, account, moment):
    app = next(known for known in proving.authenticators.of(account.id) if known.method == "totp")
    return pyotp.TOTP(app.secret.decode()).at(moment)


def spend(proving, account, code):
    enrolled = proving.authenticators.of(account.id)
    return proving.totp.verify(account, enrolled, code, SIGN_IN, proving.clock()).spend()


@pytest.mark.spec("RFC 6238 Appendix B")
@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_published_codes_match(seconds, code):
    secret = b32encode(b"12345678901234567890").decode()

    assert matching_step(secret, code, datetime.fromtimestamp(seconds, UTC)) == seconds // 30


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_code_one_step_off_is_taken(proving, holder, clock, steps):
    assert spend(proving, holder, code_at(proving, holder, clock() + steps * STEP))


@pytest.mark.parametrize("steps", [-2, 2, 100])
def test_code_further_off_is_refused(proving, holder, clock, steps):
    with pytest.raises(ProofRejected):
        spend(proving, holder, code_at(proving, holder, clock() + steps * STEP))


@pytest.mark.spec("RFC 6238 §5.2")
def test_code_of_a_step_taken_is_refused_for_as_long_as_it_would_fit(proving, holder, clock):
    code = code_at(proving, holder, clock() + STEP)
    assert spend(proving, holder, code)

    for _ in range(2):
        assert spend(proving.another(), holder, code) is False
        clock.advance(STEP)


def test_older_code_is_refused_after_a_newer_one(proving, holder, clock):
    older, newer = (code_at(proving, holder, clock() + n * STEP) for n in (0, 1))
    assert spend(proving, holder, newer)

    assert spend(proving, holder, older) is False


def test_clock_set_back_revives_no_code(proving, holder, clock):
    code = code_at(proving, holder, clock())
    assert spend(proving, holder, code)
    clock.advance(timedelta(days=1))
    assert spend(proving, holder, code_at(proving, holder, clock()))

    clock.advance(-timedelta(days=1))

    assert spend(proving, holder, code) is False


def test_secret_has_160_bits_and_its_address_names_who_gave_it():
    secret = new_secret()

    assert len(secret) * 5 == 160
    assert secret != new_secret()
    assert uri(secret, "Hà", "Định Danh").startswith(
        "otpauth://totp/%C4%90%E1%BB%8Bnh%20Danh:H%C3%A0?secret="
    )


def test_app_is_enrolled_once_it_shows_a_code_and_that_code_is_spent(proving, holder, clock):
    secret = new_secret()
    code = pyotp.TOTP(secret).at(clock())

    app = proving.totp.confirm_enrolment(holder.id, secret, code, "Máy mới", clock())

    assert app.id in {known.id for known in proving.authenticators.of(holder.id)}
    assert spend(proving, holder, code) is False
    clock.advance(STEP)
    assert spend(proving, holder, pyotp.TOTP(secret).at(clock()))
    assert proving.audit.for_account(holder.id, 1)[0].event == "authenticator.enrolled"


def test_app_that_shows_another_code_is_not_enrolled(proving, holder, clock):
    with pytest.raises(ProofRejected):
        proving.totp.confirm_enrolment(holder.id, new_secret(), "000 00", "Máy mới", clock())

    assert len(proving.authenticators.of(holder.id)) == 2
