"""Two officers pass an adult's own account to the guardian whom a court named, and give it back."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from idp.accounts.account import LockGround, Status
from idp.accounts.application import State
from idp.accounts.evidence import EvidenceGiven
from idp.accounts.guardianship import FilesAlone, GuardianUnfit, NotGuardian
from idp.accounts.in_person import ActIncomplete, OfficerIsHolder
from idp.accounts.mandate import Role
from idp.accounts.officers import NotAnOfficer
from idp.accounts.wards import NotToBePlaced, NotToBeReturned
from idp.assurance import Level
from idp.registers.register import IMMIGRATION, CitizenRecord
from tests.dependants import FROM, enrolled, file_for, written
from tests.foreigners import a_foreigners_record, a_zone
from tests.house import House, Person, RelyingParty
from tests.mandated import an_organisation_of, represents, tokens_under
from tests.people import a_record
from tests.protocol.acts import allow, signed_in, tokens_for

DECISION = frozenset({"decision_seen", "guardian_present"})
CARD = frozenset({"card_seen", "face_compared"})
PHONE = "0900 000 776"


@pytest.fixture
def rp(house: House) -> RelyingParty:
    return house.client(acts_for=("ward",))


@pytest.fixture
def guardian(house: House) -> Person:
    return house.person()


@pytest.fixture
def record(house: House, person: Person, guardian: Person) -> CitizenRecord:
    """The ward's, who had an account before the court decided."""
    enrolled(house, ward := a_record(number=person.username, is_ward=True, guardians=(guardian.username,)))
    return ward


@pytest.fixture
def officers(house: House) -> list[UUID]:
    return [an_officer(house) for _ in range(2)]


def an_officer(house: House) -> UUID:
    account_id: UUID = house.person().account_id
    house.provider.officers.appoint(account_id, "Công an phường Bình An", "cli")
    return account_id


def placed(house: House, ward: Person, guardian: Person, officers: list[UUID]) -> list[State]:
    return [
        house.provider.wards.place(ward.account_id, guardian.account_id, officer, DECISION).state
        for officer in officers
    ]


def given_back(house: House, ward: Person, officers: list[UUID], *phones: str) -> list[State]:
    acts = zip(officers, phones or (PHONE, PHONE), strict=True)
    return [
        house.provider.wards.give_back(ward.account_id, phone, officer, CARD).state for officer, phone in acts
    ]


def told(house: House, person: Person) -> list[str]:
    return [notice.kind for notice in house.provider.notices.of(person.account_id)]


def ticking(clock: Any) -> datetime:
    """No two things happen at one moment."""
    clock.advance(timedelta(microseconds=1))
    now: datetime = clock.now
    return now


def lived_before(house: House, person: Person, rp: RelyingParty) -> None:
    """A consent, read by and taken back; an office in a company; a message."""
    browser = signed_in(house, person)
    browser.open("/authorize", rp.request())
    rp.userinfo(rp.redeem(allow(browser)["code"]).get_json()["access_token"])
    house.provider.reads.write()
    assert house.provider.consents.withdraw(person.account_id, rp.client_id)
    represents(house, person, an_organisation_of(house))
    house.provider.notices.owe(person.account_id, "unlocked")
    house.clock.advance(timedelta(minutes=1))


def subject(house: House, tokens: dict[str, Any]) -> Any:
    return house.id_token(tokens["id_token"])[1]["sub"]


@pytest.mark.spec("Civil Code 91/2015 Art. 22")
def test_second_officer_ends_the_wards_own_way_in_and_lets_the_guardian_act(
    house: House,
    person: Person,
    guardian: Person,
    record: CitizenRecord,
    officers: list[UUID],
    rp: RelyingParty,
) -> None:
    provider, browser = house.provider, signed_in(house, person)
    before = tokens_for(rp, person)
    represents(house, person, an_organisation_of(house))
    assert file_for(house, guardian, record).reason == "account_exists"

    assert placed(house, person, guardian, officers[:1]) == [State.WAITING_IN_PERSON]
    assert browser.open("/account").status_code == 200
    assert "username" not in browser.page.ids, "one officer alone changes nothing"
    assert placed(house, person, guardian, officers[1:]) == [State.ACCEPTED]

    browser.open("/account")
    browser.submit({"username": person.username, "password": person.password})
    assert "form-error" in browser.page.ids
    assert rp.userinfo(before["access_token"]).status_code == 401
    assert list(provider.authenticators.of(person.account_id)) == []
    assert provider.mandates.of_agent(person.account_id) == []
    (mandate,) = provider.mandates.usable_by(guardian.account_id)
    assert (mandate.role, mandate.principal_id) == (Role.GUARDIAN, person.account_id)
    assert subject(house, tokens_under(rp, guardian, mandate)) == subject(house, before)
    assert told(house, person) == ["account_placed"]
    assert told(house, guardian) == ["mandate_received"]


