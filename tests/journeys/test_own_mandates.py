"""A holder's own pages: mandates received and given, handed on and ended; and what bad input gets."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from idp.accounts.account import LockGround
from idp.accounts.handing_on import TRIES, WINDOW
from idp.accounts.mandate import Mandate, Role
from idp.assurance import Level
from idp.web.pages.my_account import JUST_NOW
from tests.house import Browser, House, Person
from tests.mandated import an_organisation_of, given_on, represents
from tests.protocol.acts import is_page, signed_in

LIST, NEW = "/account/mandates", "/account/mandates/new"
NAME = "trần thị thu hà"


@pytest.fixture
def company(house: House) -> UUID:
    return an_organisation_of(house)


@pytest.fixture
def chief(house: House, person: Person, company: UUID) -> Mandate:
    return represents(house, person, company)


@pytest.fixture
def browser(house: House, person: Person, chief: Mandate) -> Browser:
    """The representative's."""
    return signed_in(house, person)


@pytest.fixture
def other(house: House) -> Person:
    return house.person()


def give(browser: Browser, under: Mandate, person: Person | None = None, **typed: str) -> None:
    """Fill in the form and send it."""
    browser.open(NEW, {"under": str(under.id)})
    usual = {"username": person.username if person else "", "name": NAME, "role": "accountant"}
    form = browser.page.form_with("mandate-submit")
    assert form is not None
    sent = form.filled(usual | typed, "mandate-submit") | usual | typed
    browser._went(browser.client.post(form.action, data=sent))


def held(house: House, person: Person) -> list[Mandate]:
    return house.provider.mandates.of_agent(person.account_id)


def test_a_mandate_is_given_as_typed(
    house: House, browser: Browser, chief: Mandate, other: Person, company: UUID
) -> None:
    house.client("tax", acts_for=("organisation",))

    give(
        browser,
        chief,
        other,
        service="tax",
        limit_vnd="50.000.000",
        last_day="2026-12-31",
        hands_on="yes",
    )

    assert "done" in browser.page.ids
    (mandate,) = held(house, other)
    assert (mandate.principal_id, mandate.role, mandate.services) == (company, "accountant", {"tax"})
    assert (mandate.limit_vnd, mandate.depth, mandate.parent_id) == (50_000_000, 1, chief.id)
    assert mandate.ends_at == datetime(2026, 12, 31, 17, tzinfo=UTC)  # midnight in Hà Nội
    assert {"received", "given"} <= browser.page.ids
    assert "50.000.000" in browser.text
    assert "31/12/2026" in browser.text


def test_what_is_left_empty_is_as_wide_as_the_givers_own(house: House, chief: Mandate, other: Person) -> None:
    manager = house.person()
    bounds = {
        "services": frozenset({"tax"}),
        "limit_vnd": 7_000_000,
        "ends_at": house.clock() + timedelta(days=9),
        "depth": 1,
    }
    managing = given_on(house, chief, manager, Role.MANAGER, **bounds)

    give(signed_in(house, manager), managing, other)

    (mandate,) = held(house, other)
    assert (mandate.services, mandate.limit_vnd, mandate.ends_at) == (
        bounds["services"],
        bounds["limit_vnd"],
        bounds["ends_at"],
    )
    assert mandate.depth == 0


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"username": "001199999999"}, "Người này chưa thể hành động thay"),
        ({"username": "12345"}, "Số định danh chưa đúng dạng"),
        ({"name": "Lê Văn Khác"}, "Người này chưa thể hành động thay"),
        ({"role": "representative"}, "Bạn không được trao vai trò này"),
        ({"role": "emperor"}, "Bạn không được trao vai trò này"),
        ({"role": "authorised_person"}, "Cần ngày cuối"),
        ({"last_day": "2026-11-01"}, "Cần ngày cuối"),
        ({"last_day": "31/12"}, "Cần ngày cuối"),
        ({"limit_vnd": "nhiều"}, "Hạn mức chưa phải là số tiền"),
        ({"limit_vnd": "-5"}, "Hạn mức chưa phải là số tiền"),
        ({"limit_vnd": "0"}, "Hạn mức chưa phải là số tiền"),
        ({"limit_vnd": "50.000,00"}, "Hạn mức chưa phải là số tiền"),
        ({"limit_vnd": "9" * 40}, "Hạn mức chưa phải là số tiền"),
    ],
)
def test_bad_input_is_refused_in_words_and_nothing_is_given(
    house: House, browser: Browser, chief: Mandate, other: Person, typed: dict[str, str], said: str
) -> None:
    give(browser, chief, other, **typed)

    assert browser.shown.status_code == 400
    assert said in browser.text
    assert held(house, other) == []


