"""Organisations' applications on SQLite and PostgreSQL: all agree, and of two at once one wins."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from idp.accounts.account import Accounts, Status
from idp.accounts.activation import ActivationCodes, ActivationRefused
from idp.accounts.application import ApplicationMoved, State
from idp.accounts.applications import ApplicationOpen, Applications
from idp.accounts.approvals import Approvals
from idp.accounts.delegation import MandateMisshaped
from idp.accounts.enrolment_limits import Limits
from idp.accounts.evidence import EvidenceGiven, EvidenceKind, EvidenceRecords
from idp.accounts.filing import DateMalformed
from idp.accounts.founding import Founding, FoundingMissing
from idp.accounts.in_person import ActIncomplete, OfficerIsHolder
from idp.accounts.kinds import Kind
from idp.accounts.locks import LockGround
from idp.accounts.mandate import Role
from idp.accounts.mandates import Mandates
from idp.accounts.notices import Notices
from idp.accounts.officers import NotAnOfficer, Officers
from idp.accounts.opening import Opening
from idp.accounts.organisation_attesting import OrganisationAttesting
from idp.accounts.organisation_enrolment import ApprovalGiven, ApprovalOfOwn, OrganisationEnrolment
from idp.accounts.organisation_filing import (
    EmailMalformed,
    FilersRoleMissing,
    FilerUnfit,
    OrganisationCodeMalformed,
)
from idp.accounts.organisation_opening import OrganisationOpening
from idp.accounts.organisation_steps import OrganisationSteps
from idp.accounts.owed_readings import OwedReadings
from idp.accounts.phone import PhoneMalformed
from idp.accounts.register_reading import REPRESENTATIVES_DEPTH
from idp.assurance import Level
from idp.audit.events import FACTS
from idp.kernel.errors import NotFound, Refused, TooManyAttempts, Unavailable
from idp.registers.business import OrganisationRecord
from idp.registers.business import Status as Standing
from idp.registers.register import Representative
from idp.statute.agency_code import AgencyCodeMalformed
from idp.statute.rules import Case
from tests.people import a_seal, an_account

CODE = "9000000077"
ONE, TWO, THREE, FILER = "001199990001", "001199990002", "001199990003", "001199990009"
FORM = {"code": CODE, "phone": "0900 000 077", "email": "lien-he@lua-vang.example", "role": "representative"}
BY_TRUST = FORM | {"role": "authorised_person", "last_day": "31/12/2026"}
NOW = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
SEEN = frozenset({"registration_seen", "authority_seen"})
FOUNDING = Founding(name="Hợp tác xã Lúa Vàng", established_on=date(2020, 1, 2), head_office="Tỉnh An Giang")


def named(*numbers):
    return tuple(
        Representative(number=number, name=f"Người {place}", title="Giám đốc")
        for place, number in enumerate(numbers)
    )


ABROAD = Representative(number=None, passport="SWE:X9000001", name="EK ANNA", title="Giám đốc")


class Register:
    """The business register."""

    source = "a register of tests"
    is_silent = False

    def __init__(self):
        self.records = {CODE: a_record(ONE, TWO)}

    def find(self, code):
        if self.is_silent:
            raise Unavailable("register")
        return self.records.get(code)


def a_record(*numbers, **given):
    usual = {
        "code": CODE,
        "tax_code": CODE,
        "enterprise_code": CODE,
        "agency_code": None,
        "name": "Công ty TNHH Lúa Vàng",
        "short_name": None,
        "foreign_name": None,
        "established_on": date(2018, 3, 12),
        "head_office": "Số 77, đường Lúa Vàng, xã Long Thịnh, tỉnh Đồng Nai",
        "status": Standing.ACTIVE,
        "representatives": named(*numbers),
    }
    return OrganisationRecord(**{**usual, **given})


class Around:
    """Everything that is not looked at here: messages, addresses."""

    def __init__(self):
        self.codes, self.told, self.events = [], [], []

    def record(self, event, *, account_id=None, **facts):
        assert set(facts) <= set(FACTS)
        self.events.append(event.value)

    def send_code(self, to, code, *_):
        self.codes.append((to, code))

    def send_notice(self, to, kind, lang):
        self.told.append((to, kind))

    def check(self, address):
        """All may try."""

    def fail(self, address):
        """Nobody counts."""


class World:
    """One process's rooms: each thread of a race has its own connection."""

    def __init__(self, database, ephemeral):
        self.now, self.database, self.around, self.register = NOW, database, Around(), Register()
        seal, audit, clock = a_seal(), self.around, self.clock
        self.accounts = accounts = Accounts(database, seal, clock)
        self.evidence = EvidenceRecords(database, seal, audit)
        self.applications = Applications(database, seal, audit, clock)
        self.approvals = Approvals(database, seal, clock)
        self.officers = Officers(database, accounts, audit, clock)
        self.mandates = Mandates(database, audit, clock, lambda ended: None)
        self.notices = Notices(database, accounts, self.around, audit, clock)
        codes = ActivationCodes(ephemeral, seal)
        owed = OwedReadings(database, clock)
        opening = Opening(accounts, self.evidence, codes, owed, self.around, audit, clock)
        limits = Limits(ephemeral, seal, self.around, lambda address: address)
        shared = accounts, self.applications, self.approvals
        self.opening = OrganisationOpening(*shared, opening, codes, self.mandates, self.notices, audit, clock)
        self.steps = OrganisationSteps(*shared, self.register, self.opening, self.notices, clock)
        self.enrolment = OrganisationEnrolment(*shared, self.steps, limits, audit, clock)
        self.attesting = OrganisationAttesting(
            *shared, self.officers, self.register, self.opening, self.steps, audit, clock
        )
        self.one, self.two, self.filer = (self.person(number) for number in (ONE, TWO, FILER))

    def clock(self):
        return self.now

    def person(self, number, level=Level.TWO):
        account = an_account(number=number, level=level, status=Status.ACTIVE, phone=f"+8490000{number[-4:]}")
        self.accounts.add(account)
        return self.accounts.the(account.id)

    def officer(self, number):
        account = self.person(number)
        self.officers.appoint(account.id, "Công an phường Mẫu", "cli")
        return account.id

    def file(self, filer=None, form=FORM):
        return self.enrolment.file(filer or self.one, form, "203.0.113.7", "vi")

    def state(self, application):
        return self.applications.get(application.id).state

    def roles(self, application):
        account_id = self.applications.get(application.id).account_id
        return {held.agent_id: held for held in self.mandates.of_principal(account_id)}


