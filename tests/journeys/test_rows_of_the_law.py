"""Every row of the law's tables: who may hold which account, how long each case takes, how an account stops.

One house for all rows, each with people of its own: what a row shows, it shows of the whole provider.
"""

import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from uuid import UUID

import pytest

from idp.accounts.account import Status
from idp.accounts.application import State
from idp.accounts.eligibility import citizen_of
from idp.accounts.evidence import SEEN
from idp.accounts.foreigner_filing import foreigner_of
from idp.accounts.in_person import NotToBeRaised
from idp.accounts.kinds import Identity, Kind
from idp.accounts.lifecycle import LoweredFor, NotToBeLowered
from idp.accounts.lock_requests import Turn
from idp.accounts.locks import GroundNotLawful, UnlockByAuthority
from idp.assurance import Level
from idp.registers.register import RegisterName
from idp.statute.law import STATUTE, LawSilent
from idp.statute.rules import Case, LockedBy, LockGround, LockRule, Unlock
from tests.house import House, TestClock

ALL = frozenset(SEEN)
WITH_GUARDIAN = ALL | {"guardian_present"}
ON = date(2026, 11, 2)
CITIZENS = "number,name,birth_date,sex,province_2025,address,card_issued_on,card_expires_on,deceased"
FOREIGNERS = (
    "number,name,birth_date,sex,nationality,document_type,document_number,document_issued_on,document_expires_on,"
    "document_issued_at,residence_kind,residence_number,residence_expires_on,address,biometrics,deceased"
)
ADULT, CHILD, INFANT = date(1999, 5, 17), date(2015, 6, 1), date(2022, 6, 1)
SERIAL = count(1)
RULES = [rule for kind in Kind for rule in STATUTE.on(ON).lock_rules(kind)]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, signing_keys: Path) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("rows")
    shutil.copytree(signing_keys, folder / "keys")
    house = House(folder, folder / "keys", TestClock())
    yield house
    house.close()


@pytest.fixture(autouse=True)
def _today(house: House) -> None:
    """Each row begins on the same Monday morning."""
    house.clock.now = TestClock().now


class People:
    """Makes people whom the registers know, each with a number of their own."""

    def __init__(self, house: House, folder: Path) -> None:
        self.house, self.folder = house, folder

    def citizen(self, born: date, *, has_valid_card: bool = True) -> str:
        """A citizen's number."""
        century, serial = 1 if born.year < 2000 else 3, next(SERIAL)
        number = f"079{century}{born.year % 100:02}{serial:06}"
        until = date(2039, 1, 1) if has_valid_card else date(2026, 1, 1)
        row = f"{number},Trần Thị Thu Hà,{born},female,01,Số 5 đường Hoa Sữa,2024-08-01,{until},no"
        self._import(RegisterName.POPULATION, CITIZENS, row)
        return number

    def foreigner(self, born: date, *, has_biometrics: bool = True) -> str:
        """A foreigner's number."""
        number = f"90{next(SERIAL):010}"
        row = (
            f"{number},EXAMPLE ANNA,{born},female,SWE,passport,X0000001,2023-04-05,2033-04-05,Stockholm,"
            f"temporary,TRC0000001,2027-10-23,Số 1 đường Bến Thuyền,{'yes' if has_biometrics else 'no'},no"
        )
        self._import(RegisterName.IMMIGRATION, FOREIGNERS, row)
        return number

    def holding_01(self, number: str) -> UUID:
        """The active account of level 01 that somebody of the registers has."""
        identity: Identity
        if number.startswith("90"):
            found = self.house.provider.registers.immigration.find(number)
            assert found is not None
            kind, identity = Kind.FOREIGNER, foreigner_of(found)
        else:
            record = self.house.provider.registers.population.find(number)
            assert record is not None
            kind, identity = Kind.CITIZEN, citizen_of(record)
        person = self.house.person(kind=kind, number=number, identity=identity, level=Level.ONE)
        return person.account_id

    def officers(self, count: int) -> list[UUID]:
        """As many who may attest."""
        made = [self.house.person(has_totp=False).account_id for _ in range(count)]
        for account_id in made:
            self.house.provider.officers.appoint(account_id, "Công an phường Mẫu", "cli")
        return made

    def _import(self, name: RegisterName, header: str, row: str) -> None:
        file = self.folder / f"{name.value}-{next(SERIAL)}.csv"
        file.write_text(f"{header}\n{row}\n", encoding="utf-8")
        assert self.house.provider.samples.by_name(name).import_csv(file).accepted == 1


