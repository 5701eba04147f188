"""What enrolment keeps to on SQLite and PostgreSQL: of two at once one wins, and nothing is half-done."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import func, select

from idp.accounts.account import AccountExists, Accounts, Status, accounts
from idp.accounts.activation import ActivationCodes
from idp.accounts.application import ApplicationMoved, State
from idp.accounts.applications import ApplicationOpen, Applications
from idp.accounts.citizen_filing import CitizenFiling
from idp.accounts.coming_of_age import ComingOfAge
from idp.accounts.enrolment_limits import Limits
from idp.accounts.evidence import SEEN, EvidenceGiven, EvidenceKind, EvidenceRecords, evidence
from idp.accounts.foreigner_filing import ForeignerFiling
from idp.accounts.in_person import InPerson
from idp.accounts.kinds import Kind
from idp.accounts.notices import Notices, account_notices
from idp.accounts.officers import Officers
from idp.accounts.opening import Opening
from idp.accounts.owed_readings import OwedReadings
from idp.accounts.self_enrolment import SelfEnrolment
from idp.assurance import Level
from idp.kernel.errors import Unavailable
from idp.statute.rules import Case
from tests.foreigners import NUMBER as FOREIGN
from tests.foreigners import a_foreigners_record
from tests.people import NUMBER, a_record, a_seal, an_account

FORM = {
    "username": NUMBER,
    "name": "Trần Thị Thu Hà",
    "birth_date": "17/5/1999",
    "card_issued_on": "1/8/2024",
    "phone": "0900 000 001",
}
NOW = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
RACERS = 4


class Register:
    """Both registers."""

    source = "a register of tests"
    is_silent = False

    def __init__(self):
        self.card = {}

    def find(self, number):
        if self.is_silent:
            raise Unavailable("register")
        if number == NUMBER:
            return a_record(**self.card)
        return a_foreigners_record() if number == FOREIGN else None


class Around:
    """Everything about enrolment that is not looked at here: audit, messages, limits."""

    def __init__(self):
        self.sent = []

    def record(self, event, **facts):
        """Remembered elsewhere."""

    def send_code(self, to, *_):
        self.sent.append(to)

    def send_notice(self, to, *_):
        """Nothing."""

    def check(self, address):
        """All may try."""

    def fail(self, address):
        """Nobody counts."""


class World:
    """One process's rooms: each thread of a race has its own connection."""

    def __init__(self, database, ephemeral):
        self.database, self.around, self.register, self.now = database, Around(), Register(), NOW
        seal, audit = a_seal(), self.around
        self.accounts = Accounts(database, seal, self.clock)
        self.evidence = EvidenceRecords(database, seal, audit)
        self.applications = Applications(database, seal, audit, self.clock)
        self.officers = Officers(database, self.accounts, audit, self.clock)
        codes = ActivationCodes(ephemeral, seal)
        opening = Opening(
            self.accounts,
            self.evidence,
            codes,
            OwedReadings(database, self.clock),
            self.around,
            audit,
            self.clock,
        )
        filings = {
            Kind.CITIZEN: CitizenFiling(self.register, self.clock),
            Kind.FOREIGNER: ForeignerFiling(self.register, self.clock),
        }
        limits = Limits(ephemeral, seal, self.around, lambda address: address)
        taken_over = ComingOfAge(self.accounts, self.evidence, audit, self.clock)
        self.enrolment = SelfEnrolment(self.applications, filings, opening, limits, taken_over, audit)
        self.in_person = InPerson(
            self.accounts,
            self.applications,
            self.evidence,
            self.officers,
            filings,
            Notices(database, self.accounts, self.around, audit, self.clock),
            audit,
            self.clock,
        )

    def clock(self):
        return self.now

    def person(self, number, level=Level.TWO, kind=Kind.CITIZEN):
        account = an_account(kind, number=number, level=level, status=Status.ACTIVE)
        self.accounts.add(account)
        return account.id

    def officer(self, number):
        account_id = self.person(number)
        self.officers.appoint(account_id, "Công an phường", "cli")
        return account_id

    def count(self, table):
        return self.database.first(select(func.count()).select_from(table))[0]


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request, ephemeral):
    name = "database" if request.param == "sqlite" else "postgres_database"
    return World(request.getfixturevalue(name), ephemeral)


def race(*acts):
    """What became of each act, all begun at once: its answer, or what it raised."""
    gate = threading.Barrier(len(acts))

    def run(act):
        gate.wait()
        try:
            return act()
        except (AccountExists, ApplicationMoved, EvidenceGiven) as refusal:
            return refusal

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_of_several_applications_for_one_number_one_opens_the_account(world):
    results = race(*[lambda: world.enrolment.file(Kind.CITIZEN, FORM, "203.0.113.7", "vi")] * RACERS)

    states = sorted((result.state, result.reason) for result in results)
    assert states == [(State.ACCEPTED, None)] + [(State.REFUSED, "account_exists")] * (RACERS - 1)
    assert world.count(accounts) == 1
    assert len(world.around.sent) == 1
    account = world.accounts.by_number(NUMBER)
    assert [each.kind for each in world.evidence.of_account(account.id)] == [EvidenceKind.REGISTER]


