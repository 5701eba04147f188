from datetime import timedelta

import pytest

from idp.kernel.errors import Refused, Unavailable
from idp.registers.breaker import FAILURES, REST, Breaker


class Asked:
    """Somebody who is asked, and counts."""

    def __init__(self):
        self.times, self.answers = 0, False

    def __call__(self):
        self.times += 1
        if not self.answers:
            raise Unavailable("it")
        return "answer"


@pytest.fixture
def asked():
    return Asked()


@pytest.fixture
def breaker(clock):
    return Breaker("register", clock)


def fail(breaker, asked, times):
    for _ in range(times):
        with pytest.raises(Unavailable):
            breaker.ask(asked)


def test_answers_pass_through(breaker, asked):
    asked.answers = True

    assert breaker.ask(asked) == "answer"


def test_after_three_failures_nobody_is_asked(breaker, asked):
    fail(breaker, asked, FAILURES)

    with pytest.raises(Unavailable) as told:
        breaker.ask(asked)

    assert asked.times == FAILURES
    assert told.value.what == "register"
    assert told.value.retry_after == REST


def test_answer_in_between_starts_the_count_again(breaker, asked):
    fail(breaker, asked, FAILURES - 1)
    asked.answers = True
    breaker.ask(asked)
    asked.answers = False

    fail(breaker, asked, FAILURES)

    assert asked.times == 2 * FAILURES


def test_after_its_rest_one_tries_and_opens_it_for_all(breaker, asked, clock):
    fail(breaker, asked, FAILURES)
    clock.advance(REST)
    asked.answers = True

    assert breaker.ask(asked) == breaker.ask(asked) == "answer"


def test_after_its_rest_one_alone_tries_while_it_still_fails(breaker, asked, clock):
    fail(breaker, asked, FAILURES)
    clock.advance(REST)

    def meanwhile():
        fail(breaker, asked, 5)
        return asked()

    with pytest.raises(Unavailable):
        breaker.ask(meanwhile)

    assert asked.times == FAILURES + 1


def test_clock_set_back_keeps_it_shut_no_longer_than_it_rests(breaker, asked, clock):
    fail(breaker, asked, FAILURES)
    clock.advance(-timedelta(days=1))

    with pytest.raises(Unavailable) as told:
        breaker.ask(asked)

    assert told.value.retry_after <= REST


def test_refusal_is_no_failure(breaker):
    def refuse():
        raise Refused

    for _ in range(2 * FAILURES):
        with pytest.raises(Refused):
            breaker.ask(refuse)