@pytest.fixture(params=["database", "postgres_database"])
def world(request, ephemeral):
    return World(request.getfixturevalue(request.param), ephemeral)


def race(*acts):
    """What became of each act, all begun at once: its answer, or what it raised."""
    gate = threading.Barrier(len(acts))

    def run(act):
        gate.wait()
        try:
            return act()
        except Refused as refusal:
            return refusal

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


@pytest.mark.spec("Decree 69/2024 Art. 12")
def test_account_is_opened_when_every_representative_has_agreed(world):
    filed = world.file()
    waited = world.state(filed)

    accepted = world.enrolment.answer(filed.id, world.two)

    assert (waited, accepted.state) == (State.WAITING_APPROVALS, State.ACCEPTED)
    account = world.accounts.the(accepted.account_id)
    assert (account.kind, account.level, account.status) == (Kind.ORGANISATION, None, Status.ISSUED)
    assert (account.number, account.email) == (CODE, "lien-he@lua-vang.example")
    held = world.roles(filed)
    assert held.keys() == {world.one.id, world.two.id}
    assert {(each.role, each.depth, each.granted_by) for each in held.values()} == {
        (Role.REPRESENTATIVE, REPRESENTATIVES_DEPTH, None)
    }
    (found,) = world.evidence.standing(account.id)
    assert (found.kind, found.source) == (EvidenceKind.REGISTER, "a register of tests")
    assert (found.article, found.application_id) == ("69/2024 Art. 7.3", filed.id)
    assert [to for to, _ in world.around.codes] == ["+84900000077"]
    assert (world.two.phone, "approval_wanted") in world.around.told
    assert (world.one.phone, "application_decided") in world.around.told
    assert {"application.answered", "account.opened", "mandate.given"} <= set(world.around.events)


def test_sole_representative_is_accepted_at_once(world):
    world.register.records[CODE] = a_record(ONE)

    assert world.file().state is State.ACCEPTED