def test_several_sweepers_take_each_application_up_once(world):
    world.register.is_silent = True
    waiting = world.enrolment.file(Kind.CITIZEN, FORM, "203.0.113.7", "vi")
    world.register.is_silent = False

    race(*[world.enrolment.resume] * RACERS)

    assert world.applications.get(waiting.id).state is State.ACCEPTED
    assert world.count(accounts) == 1
    assert len(world.around.sent) == 1


def test_withdrawal_and_decision_at_once_leave_one_of_them(world):
    world.register.is_silent = True
    waiting = world.enrolment.file(Kind.CITIZEN, FORM, "203.0.113.7", "vi")
    world.register.is_silent = False

    race(lambda: world.enrolment.withdraw(waiting.id), world.enrolment.resume)

    state = world.applications.get(waiting.id).state
    assert state in (State.WITHDRAWN, State.ACCEPTED)
    assert world.count(accounts) == (1 if state is State.ACCEPTED else 0)
    assert world.count(evidence) == world.count(accounts)


def test_two_officers_at_once_raise_a_foreigner_together(world):
    foreigner = world.person(FOREIGN, Level.ONE, Kind.FOREIGNER)
    officers = [world.officer(f"00119999010{place}") for place in range(2)]

    race(*[lambda each=each: world.in_person.attest(foreigner, each, frozenset(SEEN)) for each in officers])

    assert world.accounts.get(foreigner).level is Level.TWO
    kinds = [each.kind for each in world.evidence.standing(foreigner)]
    assert sorted(kinds) == [EvidenceKind.IN_PERSON, EvidenceKind.IN_PERSON, EvidenceKind.REGISTER]


def test_of_second_act_and_end_of_term_at_once_one_decides(world):
    foreigner = world.person(FOREIGN, Level.ONE, Kind.FOREIGNER)
    officers = [world.officer(f"00119999010{place}") for place in range(2)]
    waiting = world.in_person.attest(foreigner, officers[0], frozenset(SEEN))
    world.now = waiting.due_at

    race(
        lambda: world.in_person.attest(foreigner, officers[1], frozenset(SEEN)),
        world.in_person.expire,
        world.in_person.expire,
    )

    assert world.applications.get(waiting.id).state is State.EXPIRED
    assert world.count(account_notices) == 1
    assert world.accounts.get(foreigner).level is Level.ONE


@pytest.mark.parametrize("is_issued", [True, False])
def test_application_that_waits_for_a_card_is_ended_once_and_told_once(world, is_issued):
    world.register.card = {"card_expires_on": date(2026, 11, 1)}
    citizen, officer = world.person(NUMBER, Level.ONE), world.officer("001199990101")
    waiting = world.in_person.attest(citizen, officer, frozenset(SEEN) - {"card_seen"})
    assert (waiting.state, waiting.case) == (State.WAITING_CARD, Case.CITIZEN_WITHOUT_VALID_CARD)
    world.now = waiting.due_at
    if is_issued:
        world.register.card = {}

    race(*[world.in_person.resume] * RACERS)

    state, level = (State.ACCEPTED, Level.TWO) if is_issued else (State.EXPIRED, Level.ONE)
    assert world.applications.get(waiting.id).state is state
    assert world.accounts.get(citizen).level is level
    assert world.count(account_notices) == 1


def test_one_officer_in_two_windows_is_one(world):
    foreigner = world.person(FOREIGN, Level.ONE, Kind.FOREIGNER)
    officer = world.officer("001199990101")

    results = race(*[lambda: world.in_person.attest(foreigner, officer, frozenset(SEEN))] * RACERS)

    assert sum(isinstance(result, EvidenceGiven) for result in results) == RACERS - 1
    assert world.accounts.get(foreigner).level is Level.ONE
    assert world.count(evidence) == 1


def test_one_wish_waits_at_a_time(world):
    account = world.person(NUMBER, Level.ONE)

    def file():
        return world.applications.file(
            Kind.CITIZEN, Case.CITIZEN_02, NUMBER, {}, State.WAITING_IN_PERSON, account, f"raise:{account}"
        )

    results = race(*[file] * RACERS)

    assert sum(isinstance(result, ApplicationOpen) for result in results) == RACERS - 1


def test_application_decided_once_stays_as_it_was_decided(world):
    waiting = world.applications.file(Kind.CITIZEN, Case.CITIZEN_01, NUMBER, {"a": "ắ"})
    found = world.applications.get(waiting.id)
    assert found == waiting

    world.applications.decide(found, State.REFUSED, "law", "register_mismatch")
    for to in State:
        with pytest.raises(ApplicationMoved):
            world.applications.decide(found, to, "law")

    assert world.applications.get(waiting.id).reason == "register_mismatch"
