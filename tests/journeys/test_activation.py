"""A newly opened account: its holder proves the phone and chooses a password."""

from datetime import timedelta
from pathlib import Path

import pytest

from idp.accounts.account import Status
from idp.accounts.activation import ActivationCodes
from idp.assurance import Level
from tests.house import Browser, House, RelyingParty
from tests.mandated import an_organisation_of

NUMBER = "001199990001"
PHONE = "0912345678"
NEW = "nam-con-chim-se-tren-cay-42"


@pytest.fixture
def opened(house: House, tmp_path: Path) -> str:
    """An account that waits for its holder; its number."""
    rows = tmp_path / "people.csv"
    rows.write_text(
        "number,name,birth_date,sex,province_2025,address,card_issued_on,card_expires_on,deceased\n"
        f"{NUMBER},Trần Thị Thu Hà,1999-05-17,female,01,Số 5 đường Hoa Sữa,2024-08-01,2039-05-17,no\n",
        encoding="utf-8",
    )
    report = house.provider.samples.population.import_csv(rows)
    assert report.accepted == 1, report
    house.provider.enrolment.open_citizen(NUMBER, PHONE, Level.TWO, "cli")
    return NUMBER


def activate(browser: Browser, number: str, code: str, password: str = NEW) -> None:
    browser.open("/activate")
    browser.submit({"username": number, "otp": code, "new-password": password}, "activate-submit")


def status(house: House) -> str:
    account = house.provider.accounts.by_number(NUMBER)
    assert account is not None
    return account.status.value


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


def test_holder_activates_and_signs_in(house: House, rp: RelyingParty, browser: Browser, opened: str) -> None:
    assert status(house) == "issued"

    activate(browser, opened, house.last_sms_code())

    assert status(house) == "active"
    assert "activated" in browser.page.ids, "signing in comes next"
    browser.open("/account")
    browser.submit({"username": opened, "password": NEW})
    browser.submit({"otp": house.last_sms_code()})
    assert "Trần Thị Thu Hà" in browser.text


def test_organisations_code_is_not_to_be_tried_where_people_activate(house: House, browser: Browser) -> None:
    number = "9000000006"
    organisation = an_organisation_of(house, number=number, status=Status.ISSUED, activated_at=None)
    codes = ActivationCodes(house.provider.ephemeral, house.provider.seal)
    code = codes.issue(number)

    activate(browser, number, code)

    assert "form-error" in browser.page.ids
    assert house.provider.accounts.the(organisation).status is Status.ISSUED
    assert list(house.provider.authenticators.of(organisation)) == []
    codes.redeem(number, code)  # it is not spent


def test_nobody_signs_in_before_activation(rp: RelyingParty, browser: Browser, opened: str) -> None:
    browser.open("/authorize", rp.request())

    browser.submit({"username": opened, "password": NEW})

    assert browser.shown.status_code == 400
    assert "form-error" in browser.page.ids


def test_wrong_code_activates_nothing(house: House, browser: Browser, opened: str) -> None:
    activate(browser, opened, wrong(house.last_sms_code()))

    assert browser.shown.status_code == 400
    assert "form-error" in browser.page.ids
    assert status(house) == "issued"


def test_unfit_password_leaves_the_code_unspent(house: House, browser: Browser, opened: str) -> None:
    code = house.last_sms_code()
    activate(browser, opened, code, "ngan")
    assert browser.shown.status_code == 400
    assert status(house) == "issued"

    activate(browser, opened, code)

    assert status(house) == "active"


def test_code_is_good_once_and_cannot_set_another_password(
    house: House, rp: RelyingParty, browser: Browser, opened: str
) -> None:
    code = house.last_sms_code()
    activate(browser, opened, code)

    activate(house.browser(), opened, code, "mat-khau-cua-ke-trom-99")

    other = house.browser()
    other.open("/authorize", rp.request())
    other.submit({"username": opened, "password": NEW})
    assert "otp" in other.page.ids, "the holder's password stands"


def test_code_is_too_old_after_ten_minutes(house: House, browser: Browser, opened: str) -> None:
    code = house.last_sms_code()
    house.clock.advance(timedelta(minutes=10, seconds=1))

    activate(browser, opened, code)

    assert browser.shown.status_code == 400
    assert status(house) == "issued"


def test_another_code_may_be_asked_for(house: House, browser: Browser, opened: str) -> None:
    first = house.last_sms_code()
    browser.open("/activate")
    browser.submit({"username": opened}, "resend")
    assert browser.shown.status_code == 200
    second = house.last_sms_code()

    if first != second:
        activate(browser, opened, first)
        assert status(house) == "issued"
    activate(browser, opened, second)

    assert status(house) == "active"


def test_eleventh_try_is_refused_even_with_the_right_code(
    house: House, browser: Browser, opened: str
) -> None:
    code = house.last_sms_code()
    for _ in range(10):
        activate(browser, opened, wrong(code))
        assert browser.shown.status_code == 400

    activate(browser, opened, code)

    assert browser.shown.status_code == 429
    assert int(browser.shown.headers["Retry-After"]) > 0
    assert status(house) == "issued"


def test_number_without_an_account_is_answered_the_same(house: House, browser: Browser, opened: str) -> None:
    known, unknown = house.browser(), house.browser()
    other = "001199990002"
    for _ in range(12):
        activate(known, opened, "000000")
        activate(unknown, other, "000000")

        assert known.shown.status_code == unknown.shown.status_code
        assert _told(known, opened) == _told(unknown, other)
    for each, number in ((known, opened), (unknown, other)):
        each.open("/activate")
        each.submit({"username": number}, "resend")
    assert known.shown.status_code == unknown.shown.status_code == 200
    assert _told(known, opened) == _told(unknown, other)


@pytest.mark.spec("RFC 6749 §10.12")
def test_form_without_its_token_is_refused(house: House, browser: Browser, opened: str) -> None:
    code = house.last_sms_code()

    refused = browser.client.post(
        "/activate", data={"username": opened, "otp": code, "new_password": NEW, "decision": "activate"}
    )

    assert refused.status_code == 403
    assert status(house) == "issued"


def _told(browser: Browser, number: str) -> str:
    token = browser.page.forms[-1].fields["form_token"]
    spaced = " ".join(number[start : start + 3] for start in range(0, 12, 3))
    return browser.text.replace(token, "TOKEN").replace(spaced, "NUMBER").replace(number, "NUMBER")
