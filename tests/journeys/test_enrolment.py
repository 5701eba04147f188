"""Somebody opens an account by themselves: files, is checked against the register, activates, signs in."""

import csv
import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from idp.kernel.errors import Unavailable
from idp.registers import immigration
from idp.registers.immigration import ForeignerRecord
from tests.foreigners import a_foreigners_record, a_zone
from tests.house import Browser, House

NUMBER = "001199990001"
OTHER = "001199990002"
NEW = "nam-con-chim-se-tren-cay-42"
COLUMNS = "number,name,birth_date,sex,province_2025,address,card_issued_on,card_expires_on,deceased\n"
THU_HA = "Trần Thị Thu Hà,1999-05-17,female,01,Số 5 đường Hoa Sữa,2024-08-01,2039-05-17,no\n"
FORM = {
    "username": "001 199 990 001",
    "name": "trần thị thu hà",
    "birth-date": "17/05/1999",
    "card-issued-on": "1/8/2024",
    "phone": "0912 345 678",
}


@pytest.fixture(autouse=True)
def register(house: House, tmp_path: Path) -> None:
    rows = tmp_path / "people.csv"
    rows.write_text(f"{COLUMNS}{NUMBER},{THU_HA}", encoding="utf-8")
    assert house.provider.samples.population.import_csv(rows).accepted == 1


