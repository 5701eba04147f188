"""An organisation gets its account in the browser: filed, agreed on by everybody, activated, acted for."""

from datetime import timedelta
from uuid import UUID

import pytest

from idp.accounts.application import State
from idp.accounts.mandate import Role
from idp.assurance import Level
from idp.registers.register import RegisterName
from idp.registers.sample import SAMPLES
from tests.house import Browser, House, Person
from tests.protocol.acts import is_page, signed_in

LIST, NEW = "/account/organisations", "/account/organisations/new"
# As the sample business register has them.
CODE, NAME = "9000000077", "Công ty TNHH Nông sản Đồi Chè An Lạc"
DIRECTOR, GENERAL_DIRECTOR = "040195993293", "096089999287"
PHONE = "0900 000 077"


@pytest.fixture
def house(house: House) -> House:
    house.provider.samples.business.import_csv(SAMPLES[RegisterName.BUSINESS])
    return house


@pytest.fixture
def director(house: House) -> Person:
    return house.person(number=DIRECTOR)


@pytest.fixture
def general_director(house: House) -> Person:
    return house.person(number=GENERAL_DIRECTOR)


@pytest.fixture
def browser(house: House, director: Person) -> Browser:
    return signed_in(house, director)


def file(browser: Browser, **typed: str) -> None:
    browser.open(NEW)
    usual = {"code": CODE, "phone": PHONE, "role": "representative"}
    send(browser, usual | typed, "organisation-submit")


def send(browser: Browser, answers: dict[str, str], button: str) -> None:
    """Fill in the form, its choices too, and press a button."""
    form = browser.page.form_with(button)
    assert form is not None, sorted(browser.page.ids)
    browser._went(browser.client.post(form.action, data=form.filled(answers, button) | answers))


def application_of(house: House, person: Person) -> UUID:
    return house.provider.organisation_enrolment.filed_by(person.account_id)[0].id


def answer(house: House, person: Person, application_id: UUID, button: str, **typed: str) -> Browser:
    theirs = signed_in(house, person)
    theirs.open(f"{LIST}/{application_id}/answer")
    send(theirs, typed, button)
    return theirs


def test_organisation_applies_is_agreed_on_activated_and_acted_for(
    house: House, director: Person, general_director: Person, browser: Browser
) -> None:
    rp = house.client(acts_for=("organisation",))

    file(browser)
    assert {"done", "representatives", "withdraw"} <= browser.page.ids
    assert NAME in browser.text
    assert "điểm a khoản 4 Điều 13 Nghị định 69/2024/NĐ-CP" in browser.text
    assert DIRECTOR not in browser.text
    told = house.provider.outbox.recent(1)[0]
    assert told.text.startswith("Định Danh: một đơn của tổ chức")
    assert NAME not in told.text

    theirs = signed_in(house, general_director)
    theirs.open("/account")
    assert "to-answer" in theirs.page.ids
    theirs.open(LIST)
    assert "look-1" in theirs.page.ids
    theirs.open(f"{LIST}/{application_of(house, director)}/answer")
    assert NAME in theirs.text
    theirs.submit({}, "approve")
    assert "done" in theirs.page.ids

    browser.open(LIST)
    send(browser, {"otp": house.last_sms_code()}, "activate-1")
    assert "done" in browser.page.ids
    roles = {
        person.account_id: [held.role for held in house.provider.mandates.usable_by(person.account_id)]
        for person in (director, general_director)
    }
    assert set(map(tuple, roles.values())) == {(Role.REPRESENTATIVE,)}
    choosing = signed_in(house, general_director)
    choosing.open("/authorize", rp.request())
    assert NAME in choosing.text


def test_other_representative_refuses_and_the_filer_sees_why(
    house: House, director: Person, general_director: Person, browser: Browser
) -> None:
    file(browser)
    application_id = application_of(house, director)

    answer(house, general_director, application_id, "refuse", reason="filer_unknown")
    browser.open(f"{LIST}/{application_id}", {})

    assert {"reason", "again"} <= browser.page.ids
    assert "không biết người gửi đơn" in browser.text
    late = signed_in(house, general_director)
    late.open(f"{LIST}/{application_id}/answer")
    assert "approve" not in late.page.ids


def test_representative_without_an_account_is_shown_with_what_to_do(
    house: House, director: Person, browser: Browser
) -> None:
    file(browser)

    assert "Chưa có tài khoản mức 02" in browser.text


