"""What is kept about a holder: seen, explained, said to be wrong, and taken along."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from idp.accounts.correction import (
    A_DAY,
    DAY,
    CorrectionMisshaped,
    CorrectionMoved,
    CorrectionOfOneself,
    Stage,
)
from idp.accounts.officers import NotAnOfficer
from idp.assurance import Level
from idp.audit.events import Event
from idp.kernel.errors import NotFound, TooManyAttempts
from idp.kernel.ids import new_id
from idp.statute.ages import day_in_vietnam
from idp.web.pages.history import PAGE
from idp.web.pages.my_account import JUST_NOW
from tests.house import Browser, House, Person, RelyingParty
from tests.journeys.test_own_pages import enter, events
from tests.protocol.acts import tokens_for

ADDRESS = "Số 14, ấp Mỹ Thạnh, xã Mỹ Hiệp, tỉnh Đồng Tháp"
SPOKEN = "001 199 000 001"


def ask(browser: Browser, person: Person) -> Any:
    """Ask for a correction of the address; gives the request."""
    browser.open("/account/corrections")
    wish = {"member": "address", "right": ADDRESS, "reason": "giấy khai sinh ghi khác"}
    browser.submit(wish, "correction-submit")
    return browser.house.provider.corrections.of(person.account_id)[0]


@pytest.fixture
def officer(house: House) -> Any:
    account = house.person().account_id
    house.provider.officers.appoint(account, "Công an phường Bình An", "cli")
    return account


def test_identity_is_told_whole_but_for_the_number(person: Person, browser: Browser) -> None:
    enter(browser, person, "/account/identity")

    for told in ("Trần Thị Thu Hà", "17/05/1999", "phường Bình An", "••• ••• ••• 001"):
        assert told in browser.text
    assert SPOKEN not in browser.text
    assert "khoản 2 Điều 10 Nghị định 69/2024/NĐ-CP" in browser.text, "who checked it, under which article"
    assert "Sổ dân cư mẫu" in browser.text, "and which register"


def test_number_is_shown_when_its_holder_asks(person: Person, browser: Browser) -> None:
    enter(browser, person, "/account/identity")

    browser.submit({}, "show")

    assert SPOKEN in browser.text
    assert browser.shown.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("page", "button"), [("identity", "show"), ("export", "export-json")])
def test_browser_left_open_reveals_nothing(
    house: House, person: Person, browser: Browser, page: str, button: str
) -> None:
    enter(browser, person, f"/account/{page}")
    house.clock.advance(JUST_NOW + timedelta(seconds=1))

    browser.submit({}, button)

    assert "password" in browser.page.ids
    assert SPOKEN not in browser.text
    assert "account.exported" not in events(house, person)


@pytest.mark.spec("Decree 69/2024 Art. 10")
def test_level_01_is_told_what_02_takes(house: House, browser: Browser) -> None:
    person = house.person(level=Level.ONE)
    enter(browser, person, "/account/level")

    assert "raise" in browser.page.ids
    for told in ("công an xã, phường", "lấy vân tay", "3 ngày làm việc", "điểm b khoản 1 Điều 13 Nghị định"):
        assert told in browser.text


def test_level_02_is_told_when_it_was_attested(person: Person, browser: Browser) -> None:
    enter(browser, person, "/account/level")

    assert "raise" not in browser.page.ids
    assert "Xác nhận lúc" in browser.text


def test_request_for_correction_is_kept_sealed_with_its_terms(
    house: House, person: Person, browser: Browser
) -> None:
    enter(browser, person)

    asked = ask(browser, person)

    assert (asked.member, asked.right, asked.stage) == ("address", ADDRESS, Stage.FILED)
    assert asked.deadline.article == "356/2025 Art. 5"
    assert f"{asked.deadline.due_on:%d/%m/%Y}" in browser.text
    row = house.provider.database.first(text("SELECT * FROM corrections"))
    assert ADDRESS.encode() not in b"".join(bytes(cell) for cell in row if isinstance(cell, bytes))
    assert "correction.filed" in events(house, person)
    assert house.provider.accounts.the(person.account_id).identity.address != ADDRESS


def test_acknowledged_request_is_due_ten_days_after_it_was_filed(
    house: House, person: Person, browser: Browser, officer: Any
) -> None:
    enter(browser, person)
    asked = ask(browser, person)
    first = asked.deadline.due_on

    acknowledged = house.provider.corrections.acknowledge(asked.id, officer)
    house.provider.notices.send_due()

    assert first <= day_in_vietnam(asked.filed_at) + timedelta(days=4), "two working days"
    assert acknowledged.deadline.due_on >= day_in_vietnam(asked.filed_at) + timedelta(days=10)
    assert any("cán bộ đã nhận" in message.text for message in house.provider.outbox.recent(3))
    with pytest.raises(CorrectionMoved):
        house.provider.corrections.acknowledge(asked.id, officer)


def test_corrected_register_is_read_again_and_nothing_is_changed_by_hand(
    house: House, person: Person, browser: Browser, officer: Any
) -> None:
    enter(browser, person)
    asked = ask(browser, person)

    house.provider.corrections.decide(asked.id, officer, is_corrected=True)

    assert [owed.account_id for owed in house.provider.owed_readings.due()] == [person.account_id]
    assert house.provider.accounts.the(person.account_id).identity.address != ADDRESS
    browser.open("/account/corrections")
    assert "Đã sửa" in browser.text


def test_refused_request_shows_its_reason(
    house: House, person: Person, browser: Browser, officer: Any
) -> None:
    enter(browser, person)
    asked = ask(browser, person)
    with pytest.raises(CorrectionMisshaped):
        house.provider.corrections.decide(asked.id, officer, is_corrected=False)

    house.provider.corrections.decide(asked.id, officer, is_corrected=False, answer="Giấy tờ ghi như vậy")

    browser.open("/account/corrections")
    assert "Giấy tờ ghi như vậy" in browser.text
    with pytest.raises(CorrectionMoved):
        house.provider.corrections.decide(asked.id, officer, is_corrected=True)


def test_only_another_officer_decides(house: House, person: Person, browser: Browser, officer: Any) -> None:
    enter(browser, person)
    asked = ask(browser, person)
    with pytest.raises(NotAnOfficer):
        house.provider.corrections.decide(asked.id, person.account_id, is_corrected=True)
    house.provider.officers.appoint(person.account_id, "Công an phường Bình An", "cli")

    with pytest.raises(CorrectionOfOneself):
        house.provider.corrections.decide(asked.id, person.account_id, is_corrected=True)


def test_holder_takes_back_their_own_request_and_no_other(
    house: House, person: Person, browser: Browser
) -> None:
    other = house.person()
    theirs = house.provider.corrections.file(other.account_id, "address", ADDRESS, "x")
    enter(browser, person)
    mine = ask(browser, person)

    browser.submit({}, "withdraw-1")
    browser.open("/account/corrections")
    token = browser.page.forms[-1].fields["form_token"]
    stolen = browser.client.post(
        "/account/corrections", data={"form_token": token, "withdraw": str(theirs.id)}
    )

    assert house.provider.corrections.find(mine.id).stage is Stage.WITHDRAWN
    assert stolen.status_code == 404
    assert house.provider.corrections.find(theirs.id).stage is Stage.FILED


@pytest.mark.parametrize(
    ("member", "right"),
    [("level", "02"), ("address", ""), ("address", "x" * 501)],
    ids=["what", "none", "long"],
)
def test_misshapen_request_is_sent_back(
    house: House, person: Person, browser: Browser, member: str, right: str
) -> None:
    enter(browser, person, "/account/corrections")
    token = browser.page.forms[-1].fields["form_token"]

    refused = browser.client.post(
        "/account/corrections",
        data={"form_token": token, "member": member, "right": right, "reason": "x"},
    )

    assert refused.status_code == 400
    assert "form-error" in refused.text
    assert house.provider.corrections.of(person.account_id) == []


def test_sixth_waiting_request_is_refused(house: House, person: Person, browser: Browser) -> None:
    enter(browser, person)
    for _ in range(6):
        ask(browser, person)

    assert browser.shown.status_code == 400
    assert len(house.provider.corrections.of(person.account_id)) == 5


def test_export_holds_all_that_is_kept_and_no_secret(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    enter(browser, person)
    ask(browser, person)
    browser.sign_in(rp, person)
    browser.open("/account/export")

    file = browser.submit({}, "export-json")

    assert file.headers["Cache-Control"] == "no-store"
    assert file.headers["Content-Disposition"] == 'attachment; filename="dinhdanh.json"'
    told = json.loads(file.text)
    assert told["account"][0]["number"] == person.username
    assert told["identity"][0]["name"] == "Trần Thị Thu Hà"
    assert told["corrections"][0]["right"] == ADDRESS
    assert {way["method"] for way in told["authenticators"]} == {"password", "totp"}
    assert told["consents"][0]["client_id"] == rp.client_id
    assert told["evidence"][0]["article"] == "69/2024 Art. 7.1.a"
    assert {
        "history",
        "sessions",
        "mandates",
        "locks",
        "notices",
        "applications",
        "legacy_links",
    } <= told.keys()
    assert "sign_in.completed" in {entry["event"] for entry in told["history"]}
    assert person.totp_secret not in file.text
    assert "argon2" not in file.text
    assert "account.exported" in events(house, person)


def test_export_for_people_is_plain_words(rp: RelyingParty, person: Person, browser: Browser) -> None:
    enter(browser, person)
    ask(browser, person)
    browser.sign_in(rp, person)
    browser.open("/account/export")

    file = browser.submit({}, "export-text")

    assert file.mimetype == "text/plain"
    for told in (f"Số định danh: {SPOKEN}", "Họ và tên: Trần Thị Thu Hà", "Giới tính: Nữ", "Việc: Đăng nhập"):
        assert told in file.text
    assert "held." not in file.text


def test_history_goes_back_page_by_page(house: House, person: Person, browser: Browser) -> None:
    for _ in range(PAGE + 5):
        house.clock.advance(timedelta(minutes=1))
        house.provider.audit.record(Event.ACCOUNT_VIEWED, account_id=person.account_id, actor="cli")
    enter(browser, person)

    first = browser.open("/account/history?part=looks")
    older = next(link for link in first.text.split('href="') if "before=" in link).split('"')[0]
    second = browser.open(older.replace("&amp;", "&"))

    assert first.text.count("Có người đã xem tài khoản") == PAGE
    assert second.text.count("Có người đã xem tài khoản") == 5
    assert "before=" not in second.text


def test_requests_that_are_filed_and_taken_back_all_day_come_to_an_end(house: House, person: Person) -> None:
    def file_and_take_back() -> None:
        made = house.provider.corrections.file(person.account_id, "address", ADDRESS, "nhầm")
        house.provider.corrections.withdraw(made.id, person.account_id)

    for _ in range(A_DAY):
        file_and_take_back()
    with pytest.raises(TooManyAttempts):
        file_and_take_back()
    house.clock.advance(DAY)

    file_and_take_back()


@pytest.mark.parametrize("before", ["0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00"])
def test_page_of_the_history_beside_the_calendar_is_the_first(
    person: Person, browser: Browser, before: str
) -> None:
    enter(browser, person)

    browser.open(f"/account/history?before={before}")

    assert browser.shown.status_code == 200
    assert browser.text.count("Đăng nhập") > 0


def test_no_entry_of_one_moment_is_lost_between_two_pages(
    house: House, person: Person, browser: Browser
) -> None:
    enter(browser, person)
    for _ in range(3):
        house.clock.advance(timedelta(seconds=1))
        for _ in range(PAGE - 10):
            house.provider.audit.record(Event.ACCOUNT_VIEWED, account_id=person.account_id, actor="cli")

    seen, path = 0, "/account/history?part=looks"
    while path:
        browser.open(path)
        seen += browser.text.count("Có người đã xem tài khoản")
        links = [link for link in browser.text.split('href="') if "before=" in link]
        path = links[0].split('"')[0].replace("&amp;", "&") if links else ""

    assert seen == 3 * (PAGE - 10)


def test_history_tells_how_and_from_where_somebody_signed_in(
    rp: RelyingParty, person: Person, browser: Browser
) -> None:
    browser.sign_in(rp, person)

    browser.open("/account/history?part=sign_ins")

    for told in ("Mật khẩu + Ứng dụng xác thực", "Xác thực hai bước", "127.0.0.1", "Trang thử"):
        assert told in browser.text


def test_history_counts_what_a_service_read(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    tokens = tokens_for(rp, person, scope="openid profile")
    for _ in range(3):
        assert rp.userinfo(tokens["access_token"]).status_code == 200
    rp.userinfo(tokens_for(rp, house.person(), scope="openid profile")["access_token"])
    rp.userinfo(tokens_for(rp, person, scope="openid")["access_token"])  # nothing but who they are
    house.provider.reads.write()
    enter(browser, person)

    browser.open("/account/history?part=looks")

    assert "reads" in browser.page.ids
    assert "Đã đọc 3 lần" in browser.text


def test_history_tells_which_office_looked(
    house: House, person: Person, browser: Browser, officer: Any
) -> None:
    facts = {"actor": str(officer), "reason": "correction"}
    house.provider.audit.record(Event.ACCOUNT_VIEWED, account_id=person.account_id, **facts)
    enter(browser, person)

    browser.open("/account/history?part=looks")

    assert "bởi một cán bộ của Công an phường Bình An" in browser.text
    assert str(officer) not in browser.text


def test_history_tells_of_wrong_tries_too(person: Person, browser: Browser) -> None:
    browser.open("/account")
    browser.submit({"username": person.username, "password": "khong-phai"})
    enter(browser, person)

    browser.open("/account/history?part=sign_ins")

    assert "wary" in browser.text


@pytest.mark.spec("Decree 69/2024 Art. 17")
def test_history_older_than_the_law_keeps_it_is_not_shown(
    house: House, person: Person, browser: Browser
) -> None:
    house.provider.audit.record(Event.ACCOUNT_VIEWED, account_id=person.account_id, actor="cli")
    house.clock.advance(timedelta(days=366 * 5 + 1))
    enter(browser, person)

    browser.open("/account/history?part=looks")

    assert "Có người đã xem tài khoản" not in browser.text


@pytest.mark.parametrize("query", ["before=x", "before=2026-01-01", "part=everything", "before="])
def test_history_takes_any_address(person: Person, browser: Browser, query: str) -> None:
    enter(browser, person)

    assert browser.open(f"/account/history?{query}").status_code == 200


def test_unknown_correction_is_not_found(house: House, officer: Any) -> None:
    with pytest.raises(NotFound):
        house.provider.corrections.acknowledge(new_id(), officer)
