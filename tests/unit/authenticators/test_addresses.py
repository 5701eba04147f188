"""Wrong tries per address, over all accounts."""

from datetime import timedelta

import pytest

from idp.authenticators.addresses import REMEMBERED, Addresses, network_of
from idp.authenticators.attempts import PASSWORD
from idp.kernel.errors import TooManyAttempts

ADDRESS = "203.0.113.7"


@pytest.fixture
def spray(proving):
    def spray(tries, address=ADDRESS):
        for number in range(tries):
            proving.attempts.fail(proving.attempts.reserve(PASSWORD, f"subject {number}", address))

    return spray


def test_fifty_wrong_tries_over_many_accounts_shut_an_address(proving, spray):
    spray(50)

    with pytest.raises(TooManyAttempts) as refusal:
        proving.attempts.reserve(PASSWORD, "another", ADDRESS)
    assert refusal.value.retry_after == timedelta(minutes=15)


def test_refused_address_spends_no_accounts_tries(proving, spray):
    spray(50)
    proving.counted.operations.clear()

    with pytest.raises(TooManyAttempts):
        proving.attempts.reserve(PASSWORD, "victim", ADDRESS)

    assert not proving.counted.operations


def test_right_tries_do_not_count(proving):
    for number in range(60):
        proving.attempts.succeed(proving.attempts.reserve(PASSWORD, f"holder {number}", ADDRESS))


def test_other_addresses_are_not_shut(proving, spray):
    spray(50)

    proving.attempts.reserve(PASSWORD, "another", "203.0.113.8")


def test_known_device_passes_from_a_shut_address(proving, spray):
    spray(50)

    proving.attempts.reserve(PASSWORD, "holder", ADDRESS, "known")


def test_address_is_open_again_after_a_quarter_of_an_hour(proving, spray, clock):
    spray(50)

    clock.advance(timedelta(minutes=15, seconds=1))

    spray(49)


def test_address_is_shut_again_when_it_goes_on(proving, spray, clock):
    spray(50)
    clock.advance(timedelta(minutes=15, seconds=1))

    spray(50)

    with pytest.raises(TooManyAttempts):
        proving.attempts.reserve(PASSWORD, "another", ADDRESS)


def test_another_process_shuts_it_at_its_next_wrong_try(proving, spray):
    spray(50)
    other = proving.another().attempts

    other.fail(other.reserve(PASSWORD, "one more", ADDRESS))

    with pytest.raises(TooManyAttempts):
        other.reserve(PASSWORD, "another", ADDRESS)


def test_no_more_addresses_are_remembered_than_there_is_room(proving, clock):
    addresses = Addresses(proving.counted, clock, wrong_tries=1)
    addresses._shut_until = {f"old {number}": clock() for number in range(REMEMBERED)}

    addresses.fail(ADDRESS)

    assert list(addresses._shut_until) == [ADDRESS]


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unix", "unix"),
        ("x" * 300, "x" * 64),
    ],
)
def test_caller_is_an_ipv4_address_or_an_ipv6_site(address, network):
    assert network_of(address) == network