@pytest.mark.spec("Decree 69/2024 Art. 12")
def test_authorised_person_acts_for_the_time_that_all_agreed_on(world):
    filed = world.file(world.filer, BY_TRUST)
    world.enrolment.answer(filed.id, world.one)
    assert world.state(filed) is State.WAITING_APPROVALS
    world.enrolment.answer(filed.id, world.two)

    held = world.roles(filed)
    assert held[world.filer.id].role is Role.AUTHORISED_PERSON
    assert held[world.filer.id].ends_at == datetime(2026, 12, 31, 17, tzinfo=UTC)
    assert held[world.filer.id].depth == 0
    assert {held[world.one.id].role, held[world.two.id].role} == {Role.REPRESENTATIVE}


def test_representative_who_files_as_authorised_is_a_representative(world):
    world.register.records[CODE] = a_record(ONE)

    filed = world.file(form=BY_TRUST)

    (held,) = world.roles(filed).values()
    assert (held.role, held.ends_at) == (Role.REPRESENTATIVE, None)


def test_nobody_agrees_twice_for_themself_unasked_or_below_level_02(world):
    filed = world.file(world.filer, BY_TRUST)
    world.enrolment.answer(filed.id, world.one)

    with pytest.raises(ApprovalGiven):
        world.enrolment.answer(filed.id, world.one)
    with pytest.raises(ApprovalOfOwn):
        world.enrolment.answer(filed.id, world.filer)
    with pytest.raises(NotFound):
        world.enrolment.answer(filed.id, world.person(THREE))
    world.accounts.set_level(world.two.id, Level.ONE)
    with pytest.raises(FilerUnfit):
        world.enrolment.answer(filed.id, world.accounts.the(world.two.id))
    assert world.state(filed) is State.WAITING_APPROVALS


def test_refusal_ends_it_with_its_reason(world):
    filed = world.file()

    refused = world.enrolment.answer(filed.id, world.two, "filer_unknown")

    assert (refused.state, refused.reason) == (State.REFUSED, "approval_filer_unknown")
    assert refused.decided_by == str(world.two.id)
    assert world.accounts.by_number(CODE) is None
    assert world.applications.get(filed.id).details == {}
    assert {each.name for each in world.approvals.of(filed.id)} == {None}


@pytest.mark.parametrize(
    ("record", "form", "reason", "article"),
    [
        (a_record(TWO), FORM, "not_representative", "69/2024 Art. 12"),
        (a_record(ONE, status=Standing.DISSOLVED), FORM, "organisation_dissolved", "69/2024 Art. 7.3"),
    ],
)
def test_register_refuses_with_its_reason(world, record, form, reason, article):
    world.register.records[CODE] = record

    filed = world.file(form=form)

    assert (filed.state, filed.reason, filed.article) == (State.REFUSED, reason, article)


def test_suspended_organisation_still_applies(world):
    world.register.records[CODE] = a_record(ONE, status=Standing.SUSPENDED)

    assert world.file().state is State.ACCEPTED


def test_organisation_has_one_account(world):
    world.register.records[CODE] = a_record(ONE)
    world.file()

    again = world.file()

    assert (again.state, again.reason) == (State.REFUSED, "account_exists")


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"code": "9000000078"}, OrganisationCodeMalformed),
        ({"code": ONE}, OrganisationCodeMalformed),
        ({"code": "H25/8"}, AgencyCodeMalformed),
        ({"phone": "12"}, PhoneMalformed),
        ({"email": "nobody"}, EmailMalformed),
        ({"role": "manager"}, FilersRoleMissing),
        ({"role": "authorised_person", "last_day": "soon"}, DateMalformed),
        ({"role": "authorised_person", "last_day": "1/11/2026"}, MandateMisshaped),
    ],
)
def test_what_cannot_be_read_is_not_filed(world, change, refusal):
    with pytest.raises(refusal):
        world.file(form=FORM | change)

    assert world.enrolment.filed_by(world.one.id) == []


def test_only_level_02_files_and_only_so_often(world):
    low = world.person(THREE, Level.ONE)
    with pytest.raises(FilerUnfit):
        world.file(low)
    world.file()
    with pytest.raises(ApplicationOpen):
        world.file()
    for _ in range(5):
        world.enrolment.withdraw(world.file(world.filer, BY_TRUST).id, world.filer.id)
    with pytest.raises(TooManyAttempts):
        world.file(world.filer, BY_TRUST)


