"""Portals whose own accounts end: their people go on signing in, and are found by their old identifiers."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from idp.audit.events import Event as Audited
from idp.oidc.tokens.claims import LEGACY_IDS
from idp.registers.imports import ROWS_AT_ONCE
from tests.house import Browser, House, Person, RelyingParty
from tests.mandated import an_organisation_of, represents, tokens_under

LEVEL = "urn:dinhdanh:aal:1"  # by password alone, so that no clock need move
WISH = json.dumps({"id_token": {LEGACY_IDS: {"essential": True}}})
THREADS = 4


@dataclass(slots=True)
class Portal:
    """A ministry's portal: its accounts of before by their old identifiers, and who has come back since."""

    rp: RelyingParty
    before: dict[str, str]
    came_back: dict[str, str] = field(default_factory=dict)

    def account_of(self, claims: dict[str, Any]) -> str | None:
        """Which of its accounts somebody has: by ``sub``, or by what it knew them by before."""
        for old in claims.get(LEGACY_IDS, ()):
            self.came_back.setdefault(claims["sub"], self.before[old])
        return self.came_back.get(claims["sub"])

    def sign_in(self, person: Person) -> str | None:
        """A whole sign-in; it must succeed, whatever goes on meanwhile."""
        house = self.rp.house
        browser = house.browser()
        browser.open("/authorize", self.rp.request(acr_values=LEVEL, claims=WISH, prompt="consent"))
        browser.submit({"username": person.username, "password": person.password})
        browser.submit({}, "consent-allow")
        tokens = self.rp.redeem(browser.answer["code"])
        assert tokens.status_code == 200, tokens.text
        return self.account_of(house.id_token(tokens.json["id_token"])[1])


def link(house: House, folder: Path, *rows: tuple[str, str, str]) -> Any:
    """Take a file of links in, as the command does."""
    file = folder / "links.csv"
    lines = [",".join(row) for row in (("sector", "legacy_id", "number"), *rows)]
    file.write_text("\n".join([*lines, ""]), encoding="utf-8")
    provider = house.provider
    return provider.legacy_links.import_csv(file, provider.clients.sectors(), lambda *_: None, "cli")


def told(rp: RelyingParty, tokens: dict[str, Any]) -> tuple[Any, Any]:
    """The old identifiers in the ID token and at UserInfo."""
    id_token = rp.house.id_token(tokens["id_token"])[1]
    return id_token.get(LEGACY_IDS), rp.userinfo(tokens["access_token"]).json.get(LEGACY_IDS)


@pytest.fixture
def rp(house: House) -> RelyingParty:
    return house.client("portal", claims=(LEGACY_IDS,), acts_for=("organisation",))


def test_sign_ins_go_on_through_the_cut_over(house: House, rp: RelyingParty, tmp_path: Path) -> None:
    people = [house.person() for _ in range(THREADS)]
    portal = Portal(rp, {f"cu-{each.username}": f"hồ sơ {each.username}" for each in people})
    own = {each.account_id: f"hồ sơ {each.username}" for each in people}
    # Enough rows of people without an account that the import takes its time, in several batches.
    nobody = [("portal", f"khác-{serial}", f"0010880{serial:05}") for serial in range(2 * ROWS_AT_ONCE)]
    links = [("portal", f"cu-{each.username}", each.username) for each in people]
    is_over = Event()

    def traffic(person: Person) -> list[str | None]:
        done: list[str | None] = []
        while not is_over.is_set() or len(done) < 2:
            done.append(portal.sign_in(person))
        return [*done, portal.sign_in(replace(person, username=numbers[person.account_id]))]

    numbers = {each.account_id: each.username for each in people}
    with ThreadPoolExecutor(THREADS) as threads:
        running = [(each, threads.submit(traffic, each)) for each in people]
        try:
            report = link(house, tmp_path, *nobody[:ROWS_AT_ONCE], *links, *nobody[ROWS_AT_ONCE:])
            house.provider.keyring.rotate("ES256", force=True)
        finally:
            is_over.set()
        ends = [(each, future.result()) for each, future in running]

    assert (report.accepted, report.refused_count) == (THREADS, len(nobody))
    for each, found in ends:
        # Not known before the links stood, and from then on always as who they were.
        assert set(found) <= {None, own[each.account_id]}
        assert found[-1] == own[each.account_id]


