from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from idp.accounts.activation import FIRST_TRIES, FURTHER_TRIES, ActivationCodes, ActivationRefused
from idp.kernel.errors import TooManyAttempts
from tests.people import NUMBER, a_seal


@pytest.fixture
def codes(ephemeral):
    return ActivationCodes(ephemeral, a_seal())


def another(code):
    return f"{(int(code) + 1) % 10**6:06}"


def test_code_is_six_digits_and_is_redeemed_once(codes):
    code = codes.issue(NUMBER)

    codes.redeem(NUMBER, f" {code} ")

    assert len(code) == 6
    assert code.isdigit()
    with pytest.raises(ActivationRefused):
        codes.redeem(NUMBER, code)


def test_code_of_one_number_is_worth_nothing_for_another(codes):
    code = codes.issue(NUMBER)

    with pytest.raises(ActivationRefused):
        codes.redeem("001199990002", code)


def test_code_before_the_last_is_worth_nothing(codes):
    first = codes.issue(NUMBER)
    second = codes.issue(NUMBER)

    if first != second:
        with pytest.raises(ActivationRefused):
            codes.redeem(NUMBER, first)
    codes.redeem(NUMBER, second)


def test_code_expires_after_ten_minutes(codes, clock):
    code = codes.issue(NUMBER)
    clock.advance(timedelta(minutes=10, seconds=1))

    with pytest.raises(ActivationRefused):
        codes.redeem(NUMBER, code)


def test_ten_wrong_tries_shut_out_the_right_code_too(codes, clock):
    code = codes.issue(NUMBER)
    left = []
    for _ in range(10):
        with pytest.raises(ActivationRefused) as refused:
            codes.redeem(NUMBER, another(code))
        left.append(refused.value.attempts_left)

    with pytest.raises(TooManyAttempts):
        codes.redeem(NUMBER, code)

    assert left == list(range(9, -1, -1))
    clock.advance(timedelta(minutes=11))
    codes.redeem(NUMBER, codes.issue(NUMBER))


def test_strangers_tries_shut_out_no_holder_at_another_address(codes):
    code = codes.issue(NUMBER)
    for _ in range(10):
        with pytest.raises(ActivationRefused):
            codes.redeem(NUMBER, another(code), "198.51.100.1")
    with pytest.raises(TooManyAttempts):
        codes.redeem(NUMBER, another(code), "198.51.100.1")

    codes.redeem(NUMBER, code, "203.0.113.7")


def test_strangers_at_a_few_addresses_shut_out_no_holder_elsewhere_all_day(codes, clock):
    for _ in range(24):
        wrong = another(codes.issue(NUMBER))
        for place in range(4):
            for _ in range(11):
                with pytest.raises((ActivationRefused, TooManyAttempts)):
                    codes.redeem(NUMBER, wrong, f"198.51.100.{place}")
        clock.advance(timedelta(minutes=50))

    codes.redeem(NUMBER, codes.issue(NUMBER), "203.0.113.7")


@pytest.mark.parametrize(("most", "within"), FIRST_TRIES)
def test_first_tries_from_everywhere_together_have_an_end(codes, clock, most, within):
    wrong = another(codes.issue(NUMBER))
    for place in range(most):
        with pytest.raises(ActivationRefused):
            codes.redeem(NUMBER, wrong, f"198.51.100.{place}")
        clock.advance(within / most * 0.9)

    with pytest.raises(TooManyAttempts):
        codes.redeem(NUMBER, codes.issue(NUMBER), "203.0.113.7")


@pytest.mark.parametrize(("most", "within"), FURTHER_TRIES)
def test_further_tries_from_everywhere_together_have_an_end(codes, clock, most, within):
    wrong = another(codes.issue(NUMBER))
    pause = within / most * 0.9 if within > timedelta(hours=1) else timedelta(0)
    places = [f"198.51.100.{place}" for place in range(5)]
    for place in places:
        with pytest.raises(ActivationRefused):
            codes.redeem(NUMBER, wrong, place)
    for turn in range(most):
        with pytest.raises(ActivationRefused):
            codes.redeem(NUMBER, wrong, places[turn % 5])
        clock.advance(pause)

    with pytest.raises(TooManyAttempts):
        codes.redeem(NUMBER, codes.issue(NUMBER), places[0])


def test_number_without_a_code_is_answered_like_a_wrong_code(codes):
    code = codes.issue(NUMBER)
    answers = []

    for number in (NUMBER, "001199990002"):
        with pytest.raises(ActivationRefused) as refused:
            codes.redeem(number, another(code))
        answers.append(refused.value.facts())

    assert answers[0] == answers[1]


def test_messages_are_five_an_hour(codes, clock):
    for _ in range(5):
        codes.spend_message(NUMBER)

    with pytest.raises(TooManyAttempts):
        codes.spend_message(NUMBER)

    clock.advance(timedelta(minutes=61))
    codes.spend_message(NUMBER)


def test_of_parallel_redemptions_one_succeeds(codes):
    code = codes.issue(NUMBER)

    def redeem(_):
        try:
            codes.redeem(NUMBER, code)
        except (ActivationRefused, TooManyAttempts):
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(redeem, range(20)))

    assert outcomes.count(True) == 1