def test_a_wider_mandate_is_refused_with_its_article(house: House, chief: Mandate, other: Person) -> None:
    manager = house.person()
    managing = given_on(house, chief, manager, Role.MANAGER, limit_vnd=1000, depth=1)

    give(browser := signed_in(house, manager), managing, other, limit_vnd="1001")

    assert "Hạn mức cao hơn hạn mức của bạn" in browser.text
    assert "khoản 2 Điều 564 Bộ luật Dân sự" in browser.text
    assert 'value="1001"' in browser.text
    assert held(house, other) == []


@pytest.mark.parametrize("who", ["giver", "giver's giver"])
def test_a_circle_is_refused(house: House, person: Person, chief: Mandate, who: str) -> None:
    manager = house.person()
    managing = given_on(house, chief, manager, Role.MANAGER, depth=1)

    give(browser := signed_in(house, manager), managing, manager if who == "giver" else person)

    assert "đã đứng trên" in browser.text


@pytest.mark.parametrize("unfit", ["locked", "level one"])
def test_who_may_not_act_is_told_apart_from_nobody_by_nothing(
    house: House, browser: Browser, chief: Mandate, other: Person, unfit: str
) -> None:
    give(browser, chief, None, username="001199999999")
    unknown = browser.page.form_with("mandate-submit"), browser.shown.status_code
    if unfit == "locked":
        house.provider.accounts.lock(other.account_id, LockGround.HOLDER_ASKED)
    else:
        house.provider.accounts.set_level(other.account_id, Level.ONE)

    give(browser, chief, other)

    assert "Người này chưa thể hành động thay" in browser.text
    assert unknown[1] == browser.shown.status_code == 400


def test_names_cannot_be_tried_without_end(
    house: House, browser: Browser, chief: Mandate, other: Person
) -> None:
    for _ in range(TRIES):
        give(browser, chief, other, name="Lê Văn Khác")
    give(browser, chief, other)

    assert browser.shown.status_code == 429
    assert held(house, other) == []
    house.clock.advance(WINDOW)


@pytest.mark.parametrize("under", ["another's", "one that goes no further", "unknown", "nothing"])
def test_nobody_gives_under_what_is_not_theirs_to_hand_on(
    house: House, browser: Browser, chief: Mandate, other: Person, under: str
) -> None:
    clerk = house.person()
    clerkship = given_on(house, chief, clerk, Role.CLERK)
    theirs = signed_in(house, clerk)
    named = {
        "another's": str(chief.id),
        "one that goes no further": str(clerkship.id),
        "unknown": str(other.account_id),
        "nothing": "",
    }[under]
    theirs.open(NEW, {"under": named})
    assert "mandate-submit" not in theirs.page.ids

    browser.open(LIST)
    theirs.open(LIST)
    form = theirs.page.form_with("return-1")
    assert form is not None
    token = form.filled({}, "return-1")["form_token"]
    sent = {"form_token": token, "under": named, "username": other.username, "name": NAME, "role": "clerk"}
    theirs._went(theirs.client.post(NEW, data=sent))

    assert held(house, other) == []