def test_silent_register_is_waited_for_and_taken_up(world):
    world.register.is_silent = True
    filed = world.file()
    assert filed.state is State.WAITING_REGISTER
    assert filed.deadline.article == "69/2024 Art. 13.4.a"

    world.register.is_silent = False
    world.steps.resume()

    assert world.state(filed) is State.WAITING_APPROVALS


def test_register_that_falls_silent_keeps_what_was_agreed(world):
    filed = world.file()
    world.register.is_silent = True
    assert world.enrolment.answer(filed.id, world.two).state is State.WAITING_REGISTER

    world.register.is_silent = False
    world.steps.resume()

    assert world.state(filed) is State.ACCEPTED


def test_representatives_who_changed_are_asked_before_it_is_accepted(world):
    three = world.person(THREE)
    filed = world.file()
    world.register.records[CODE] = a_record(ONE, THREE)

    world.steps.advance(filed.id)
    with pytest.raises(NotFound):
        world.enrolment.answer(filed.id, world.two)
    world.enrolment.answer(filed.id, three)

    assert world.state(filed) is State.ACCEPTED
    assert world.roles(filed).keys() == {world.one.id, three.id}


def test_new_representative_found_at_the_last_answer_has_to_agree_too(world):
    three = world.person(THREE)
    filed = world.file()
    world.register.records[CODE] = a_record(ONE, TWO, THREE)

    assert world.enrolment.answer(filed.id, world.two).state is State.WAITING_APPROVALS
    assert (three.phone, "approval_wanted") in world.around.told
    assert world.enrolment.answer(filed.id, three).state is State.ACCEPTED


def test_filer_who_represents_no_more_is_refused(world):
    filed = world.file()
    world.register.records[CODE] = a_record(TWO)

    refused = world.enrolment.answer(filed.id, world.two)

    assert (refused.state, refused.reason) == (State.REFUSED, "not_representative")


def test_what_is_not_agreed_on_in_its_term_expires(world):
    filed = world.file()
    world.now = filed.due_at - timedelta(microseconds=1)
    assert len(world.enrolment.waiting_for(world.two)) == 1
    world.now = filed.due_at

    assert world.enrolment.waiting_for(world.two) == []
    with pytest.raises(ApplicationMoved):
        world.enrolment.answer(filed.id, world.two)
    assert world.state(filed) is State.EXPIRED


def test_silence_of_the_register_takes_nobodys_time_to_agree(world):
    world.register.is_silent = True
    filed = world.file()
    world.now = filed.due_at + timedelta(days=1)
    world.register.is_silent = False

    world.steps.resume()

    assert world.enrolment.answer(filed.id, world.two).state is State.ACCEPTED


def test_representative_who_opens_an_account_later_finds_the_request(world):
    world.register.records[CODE] = a_record(ONE, THREE)
    filed = world.file()

    three = world.person(THREE)

    ((approval, application),) = world.enrolment.waiting_for(three)
    assert (approval.number, application.id) == (THREE, filed.id)


def test_representatives_at_hand_agree_on_an_authorised_person_without_one_abroad(world):
    world.register.records[CODE] = a_record(representatives=(*named(ONE), ABROAD))

    filed = world.file(world.filer, BY_TRUST)
    accepted = world.enrolment.answer(filed.id, world.one)

    assert accepted.state is State.ACCEPTED
    assert world.roles(filed).keys() == {world.one.id, world.filer.id}


def test_sole_director_abroad_is_spoken_for_by_papers_that_two_officers_see(world):
    world.register.records[CODE] = a_record(representatives=(ABROAD,))
    first, second = world.officer("001199990021"), world.officer("001199990022")
    filed = world.file(world.filer, BY_TRUST)
    assert filed.state is State.WAITING_OFFICER

    waiting = world.attesting.attest(filed.id, first, SEEN)
    accepted = world.attesting.attest(filed.id, second, SEEN)

    assert (waiting.state, accepted.state) == (State.WAITING_OFFICER, State.ACCEPTED)
    (held,) = world.roles(filed).values()
    assert (held.agent_id, held.role) == (world.filer.id, Role.AUTHORISED_PERSON)
    kinds = sorted(each.kind for each in world.evidence.standing(accepted.account_id))
    assert kinds == [EvidenceKind.IN_PERSON, EvidenceKind.IN_PERSON, EvidenceKind.REGISTER]


