"""People open accounts by themselves in a real Chromium: in both languages, with and without script."""

import csv

import pytest
from playwright.sync_api import expect

from idp.accounts.machine_readable_zone import check_digit
from idp.kernel.clock import utc_now
from idp.registers.sample import SAMPLE_FOREIGNERS
from idp.statute.ages import day_in_vietnam
from tests.browser.stage import SMALL, WIDE, View
from tests.browser.walk import walking
from tests.browser.world import ADULT_BEFORE

pytestmark = pytest.mark.browser

NEW_PASSWORD = "con-trau-di-truoc-cai-cay"
WALKS = [(View("vi", SMALL), True), (View("en", WIDE, "dark"), True), (View("vi", SMALL), False)]


@pytest.fixture(params=WALKS, ids=lambda walk: f"{walk[0]}{'' if walk[1] else '-plain'}")
def walk(request, browser, world):
    view, has_script = request.param
    with walking(browser, world, view, has_script=has_script) as walk:
        walk.to_provider("/enrol")
        yield walk


@pytest.fixture(scope="module")
def foreigners(world):
    """Grown-up ones of the sample register, their papers in order."""
    world.provider.samples.immigration.import_csv(SAMPLE_FOREIGNERS)
    today = day_in_vietnam(utc_now())
    with SAMPLE_FOREIGNERS.open(encoding="utf-8") as file:
        numbers = [row["number"] for row in csv.DictReader(file)]
    found = map(world.provider.registers.immigration.find, numbers)
    return (
        each
        for each in found
        if each.may_reside(today)
        and each.has_valid_document(today)
        and not each.is_deceased
        and each.birth_date < ADULT_BEFORE
    )


def fill(page, **values):
    for name, value in values.items():
        page.locator(f"#{name.replace('_', '-')}").fill(value)


def test_citizen_opens_activates_and_comes_in(world, walk):
    record = world.unknown()
    page = walk.page
    walk.expected = {400}
    walk.look("enrol-01-choose")
    walk.press("#enrol-citizen")
    walk.look("enrol-02-citizen")
    fill(page, username=record.number, name=record.name.upper(), phone=world.new_phone())
    fill(page, birth_date=f"{record.birth_date:%d/%m/%Y}", card_issued_on="31/02/2024")
    walk.press("#enrol-submit")
    expect(page.locator("#card-issued-on[aria-invalid]")).to_be_focused()
    walk.look("enrol-03-date")
    fill(page, card_issued_on="01/01/2001")
    walk.press("#enrol-submit")
    expect(page.locator("#refused-reference")).to_be_visible()
    walk.look("enrol-04-mismatch")
    fill(page, card_issued_on=f"{record.card_issued_on:%d/%m/%Y}")
    walk.press("#enrol-submit")
    expect(page.locator("#outcome")).to_be_visible()
    assert page.url == f"{world.issuer}/enrol/status"
    walk.look("enrol-05-matched")
    account = world.provider.accounts.by_number(record.number)
    code = walk.code_from_outbox(account.id)
    walk.press("#to-activate")
    page.locator("#username").fill(record.number)
    fill(page, otp=code, new_password=NEW_PASSWORD)
    walk.press("#activate-submit")
    expect(page.locator("#activated")).to_be_visible()


def test_foreigner_types_the_passports_lines(world, walk, foreigners):
    record = next(foreigners)
    page = walk.page
    walk.expected = {400}
    walk.press("#enrol-foreigner")
    walk.look("enrol-06-foreigner")
    zone = zone_of(record)
    fill(page, username=record.number, residence_number=record.residence_number)
    fill(page, zone=zone[:-1] + str((int(zone[-1]) + 1) % 10), phone=world.new_phone())
    walk.press("#enrol-submit")
    expect(page.locator("#zone[aria-invalid]")).to_be_focused()
    walk.look("enrol-07-zone")
    fill(page, zone=zone)
    walk.press("#enrol-submit")
    expect(page.locator("#to-activate")).to_be_visible()
    walk.look("enrol-08-matched")


def test_somebody_asks_after_an_application_of_another_browser(world, walk):
    page = walk.page
    walk.expected = {400}
    walk.to_provider("/enrol/status")
    walk.look("enrol-09-ask")
    fill(page, reference="2345678923", username="001199990001")
    walk.press("#status-submit")
    expect(page.locator("#form-error")).to_be_visible()
    walk.look("enrol-10-unknown")


def test_child_is_sent_to_the_guardian(world, walk):
    page = walk.page
    walk.press("#enrol-citizen")
    fill(page, username="001315990001", name="Trần Thị Lan", phone="0900 000 999")
    fill(page, birth_date=f"01/06/{utc_now().year - 9}", card_issued_on="01/01/2025")
    walk.press("#enrol-submit")
    expect(page.locator("#reason")).to_be_visible()
    walk.look("enrol-11-guardian")
    walk.press("#other")
    expect(page.locator("#status-submit")).to_be_visible()


def zone_of(record):
    """The two lines of a sample foreigner's passport."""
    surname, _, given = record.name.partition(" ")
    number = record.document_number.ljust(9, "<")
    born, until = f"{record.birth_date:%y%m%d}", f"{record.document_expires_on:%y%m%d}"
    fields = [text + check_digit(text) for text in (number, born, until)]
    sex = record.sex.value[0].upper()
    second = f"{fields[0]}{record.nationality}{fields[1]}{sex}{fields[2]}{'<' * 14}0"
    composite = check_digit("".join(fields) + "<" * 14 + "0")
    first = f"P<{record.nationality}{surname}<<{given.replace(' ', '<')}".ljust(44, "<")
    return f"{first}\n{second}{composite}"
