"""What only a register's record shows, its event having never come: whoever reads it, the account follows."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from idp.accounts.account import LockGround, Status
from idp.accounts.delegation import Wish
from idp.accounts.eligibility import citizen_of, organisation_of
from idp.accounts.foreigner_filing import foreigner_of
from idp.accounts.kinds import Kind
from idp.accounts.mandate import Role
from idp.assurance import Level
from idp.audit.events import Event
from idp.kernel.errors import Refused, Unavailable
from idp.registers.register import ChangeKind, CitizenRecord, RegisterName, UnreadChange
from idp.registers.sample import SAMPLES
from idp.statute.ages import day_in_vietnam
from tests.dependants import FROM
from tests.house import Browser, House, Person, RelyingParty
from tests.mandated import an_organisation_of, represents

HOLDER, FOREIGNER, COMPANY = "001083990000", "900990000000", "9000000077"
SEEN = frozenset({"card_seen", "face_compared", "fingerprints_taken"})
Reads = Callable[[House, CitizenRecord], Any]


@pytest.fixture(autouse=True)
def registers(house: House) -> None:
    for name, file in SAMPLES.items():
        assert house.provider.samples.by_name(name).import_csv(file).refused_count == 0


@pytest.fixture
def record(house: House) -> CitizenRecord:
    found = house.provider.registers.population.find(HOLDER)
    assert found is not None
    return found


@pytest.fixture
def holder(house: House, record: CitizenRecord) -> Person:
    return house.person(number=HOLDER, identity=citizen_of(record))


def befalls(house: House, kind: ChangeKind, number: str, name: RegisterName) -> None:
    """The record has it. The feed that tells of it is not followed."""
    house.provider.samples.by_name(name).change(kind, number, day_in_vietnam(house.clock()), None)


def dies(house: House) -> None:
    befalls(house, ChangeKind.DEATH, HOLDER, RegisterName.POPULATION)


def stands(house: House, account_id: Any) -> tuple[Status, LockGround | None]:
    house.provider.register_reading.catch_up()
    account = house.provider.accounts.the(account_id)
    return account.status, account.lock_ground


def somebody_applies(house: House, record: CitizenRecord) -> None:
    form = {"username": HOLDER, "name": record.name, "birth_date": record.birth_date.isoformat()}
    form |= {"card_issued_on": "2020-01-01", "phone": "0900000123"}
    house.provider.self_enrolment.file(Kind.CITIZEN, form, FROM, "vi")


def an_office_raises_the_level(house: House, record: CitizenRecord) -> None:
    officer = house.person().account_id
    house.provider.officers.appoint(officer, "Công an phường Bình An", "cli")
    account = house.provider.accounts.by_number(HOLDER)
    assert account is not None
    house.provider.accounts.set_level(account.id, Level.ONE)
    assert house.provider.in_person.attest(account.id, officer, SEEN).reason == "holder_deceased"


def an_operator_opens_an_account(house: House, record: CitizenRecord) -> None:
    with suppress(Refused):
        house.provider.enrolment.open_citizen(HOLDER, "0900000123", Level.ONE, "cli")


@pytest.mark.parametrize("read", [somebody_applies, an_office_raises_the_level, an_operator_opens_an_account])
@pytest.mark.spec("Decree 69/2024 Art. 15")
def test_death_that_whoever_reads_the_record_comes_upon_ends_everything(
    house: House, rp: RelyingParty, browser: Browser, holder: Person, record: CitizenRecord, read: Reads
) -> None:
    tokens = rp.redeem(browser.sign_in(rp, holder)["code"]).json
    represents(house, holder, an_organisation_of(house))
    assert stands(house, holder.account_id) == (Status.ACTIVE, None)
    dies(house)

    read(house, record)

    assert stands(house, holder.account_id) == (Status.LOCKED, LockGround.DEATH)
    (lock,) = house.provider.locks.standing(holder.account_id)
    assert (lock.actor, lock.article) == ("population", "26/2023 Art. 34.1.d")
    assert rp.userinfo(tokens["access_token"]).status_code == 401
    assert house.provider.mandates.of_agent(holder.account_id) == []


def test_account_that_is_activated_after_a_death_is_locked(house: House, record: CitizenRecord) -> None:
    account = house.provider.enrolment.open_citizen(HOLDER, "0900000123", Level.ONE, "cli")
    code = house.last_sms_code()
    dies(house)

    house.provider.enrolment.activate(HOLDER, code, FROM, lambda: lambda _account_id: None)

    assert stands(house, account.id) == (Status.LOCKED, LockGround.DEATH)


class NewKindOfNews:
    """The population register, whose news of a death is of a kind that nobody here knows yet."""

    def __init__(self, house: House) -> None:
        self.register = house.provider.registers.population

    def changes(self, after: str, limit: int = 100) -> list[UnreadChange]:
        told = self.register.changes(after, limit)
        return [UnreadChange(cursor=each.cursor, kind="demise", number=HOLDER) for each in told]


def test_news_of_an_unknown_kind_is_remembered_and_has_the_record_read(house: House, holder: Person) -> None:
    dies(house)
    provider, name = house.provider, RegisterName.POPULATION

    acts: Any = provider.register_changes.of(name)
    feed: Any = NewKindOfNews(house)
    assert provider.following.follow(name, feed, acts) == 1

    assert stands(house, holder.account_id) == (Status.LOCKED, LockGround.DEATH)
    events = provider.audit.for_account(holder.account_id, 9, None, {Event.REGISTER_CHANGE_REFUSED})
    assert [(each.facts["kind"], each.facts["reason"]) for each in events] == [
        ("demise", "register_change_unread")
    ]
    assert [each.cursor for each in provider.refused_changes.all()] == ["1"]


def test_record_that_cannot_be_had_holds_up_nobody_elses_news(
    house: House, holder: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider, name = house.provider, RegisterName.POPULATION
    other = provider.registers.population.find("004094990074")
    assert other is not None
    befalls(house, ChangeKind.RECORD_CHANGED, HOLDER, name)
    befalls(house, ChangeKind.DEATH, other.number, name)
    dead = house.person(number=other.number, identity=citizen_of(other)).account_id
    provider.owed_readings.owe(dead)
    find = provider.samples.population.find

    def unusable_once(number: str) -> CitizenRecord | None:
        if number == HOLDER:
            raise Unavailable("population register")
        return find(number)

    with monkeypatch.context() as broken:
        broken.setattr(provider.samples.population, "find", unusable_once)
        provider.following.follow(name, provider.registers.by_name(name), provider.register_changes.of(name))
        assert stands(house, dead) == (Status.LOCKED, LockGround.DEATH)

    assert [each.account_id for each in provider.owed_readings.due()] == [holder.account_id]
    assert stands(house, holder.account_id) == (Status.ACTIVE, None)
    assert provider.owed_readings.due() == []


def test_news_of_what_a_record_had_shown_locks_no_second_time(house: House, holder: Person) -> None:
    dies(house)
    house.provider.registers.population.find(HOLDER)
    assert stands(house, holder.account_id) == (Status.LOCKED, LockGround.DEATH)

    provider, name = house.provider, RegisterName.POPULATION
    provider.following.follow(name, provider.registers.by_name(name), provider.register_changes.of(name))

    assert len(provider.locks.ever(holder.account_id)) == 1


def test_what_an_office_saw_is_not_undone_by_a_record_that_still_has_the_mistake(
    house: House, holder: Person
) -> None:
    dies(house)
    house.provider.registers.population.find(HOLDER)
    assert stands(house, holder.account_id)[0] is Status.LOCKED

    house.provider.locking.unlock(holder.account_id, "cli", LockGround.DEATH)
    house.provider.registers.population.find(HOLDER)

    assert stands(house, holder.account_id) == (Status.ACTIVE, None)


@pytest.mark.spec("Decree 69/2024 Art. 13.2")
def test_card_that_is_missing_on_record_locks_nobody_for_it_may_be_one_to_come(
    house: House, holder: Person
) -> None:
    befalls(house, ChangeKind.CARD_REVOKED, HOLDER, RegisterName.POPULATION)
    house.provider.owed_readings.owe(holder.account_id)

    assert stands(house, holder.account_id) == (Status.ACTIVE, None)


@pytest.mark.spec("Decree 69/2024 Art. 15")
def test_residence_that_a_record_shows_expired_locks_a_foreigner(house: House) -> None:
    immigration = house.provider.registers.immigration
    record = immigration.find(FOREIGNER)
    assert record is not None
    person = house.person(number=FOREIGNER, kind=Kind.FOREIGNER, identity=foreigner_of(record))
    befalls(house, ChangeKind.RESIDENCE_EXPIRED, FOREIGNER, RegisterName.IMMIGRATION)

    immigration.find(FOREIGNER)

    assert stands(house, person.account_id) == (Status.LOCKED, LockGround.RESIDENCE_EXPIRED)


@pytest.mark.spec("Decree 69/2024 Art. 15")
def test_organisation_that_a_record_shows_dissolved_is_locked_and_nobody_acts_for_it(house: House) -> None:
    business = house.provider.registers.business
    record = business.find(COMPANY)
    assert record is not None
    director = house.person(number=record.representatives[0].number).account_id
    company = house.person(
        number=COMPANY, kind=Kind.ORGANISATION, level=None, identity=organisation_of(record)
    ).account_id
    house.provider.mandates.appoint(company, Wish(agent_id=director, role=Role.REPRESENTATIVE, depth=1))
    befalls(house, ChangeKind.ORGANISATION_DISSOLVED, COMPANY, RegisterName.BUSINESS)

    business.find(COMPANY)

    assert stands(house, company) == (Status.LOCKED, LockGround.DISSOLVED)
    assert house.provider.mandates.of_agent(director) == []
    house.provider.register_reading.catch_up()
    assert house.provider.owed_readings.due() == []