@pytest.fixture
def silent(house: House, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The register does not answer, until this is undone."""

    def find(_self: object, _number: str) -> None:
        raise Unavailable("population register")

    monkeypatch.setattr(type(house.provider.register), "find", find)
    return monkeypatch


def apply(browser: Browser, **changed: str) -> None:
    browser.open("/enrol/citizen")
    browser.submit(FORM | {name.replace("_", "-"): value for name, value in changed.items()}, "enrol-submit")


def apply_as_foreigner(house: House, browser: Browser, folder: Path, record: ForeignerRecord) -> None:
    row = immigration.write_row(record)
    rows = folder / "foreigners.csv"
    with rows.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, row)
        writer.writeheader()
        writer.writerow(row)
    assert house.provider.samples.immigration.import_csv(rows).accepted == 1
    browser.open("/enrol/foreigner")
    form = {"username": record.number, "zone": a_zone(), "residence-number": "TRC0000001"}
    browser.submit(form | {"phone": "0912 345 678"}, "enrol-submit")


def outcome(browser: Browser) -> str:
    found = re.search(r'<h1 id="outcome">(.*?)</h1>', browser.text)
    return found[1] if found else ""


def reference(browser: Browser) -> str:
    found = re.search(r"[2-9B-X]{5}-[2-9B-X]{5}", browser.text)
    assert found is not None, browser.text
    return found[0]


def status(house: House, number: str = NUMBER) -> str | None:
    account = house.provider.accounts.by_number(number)
    return account and account.status.value


def activate(house: House, browser: Browser, number: str = NUMBER) -> None:
    browser.open("/activate")
    answers = {"username": number, "otp": house.last_sms_code(), "new-password": NEW}
    browser.submit(answers, "activate-submit")


def test_citizen_files_activates_and_signs_in(house: House, browser: Browser) -> None:
    apply(browser)

    assert outcome(browser) == "Thông tin đã khớp"
    assert browser.page.ids >= {"to-activate", "reference"}
    assert "09/11/2026" in browser.text, "seven days to activate it"
    assert "khoản 1 Điều 14 Nghị định 69/2024/NĐ-CP" in browser.text
    assert status(house) == "issued"

    activate(house, browser)
    assert status(house) == "active"
    browser.open("/account")
    browser.submit({"username": NUMBER, "password": NEW})
    browser.submit({"otp": house.last_sms_code()})
    assert "Trần Thị Thu Hà" in browser.text
    assert "Mức 01" in browser.text


def test_foreigner_files_activates_by_a_second_code_and_signs_in(
    house: House, browser: Browser, tmp_path: Path
) -> None:
    record = a_foreigners_record()

    apply_as_foreigner(house, browser, tmp_path, record)
    assert outcome(browser) == "Thông tin đã khớp"

    browser.open("/activate")
    browser.submit({"username": record.number}, "resend")
    activate(house, browser, "9009 9000 0001")

    assert status(house, record.number) == "active"
    browser.open("/account")
    browser.submit({"username": record.number, "password": NEW})
    browser.submit({"otp": house.last_sms_code()})
    assert "ANNA EXAMPLE" in browser.text


def test_foreigner_whose_card_ran_out_is_told_to_ask_the_immigration_office(
    house: House, browser: Browser, tmp_path: Path
) -> None:
    apply_as_foreigner(house, browser, tmp_path, a_foreigners_record(residence_expires_on=date(2026, 11, 1)))

    assert outcome(browser) == "Đơn chưa được chấp nhận"
    assert "điểm a khoản 2 Điều 7 Nghị định 69/2024/NĐ-CP" in browser.text
    assert "cơ quan quản lý xuất nhập cảnh" in browser.text


def test_address_never_holds_reference_or_number(house: House, browser: Browser) -> None:
    browser.open("/enrol/citizen")
    form = browser.page.form_with("enrol-submit")
    assert form is not None

    posted = browser.client.post(form.action, data=form.filled(FORM, "enrol-submit"))

    assert (posted.status_code, posted.headers["Location"]) == (303, "/enrol/status")


@pytest.mark.parametrize(
    "changed",
    [
        {"name": "Trần Thị Thu Hoà"},
        {"birth_date": "17/05/1998"},
        {"card_issued_on": "02/08/2024"},
        {"username": OTHER},
    ],
)
def test_every_mismatch_is_told_in_the_same_words(
    house: House, browser: Browser, changed: dict[str, str]
) -> None:
    apply(browser, **changed)

    assert browser.shown.status_code == 400
    assert "Thông tin không khớp với cơ sở dữ liệu." in browser.text
    assert "refused-reference" in browser.page.ids
    assert 'aria-invalid="true"' not in browser.text, "which of them is wrong is not said"
    assert status(house) is None


def test_what_cannot_be_read_is_told_at_its_field_and_nothing_typed_is_lost(browser: Browser) -> None:
    apply(browser, birth_date="31/02/1999")

    assert browser.shown.status_code == 400
    assert re.search(r'<input id="birth-date"[^>]*aria-invalid="true"', browser.text)
    assert 'value="trần thị thu hà"' in browser.text
    assert "refused-reference" not in browser.page.ids


@pytest.mark.parametrize(
    ("name", "vietnamese", "english"),
    [
        ("Tra\u0302\u0300n Thi\u0323 Thu Ha\u0300", "bị tách rời", "stand apart"),
        ("Tr\u1ea7n Th\u1ecb Thu H\u0430", "chỉ trông giống", "only look like"),
        ("Trần Thị\u200b Thu Hà", "không phải chữ cái", "other than letters"),
    ],
)
def test_name_that_only_looks_right_is_told_why_and_files_nothing(
    house: House, browser: Browser, name: str, vietnamese: str, english: str
) -> None:
    for language, sentence in (("vi", vietnamese), ("en", english)):
        browser.open(f"/language/{language}?return=/enrol/citizen")
        apply(browser, name=name)

        assert browser.shown.status_code == 400
        assert sentence in browser.text
        assert re.search(r'<input id="name"[^>]*aria-invalid="true"', browser.text)
    assert status(house) is None
    assert house.provider.applications.overdue() == []


def test_number_that_has_an_account_is_answered_like_one_that_has_none(house: House) -> None:
    first, second = house.browser(), house.browser()
    apply(first)
    house.provider.outbox.forget(house.clock() + timedelta(seconds=1))

    apply(second, phone="0912 345 679")

    shown = [browser.text.replace(reference(browser), "REFERENCE") for browser in (first, second)]
    tokens = [browser.page.forms[-1].fields["form_token"] for browser in (first, second)]
    assert shown[0].replace(tokens[0], "") == shown[1].replace(tokens[1], "")
    (message,) = house.provider.outbox.recent()
    assert message.to == "+84912345678", "the holder is warned; who asked gets nothing"
    assert not re.search(r"\d{6}", message.text)


def test_child_is_told_that_the_guardian_files_and_by_which_article(house: House, browser: Browser) -> None:
    apply(browser, birth_date="01/06/2015")

    assert outcome(browser) == "Đơn chưa được chấp nhận"
    assert "người giám hộ" in browser.text
    assert "điểm b khoản 1 Điều 7 Nghị định 69/2024/NĐ-CP" in browser.text


def test_silent_register_leaves_it_waiting_and_the_applicant_sees_until_when(
    house: House, browser: Browser, silent: pytest.MonkeyPatch
) -> None:
    apply(browser)
    assert outcome(browser) == "Đơn đang chờ đối chiếu"
    assert "điểm a khoản 1 Điều 13 Nghị định 69/2024/NĐ-CP" in browser.text
    told = reference(browser)
    assert status(house) is None
    silent.undo()

    house.provider.self_enrolment.resume()

    elsewhere = house.browser()
    elsewhere.open("/enrol/status")
    elsewhere.submit({"reference": told.lower(), "username": NUMBER}, "status-submit")
    assert outcome(elsewhere) == "Thông tin đã khớp"
    activate(house, browser)
    assert status(house) == "active"


@pytest.mark.usefixtures("silent")
def test_applicant_withdraws_what_waits(house: House, browser: Browser) -> None:
    apply(browser)

    browser.submit({}, "withdraw")

    assert outcome(browser) == "Đơn đã được rút"
    assert "withdraw" not in browser.page.ids
    assert house.provider.self_enrolment.resume() == {}


@pytest.mark.usefixtures("silent")
def test_application_decided_meanwhile_is_not_withdrawn(
    house: House, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply(browser)
    page = browser.page.form_with("withdraw")
    assert page is not None
    browser.submit({}, "withdraw")

    again = browser.client.post(page.action, data=page.filled({}, "withdraw"))

    assert again.status_code == 400
    assert "Đơn đã có thay đổi." in again.get_data(as_text=True)


def test_wrong_reference_and_wrong_number_are_answered_alike(house: House, browser: Browser) -> None:
    apply(browser)
    told = reference(browser)
    shown = []
    for asked in ({"reference": told, "username": OTHER}, {"reference": "2345678923", "username": NUMBER}):
        stranger = house.browser()
        stranger.open("/enrol/status")
        stranger.submit(asked, "status-submit")
        assert stranger.shown.status_code == 400
        token = stranger.page.forms[-1].fields["form_token"]
        text = stranger.text.replace(token, "").replace(asked["reference"], "")
        shown.append(re.sub(r'value="[0-9 ]+"', "", text))

    assert shown[0] == shown[1]


def test_reference_is_not_guessed_from_one_address(house: House) -> None:
    stranger = house.browser()
    stranger.open("/enrol/status")
    for tried in range(60):
        stranger.open("/enrol/status")
        stranger.submit({"reference": f"BBBBBBB{tried:03}", "username": NUMBER}, "status-submit")
        if stranger.shown.status_code == 429:
            break

    assert stranger.shown.status_code == 429
    assert tried == 50


def test_browser_forgets_the_application_for_whoever_sits_there_next(browser: Browser) -> None:
    apply(browser)

    browser.submit({}, "other")

    assert "status-submit" in browser.page.ids
    assert outcome(browser) == ""


def test_application_is_forgotten_by_the_browser_after_half_an_hour(house: House, browser: Browser) -> None:
    apply(browser)
    house.clock.advance(timedelta(minutes=30, seconds=1))

    browser.open("/enrol/status")

    assert outcome(browser) == ""


@pytest.mark.parametrize("path", ["/enrol/citizen", "/enrol/status"])
def test_form_of_another_browser_is_refused(house: House, path: str) -> None:
    house.browser().open(path)

    refused = house.browser().client.post(path, data={"form_token": "x", "decision": "withdraw"})

    assert refused.status_code == 403


def test_sixth_application_of_an_hour_is_refused_known_number_or_not(house: House, browser: Browser) -> None:
    for number in (NUMBER, OTHER):
        for _ in range(5):
            apply(browser, username=number)
            assert browser.shown.status_code in (200, 400)
        apply(browser, username=number)
        assert browser.shown.status_code == 429
        assert int(browser.shown.headers["Retry-After"]) == 3600


def test_pages_speak_english_to_whom_asks(browser: Browser) -> None:
    browser.open("/language/en", {"return": "/enrol"})
    assert "Open an account" in browser.text

    apply(browser)

    assert outcome(browser) == "The details match"


def test_choice_leads_to_forms_that_stand_there(browser: Browser) -> None:
    browser.open("/")
    assert 'href="/enrol"' in browser.text
    browser.open("/enrol")

    for path in re.findall(r'href="(/enrol/\w+)"', browser.text):
        assert browser.open(path).status_code == 200
