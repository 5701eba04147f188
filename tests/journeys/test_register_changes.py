"""What registers tell of reaches accounts: locked, opened again, renumbered, corrected, represented."""

import csv
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from idp.accounts.account import LockGround, Status
from idp.accounts.citizen import Citizen
from idp.accounts.delegation import Wish
from idp.accounts.eligibility import citizen_of, organisation_of
from idp.accounts.foreigner_filing import foreigner_of
from idp.accounts.kinds import Kind
from idp.accounts.mandate import Role
from idp.accounts.record_grounds import last_days
from idp.accounts.register_reading import PATIENCE
from idp.assurance import Level
from idp.audit.events import Event
from idp.kernel.errors import Unavailable
from idp.registers.register import ChangeKind, CitizenRecord, ForeignerRecord, RegisterName
from idp.registers.sample import SAMPLES
from idp.statute.ages import day_in_vietnam, end_of_day
from tests.house import Browser, House, Person, RelyingParty

COMPANY = "9000000077"  # has two representatives


@pytest.fixture
def registered(house: House) -> CitizenRecord:
    """A grown-up of the sample register."""
    samples = house.provider.samples
    for name, file in SAMPLES.items():
        assert samples.by_name(name).import_csv(file).refused_count == 0
    record = house.provider.registers.population.find("001083990000")
    assert record is not None
    return record


@pytest.fixture
def someone(house: House, registered: CitizenRecord) -> Person:
    return house.person(number=registered.number, identity=citizen_of(registered))


def tell(
    house: House, kind: ChangeKind, number: str, to: str | None = None, name: Any = RegisterName.POPULATION
) -> None:
    """Something happens, and is followed: every time from the last place on."""
    today = day_in_vietnam(house.clock())
    house.provider.samples.by_name(name).change(kind, number, today, to)
    follow(house, name)


def follow(house: House, name: RegisterName) -> None:
    provider = house.provider
    provider.following.follow(name, provider.registers.by_name(name), provider.register_changes.of(name))
    provider.register_reading.catch_up()
    provider.notices.send_due()


def stands(house: House, account_id: UUID) -> tuple[Status, LockGround | None]:
    account = house.provider.accounts.the(account_id)
    return account.status, account.lock_ground


def an_account_of(house: House, number: str) -> UUID:
    record = house.provider.registers.population.find(number)
    assert record is not None
    return house.person(number=number, identity=citizen_of(record)).account_id


@pytest.mark.parametrize(
    ("kind", "ground"),
    [
        (ChangeKind.DEATH, LockGround.DEATH),
        (ChangeKind.CARD_REVOKED, LockGround.CARD_REVOKED),
        (ChangeKind.CARD_HELD, LockGround.CARD_HELD),
    ],
)
@pytest.mark.spec("Decree 69/2024 Art. 15")
def test_what_befell_a_citizen_locks_the_account_and_kills_tokens(
    house: House, rp: RelyingParty, someone: Person, browser: Browser, kind: ChangeKind, ground: LockGround
) -> None:
    tokens = rp.redeem(browser.sign_in(rp, someone)["code"]).json

    tell(house, kind, someone.username)

    assert stands(house, someone.account_id) == (Status.LOCKED, ground)
    assert rp.userinfo(tokens["access_token"]).status_code == 401


def test_the_holder_hears_of_a_lock(house: House, someone: Person) -> None:
    tell(house, ChangeKind.CARD_REVOKED, someone.username)

    assert "căn cước" in house.provider.outbox.recent(1)[0].text


def test_what_is_told_twice_is_done_once(house: House, someone: Person) -> None:
    tell(house, ChangeKind.CARD_REVOKED, someone.username)
    tell(house, ChangeKind.CARD_REVOKED, someone.username)

    assert len(house.provider.locks.ever(someone.account_id)) == 1


def test_who_has_no_account_here_is_passed_over(house: House, registered: CitizenRecord) -> None:
    tell(house, ChangeKind.DEATH, registered.number)

    assert house.provider.following.cursor(RegisterName.POPULATION) == "1"


@pytest.mark.spec("Decree 69/2024 Art. 15")
def test_new_card_opens_what_the_revoked_one_locked(
    house: House, someone: Person, registered: CitizenRecord, tmp_path: Path
) -> None:
    tell(house, ChangeKind.CARD_REVOKED, someone.username)
    house.provider.locking.lock(someone.account_id, LockGround.HOLDER_ASKED, "holder")

    register_anew(house, registered, tmp_path)

    standing = house.provider.locks.standing(someone.account_id)
    assert [lock.ground for lock in standing] == [LockGround.HOLDER_ASKED]
    assert stands(house, someone.account_id) == (Status.LOCKED, LockGround.HOLDER_ASKED)