def test_re_issued_number_and_new_keys_lead_to_the_same_old_account(
    house: House, rp: RelyingParty, person: Person, tmp_path: Path
) -> None:
    portal = Portal(rp, {"cu-1": "hồ sơ 1"})
    link(house, tmp_path, ("portal", "cu-1", person.username))
    first = portal.sign_in(person)
    portal.came_back.clear()  # as a portal that had not seen them yet

    account = house.provider.accounts.the(person.account_id)
    house.provider.accounts.rewrite(replace(account, number="001199977777"))
    house.provider.keyring.rotate("ES256", force=True)

    assert first == portal.sign_in(replace(person, username="001199977777")) == "hồ sơ 1"


def test_old_identifiers_come_where_they_were_asked_for(
    house: House, rp: RelyingParty, person: Person, browser: Browser, tmp_path: Path
) -> None:
    link(house, tmp_path, ("portal", "cu-1", person.username), ("portal", "cu-2", person.username))
    both = json.dumps({"id_token": {LEGACY_IDS: {"essential": True}}, "userinfo": {LEGACY_IDS: None}})

    tokens = rp.redeem(browser.sign_in(rp, person, claims=both)["code"]).json

    assert told(rp, tokens) == (["cu-1", "cu-2"], ["cu-1", "cu-2"])


def test_old_identifiers_are_told_to_their_own_sector_alone(
    house: House, rp: RelyingParty, person: Person, browser: Browser, tmp_path: Path
) -> None:
    link(house, tmp_path, ("portal.example", "cu-1", person.username))
    sister = house.client("sister", redirect_uris=("https://portal.example/other",), claims=(LEGACY_IDS,))
    stranger = house.client("stranger", claims=(LEGACY_IDS,))

    answers = {
        each.client_id: told(each, each.redeem(browser.sign_in(each, person, claims=WISH)["code"]).json)[0]
        for each in (rp, sister, stranger)
    }

    assert answers == {"portal": ["cu-1"], "sister": ["cu-1"], "stranger": None}


def test_old_identifiers_wait_for_a_yes(
    house: House, rp: RelyingParty, person: Person, browser: Browser, tmp_path: Path
) -> None:
    link(house, tmp_path, ("portal", "cu-1", person.username))
    wish = json.dumps({"id_token": {LEGACY_IDS: None}})

    tokens = rp.redeem(browser.sign_in(rp, person, claims=wish)["code"]).json

    assert told(rp, tokens)[0] is None


def test_consent_page_shows_the_old_identifier(
    house: House, rp: RelyingParty, person: Person, browser: Browser, tmp_path: Path
) -> None:
    link(house, tmp_path, ("portal", "cu-số-1", person.username))
    browser.open("/authorize", rp.request(acr_values=LEVEL, claims=WISH))

    browser.submit({"username": person.username, "password": person.password})

    assert "cu-số-1" in browser.text


def test_client_that_is_not_registered_for_old_identifiers_gets_none(
    house: House, person: Person, browser: Browser, tmp_path: Path
) -> None:
    rp = house.client("portal")
    link(house, tmp_path, ("portal", "cu-1", person.username))

    tokens = rp.redeem(browser.sign_in(rp, person, claims=WISH)["code"]).json

    assert told(rp, tokens)[0] is None


def test_organisations_old_account_is_found_by_who_acts_for_it(
    house: House, rp: RelyingParty, person: Person, tmp_path: Path
) -> None:
    company = an_organisation_of(house)
    number = house.provider.accounts.the(company).number
    link(house, tmp_path, ("portal", "dn-9", number), ("portal", "cu-1", person.username))
    mandate = represents(house, person, company)

    tokens = tokens_under(rp, person, mandate, claims=WISH)

    assert told(rp, tokens)[0] == ["dn-9"]


def test_holder_can_read_who_linked_an_old_identifier(
    house: House, rp: RelyingParty, person: Person, tmp_path: Path
) -> None:
    link(house, tmp_path, ("portal", "cu-1", person.username))

    entries = house.provider.audit.for_account(person.account_id, 10)
    facts = [entry.facts for entry in entries if entry.event == Audited.LEGACY_LINKED]
    assert facts == [{"sector": "portal.example", "actor": "cli"}]