def test_a_browser_left_open_gives_nothing_before_a_fresh_proof(
    house: House, browser: Browser, person: Person, chief: Mandate, other: Person
) -> None:
    browser.open(NEW, {"under": str(chief.id)})
    form = browser.page.form_with("mandate-submit")
    assert form is not None
    house.clock.advance(JUST_NOW + timedelta(seconds=1))
    typed = {"username": other.username, "name": NAME, "role": "accountant"}

    browser._went(browser.client.post(form.action, data=form.filled(typed, "mandate-submit") | typed))

    assert "mandate-submit" not in browser.page.ids
    assert held(house, other) == []
    browser.open(NEW, {"under": str(chief.id)})
    browser.submit({"password": person.password})
    browser.submit({"otp": person.code()})
    assert "mandate-submit" in browser.page.ids
    give(browser, chief, other)
    assert len(held(house, other)) == 1


def test_the_giver_ends_what_they_gave_and_all_below(
    house: House, browser: Browser, chief: Mandate, other: Person
) -> None:
    manager = house.person()
    managing = given_on(house, chief, manager, Role.MANAGER, depth=1)
    given_on(house, managing, other, Role.CLERK)
    browser.open(LIST)
    assert {"end-1", "end-2"} <= browser.page.ids

    browser.submit({}, "end-1")

    assert "done" in browser.page.ids
    assert held(house, manager) == held(house, other) == []


def test_a_holder_gives_back_what_people_gave_and_not_what_the_law_gave(
    house: House, browser: Browser, chief: Mandate, other: Person
) -> None:
    given_on(house, chief, other)
    theirs = signed_in(house, other)
    theirs.open(LIST)

    theirs.submit({}, "return-1")

    assert held(house, other) == []
    browser.open(LIST)
    assert "return-1" not in browser.page.ids
    assert "Theo pháp luật" in browser.text


@pytest.mark.parametrize("named", ["the law's", "a stranger's", "unknown", "nonsense"])
def test_nobody_ends_what_is_not_theirs_to_end(
    house: House, browser: Browser, chief: Mandate, other: Person, named: str
) -> None:
    elsewhere = represents(house, other, an_organisation_of(house))
    strangers = given_on(house, elsewhere, house.person())
    mine = given_on(house, chief, other, Role.CLERK)
    browser.open(LIST)
    form = browser.page.form_with("end-1")
    assert form is not None
    sent = {
        "the law's": str(chief.id),
        "a stranger's": str(strangers.id),
        "unknown": str(other.account_id),
        "nonsense": "x",
    }[named]

    browser._went(browser.client.post(form.action, data=form.filled({}, "end-1") | {"mandate": sent}))

    assert browser.shown.status_code == 400
    live = house.provider.mandates.live
    assert all(live(mandate.id) for mandate in (chief, elsewhere, strangers, mine))


def test_two_who_end_it_at_once_are_one_told_and_one_done(
    house: House, browser: Browser, chief: Mandate, other: Person
) -> None:
    given = given_on(house, chief, other)
    browser.open(LIST)
    house.provider.mandates.revoke(given.id, other.account_id)

    browser.submit({}, "end-1")

    assert browser.shown.status_code == 400
    assert "Ủy quyền đã chấm dứt" in browser.text


@pytest.mark.parametrize("path", [LIST, NEW])
def test_another_browsers_form_changes_nothing(house: House, browser: Browser, path: str) -> None:
    is_page(browser.client.post(path, data={"form_token": "x"}), 403)


@pytest.mark.parametrize("path", [LIST, NEW])
def test_strangers_sign_in_first(house: House, path: str) -> None:
    stranger = house.browser()
    stranger.open(path)

    assert "username" in stranger.page.ids


def test_the_pages_are_there_in_english_too(browser: Browser, chief: Mandate) -> None:
    browser.client.set_cookie("idp_language", "en")
    browser.open(LIST)
    assert "Legal representative" in browser.text
    browser.open(NEW, {"under": str(chief.id)})
    assert "Give a mandate for Công ty Lúa Vàng" in browser.text