@pytest.mark.parametrize(("locked_by", "expected"), [("population", Status.ACTIVE), ("cli", Status.LOCKED)])
@pytest.mark.spec("Decree 69/2024 Art. 15")
def test_card_that_was_given_back_opens_what_the_register_locked_for_it_and_no_officers_lock(
    house: House, someone: Person, locked_by: str, expected: Status
) -> None:
    if locked_by == "cli":
        house.provider.locking.lock(someone.account_id, LockGround.CARD_HELD, locked_by)
    tell(house, ChangeKind.CARD_HELD, someone.username)
    assert stands(house, someone.account_id) == (Status.LOCKED, LockGround.CARD_HELD)

    tell(house, ChangeKind.CARD_RETURNED, someone.username)

    assert stands(house, someone.account_id)[0] is expected


@pytest.mark.spec("OIDC Core 1.0 §8.1")
def test_reissued_number_keeps_the_account_and_its_sub(
    house: House, rp: RelyingParty, someone: Person, browser: Browser, registered: CitizenRecord
) -> None:
    before = house.id_token(rp.redeem(browser.sign_in(rp, someone)["code"]).json["id_token"])[1]["sub"]
    new = registered.number[:6] + "999999"

    tell(house, ChangeKind.NUMBER_REISSUED, registered.number, new)

    house.clock.advance(timedelta(minutes=1))
    moved = replace(someone, username=new)
    after = house.id_token(rp.redeem(house.browser().sign_in(rp, moved)["code"]).json["id_token"])[1]["sub"]
    assert after == before
    assert house.provider.accounts.by_number(registered.number) is None


def test_corrected_record_corrects_the_identity(
    house: House, someone: Person, registered: CitizenRecord, tmp_path: Path
) -> None:
    register_anew(house, replace(registered, name="Nguyễn Văn Sửa"), tmp_path)

    identity = house.provider.accounts.the(someone.account_id).identity
    assert isinstance(identity, Citizen)
    assert (identity.name, identity.family_name) == ("Nguyễn Văn Sửa", "Nguyễn")


def test_reissued_number_that_somebody_has_holds_up_no_other_news(
    house: House, someone: Person, registered: CitizenRecord
) -> None:
    taken = house.person(number=registered.number[:6] + "999999")

    tell(house, ChangeKind.NUMBER_REISSUED, registered.number, taken.username)
    tell(house, ChangeKind.CARD_REVOKED, taken.username)

    assert house.provider.accounts.the(someone.account_id).number == registered.number
    assert house.provider.following.cursor(RegisterName.POPULATION) == "2"
    events = house.provider.audit.for_account(someone.account_id, 50)
    refused = [event.facts["reason"] for event in events if event.event == Event.REGISTER_CHANGE_REFUSED]
    assert refused == ["account_exists"]


@pytest.mark.spec("Decree 69/2024 Art. 15")
def test_register_opens_nothing_that_somebody_else_locked(
    house: House, someone: Person, registered: CitizenRecord, tmp_path: Path
) -> None:
    house.provider.locking.lock(someone.account_id, LockGround.CARD_REVOKED, "cli")

    register_anew(house, replace(registered, name="Nguyễn Văn Sửa"), tmp_path)

    assert stands(house, someone.account_id) == (Status.LOCKED, LockGround.CARD_REVOKED)


