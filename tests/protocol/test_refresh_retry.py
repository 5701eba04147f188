"""The retry window of refresh tokens (docs/decisions/0011): RFC 9700 §4.14.2 holds inside it too."""

from datetime import timedelta

import pytest

from tests.house import House, Person, RelyingParty
from tests.protocol.acts import refused, tokens_for

OFFLINE = "openid profile offline_access"


@pytest.fixture
def forgiving(house: House) -> RelyingParty:
    return house.client("forgiving", refresh_retry=True)


def test_successor_is_given_again_and_is_the_same(forgiving: RelyingParty, person: Person) -> None:
    first = tokens_for(forgiving, person, scope=OFFLINE)["refresh_token"]

    answers = [forgiving.refresh(first).get_json() for _ in range(3)]

    assert len({answer["refresh_token"] for answer in answers}) == 1
    assert len({answer["access_token"] for answer in answers}) == 3
    assert forgiving.refresh(answers[0]["refresh_token"]).status_code == 200


@pytest.mark.spec("RFC 9700 §4.14.2")
def test_spent_token_ends_the_family_once_its_successor_was_used(
    forgiving: RelyingParty, person: Person
) -> None:
    first = tokens_for(forgiving, person, scope=OFFLINE)["refresh_token"]
    second = forgiving.refresh(first).get_json()["refresh_token"]
    third = forgiving.refresh(second).get_json()["refresh_token"]

    refused(forgiving.refresh(first), "invalid_grant")

    refused(forgiving.refresh(third), "invalid_grant")


@pytest.mark.spec("RFC 9700 §4.14.2")
def test_window_closes_after_ten_seconds(house: House, forgiving: RelyingParty, person: Person) -> None:
    first = tokens_for(forgiving, person, scope=OFFLINE)["refresh_token"]
    second = forgiving.refresh(first).get_json()["refresh_token"]
    house.clock.advance(timedelta(seconds=10))

    refused(forgiving.refresh(first), "invalid_grant")

    refused(forgiving.refresh(second), "invalid_grant")


def test_window_is_the_clients_own(house: House, forgiving: RelyingParty, person: Person) -> None:
    first = tokens_for(forgiving, person, scope=OFFLINE)["refresh_token"]
    second = forgiving.refresh(first).get_json()["refresh_token"]

    refused(house.client("other", refresh_retry=True).refresh(first), "invalid_grant")

    assert forgiving.refresh(second).status_code == 200


@pytest.mark.spec("RFC 9700 §4.14.2")
def test_without_it_a_second_use_ends_the_family(rp: RelyingParty, person: Person) -> None:
    first = tokens_for(rp, person, scope=OFFLINE)["refresh_token"]
    second = rp.refresh(first).get_json()["refresh_token"]

    refused(rp.refresh(first), "invalid_grant")

    refused(rp.refresh(second), "invalid_grant")