@pytest.mark.spec("Law 91/2025 Art. 3", "Civil Code 91/2015 Art. 38")
def test_guardian_sees_what_happened_since_the_account_was_theirs_to_use(
    house: House,
    person: Person,
    guardian: Person,
    record: CitizenRecord,
    officers: list[UUID],
    rp: RelyingParty,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(type(house.clock), "__call__", ticking)
    provider = house.provider
    lived_before(house, person, rp)
    (given,) = provider.consents.ever(person.account_id)
    placed(house, person, guardian, officers)
    (mandate,) = provider.mandates.usable_by(guardian.account_id)
    pages = "/account/dependants"
    house.clock.advance(timedelta(minutes=1))
    browser = signed_in(house, guardian)

    browser.open(f"{pages}/history/{mandate.id}?part=looks")
    assert "reads" not in browser.page.ids
    browser.open(f"{pages}/history/{mandate.id}")
    assert browser.text.count('<li class="entry') == 4  # placed, the mandate, and two looks here
    browser.open(f"{pages}/consents/{mandate.id}")
    assert rp.client_id not in browser.text
    assert browser.open(f"{pages}/consents/{mandate.id}/{given.id}").status_code == 404
    browser.open(f"{pages}/export/{mandate.id}")
    told = browser.submit({}, "export-json").get_json()

    assert told["consents"] == told["reads"] == []
    assert [(one["role"], one["revoked_at"]) for one in told["mandates"]] == [("guardian", None)]
    assert [one["kind"] for one in told["notices"]] == ["account_placed"]
    assert {one["event"] for one in told["history"]} == {
        *("account.placed", "mandate.given", "account.viewed", "account.exported")
    }
    everything = provider.audit.for_account(person.account_id, 99)
    assert {one.event for one in everything} >= {"sign_in.completed", "consent.withdrawn", "account.viewed"}


def test_second_guardian_then_files_online_and_one_is_not_placed_again(
    house: House, person: Person, guardian: Person, record: CitizenRecord, officers: list[UUID]
) -> None:
    other = house.person()
    enrolled(house, both := replace(record, guardians=(guardian.username, other.username)))
    placed(house, person, guardian, officers)

    assert file_for(house, other, both).state is State.ACCEPTED
    with pytest.raises(NotToBePlaced):
        placed(house, person, other, officers)


def test_officers_who_name_different_guardians_do_not_add_up(
    house: House, person: Person, guardian: Person, record: CitizenRecord, officers: list[UUID]
) -> None:
    other = house.person()
    enrolled(house, replace(record, guardians=(guardian.username, other.username)))

    states = placed(house, person, guardian, officers[:1]) + placed(house, person, other, officers[1:])

    assert states == [State.WAITING_IN_PERSON] * 2
    assert house.provider.authenticators.of(person.account_id)


@pytest.mark.parametrize(
    ("on_record", "refusal"),
    [
        ({"is_ward": False}, FilesAlone),
        ({"guardians": ("001083990000",)}, NotGuardian),
    ],
)
def test_what_the_register_does_not_bear_out_is_not_placed(
    house: House,
    person: Person,
    guardian: Person,
    record: CitizenRecord,
    officers: list[UUID],
    on_record: dict[str, Any],
    refusal: type[Exception],
) -> None:
    enrolled(house, replace(record, **on_record))

    with pytest.raises(refusal):
        placed(house, person, guardian, officers)

    assert house.provider.applications.of_account(person.account_id) == []


def test_each_officer_is_another_whom_it_does_not_concern_and_sees_all(
    house: House, person: Person, guardian: Person, record: CitizenRecord, officers: list[UUID]
) -> None:
    place = house.provider.wards.place
    for concerned in (person, guardian):
        house.provider.officers.appoint(concerned.account_id, "Công an phường Bình An", "cli")
        with pytest.raises(OfficerIsHolder):
            placed(house, person, guardian, [concerned.account_id])
    with pytest.raises(NotAnOfficer):
        placed(house, person, guardian, [house.person().account_id])
    for seen in DECISION:
        with pytest.raises(ActIncomplete):
            place(person.account_id, guardian.account_id, officers[0], {seen})
    with pytest.raises(EvidenceGiven):
        placed(house, person, guardian, officers[:1] * 2)

    placed(house, person, guardian, officers[1:])
    with pytest.raises(NotAnOfficer):
        house.provider.officers.the(person.account_id)


def test_nothing_is_placed_with_a_guardian_unfit_nor_of_a_locked_account(
    house: House, person: Person, guardian: Person, record: CitizenRecord, officers: list[UUID]
) -> None:
    placed(house, person, guardian, officers[:1])
    house.provider.accounts.set_level(guardian.account_id, Level.ONE)
    with pytest.raises(GuardianUnfit):
        placed(house, person, guardian, officers[1:])
    house.provider.accounts.set_level(guardian.account_id, Level.TWO)
    house.provider.locking.lock(person.account_id, LockGround.HOLDER_ASKED, "holder")
    with pytest.raises(NotToBePlaced):
        placed(house, person, guardian, officers[1:])

    assert house.provider.authenticators.of(person.account_id)


def test_an_act_past_the_term_counts_no_more(
    house: House, person: Person, guardian: Person, record: CitizenRecord, officers: list[UUID]
) -> None:
    placed(house, person, guardian, officers[:1])
    house.clock.advance(timedelta(days=10))

    assert placed(house, person, guardian, officers[1:]) == [State.WAITING_IN_PERSON]

    states = [each.state for each in house.provider.applications.of_account(person.account_id)]
    assert states == [State.WAITING_IN_PERSON, State.EXPIRED]


def test_a_wish_that_no_second_officer_joins_expires_by_itself_and_is_audited(
    house: House, person: Person, guardian: Person, record: CitizenRecord, officers: list[UUID]
) -> None:
    placed(house, person, guardian, officers[:1])
    assert house.provider.wards.acts.expire() == 0
    house.clock.advance(timedelta(days=10))

    assert [house.provider.wards.acts.expire() for _ in range(2)] == [1, 0]

    (ended,) = house.provider.applications.of_account(person.account_id)
    assert (ended.state, ended.decided_by, ended.article) == (State.EXPIRED, "law", "69/2024 Art. 13.1.b")
    last = house.provider.audit.for_account(person.account_id, 1)[0]
    assert (last.event, last.facts["state"], last.facts["actor"]) == (
        "application.decided",
        "expired",
        "law",
    )


def test_account_comes_back_to_its_holder_by_a_code_and_stays_the_same(
    house: House,
    person: Person,
    guardian: Person,
    record: CitizenRecord,
    officers: list[UUID],
    rp: RelyingParty,
) -> None:
    provider = house.provider
    placed(house, person, guardian, officers)
    (mandate,) = provider.mandates.usable_by(guardian.account_id)
    guarded = subject(house, tokens_under(rp, guardian, mandate))
    with pytest.raises(NotToBeReturned):
        given_back(house, person, officers)
    enrolled(house, replace(record, is_ward=False, guardians=()))

    assert given_back(house, person, officers) == [State.WAITING_IN_PERSON, State.ACCEPTED]

    account = provider.accounts.the(person.account_id)
    assert (account.status, account.level, account.phone) == (Status.ISSUED, Level.ONE, "+84900000776")
    assert provider.mandates.usable_by(guardian.account_id) == []
    assert provider.outbox.recent(1)[0].to == "+84900000776"
    code = house.last_sms_code()
    provider.enrolment.activate(person.username, code, FROM, lambda: lambda _account_id: None)
    assert subject(house, tokens_for(rp, person)) == guarded


def test_nobody_is_given_an_account_that_its_holder_signs_in_to(
    house: House, person: Person, officers: list[UUID]
) -> None:
    enrolled(house, a_record(number=person.username))

    with pytest.raises(NotToBeReturned):
        given_back(house, person, officers)


def test_officers_who_were_told_different_phones_give_nothing_back(
    house: House, person: Person, guardian: Person, record: CitizenRecord, officers: list[UUID]
) -> None:
    placed(house, person, guardian, officers)
    enrolled(house, replace(record, is_ward=False, guardians=()))

    states = given_back(house, person, officers, PHONE, "0900 000 775")

    assert states == [State.WAITING_IN_PERSON] * 2
    assert house.provider.accounts.the(person.account_id).is_active


def test_foreign_child_come_of_age_gets_the_account_at_an_office_too(
    house: House, guardian: Person, officers: list[UUID]
) -> None:
    today = house.clock().date()
    born = today.replace(year=today.year - 14) + timedelta(days=1)
    record = a_foreigners_record(birth_date=born, guardians=(guardian.username,))
    written(house, house.provider.samples.immigration, IMMIGRATION, record)
    typed = {"zone": a_zone(born=f"{born:%y%m%d}"), "residence_number": "TRC0000001"}
    assert file_for(house, guardian, record, **typed).state is State.ACCEPTED
    child = house.provider.accounts.by_number(record.number)
    assert child is not None
    give = house.provider.wards.give_back
    with pytest.raises(NotToBeReturned):  # a guardian acts until tomorrow
        give(child.id, PHONE, officers[0], CARD)
    house.clock.advance(timedelta(days=1))

    assert [give(child.id, PHONE, each, CARD).state for each in officers][-1] is State.ACCEPTED

    assert house.provider.accounts.the(child.id).status is Status.ISSUED
    seen = [each.document for each in house.provider.evidence.standing(child.id) if each.document]
    assert seen == ["residence_permit"] * 2
