"""What guardians' applications keep to on SQLite and PostgreSQL when two come at once."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from idp.accounts.account import LockGround, Status
from idp.accounts.application import Application, State
from idp.accounts.guardianship import GuardianUnfit
from idp.accounts.mandate import Role
from idp.registers.population import CitizenRecord
from idp.registers.register import ChangeKind
from tests.dependants import a_child, enrolled, file_for, followed
from tests.house import House, Person
from tests.people import a_record


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest, make_house: Callable[..., House]) -> House:
    if request.param == "sqlite":
        return make_house()
    url = request.getfixturevalue("postgres_url")
    return make_house(database_url=url, is_demo=False, sms_channel="none")


def both(*works: Callable[[], Any]) -> list[Any]:
    """Run them at once; what each gave."""
    ready = threading.Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        ready.wait()
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def test_two_guardians_at_once_open_one_account_and_both_act(house: House) -> None:
    for serial in range(700_001, 700_004):
        mother, father = house.person(), house.person()
        enrolled(house, record := a_child(mother, father, serial=serial))

        filed: list[Application] = both(
            lambda mother=mother, record=record: file_for(house, mother, record),
            lambda father=father, record=record: file_for(house, father, record),
        )

        assert [each.state for each in filed] == [State.ACCEPTED] * 2
        assert filed[0].account_id == filed[1].account_id
        for guardian in (mother, father):
            (mandate,) = house.provider.mandates.usable_by(guardian.account_id)
            assert (mandate.role, mandate.principal_id) == (Role.GUARDIAN, filed[0].account_id)


def test_the_same_guardian_twice_at_once_acts_once(house: House) -> None:
    guardian = house.person()
    enrolled(house, record := a_child(guardian))

    filed = both(*[lambda: file_for(house, guardian, record)] * 2)

    assert sorted(each.state for each in filed) == [State.ACCEPTED, State.REFUSED]
    assert {each.reason for each in filed} == {None, "mandate_exists"}
    assert len(house.provider.mandates.of_agent(guardian.account_id)) == 1


def test_guardian_locked_at_the_same_moment_never_acts(house: House) -> None:
    for serial in range(700_001, 700_006):
        guardian = house.person()
        enrolled(house, record := a_child(guardian, serial=serial))

        def filed(guardian: Person = guardian, record: CitizenRecord = record) -> State | None:
            try:
                return file_for(house, guardian, record).state
            except GuardianUnfit:  # the lock came first: nothing was filed
                return None

        state, _account = both(
            filed,
            lambda guardian=guardian: house.provider.locking.lock(
                guardian.account_id, LockGround.HOLDER_ASKED, "holder"
            ),
        )

        assert house.provider.mandates.of_agent(guardian.account_id) == []
        child = house.provider.accounts.by_number(record.number)
        assert (state is State.ACCEPTED) == (child is not None)


def test_of_two_who_take_an_account_over_at_once_one_does(house: House) -> None:
    guardian = house.person()
    today = house.clock().date()
    enrolled(house, record := a_child(guardian, born=today.replace(year=today.year - 14) + timedelta(days=1)))
    file_for(house, guardian, record)
    house.clock.advance(timedelta(days=1))
    form = {
        "username": record.number,
        "name": record.name,
        "birth_date": record.birth_date.isoformat(),
        "card_issued_on": str(record.card_issued_on),
    }
    enrolment = house.provider.self_enrolment
    kind = house.provider.accounts.the(guardian.account_id).kind

    filed = both(
        *(
            lambda phone=phone: enrolment.file(kind, form | {"phone": phone}, "203.0.113.7", "vi")
            for phone in ("0900 000 771", "0900 000 772")
        )
    )

    assert sorted(each.state for each in filed) == [State.ACCEPTED, State.REFUSED]
    account = house.provider.accounts.by_number(record.number)
    assert account is not None
    assert account.status is Status.ISSUED


@pytest.mark.parametrize("times", [1, 2])
def test_guardian_with_a_new_number_acts_on_though_named_by_the_old(house: House, times: int) -> None:
    guardian = house.person()
    enrolled(house, record := a_child(guardian), a_record(number=guardian.username))
    application = file_for(house, guardian, record)
    numbers = [guardian.username, *(guardian.username[:6] + f"99999{place}" for place in range(times))]
    population = house.provider.samples.population
    for old, new in pairwise(numbers):
        population.change(ChangeKind.NUMBER_REISSUED, old, house.clock().date(), new)
    followed(house)

    assert application.account_id is not None
    house.provider.owed_readings.owe(application.account_id)
    followed(house)

    assert house.provider.accounts.the(guardian.account_id).number == numbers[-1]
    (mandate,) = house.provider.mandates.usable_by(guardian.account_id)
    assert mandate.principal_id == application.account_id
    # By the old one nobody signs in.
    assert house.provider.accounts.by_number(guardian.username) is None