@pytest.fixture
def people(house: House, tmp_path: Path) -> People:
    return People(house, tmp_path)


def file_citizen(house: House, number: str, born: date, card: str = "1/8/2024") -> object:
    """What a citizen files alone, by a browser of their own."""
    browser = house.browser()
    browser.open("/enrol/citizen")
    form = {
        "username": number,
        "name": "Trần Thị Thu Hà",
        "birth-date": f"{born:%d/%m/%Y}",
        "card-issued-on": card,
        "phone": "0912 345 678",
    }
    browser.submit(form, "enrol-submit")
    return browser.text


class TestWhoMayHold:
    """Decree 69/2024 Art. 7."""

    def test_citizen_from_14_holds_01_by_themself_and_02_by_an_officer(
        self, house: House, people: People
    ) -> None:
        number = people.citizen(ADULT)

        assert "Thông tin đã khớp" in str(file_citizen(house, number, ADULT))

        account = house.provider.accounts.by_number(number)
        assert account is not None
        assert (account.level, account.status) == (Level.ONE, Status.ISSUED)
        (officer,) = people.officers(1)
        assert house.provider.in_person.attest(account.id, officer, ALL).state is State.ACCEPTED
        assert house.provider.accounts.the(account.id).level is Level.TWO

    def test_citizen_from_14_without_a_valid_card_holds_none(self, house: House, people: People) -> None:
        number = people.citizen(ADULT, has_valid_card=False)

        said = str(file_citizen(house, number, ADULT))

        assert "Thẻ căn cước đã hết hạn" in said
        assert "điểm a khoản 1 Điều 7 Nghị định 69/2024/NĐ-CP" in said
        assert house.provider.accounts.by_number(number) is None

    @pytest.mark.parametrize(("born", "article"), [(CHILD, "b"), (INFANT, "c")])
    def test_citizen_under_14_does_not_file_alone(
        self, house: House, people: People, born: date, article: str
    ) -> None:
        number = people.citizen(born)

        said = str(file_citizen(house, number, born))

        assert "người giám hộ" in said
        assert f"điểm {article} khoản 1 Điều 7 Nghị định 69/2024/NĐ-CP" in said
        assert house.provider.accounts.by_number(number) is None

    @pytest.mark.parametrize("kind", ["citizen", "foreigner"])
    def test_child_from_6_holds_02_on_request_with_the_guardian_there(
        self, house: House, people: People, kind: str
    ) -> None:
        account_id = people.holding_01(getattr(people, kind)(CHILD))

        states = [
            house.provider.in_person.attest(account_id, officer, WITH_GUARDIAN).state
            for officer in people.officers(2)
        ]

        assert states == [State.WAITING_IN_PERSON, State.ACCEPTED]
        assert house.provider.accounts.the(account_id).level is Level.TWO

    @pytest.mark.parametrize("kind", ["citizen", "foreigner"])
    def test_child_under_6_holds_01_only(self, house: House, people: People, kind: str) -> None:
        account_id = people.holding_01(getattr(people, kind)(INFANT))
        (officer,) = people.officers(1)

        with pytest.raises(LawSilent):
            house.provider.in_person.attest(account_id, officer, WITH_GUARDIAN)

        assert house.provider.accounts.the(account_id).level is Level.ONE

    def test_foreigner_from_6_holds_02_on_request_by_two_officers(self, house: House, people: People) -> None:
        account_id = people.holding_01(people.foreigner(ADULT))

        states = [
            house.provider.in_person.attest(account_id, officer, ALL).state for officer in people.officers(2)
        ]

        assert states == [State.WAITING_IN_PERSON, State.ACCEPTED]

    def test_organisation_holds_one_account_without_level(self, house: House, people: People) -> None:
        company = house.person(kind=Kind.ORGANISATION, level=None).account_id
        (officer,) = people.officers(1)

        with pytest.raises(NotToBeRaised):
            house.provider.in_person.attest(company, officer, ALL)
        with pytest.raises(NotToBeLowered):
            house.provider.lifecycle.lower(company, LoweredFor.MISTAKE, "cli")