def test_register_is_asked_outside_the_transaction(
    house: House, someone: Person, registered: CitizenRecord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    population, seen = house.provider.registers.population, list[bool]()

    def find(number: str) -> CitizenRecord:
        seen.append(house.provider.database.in_transaction)
        return registered

    monkeypatch.setattr(population, "find", find)
    tell(house, ChangeKind.RECORD_CHANGED, someone.username)

    assert seen == [False]


class TestPapers:
    """A foreigner's papers run out by their day: no register need tell of it."""

    @pytest.fixture
    def foreigner(self, house: House, registered: CitizenRecord) -> ForeignerRecord:
        record = house.provider.registers.immigration.find("900990000000")
        assert record is not None
        return record

    @pytest.fixture
    def account_id(self, house: House, foreigner: ForeignerRecord) -> UUID:
        account_id = house.person(
            number=foreigner.number, kind=Kind.FOREIGNER, identity=foreigner_of(foreigner)
        ).account_id
        house.provider.owed_readings.owe(account_id)
        return account_id

    def pass_to(self, house: House, day: date) -> None:
        """Until the first moment of a day in Viet Nam."""
        house.clock.advance(end_of_day(day - timedelta(days=1)) - house.clock())
        house.provider.register_reading.catch_up()

    @pytest.mark.spec("Decree 69/2024 Art. 15")
    def test_the_last_day_counts_and_the_next_locks(
        self, house: House, foreigner: ForeignerRecord, account_id: UUID
    ) -> None:
        last_day, ground = min(last_days(foreigner))
        house.provider.register_reading.catch_up()

        self.pass_to(house, last_day)
        on_the_last_day = stands(house, account_id)
        self.pass_to(house, last_day + timedelta(days=1))

        assert on_the_last_day == (Status.ACTIVE, None)
        assert stands(house, account_id) == (Status.LOCKED, ground)

    def test_papers_that_were_renewed_meanwhile_lock_nobody(
        self, house: House, foreigner: ForeignerRecord, account_id: UUID, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        last_day, _ = min(last_days(foreigner))
        house.provider.register_reading.catch_up()
        later = last_day + timedelta(days=365)
        renewed = replace(foreigner, document_expires_on=later, residence_expires_on=later)
        monkeypatch.setattr(house.provider.registers.immigration, "find", lambda number: renewed)

        self.pass_to(house, last_day + timedelta(days=1))

        assert stands(house, account_id) == (Status.ACTIVE, None)

    @pytest.mark.spec("Decree 69/2024 Art. 15")
    def test_silent_register_keeps_nobody_entitled_for_more_than_a_day(
        self, house: House, foreigner: ForeignerRecord, account_id: UUID, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        last_day, ground = min(last_days(foreigner))
        house.provider.register_reading.catch_up()

        def silent(number: str) -> None:
            raise Unavailable("immigration register")

        monkeypatch.setattr(house.provider.registers.immigration, "find", silent)
        self.pass_to(house, last_day + timedelta(days=1))
        at_first = stands(house, account_id)
        self.pass_to(house, last_day + timedelta(days=2))

        assert at_first == (Status.ACTIVE, None)
        assert stands(house, account_id) == (Status.LOCKED, ground)

    @pytest.mark.spec("Decree 69/2024 Art. 15")
    def test_reading_that_is_moved_nearer_locks_nobody_before_the_day(
        self, house: House, foreigner: ForeignerRecord, account_id: UUID, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        last_day, ground = min(last_days(foreigner))
        house.provider.register_reading.catch_up()

        def silent(number: str) -> None:
            raise Unavailable("immigration register")

        monkeypatch.setattr(house.provider.registers.immigration, "find", silent)
        house.provider.owed_readings.owe(account_id)  # as a correction does
        house.clock.advance(2 * PATIENCE)
        house.provider.register_reading.catch_up()
        before = stands(house, account_id)
        self.pass_to(house, last_day + timedelta(days=2))

        assert before == (Status.ACTIVE, None)
        assert stands(house, account_id) == (Status.LOCKED, ground)


def test_expired_residence_locks_a_foreigner(house: House, registered: CitizenRecord) -> None:
    record = house.provider.registers.immigration.find("900990000000")
    assert record is not None
    person = house.person(number=record.number, kind=Kind.FOREIGNER, identity=foreigner_of(record))

    tell(house, ChangeKind.RESIDENCE_EXPIRED, record.number, name=RegisterName.IMMIGRATION)

    assert stands(house, person.account_id) == (Status.LOCKED, LockGround.RESIDENCE_EXPIRED)


class TestOrganisation:
    @pytest.fixture
    def company(self, house: House, registered: CitizenRecord) -> UUID:
        record = house.provider.registers.business.find(COMPANY)
        assert record is not None
        return house.person(
            number=COMPANY, kind=Kind.ORGANISATION, level=None, identity=organisation_of(record)
        ).account_id

    @pytest.fixture
    def director(self, house: House, company: UUID) -> UUID:
        """The first of its representatives, who acts for it."""
        record = house.provider.registers.business.find(COMPANY)
        assert record is not None
        director = an_account_of(house, record.representatives[0].number or "")
        house.provider.mandates.appoint(company, Wish(agent_id=director, role=Role.REPRESENTATIVE, depth=1))
        return director

    @pytest.mark.spec("Decree 69/2024 Art. 15")
    def test_dissolved_one_is_locked_and_nobody_acts_for_it(
        self, house: House, company: UUID, director: UUID
    ) -> None:
        tell(house, ChangeKind.ORGANISATION_DISSOLVED, COMPANY, name=RegisterName.BUSINESS)

        assert stands(house, company) == (Status.LOCKED, LockGround.DISSOLVED)
        assert house.provider.mandates.of_agent(director) == []

    def test_new_representative_takes_the_old_ones_place(
        self, house: House, someone: Person, company: UUID, director: UUID, registered: CitizenRecord
    ) -> None:
        clerk = house.person().account_id
        top = house.provider.mandates.of_principal(company)[0]
        house.provider.mandates.grant(director, top.id, Wish(agent_id=clerk, role=Role.CLERK))

        named = f"{registered.number}/{registered.name}/Giám đốc"
        tell(house, ChangeKind.REPRESENTATIVE_CHANGED, COMPANY, named, RegisterName.BUSINESS)

        acting = house.provider.mandates.of_principal(company)
        assert [(mandate.agent_id, mandate.role) for mandate in acting] == [
            (someone.account_id, Role.REPRESENTATIVE)
        ]

    def test_representative_of_level_01_waits(
        self, house: House, company: UUID, director: UUID, registered: CitizenRecord
    ) -> None:
        house.person(number=registered.number, identity=citizen_of(registered), level=Level.ONE)

        named = f"{registered.number}/{registered.name}/Giám đốc"
        tell(house, ChangeKind.REPRESENTATIVE_CHANGED, COMPANY, named, RegisterName.BUSINESS)

        assert house.provider.mandates.of_principal(company) == []

    def test_representative_with_a_new_number_represents_it_on(
        self, house: House, company: UUID, director: UUID
    ) -> None:
        old = house.provider.accounts.the(director).number

        tell(house, ChangeKind.NUMBER_REISSUED, old, old[:6] + "999999")
        house.provider.owed_readings.owe(company)
        house.provider.register_reading.catch_up()

        acting = house.provider.mandates.of_principal(company)
        assert [mandate.agent_id for mandate in acting] == [director]

    @pytest.mark.spec("Decree 69/2024 Art. 15")
    def test_who_represents_it_by_law_does_so_again_when_its_lock_ends(
        self, house: House, company: UUID, director: UUID
    ) -> None:
        clerk = house.person().account_id
        top = house.provider.mandates.of_principal(company)[0]
        house.provider.mandates.grant(director, top.id, Wish(agent_id=clerk, role=Role.CLERK))
        house.provider.locking.lock(company, LockGround.HOLDER_ASKED, "cli")

        house.provider.locking.unlock(company, "cli")
        house.provider.register_reading.catch_up()

        acting = house.provider.mandates.of_principal(company)
        assert [(mandate.agent_id, mandate.role) for mandate in acting] == [(director, Role.REPRESENTATIVE)]

    def test_representative_whose_own_lock_ends_represents_it_again(
        self, house: House, company: UUID, director: UUID
    ) -> None:
        house.provider.locking.lock(director, LockGround.HOLDER_ASKED, "cli")
        meanwhile = house.provider.mandates.of_principal(company)

        house.provider.locking.unlock(director, "cli")
        house.provider.register_reading.catch_up()

        assert meanwhile == []
        assert [mandate.agent_id for mandate in house.provider.mandates.of_principal(company)] == [director]

    def test_representative_who_reaches_level_02_is_appointed_within_a_day(
        self, house: House, company: UUID, director: UUID, registered: CitizenRecord
    ) -> None:
        newcomer = house.person(
            number=registered.number, identity=citizen_of(registered), level=Level.ONE
        ).account_id
        named = f"{registered.number}/{registered.name}/Giám đốc"
        tell(house, ChangeKind.REPRESENTATIVE_CHANGED, COMPANY, named, RegisterName.BUSINESS)
        house.provider.accounts.set_level(newcomer, Level.TWO)

        house.clock.advance(PATIENCE)
        house.provider.register_reading.catch_up()

        assert [mandate.agent_id for mandate in house.provider.mandates.of_principal(company)] == [newcomer]

    def test_news_of_a_locked_one_holds_nothing_up(
        self, house: House, company: UUID, director: UUID, someone: Person, registered: CitizenRecord
    ) -> None:
        house.provider.locking.lock(company, LockGround.HOLDER_ASKED, "cli")

        named = f"{registered.number}/{registered.name}/Giám đốc"
        tell(house, ChangeKind.REPRESENTATIVE_CHANGED, COMPANY, named, RegisterName.BUSINESS)
        while_locked = house.provider.mandates.of_principal(company)
        house.provider.locking.unlock(company, "cli")
        house.provider.register_reading.catch_up()

        assert while_locked == []
        acting = [mandate.agent_id for mandate in house.provider.mandates.of_principal(company)]
        assert acting == [someone.account_id]


def register_anew(house: House, record: CitizenRecord, folder: Path) -> None:
    """The register has this record now, and tells that something about it changed."""
    samples = house.provider.samples.population
    row = samples.shape.write_row(record)
    file = folder / "anew.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, row)
        writer.writeheader()
        writer.writerow(row)
    assert samples.import_csv(file).accepted == 1
    tell(house, ChangeKind.RECORD_CHANGED, record.number)
