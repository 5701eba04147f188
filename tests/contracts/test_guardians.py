"""What guardians' applications keep to on SQLite and PostgreSQL when two come at once."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from idp.accounts.account import LockGround, Status
from idp.accounts.application import Application, ApplicationMoved, State
from idp.accounts.guardianship import GuardianUnfit
from idp.accounts.mandate import Role
from idp.accounts.wards import NotToBePlaced
from idp.kernel.errors import Unavailable
from idp.registers.population import CitizenRecord
from idp.registers.register import ChangeKind
from idp.statute.ages import day_in_vietnam
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


def a_family(house: House, days: int) -> tuple[list[Person], CitizenRecord]:
    """Two guardians of a child who turns fourteen in so many days."""
    family = [house.person(), house.person()]
    today = day_in_vietnam(house.clock())
    born = (today + timedelta(days=days)).replace(year=today.year - 14)
    enrolled(house, record := a_child(*family, born=born))
    for guardian in family:
        assert file_for(house, guardian, record).state is State.ACCEPTED
    return family, record


def told(house: House, guardian: Person) -> list[str]:
    """What a guardian was told of the end of it, oldest first."""
    notices = house.provider.notices.of(guardian.account_id)
    return [each.kind for each in reversed(notices) if each.kind.startswith("guardianship")]


def test_however_many_sweep_at_once_each_guardian_is_told_once_before_and_once_on_the_day(
    house: House,
) -> None:
    family, _ = a_family(house, 20)
    tell = house.provider.guardianship_end.tell

    assert sum(both(*[tell] * 4)) == 2
    assert [told(house, guardian) for guardian in family] == [["guardianship_ending"]] * 2
    assert sum(both(tell, tell)) == 0

    house.clock.advance(timedelta(days=20))
    assert sum(both(*[tell] * 4)) == 2
    assert [told(house, guardian) for guardian in family] == [
        ["guardianship_ending", "guardianship_ended"]
    ] * 2
    assert sum(both(tell, tell)) == 0


def test_sweep_that_dies_midway_leaves_nobody_untold_nor_told_twice(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    family, _ = a_family(house, 20)
    notices = house.provider.notices
    owed: list[Any] = []

    def dies_at_the_second(account_id: Any, kind: str) -> None:
        owed.append(kind)
        if len(owed) == 2:
            raise Unavailable("database")
        type(notices).owe(notices, account_id, kind)

    with monkeypatch.context() as patched:
        patched.setattr(notices, "owe", dies_at_the_second)
        with pytest.raises(Unavailable):
            house.provider.guardianship_end.tell()

    assert [told(house, guardian) for guardian in family] == [[], []]
    assert house.provider.guardianship_end.tell() == 2
    assert [told(house, guardian) for guardian in family] == [["guardianship_ending"]] * 2


def test_of_three_officers_at_once_two_pass_a_wards_account_on_once(house: House) -> None:
    ward, guardian = house.person(), house.person()
    enrolled(house, a_record(number=ward.username, is_ward=True, guardians=(guardian.username,)))
    officers = [house.person().account_id for _ in range(3)]
    for officer in officers:
        house.provider.officers.appoint(officer, "Công an phường Bình An", "cli")
    seen = frozenset({"decision_seen", "guardian_present"})

    def act(officer: Any) -> State | None:
        try:
            return house.provider.wards.place(ward.account_id, guardian.account_id, officer, seen).state
        except (ApplicationMoved, NotToBePlaced):  # two others were first
            return None

    states = both(*(lambda officer=officer: act(officer) for officer in officers))

    assert states.count(State.ACCEPTED) == 1
    assert list(house.provider.authenticators.of(ward.account_id)) == []
    assert len(house.provider.mandates.of_principal(ward.account_id)) == 1