def test_stranger_reads_how_many_agreed_and_no_name(
    house: House, director: Person, general_director: Person
) -> None:
    stranger_person = house.person()
    stranger = signed_in(house, stranger_person)
    file(stranger, role="authorised_person", last_day="2026-12-31")
    application_id = application_of(house, stranger_person)
    answer(house, director, application_id, "approve")

    stranger.open(f"{LIST}/{application_id}")

    shown = stranger.text[stranger.text.index("representatives") :]
    assert "1 trên 2 người" in shown
    given = house.provider.organisation_enrolment.approvals_of(
        house.provider.organisation_enrolment.of_filer(application_id, stranger_person.account_id)
    )
    assert len(given) == 2
    assert not any(each.name and (each.name in stranger.text or each.title in shown) for each in given)


def test_stranger_is_not_told_who_of_the_representatives_has_an_account(
    house: House, director: Person
) -> None:
    stranger = signed_in(house, house.person())

    file(stranger, role="authorised_person", last_day="2026-12-31")

    assert "representatives" in stranger.page.ids
    assert "Chưa có tài khoản mức 02" not in stranger.text


def test_code_that_no_register_knows_is_said_to_be_unknown_with_what_to_do(
    house: House, browser: Browser
) -> None:
    file(browser, code="9000001017")

    assert {"unknown", "withdraw"} <= browser.page.ids
    assert "điểm b khoản 4 Điều 13 Nghị định 69/2024/NĐ-CP" in browser.text


def test_filer_takes_it_back(house: House, director: Person, browser: Browser) -> None:
    file(browser)

    browser.submit({}, "withdraw")

    assert {"done", "again"} <= browser.page.ids
    (application,) = house.provider.organisation_enrolment.filed_by(director.account_id)
    assert application.state is State.WITHDRAWN


def test_application_is_shown_to_nobody_else(house: House, director: Person, browser: Browser) -> None:
    file(browser)
    application = house.provider.applications.get(application_of(house, director))
    assert application is not None
    other = signed_in(house, house.person())

    is_page(other.open(f"{LIST}/{application.id}"), 404)
    is_page(other.open(f"{LIST}/no-such-thing"), 404)
    assert other.open(f"{LIST}/{application.id}/answer").status_code == 200
    assert "approve" not in other.page.ids
    other.open("/enrol/status")
    other.submit({"reference": application.reference, "username": CODE}, "status-submit")
    assert "withdraw" not in other.page.ids


def test_answer_asks_for_a_fresh_proof(
    house: House, director: Person, general_director: Person, browser: Browser
) -> None:
    file(browser)
    application_id = application_of(house, director)
    theirs = signed_in(house, general_director)
    theirs.open(f"{LIST}/{application_id}/answer")
    house.clock.advance(timedelta(minutes=6))

    theirs.submit({}, "approve")

    assert "approve" not in theirs.page.ids
    application = house.provider.applications.get(application_id)
    assert application is not None
    assert application.state is State.WAITING_APPROVALS


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"code": "9000000078"}, "Chữ số kiểm tra"),
        ({"code": "123"}, "10 hoặc 13 chữ số"),
        ({"code": DIRECTOR}, "số của một cá nhân"),
        ({"code": "H25/8"}, "Mã định danh của cơ quan chưa đúng"),
        ({"phone": "12"}, "Số điện thoại chưa đúng"),
        ({"email": "ai-do"}, "thư điện tử chưa đúng"),
        ({"role": "authorised_person", "last_day": ""}, "Ngày tháng chưa đúng"),
        ({"role": "authorised_person", "last_day": "2020-01-01"}, "ngày cuối nằm trong tương lai"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_sentence(
    house: House, browser: Browser, typed: dict[str, str], says: str
) -> None:
    file(browser, **typed)

    assert browser.shown.status_code == 400
    assert "form-error" in browser.page.ids
    assert says.lower() in browser.text.lower()
    assert "900 000 077" in browser.text or "phone" in typed  # what was typed is still there


def test_account_of_level_01_does_not_file(house: House) -> None:
    low = signed_in(house, house.person(level=Level.ONE))

    file(low)

    assert low.shown.status_code == 400
    assert "Điều 12 Nghị định 69/2024/NĐ-CP" in low.text