@pytest.mark.parametrize(
    ("case", "last_day", "article"),
    [
        (Case.CITIZEN_01, date(2026, 11, 3), "69/2024 Art. 13.1.a"),
        (Case.CITIZEN_02, date(2026, 11, 5), "69/2024 Art. 13.1.b"),
        (Case.CITIZEN_WITHOUT_VALID_CARD, date(2026, 11, 11), "69/2024 Art. 13.2"),
        (Case.FOREIGNER_01, date(2026, 11, 3), "69/2024 Art. 13.3.a"),
        (Case.FOREIGNER_02_ON_FILE, date(2026, 11, 5), "69/2024 Art. 13.3.b"),
        (Case.FOREIGNER_02_NOT_ON_FILE, date(2026, 11, 11), "69/2024 Art. 13.3.c"),
        (Case.ORGANISATION_ON_FILE, date(2026, 11, 5), "69/2024 Art. 13.4.a"),
        (Case.ORGANISATION_NOT_ON_FILE, date(2026, 11, 17), "69/2024 Art. 13.4.b"),
    ],
)
def test_application_is_late_once_its_last_day_has_passed_in_viet_nam(
    house: House, case: Case, last_day: date, article: str
) -> None:
    """Decree 69/2024 Art. 13, filed on Monday 2 November 2026."""
    applications = house.provider.applications
    kind = Kind(case.value.partition("_")[0])
    filed = applications.file(kind, case, "001199990001", {}, open_key=f"row:{case.value}")
    assert (filed.deadline.due_on, filed.deadline.article) == (last_day, article)
    house.clock.now = filed.due_at - timedelta(microseconds=1)
    assert filed.id not in [each.id for each in applications.overdue()]

    house.clock.now = filed.due_at

    assert filed.id in [each.id for each in applications.overdue()]


@pytest.mark.parametrize(
    ("has_biometrics", "case"),
    [(True, Case.FOREIGNER_02_ON_FILE), (False, Case.FOREIGNER_02_NOT_ON_FILE)],
)
def test_foreigners_term_for_02_goes_by_what_immigration_has(
    house: House, people: People, has_biometrics: bool, case: Case
) -> None:
    account_id = people.holding_01(people.foreigner(ADULT, has_biometrics=has_biometrics))
    (officer,) = people.officers(1)

    assert house.provider.in_person.attest(account_id, officer, ALL).case is case


def named(rule: LockRule) -> str:
    return f"{rule.kind}-{rule.ground.value}"


class TestHowAnAccountStops:
    """Decree 69/2024 Art. 15, 29-30; Law on Identification 26/2023 Art. 34."""

    def stop(self, house: House, people: People, rule: LockRule, turn: Turn, account_id: UUID) -> None:
        """Lock or unlock on the ground of a row, by whoever the row says."""
        locking, requests = house.provider.locking, house.provider.lock_requests
        is_lock = turn is Turn.LOCK
        if (rule.locked_by is LockedBy.AUTHORITY) if is_lock else (rule.unlock is Unlock.AUTHORITY):
            first, second = people.officers(2)
            request = requests.file(account_id, turn, "Công an tỉnh Mẫu", "12/CV-PC06", first)
            requests.forward(request.id, first)
            locking.decide(request.id, second, is_granted=True)
        elif is_lock:
            locking.lock(account_id, rule.ground, "cli")
        else:
            locking.unlock(account_id, "cli")

    @pytest.mark.parametrize("rule", RULES, ids=named)
    def test_row_locks_by_its_article_tells_the_holder_and_opens_as_it_says(
        self, house: House, people: People, rule: LockRule
    ) -> None:
        level = None if rule.kind == Kind.ORGANISATION else Level.TWO
        account_id = house.person(kind=Kind(rule.kind), level=level, has_totp=False).account_id

        self.stop(house, people, rule, Turn.LOCK, account_id)

        account = house.provider.accounts.the(account_id)
        assert (account.status, account.lock_ground) == (Status.LOCKED, rule.ground)
        (lock,) = house.provider.locks.standing(account_id)
        assert lock.article == rule.article
        assert house.provider.notices.send_due() >= 1
        if rule.unlock is Unlock.AUTHORITY:
            with pytest.raises(UnlockByAuthority):
                house.provider.locking.unlock(account_id, "holder")

        self.stop(house, people, rule, Turn.UNLOCK, account_id)

        assert house.provider.accounts.the(account_id).status is Status.ACTIVE
        assert house.provider.locks.standing(account_id) == []

    @pytest.mark.parametrize("kind", Kind)
    def test_ground_of_another_kind_locks_nothing(self, house: House, kind: Kind) -> None:
        level = None if kind == Kind.ORGANISATION else Level.TWO
        account_id = house.person(kind=kind, level=level, has_totp=False).account_id
        own = {rule.ground for rule in RULES if rule.kind == kind}

        for ground in set(LockGround) - own:
            with pytest.raises(GroundNotLawful):
                house.provider.locking.lock(account_id, ground, "cli")

        assert house.provider.accounts.the(account_id).status is Status.ACTIVE