@pytest.mark.spec("Decree 69/2024 Art. 13")
def test_organisation_that_no_register_knows_is_seen_by_two_officers_in_15_days(world):
    world.register.records.clear()
    first, second = world.officer("001199990021"), world.officer("001199990022")
    filed = world.file()
    assert (filed.state, filed.case) == (State.WAITING_OFFICER, Case.ORGANISATION_NOT_ON_FILE)
    assert (filed.deadline.within, filed.deadline.article) == (15, "69/2024 Art. 13.4.b")

    with pytest.raises(FoundingMissing):
        world.attesting.attest(filed.id, first, SEEN)
    with pytest.raises(ActIncomplete):
        world.attesting.attest(filed.id, first, SEEN - {"authority_seen"}, FOUNDING)
    with pytest.raises(NotAnOfficer):
        world.attesting.attest(filed.id, world.two.id, SEEN, FOUNDING)
    world.attesting.attest(filed.id, first, SEEN, FOUNDING)
    with pytest.raises(EvidenceGiven):
        world.attesting.attest(filed.id, first, SEEN, FOUNDING)
    accepted = world.attesting.attest(filed.id, second, SEEN)

    account = world.accounts.the(accepted.account_id)
    assert account.identity.name == FOUNDING.name
    assert account.identity.tax_code == CODE
    assert world.roles(filed)[world.one.id].role is Role.REPRESENTATIVE
    assert len(world.evidence.standing(account.id)) == 2


def test_officers_see_all_that_waits_however_much_it_is(world):
    for _ in range(101):
        made = world.applications.file(Kind.ORGANISATION, Case.ORGANISATION_ON_FILE, CODE, {})
        world.applications.amend(made, {}, Case.ORGANISATION_NOT_ON_FILE, State.WAITING_OFFICER)

    assert len(world.attesting.waiting()) == 101


def test_officers_who_read_something_else_in_the_papers_attest_it_both(world):
    world.register.records.clear()
    first, second = world.officer("001199990021"), world.officer("001199990022")
    filed, other = world.file(), replace(FOUNDING, head_office="Tỉnh Đồng Nai")
    with pytest.raises(FoundingMissing):
        world.attesting.attest(filed.id, first, SEEN, replace(FOUNDING, name=" "))
    world.attesting.attest(filed.id, first, SEEN, FOUNDING)

    waiting = world.attesting.attest(filed.id, second, SEEN, other)
    accepted = world.attesting.attest(filed.id, first, SEEN, other)

    assert (waiting.state, accepted.state) == (State.WAITING_OFFICER, State.ACCEPTED)
    assert world.accounts.the(accepted.account_id).identity.head_office == "Tỉnh Đồng Nai"


@pytest.mark.parametrize("status", [Status.LOCKED, Status.ACTIVE])
def test_who_agreed_and_was_locked_or_lowered_since_agrees_again(world, status):
    world.register.records[CODE] = a_record(ONE, TWO, THREE)
    three = world.person(THREE)
    filed = world.file()
    world.enrolment.answer(filed.id, world.two)
    if status is Status.LOCKED:
        world.accounts.lock(world.two.id, LockGround.HOLDER_ASKED)
    else:
        world.accounts.set_level(world.two.id, Level.ONE)

    waiting = world.enrolment.answer(filed.id, three)
    if status is Status.LOCKED:
        world.accounts.unlock(world.two.id)
        world.accounts.activate(world.two.id)
    else:
        world.accounts.set_level(world.two.id, Level.TWO)
    accepted = world.enrolment.answer(filed.id, world.accounts.the(world.two.id))

    assert (waiting.state, accepted.state) == (State.WAITING_APPROVALS, State.ACCEPTED)
    assert world.roles(filed).keys() == {world.one.id, world.two.id, three.id}


def test_who_was_lowered_since_activates_no_organisation(world):
    world.register.records[CODE] = a_record(ONE)
    account_id = world.file().account_id
    ((_, code),) = world.around.codes
    world.accounts.set_level(world.one.id, Level.ONE)

    with pytest.raises(NotFound):
        world.opening.activate(world.one.id, account_id, code)


