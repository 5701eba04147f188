"""Budgets of tries: how they close, open for one, and whose they are."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from idp.authenticators.attempts import BUDGETS, ONE_TIME_CODE, PASSWORD
from idp.kernel.errors import TooManyAttempts

ADDRESS = "203.0.113.7"
DEVICE = "a browser that has signed in before"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def attempts(proving):
    proving.addresses._wrong_tries = 10**6
    return proving.attempts


def fail(attempts, *, budget=PASSWORD, subject="one", address=ADDRESS, device=None):
    return attempts.fail(attempts.reserve(budget, subject, address, device))


def waits(attempts, **given):
    with pytest.raises(TooManyAttempts) as refusal:
        fail(attempts, **given)
    return refusal.value.retry_after


def spend_all(attempts, budget=PASSWORD, **given):
    for _ in range(BUDGETS[budget].tries):
        fail(attempts, budget=budget, **given)


def test_tries_left_count_down(attempts):
    assert [fail(attempts) for _ in range(5)] == [4, 3, 2, 1, 0]


@pytest.mark.parametrize(
    ("budget", "minutes"),
    [(PASSWORD, [1, 2, 4, 8, 16, 32, 60, 60]), (ONE_TIME_CODE, [10, 20, 40, 60, 60])],
)
def test_delay_grows_to_an_hour_with_one_try_after_each(attempts, clock, budget, minutes):
    spend_all(attempts, budget)

    waited = []
    for _ in minutes:
        wait = waits(attempts, budget=budget)
        waited.append(wait / MINUTE)
        clock.advance(wait)
        assert fail(attempts, budget=budget) == 0

    assert waited == minutes


def test_gate_stays_shut_until_the_delay_is_over(attempts, clock):
    spend_all(attempts)
    clock.advance(MINUTE - timedelta(milliseconds=1))

    assert waits(attempts) == timedelta(milliseconds=1)


def test_refused_tries_do_not_prolong_the_delay(attempts, clock):
    spend_all(attempts)
    for _ in range(20):
        waits(attempts)

    clock.advance(MINUTE)

    assert fail(attempts) == 0


def test_one_of_many_passes_when_the_gate_opens(attempts, proving, clock):
    spend_all(attempts)
    clock.advance(MINUTE)

    def passes(number):
        try:
            (attempts, other)[number % 2].reserve(PASSWORD, "one", ADDRESS)
        except TooManyAttempts:
            return False
        return True

    other = proving.another().attempts
    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(passes, range(20))) == 1


def test_gate_that_nobody_shut_is_shut_by_the_next(attempts, proving, clock):
    spend_all(attempts)
    proving.ephemeral.take("attempts", f"gate:{PASSWORD}:one")

    assert waits(attempts) == MINUTE
    clock.advance(MINUTE)
    assert fail(attempts) == 0


def test_gate_shut_by_a_quicker_one_is_not_shut_for_longer(attempts, proving):
    for _ in range(4):
        fail(attempts)
    proving.ephemeral.increment("attempts", f"{PASSWORD}:one", MINUTE)
    waits(attempts)

    proving.ephemeral.increment("attempts", f"{PASSWORD}:one", MINUTE, by=-2)
    attempts.reserve(PASSWORD, "one", ADDRESS)

    assert waits(attempts) == MINUTE


def test_slow_guessing_gains_nothing_by_waiting_a_quarter_of_an_hour(attempts, clock):
    evaluated = 0
    for _ in range(24 * 60 // 16):
        for _ in range(4):
            try:
                fail(attempts)
            except TooManyAttempts:
                break
            evaluated += 1
        clock.advance(16 * MINUTE)

    assert evaluated < 40


def test_a_day_without_wrong_tries_forgets_them(attempts, clock):
    spend_all(attempts)

    clock.advance(timedelta(days=1, seconds=1))

    assert fail(attempts) == 4


def test_success_forgets_the_subjects_tries_and_its_delays(attempts, clock):
    spend_all(attempts)
    clock.advance(MINUTE)
    attempts.succeed(attempts.reserve(PASSWORD, "one", ADDRESS))

    spend_all(attempts)

    assert waits(attempts) == MINUTE


def test_success_of_one_budget_leaves_the_other(attempts):
    spend_all(attempts, ONE_TIME_CODE)

    attempts.succeed(attempts.reserve(PASSWORD, "one", ADDRESS))

    assert waits(attempts, budget=ONE_TIME_CODE) == 10 * MINUTE


def test_subjects_do_not_spend_each_others_tries(attempts):
    spend_all(attempts, subject="one")

    assert fail(attempts, subject="other") == 4


def test_try_that_was_not_looked_at_is_given_back(attempts):
    attempts.refund(attempts.reserve(PASSWORD, "one", ADDRESS))

    assert fail(attempts) == 4


def test_stranger_cannot_keep_the_holder_out_of_a_known_device(attempts):
    spend_all(attempts, address="198.51.100.66")

    attempts.succeed(attempts.reserve(PASSWORD, "one", ADDRESS, DEVICE))

    assert waits(attempts) == MINUTE


def test_known_device_has_no_more_tries_than_anybody(attempts):
    spend_all(attempts, device=DEVICE)

    assert waits(attempts, device=DEVICE) == MINUTE


def test_wrong_tries_of_a_known_device_count_for_the_account(attempts):
    spend_all(attempts, device=DEVICE)

    assert waits(attempts) == MINUTE


def test_try_costs_one_operation_and_its_outcome_another(attempts, proving):
    operations = proving.counted.operations

    right = attempts.reserve(PASSWORD, "one", ADDRESS)
    assert operations == {"increment": 1}
    attempts.succeed(right)
    assert operations == {"increment": 1, "take": 1}

    operations.clear()
    fail(attempts)
    assert operations == {"increment": 2}
