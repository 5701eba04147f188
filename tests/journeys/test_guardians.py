"""Guardians file for children and wards, act for them, and stop: by age, by law, by the register."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from idp.accounts.account import LockGround, Status
from idp.accounts.application import Application, State
from idp.accounts.kinds import Kind
from idp.accounts.mandate import Mandate, Role
from idp.assurance import Level
from idp.audit.events import Event
from idp.kernel.errors import Unavailable
from idp.registers.register import IMMIGRATION, ChangeKind, CitizenRecord
from tests.dependants import FROM, TEN, a_child, enrolled, file_for, followed, guardian_changed, written
from tests.foreigners import a_foreigners_record, a_zone
from tests.house import Browser, House, Person, RelyingParty
from tests.mandated import tokens_under
from tests.people import a_record, an_account
from tests.protocol.acts import allow, signed_in

TODAY = date(2026, 11, 2)  # in Viet Nam, by the tests' clock
DAY = timedelta(days=1)
LIST, NEW = "/account/dependants", "/account/dependants/new"


@pytest.fixture
def child(house: House, person: Person) -> CitizenRecord:
    record = a_child(person)
    enrolled(house, record)
    return record


@pytest.fixture
def rp(house: House) -> RelyingParty:
    return house.client(acts_for=("ward",))


def mandate_of(house: House, guardian: Person) -> Mandate:
    (mandate,) = [
        each for each in house.provider.mandates.of_agent(guardian.account_id) if each.role is Role.GUARDIAN
    ]
    return mandate


def acts(house: House, guardian: Person) -> bool:
    held = house.provider.mandates.usable_by(guardian.account_id)
    return any(each.role is Role.GUARDIAN for each in held)


def send(browser: Browser, answers: dict[str, str], button: str) -> None:
    """Fill in the form, its choices too, and press a button."""
    form = browser.page.form_with(button)
    assert form is not None, sorted(browser.page.ids)
    browser._went(browser.client.post(form.action, data=form.filled(answers, button) | answers))


def account_id(application: Application) -> UUID:
    assert application.account_id is not None
    return application.account_id


@pytest.mark.parametrize(
    ("born", "article"),
    [
        (date(2026, 9, 1), "69/2024 Art. 7.1.c"),
        (date(2020, 11, 3), "69/2024 Art. 7.1.c"),  # six tomorrow
        (date(2020, 11, 2), "69/2024 Art. 7.1.b"),  # six today
        (date(2020, 11, 1), "69/2024 Art. 7.1.b"),
        (date(2012, 11, 3), "69/2024 Art. 7.1.b"),  # fourteen tomorrow
    ],
)
@pytest.mark.spec("Decree 69/2024 Art. 7")
def test_guardian_gets_a_childs_account_of_level_01_and_acts_for_it_at_once(
    house: House, person: Person, born: date, article: str
) -> None:
    enrolled(house, record := a_child(person, born=born))

    application = file_for(house, person, record)

    assert (application.state, application.article) == (State.ACCEPTED, article)
    account = house.provider.accounts.the(account_id(application))
    assert (account.status, account.level, account.number) == (Status.ACTIVE, Level.ONE, record.number)
    assert account.phone == house.provider.accounts.the(person.account_id).phone
    mandate = mandate_of(house, person)
    assert (mandate.principal_id, mandate.granted_by) == (account.id, None)
    fourteen = datetime(born.year + 14, born.month, born.day, tzinfo=UTC) - timedelta(hours=7)
    assert mandate.ends_at == fourteen
    assert acts(house, person)
    assert house.provider.evidence.standing(account.id)
    assert list(house.provider.authenticators.of(account.id)) == []


@pytest.mark.parametrize("born", [date(2012, 11, 2), date(2012, 11, 1), date(2008, 11, 3)])
@pytest.mark.spec("Decree 69/2024 Art. 14.2")
def test_from_fourteen_on_nobody_files_for_them(house: House, person: Person, born: date) -> None:
    enrolled(house, record := a_child(person, born=born))

    application = file_for(house, person, record)

    assert (application.state, application.reason) == (State.REFUSED, "files_alone")
    assert application.article == "69/2024 Art. 14.2"
    assert house.provider.accounts.by_number(record.number) is None


def test_parents_stay_on_record_of_adults_and_may_file_for_none(house: House, person: Person) -> None:
    enrolled(house, record := a_child(person, born=date(2000, 1, 1)))

    assert file_for(house, person, record).reason == "files_alone"


@pytest.mark.spec("Civil Code 91/2015 Art. 22")
def test_guardian_files_for_an_adult_whom_a_court_made_a_ward(house: House, person: Person) -> None:
    enrolled(house, record := a_child(person, born=date(2000, 1, 1), is_ward=True))

    application = file_for(house, person, record)

    assert application.state is State.ACCEPTED
    assert mandate_of(house, person).ends_at is None
    assert acts(house, person)


def test_whom_the_register_does_not_name_files_for_nobody(house: House, person: Person) -> None:
    other = house.person()
    enrolled(house, record := a_child(other))

    application = file_for(house, person, record)

    assert (application.reason, application.article) == ("not_guardian", "69/2024 Art. 7.1.b")
    assert not acts(house, person)


@pytest.mark.parametrize(
    ("record", "typed", "reason"),
    [
        ({"card_issued_on": None, "card_expires_on": None}, {}, "card_needed"),
        ({"is_deceased": True}, {}, "register_mismatch"),
        ({}, {"name": "Nông Bích Ngà"}, "register_mismatch"),
        ({}, {"birth_date": "2016-06-06"}, "register_mismatch"),
        ({}, {"username": "001316700002"}, "register_mismatch"),
    ],
)
def test_what_the_register_does_not_bear_out_is_refused(
    house: House, person: Person, record: dict[str, Any], typed: dict[str, str], reason: str
) -> None:
    enrolled(house, found := a_child(person, **record))

    application = file_for(house, person, found, **typed)

    assert (application.state, application.reason) == (State.REFUSED, reason)
    assert house.provider.accounts.by_number(found.number) is None


def test_the_same_guardian_acts_once(house: House, person: Person, child: CitizenRecord) -> None:
    file_for(house, person, child)

    assert file_for(house, person, child).reason == "mandate_exists"


def test_a_second_guardian_acts_on_their_own_request(house: House, person: Person) -> None:
    other = house.person()
    enrolled(house, record := a_child(person, other))
    first = file_for(house, person, record)
    assert not acts(house, other)

    second = file_for(house, other, record)

    assert second.account_id == first.account_id
    assert acts(house, person)
    assert acts(house, other)
    house.provider.notices.send_due()
    assert any("người giám hộ khác" in each.text for each in house.provider.outbox.recent(5))


def test_silent_register_is_waited_for_and_taken_up(
    house: House, person: Person, child: CitizenRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(_number: str) -> None:
        raise Unavailable("population")

    with monkeypatch.context() as patch:
        patch.setattr(house.provider.samples.population, "find", silent)
        waiting = file_for(house, person, child)
        assert waiting.state is State.WAITING_REGISTER
        assert waiting.deadline.article == "69/2024 Art. 13.1.a"
        assert house.provider.self_enrolment.resume() == {}
        house.provider.guardian_enrolment.resume()
        assert not acts(house, person)

    house.provider.guardian_enrolment.resume()

    assert acts(house, person)


def test_guardian_locked_while_the_register_was_silent_gets_nothing(
    house: House, person: Person, child: CitizenRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(_number: str) -> None:
        raise Unavailable("population")

    with monkeypatch.context() as patch:
        patch.setattr(house.provider.samples.population, "find", silent)
        waiting = file_for(house, person, child)
    house.provider.locking.lock(person.account_id, LockGround.HOLDER_ASKED, "holder")

    house.provider.guardian_enrolment.resume()

    found = house.provider.guardian_enrolment.find(waiting.id)
    assert found is not None
    assert (found.state, found.reason) == (State.REFUSED, "guardian_unfit")
    assert house.provider.accounts.by_number(child.number) is None


@pytest.mark.spec("Decree 69/2024 Art. 7.2")
def test_foreign_child_gets_an_account_by_passport_and_residence_card(house: House, person: Person) -> None:
    record = a_foreigners_record(birth_date=TEN, guardians=(person.username,))
    written(house, house.provider.samples.immigration, IMMIGRATION, record)
    zone = a_zone(born="160605")

    application = file_for(house, person, record, zone=zone, residence_number="TRC0000001")

    assert application.state is State.ACCEPTED
    account = house.provider.accounts.the(account_id(application))
    assert (account.kind, account.status) == (Kind.FOREIGNER, Status.ACTIVE)
    assert acts(house, person)
    assert house.provider.register_reading.catch_up() == 1
    assert acts(house, person)


@pytest.mark.spec("Decree 69/2024 Art. 7")
def test_midnight_of_the_fourteenth_birthday_ends_mandate_and_tokens(
    house: House, person: Person, rp: RelyingParty
) -> None:
    enrolled(house, record := a_child(person, born=date(2012, 11, 3)))
    file_for(house, person, record)
    tokens = tokens_under(rp, person, mandate_of(house, person))
    assert rp.userinfo(tokens["access_token"]).status_code == 200
    midnight = datetime(2026, 11, 2, 17, 0, tzinfo=UTC)

    house.clock.now = midnight - timedelta(seconds=1)
    assert acts(house, person)
    house.clock.now = midnight

    assert not acts(house, person)
    assert rp.userinfo(tokens["access_token"]).status_code == 401


def take_over(house: House, record: CitizenRecord, phone: str = "0900 000 777") -> Application:
    assert record.card_issued_on is not None
    form = {
        "username": record.number,
        "name": record.name,
        "birth_date": record.birth_date.isoformat(),
        "card_issued_on": record.card_issued_on.isoformat(),
        "phone": phone,
    }
    return house.provider.self_enrolment.file(Kind.CITIZEN, form, FROM, "vi")


@pytest.mark.spec("Decree 69/2024 Art. 14.2")
def test_at_fourteen_the_holder_takes_the_account_over_to_their_own_phone(
    house: House, person: Person
) -> None:
    enrolled(house, record := a_child(person, born=date(2012, 11, 3)))
    before = account_id(file_for(house, person, record))
    assert take_over(house, record).reason == "guardian_needed"
    house.clock.advance(DAY)

    application = take_over(house, record)

    account = house.provider.accounts.the(before)
    assert application.account_id == before
    assert (account.status, account.phone, account.level) == (Status.ISSUED, "+84900000777", Level.ONE)
    sent = house.provider.outbox.recent(1)[0]
    assert sent.to == "+84900000777"
    code = house.last_sms_code()
    house.provider.enrolment.activate(record.number, code, FROM, lambda: lambda _account_id: None)
    assert house.provider.accounts.the(before).status is Status.ACTIVE
    assert take_over(house, record, "0900 000 778").reason == "account_exists"
    assert house.provider.accounts.the(before).phone == "+84900000777"


def test_nobody_takes_over_an_account_that_was_its_holders_own(house: House) -> None:
    own = house.person(number="001310700001")
    enrolled(house, record := a_child(born=date(2010, 1, 1)))
    assert record.number == own.username

    assert take_over(house, record).reason == "account_exists"


@pytest.mark.spec("Decree 69/2024 Art. 7")
def test_nobody_signs_in_to_a_childs_account_itself(
    house: House, person: Person, child: CitizenRecord, rp: RelyingParty, browser: Browser
) -> None:
    file_for(house, person, child)

    browser.open("/authorize", rp.request())
    browser.submit({"username": child.number, "password": "sai-hoan-toan-2026"})

    assert "form-error" in browser.page.ids
    house.provider.enrolment.send_code(child.number, FROM)
    assert all("kích hoạt" not in each.text for each in house.provider.outbox.recent(5))


@pytest.mark.spec("Law 91/2025 Art. 24")
def test_guardian_consents_for_a_small_child_and_the_client_learns_of_both(
    house: House, person: Person, rp: RelyingParty
) -> None:
    enrolled(house, record := a_child(person, born=date(2021, 1, 25)))
    ward = account_id(file_for(house, person, record))
    browser = signed_in(house, person)

    browser.open("/authorize", rp.request(scope="openid profile"))
    browser.submit({}, "whom-1")
    assert "người giám hộ" in browser.text
    assert "child" not in browser.page.ids
    answer = allow(browser)

    claims = house.id_token(rp.redeem(answer["code"]).get_json()["id_token"])[1]
    client = house.provider.clients.find(rp.client_id)
    assert client is not None
    assert claims["sub"] == house.provider.subjects.subject(client, ward)
    assert claims["act"] == {"sub": house.provider.subjects.subject(client, person.account_id)}
    assert claims["mandate"]["role"] == "guardian"
    consent = house.provider.consents.find(ward, rp.client_id)
    assert consent is not None
    assert (consent.given_by, consent.child_agreed) == (person.account_id, False)


@pytest.mark.spec("Law 91/2025 Art. 24")
def test_from_seven_the_child_is_asked_too_and_no_box_is_ticked_before(
    house: House, person: Person, child: CitizenRecord, rp: RelyingParty
) -> None:
    ward = account_id(file_for(house, person, child))
    browser = signed_in(house, person)
    browser.open("/authorize", rp.request(scope="openid profile"))
    browser.submit({}, "whom-1")
    assert "child" in browser.page.ids
    assert " checked" not in browser.text

    browser.submit({}, "consent-allow")
    assert browser.shown.status_code == 400
    assert "form-error" in browser.page.ids
    assert house.provider.consents.find(ward, rp.client_id) is None
    send(browser, {"child": "agrees"}, "consent-allow")

    assert "code" in browser.answer
    consent = house.provider.consents.find(ward, rp.client_id)
    assert consent is not None
    assert (consent.given_by, consent.child_agreed) == (person.account_id, True)


@pytest.mark.spec("Law 91/2025 Art. 24")
def test_child_who_has_turned_seven_is_asked_though_the_guardian_said_yes_before(
    house: House, person: Person, rp: RelyingParty
) -> None:
    enrolled(house, record := a_child(person, born=date(2019, 11, 3)))
    file_for(house, person, record)
    browser = signed_in(house, person)
    browser.open("/authorize", rp.request(scope="openid"))
    browser.submit({}, "whom-1")
    allow(browser)
    house.clock.advance(DAY)

    browser = signed_in(house, person)
    browser.open("/authorize", rp.request(scope="openid"))
    browser.submit({}, "whom-1")

    assert "child" in browser.page.ids


def test_guardianship_that_passes_on_ends_one_mandate_and_gives_another(
    house: House, person: Person, child: CitizenRecord
) -> None:
    other = house.person()
    file_for(house, person, child)

    guardian_changed(house, child, other)

    assert not acts(house, person)
    assert acts(house, other)


def test_guardian_whom_the_register_adds_beside_another_files_for_themself(
    house: House, person: Person, child: CitizenRecord
) -> None:
    other = house.person()
    file_for(house, person, child)

    record = guardian_changed(house, child, person, other)
    assert acts(house, person)
    assert not acts(house, other)

    assert file_for(house, other, record).state is State.ACCEPTED


def test_guardianship_that_ends_leaves_nobody_who_acts(
    house: House, person: Person, child: CitizenRecord
) -> None:
    file_for(house, person, child)

    guardian_changed(house, child)

    assert not acts(house, person)


def test_new_guardian_without_an_account_is_looked_for_until_there_is_one(
    house: House, person: Person, child: CitizenRecord
) -> None:
    file_for(house, person, child)
    later = house.person(level=Level.ONE)
    guardian_changed(house, child, later)
    assert not acts(house, later)
    house.provider.accounts.set_level(later.account_id, Level.TWO)

    house.clock.advance(DAY)
    followed(house)

    assert acts(house, later)


def test_guardians_lock_ends_the_mandate_and_unlocking_brings_back_what_the_law_gave(
    house: House, person: Person, child: CitizenRecord
) -> None:
    other = house.person()
    enrolled(house, record := a_child(person, other))
    file_for(house, person, record)
    file_for(house, other, record)

    house.provider.locking.lock(person.account_id, LockGround.HOLDER_ASKED, "holder")
    assert not acts(house, person)
    house.provider.locking.unlock(person.account_id, "cli")
    followed(house)

    assert acts(house, person)
    assert acts(house, other)


def test_guardians_death_ends_the_mandate(house: House, person: Person, child: CitizenRecord) -> None:
    file_for(house, person, child)

    house.provider.locking.lock(person.account_id, LockGround.DEATH, "population")

    assert house.provider.mandates.of_agent(person.account_id) == []


def test_childs_death_locks_the_account_and_nobody_acts(
    house: House, person: Person, child: CitizenRecord
) -> None:
    ward = account_id(file_for(house, person, child))

    house.provider.locking.lock(ward, LockGround.DEATH, "population")

    assert not acts(house, person)
    assert file_for(house, person, child).reason == "account_locked"


def test_guardian_sees_files_and_follows_in_the_browser(
    house: House, person: Person, child: CitizenRecord
) -> None:
    browser = signed_in(house, person)
    browser.open(LIST)
    assert "apply" in browser.page.ids
    browser.open(NEW)

    send(browser, {"username": child.number, "name": child.name, "birth_date": "x"}, "dependant-submit")
    assert browser.shown.status_code == 400
    typed = {"username": child.number, "name": child.name, "birth_date": "5/6/2016"}
    send(browser, typed, "dependant-submit")

    assert "outcome" in browser.page.ids
    assert "Đã chấp nhận" in browser.text
    assert child.number not in browser.text
    browser.open(LIST)
    assert "dependants" in browser.page.ids
    assert child.name in browser.text


def test_guardian_of_level_01_is_told_what_is_needed(house: House) -> None:
    browser = signed_in(house, house.person(level=Level.ONE))
    browser.open(NEW)

    assert "level-needed" in browser.page.ids
    assert "apply" not in browser.page.ids


def test_waiting_application_is_taken_back_by_who_filed_it_and_seen_by_nobody_else(
    house: House, person: Person, child: CitizenRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(_number: str) -> None:
        raise Unavailable("population")

    monkeypatch.setattr(house.provider.samples.population, "find", silent)
    application = file_for(house, person, child)
    stranger = signed_in(house, house.person())
    stranger.open(f"{LIST}/{application.id}")
    assert stranger.shown.status_code == 404
    browser = signed_in(house, person)
    browser.open(f"{LIST}/{application.id}")
    assert child.name in browser.text

    browser.submit({}, "withdraw")

    assert "Đã rút" in browser.text
    monkeypatch.undo()
    house.provider.guardian_enrolment.resume()
    assert not acts(house, person)


def test_guardian_locks_the_childs_account_and_nobody_unlocks_it_online(
    house: House, person: Person, child: CitizenRecord
) -> None:
    ward = account_id(file_for(house, person, child))
    mandate = mandate_of(house, person)
    browser = signed_in(house, person)
    browser.open(f"{LIST}/lock/{mandate.id}")
    assert child.name in browser.text

    send(browser, {"is_sure": "yes"}, "lock-submit")

    assert "done" in browser.page.ids
    account = house.provider.accounts.the(ward)
    assert (account.status, account.lock_ground) == (Status.LOCKED, LockGround.HOLDER_ASKED)
    (lock,) = house.provider.locks.standing(ward)
    assert lock.actor == str(person.account_id)
    assert not acts(house, person)
    house.provider.locking.unlock(ward, "cli")
    followed(house)
    assert acts(house, person)


def test_nobody_locks_another_guardians_child_nor_an_organisation(
    house: House, person: Person, child: CitizenRecord
) -> None:
    ward = account_id(file_for(house, person, child))
    stranger = signed_in(house, house.person())

    stranger.open(f"{LIST}/lock/{mandate_of(house, person).id}")

    assert stranger.shown.status_code == 404
    assert house.provider.accounts.the(ward).status is Status.ACTIVE


def test_guardian_whose_level_was_taken_back_locks_and_sees_nothing_more(
    house: House, person: Person, child: CitizenRecord
) -> None:
    ward = account_id(file_for(house, person, child))
    mandate = mandate_of(house, person)
    browser = signed_in(house, person)
    browser.open(f"{LIST}/lock/{mandate.id}")
    house.provider.accounts.set_level(person.account_id, Level.ONE)

    send(browser, {"is_sure": "yes"}, "lock-submit")

    assert browser.shown.status_code == 404
    assert house.provider.accounts.the(ward).status is Status.ACTIVE
    browser.open(f"{LIST}/consents/{mandate.id}")
    assert browser.shown.status_code == 404
    browser.open(LIST)
    assert "dependants" not in browser.page.ids


def test_a_new_code_is_sent_though_the_account_was_opened_years_ago(house: House, person: Person) -> None:
    enrolled(house, record := a_child(person, born=date(2012, 11, 3)))
    file_for(house, person, record)
    house.clock.advance(timedelta(days=60))
    take_over(house, record)

    house.provider.enrolment.send_code(record.number, FROM)

    assert "kích hoạt" in house.provider.outbox.recent(1)[0].text
    assert len(house.last_sms_code()) == 6


@pytest.mark.spec("Law 91/2025 Art. 10")
def test_guardian_takes_back_what_was_allowed_for_a_child(
    house: House, person: Person, rp: RelyingParty
) -> None:
    enrolled(house, record := a_child(person, born=date(2021, 1, 25)))
    ward = account_id(file_for(house, person, record))
    browser = signed_in(house, person)
    browser.open("/authorize", rp.request(scope="openid profile"))
    browser.submit({}, "whom-1")
    tokens = rp.redeem(allow(browser)["code"]).get_json()
    page = f"{LIST}/consents/{mandate_of(house, person).id}"
    stranger = signed_in(house, house.person())
    stranger.open(page)
    assert stranger.shown.status_code == 404

    browser.open(page)
    send(browser, {"client": rp.client_id}, "withdraw-1")

    assert "done" in browser.page.ids
    assert house.provider.consents.find(ward, rp.client_id) is None
    assert rp.userinfo(tokens["access_token"]).status_code == 401
    (told,) = house.provider.audit.for_account(ward, 9, None, frozenset({Event.CONSENT_WITHDRAWN}))
    assert told.facts["actor"] == str(person.account_id)


def test_guardian_keeps_the_receipt_of_what_was_allowed_for_a_child(
    house: House, person: Person, rp: RelyingParty
) -> None:
    enrolled(house, record := a_child(person, born=date(2021, 1, 25)))
    ward = account_id(file_for(house, person, record))
    browser = signed_in(house, person)
    for whom in ("whom-myself", "whom-1"):
        browser.open("/authorize", rp.request(scope="openid profile", prompt="select_account"))
        browser.submit({}, whom)
        allow(browser)
    (given,) = house.provider.consents.ever(ward)
    (own,) = house.provider.consents.ever(person.account_id)
    page = f"{LIST}/consents/{mandate_of(house, person).id}"

    browser.open(page)
    assert f'href="{page}/{given.id}"' in browser.text
    browser.open(f"{page}/{given.id}")
    assert "receipt-file" in browser.page.ids
    assert f'href="{page}/{given.id}/receipt.jwt"' in browser.text
    assert browser.open(f"{page}/{given.id}/receipt.jwt").mimetype == "application/jwt"

    looks = house.provider.audit.for_account(ward, 9, None, frozenset({Event.ACCOUNT_VIEWED}))
    by = (str(person.account_id), str(mandate_of(house, person).id))
    assert [(each.facts["actor"], each.facts["mandate"]) for each in looks] == [by] * 3

    for path in (f"{page}/{own.id}", f"{page}/{own.id}/receipt.jwt", f"/account/consents/{given.id}"):
        assert browser.open(path).status_code == 404
    stranger = signed_in(house, house.person())
    for path in (f"{page}/{given.id}", f"{page}/{given.id}/receipt.jwt"):
        assert stranger.open(path).status_code == 404


def turning_fourteen(days: int) -> date:
    """Born so that the fourteenth birthday is in so many days."""
    return (TODAY + timedelta(days=days)).replace(year=TODAY.year - 14)


@pytest.mark.spec("Decree 69/2024 Art. 14.2")
def test_pages_say_when_it_ends_and_what_comes_then(house: House, person: Person) -> None:
    enrolled(house, later := a_child(person, born=turning_fourteen(31)))
    file_for(house, person, later)
    browser = signed_in(house, person)
    browser.open(LIST)
    assert "ending-1" not in browser.page.ids

    house.clock.advance(DAY)
    browser = signed_in(house, person)
    browser.open(LIST)

    assert "ending-1" in browser.page.ids
    for said in ("03/12/2026", "khoản 2 Điều 14 Nghị định 69/2024/NĐ-CP", 'href="/enrol/citizen"'):
        assert said in browser.text
    browser.open("/account/mandates")
    assert f'href="{LIST}">Sau đó thì sao?' in browser.text


@pytest.mark.spec("Decree 69/2024 Art. 14.2")
def test_child_with_a_phone_of_its_own_is_told_too_until_it_has_taken_over(
    house: House, person: Person
) -> None:
    provider, phones = house.provider, {}
    for serial, days in ((700_001, 10), (700_002, 11)):
        enrolled(house, record := a_child(person, born=turning_fourteen(days), serial=serial))
        phones[account_id(file_for(house, person, record))] = f"+8490000{serial}"
    mine, theirs = phones
    provider.accounts.rewrite(replace(provider.accounts.the(theirs), phone=phones[theirs]))

    assert provider.guardianship_end.tell() == 3
    assert provider.notices.of(mine)[0].kind == "dependant_opened", "the phone is the guardian's"
    assert provider.notices.of(theirs)[0].kind == "account_yours_soon"

    house.clock.advance(timedelta(days=11))
    assert provider.guardianship_end.tell() == 3
    assert provider.notices.of(theirs)[0].kind == "account_yours"


def test_guardian_who_joins_late_is_told_and_the_child_not_again(house: House, person: Person) -> None:
    other = house.person()
    enrolled(house, record := a_child(person, other, born=turning_fourteen(10)))
    child = account_id(file_for(house, person, record))
    account = house.provider.accounts.the(child)
    house.provider.accounts.rewrite(replace(account, phone="+84900007001"))
    assert house.provider.guardianship_end.tell() == 2

    file_for(house, other, record)

    assert house.provider.guardianship_end.tell() == 1
    assert [each.kind for each in house.provider.notices.of(child)].count("account_yours_soon") == 1


def test_guardian_with_a_new_number_files_for_a_child_whose_record_names_the_old(
    house: House, person: Person
) -> None:
    enrolled(house, record := a_child(person), a_record(number=person.username))
    new = person.username[:6] + "999991"
    house.provider.samples.population.change(ChangeKind.NUMBER_REISSUED, person.username, TODAY, new)
    followed(house)

    application = file_for(house, person, record)

    assert application.state is State.ACCEPTED
    assert acts(house, person)


def test_who_has_a_number_now_is_meant_by_it_and_not_who_had_it_before(house: House, person: Person) -> None:
    enrolled(house, record := a_child(person), a_record(number=person.username))
    new = person.username[:6] + "999991"
    house.provider.samples.population.change(ChangeKind.NUMBER_REISSUED, person.username, TODAY, new)
    followed(house)
    house.provider.accounts.add(an_account(number=person.username))

    assert file_for(house, person, record).reason == "not_guardian"