def test_officers_do_not_attest_what_they_filed_and_may_refuse(world):
    world.register.records.clear()
    world.officers.appoint(world.one.id, "Công an phường Mẫu", "cli")
    filed = world.file()

    with pytest.raises(OfficerIsHolder):
        world.attesting.attest(filed.id, world.one.id, SEEN, FOUNDING)
    refused = world.attesting.refuse(filed.id, world.officer("001199990021"), "papers_insufficient")

    assert (refused.state, refused.reason) == (State.REFUSED, "papers_insufficient")


def test_person_who_acts_by_law_activates_it_with_the_code_of_its_phone(world):
    world.register.records[CODE] = a_record(ONE)
    account_id = world.file().account_id
    ((_, code),) = world.around.codes

    with pytest.raises(NotFound):
        world.opening.activate(world.filer.id, account_id, code)
    with pytest.raises(ActivationRefused):
        world.opening.activate(world.one.id, account_id, "12345")
    world.opening.activate(world.one.id, account_id, code)

    assert world.accounts.the(account_id).is_active
    assert [held.principal_id for held in world.mandates.usable_by(world.one.id)] == [account_id]
    with pytest.raises(NotFound):
        world.opening.activate(world.one.id, account_id, code)


def test_of_all_answers_at_once_one_account_comes(world):
    three = world.person(THREE)
    world.register.records[CODE] = a_record(ONE, TWO, THREE)
    filed = world.file()

    results = race(
        *[lambda: world.enrolment.answer(filed.id, world.two)] * 2,
        *[lambda: world.enrolment.answer(filed.id, three)] * 2,
    )

    assert world.state(filed) is State.ACCEPTED
    assert sum(isinstance(each, Refused) for each in results) == 2
    assert len(world.roles(filed)) == 3
    assert len(world.around.codes) == 1


@pytest.mark.parametrize("other", ["refuse", "withdraw", "expire"])
def test_of_agreeing_and_what_ends_it_one_wins(world, other):
    filed = world.file()
    acts = {
        "refuse": lambda: world.enrolment.answer(filed.id, world.two, "not_agreed"),
        "withdraw": lambda: world.enrolment.withdraw(filed.id, world.one.id),
        "expire": lambda: world.steps.decide(world.applications.get(filed.id), State.EXPIRED, "law"),
    }

    results = race(lambda: world.enrolment.answer(filed.id, world.two), acts[other])

    state = world.state(filed)
    assert state in {State.ACCEPTED, State.REFUSED, State.WITHDRAWN, State.EXPIRED}
    has_account = world.accounts.by_number(CODE) is not None
    assert has_account is (state is State.ACCEPTED)
    lost = [each for each in results if isinstance(each, Refused)]
    assert len(lost) <= 1
    assert all(isinstance(each, (ApplicationMoved, ApprovalGiven)) for each in lost)


def test_two_applications_for_one_organisation_open_one_account(world):
    mine, theirs = world.file(), world.file(world.filer, BY_TRUST)
    world.enrolment.answer(theirs.id, world.one)

    race(
        lambda: world.enrolment.answer(mine.id, world.two),
        lambda: world.enrolment.answer(theirs.id, world.two),
    )

    ended = sorted(
        (each.state.value, each.reason) for each in map(world.applications.get, (mine.id, theirs.id))
    )
    assert ended == [("accepted", None), ("refused", "account_exists")]
    assert len(world.around.codes) == 1


def test_of_two_officers_at_once_each_counts_and_one_account_comes(world):
    world.register.records.clear()
    officers = [world.officer(f"0011999900{place}") for place in (21, 22)]
    filed = world.file()

    race(
        *[
            lambda officer=officer: world.attesting.attest(filed.id, officer, SEEN, FOUNDING)
            for officer in officers
        ]
    )

    assert world.state(filed) is State.ACCEPTED
    assert len(world.around.codes) == 1
    assert len(world.evidence.of_application(filed.id)) == 2


def test_who_filed_hears_at_once_of_a_refusal_and_everybody_of_the_mandates(world):
    filed = world.file()
    world.enrolment.answer(filed.id, world.two, "not_agreed")
    assert (world.one.phone, "application_decided") in world.around.told

    again = world.file()
    world.enrolment.answer(again.id, world.two)

    assert {to for to, kind in world.around.told if kind == "mandate_received"} == {
        world.one.phone,
        world.two.phone,
    }
