from datetime import date, timedelta

import pytest

from idp.accounts.account import LockGround, Status
from idp.accounts.application import ApplicationMoved, State
from idp.accounts.applications import Applications
from idp.accounts.citizen_filing import CitizenFiling
from idp.accounts.evidence import SEEN, EvidenceGiven, EvidenceKind
from idp.accounts.foreigner_filing import ForeignerFiling
from idp.accounts.in_person import ActIncomplete, InPerson, NotToBeRaised, OfficerIsHolder
from idp.accounts.kinds import Kind
from idp.accounts.notices import Notices
from idp.accounts.officers import NotAnOfficer, Officers
from idp.assurance import Level
from idp.kernel.errors import NotFound, Unavailable
from idp.kernel.ids import new_id
from idp.statute.rules import Case
from tests.foreigners import NUMBER as FOREIGN
from tests.foreigners import a_foreigners_record
from tests.people import NUMBER, a_citizen, a_record, a_seal, an_account

ALL = frozenset(SEEN)
CHILD = "001215990001"


class Register(dict):
    """Both registers, of the records they are given; they may be silent."""

    source = "a register of tests"
    is_silent = False

    def find(self, number):
        if self.is_silent:
            raise Unavailable("register")
        return self.get(number)


@pytest.fixture
def register():
    child = a_record(number=CHILD, birth_date=date(2015, 6, 1))
    return Register({NUMBER: a_record(), FOREIGN: a_foreigners_record(), CHILD: child})


@pytest.fixture
def applications(database, recorded, clock):
    return Applications(database, a_seal(), recorded, clock)


@pytest.fixture
def officers(database, accounts, recorded, clock):
    return Officers(database, accounts, recorded, clock)


@pytest.fixture
def notices(database, accounts, sent, recorded, clock):
    return Notices(database, accounts, sent, recorded, clock)


@pytest.fixture
def in_person(accounts, applications, evidence, officers, register, notices, recorded, clock):
    filings = {Kind.CITIZEN: CitizenFiling(register, clock), Kind.FOREIGNER: ForeignerFiling(register, clock)}
    return InPerson(accounts, applications, evidence, officers, filings, notices, recorded, clock)


@pytest.fixture
def citizen(accounts):
    return added(accounts, level=Level.ONE)


@pytest.fixture
def foreigner(accounts):
    return added(accounts, kind=Kind.FOREIGNER, number=FOREIGN, level=Level.ONE)


@pytest.fixture
def officer(accounts, officers):
    return appointed(accounts, officers, "001199990101")


@pytest.fixture
def colleague(accounts, officers):
    return appointed(accounts, officers, "001199990102")


def added(accounts, **given):
    account = an_account(**{"status": Status.ACTIVE, **given})
    accounts.add(account)
    return account


def appointed(accounts, officers, number):
    account = added(accounts, number=number, level=Level.TWO)
    officers.appoint(account.id, "Công an phường Bình An", "cli")
    return account.id


def level(accounts, account):
    return accounts.get(account.id).level


def test_one_officer_raises_a_citizen(in_person, accounts, evidence, recorded, citizen, officer, clock):
    application = in_person.attest(citizen.id, officer, ALL)

    assert level(accounts, citizen) is Level.TWO
    assert (application.state, application.case) == (State.ACCEPTED, Case.CITIZEN_02)
    assert application.decided_by == str(officer)
    seen, found = evidence.of_account(citizen.id)
    assert (seen.kind, seen.officer, seen.source) == (
        EvidenceKind.IN_PERSON,
        str(officer),
        "Công an phường Bình An",
    )
    assert (seen.facts, seen.at, seen.article) == (SEEN, clock.now, "69/2024 Art. 10.2")
    assert found.kind is EvidenceKind.REGISTER
    changed = {"level": "02", "old_level": "01", "actor": str(officer)}
    assert ("account.level_changed", citizen.id, changed) in recorded.events


def test_foreigner_takes_two_officers_each_by_an_act(in_person, accounts, foreigner, officer, colleague):
    first = in_person.attest(foreigner.id, officer, ALL)
    assert (first.state, first.case) == (State.WAITING_IN_PERSON, Case.FOREIGNER_02_ON_FILE)
    assert level(accounts, foreigner) is Level.ONE

    second = in_person.attest(foreigner.id, colleague, ALL)

    assert (second.id, second.state) == (first.id, State.ACCEPTED)
    assert level(accounts, foreigner) is Level.TWO


def test_same_officer_twice_is_one(in_person, accounts, foreigner, officer, recorded):
    in_person.attest(foreigner.id, officer, ALL)
    before = list(recorded.events)

    with pytest.raises(EvidenceGiven):
        in_person.attest(foreigner.id, officer, ALL)

    assert level(accounts, foreigner) is Level.ONE
    assert recorded.events == before


def test_term_is_longer_where_immigration_has_no_biometrics(in_person, register, foreigner, officer):
    register[FOREIGN] = a_foreigners_record(has_biometrics=False)

    assert in_person.attest(foreigner.id, officer, ALL).case is Case.FOREIGNER_02_NOT_ON_FILE


@pytest.mark.parametrize("missing", SEEN)
def test_nothing_is_recorded_where_a_check_is_missing(in_person, evidence, citizen, officer, missing):
    with pytest.raises(ActIncomplete) as refused:
        in_person.attest(citizen.id, officer, ALL - {missing})

    assert refused.value.facts() == {"missing": missing, "article": "69/2024 Art. 10.2"}
    assert evidence.of_account(citizen.id) == []


def test_child_needs_the_guardian_there_and_two_officers(in_person, accounts, officer, colleague):
    child = added(accounts, number=CHILD, level=Level.ONE, identity=a_citizen(birth_date=date(2015, 6, 1)))
    with pytest.raises(ActIncomplete) as refused:
        in_person.attest(child.id, officer, ALL)
    assert refused.value.missing == "guardian_present"

    for each in (officer, colleague):
        application = in_person.attest(child.id, each, ALL | {"guardian_present"})

    assert application.state is State.ACCEPTED
    assert level(accounts, child) is Level.TWO


def test_nobody_attests_for_themself(in_person, accounts, officers, officer):
    accounts.set_level(officer, Level.TWO)

    with pytest.raises(OfficerIsHolder):
        in_person.attest(officer, officer, ALL)


@pytest.mark.parametrize("spoil", ["ended", "locked", "lowered", "nobody"])
def test_who_is_no_officer_any_more_attests_nothing(
    in_person, accounts, officers, citizen, officer, evidence, spoil
):
    if spoil == "ended":
        officers.end(officer, "cli")
    elif spoil == "locked":
        accounts.lock(officer, LockGround.AUTHORITY)
    elif spoil == "lowered":
        accounts.set_level(officer, Level.ONE)
    else:
        officer = new_id()

    with pytest.raises(NotAnOfficer):
        in_person.attest(citizen.id, officer, ALL)

    assert evidence.of_account(citizen.id) == []


def test_only_active_accounts_of_level_02_are_appointed(accounts, officers, citizen):
    for account_id in (citizen.id, new_id()):
        with pytest.raises(NotAnOfficer):
            officers.appoint(account_id, "Công an phường", "cli")
    assert officers.serving() == []


def test_officer_is_appointed_again_under_another_office_and_ended_once(officers, officer, recorded):
    officers.end(officer, "cli")
    with pytest.raises(NotFound):
        officers.end(officer, "cli")

    officers.appoint(officer, "  Phòng   Quản lý xuất nhập cảnh ", "cli")

    assert officers.the(officer).office == "Phòng Quản lý xuất nhập cảnh"
    assert [each.account_id for each in officers.serving()] == [officer]


@pytest.mark.parametrize(
    "given",
    [
        {"level": Level.TWO},
        {"level": Level.ONE, "status": Status.LOCKED, "lock_ground": LockGround.AUTHORITY},
        {"level": Level.ONE, "status": Status.CLOSED},
        {"kind": Kind.ORGANISATION},
    ],
)
def test_account_that_cannot_be_raised_is_left_alone(in_person, accounts, officer, given):
    account = added(accounts, **given)

    with pytest.raises(NotToBeRaised):
        in_person.attest(account.id, officer, ALL)


def test_register_refuses_with_the_reason(in_person, register, accounts, citizen, officer):
    register[NUMBER] = a_record(is_deceased=True)

    application = in_person.attest(citizen.id, officer, ALL)

    assert (application.state, application.reason) == (State.REFUSED, "holder_deceased")
    assert level(accounts, citizen) is Level.ONE


def test_refused_one_may_be_filed_again(in_person, register, accounts, citizen, officer):
    register[NUMBER] = a_record(is_deceased=True)
    refused = in_person.attest(citizen.id, officer, ALL)
    register[NUMBER] = a_record()

    accepted = in_person.attest(citizen.id, officer, ALL)

    assert accepted.id != refused.id
    assert level(accounts, citizen) is Level.TWO


def test_silent_register_leaves_it_waiting_and_the_acts_stand(
    in_person, register, accounts, citizen, officer, colleague
):
    register.is_silent = True
    waiting = in_person.attest(citizen.id, officer, ALL)
    assert waiting.state is State.WAITING_REGISTER
    with pytest.raises(ApplicationMoved):
        in_person.attest(citizen.id, colleague, ALL)
    assert in_person.resume() == {State.WAITING_REGISTER: 1}
    register.is_silent = False

    assert in_person.resume() == {State.ACCEPTED: 1}

    assert in_person.resume() == {}
    assert level(accounts, citizen) is Level.TWO


def test_account_locked_while_the_register_was_silent_is_not_raised(
    in_person, register, accounts, citizen, officer
):
    register.is_silent = True
    in_person.attest(citizen.id, officer, ALL)
    accounts.lock(citizen.id, LockGround.AUTHORITY)
    register.is_silent = False

    assert in_person.resume() == {State.REFUSED: 1}

    assert level(accounts, citizen) is Level.ONE


def test_wish_expires_with_its_term_and_the_holder_is_told_once(
    in_person, applications, notices, sent, recorded, foreigner, officer, clock
):
    waiting = in_person.attest(foreigner.id, officer, ALL)
    clock.now = waiting.due_at - timedelta(microseconds=1)
    assert in_person.expire() == 0

    clock.now = waiting.due_at

    assert in_person.expire() == 1
    assert in_person.expire() == 0
    expired = applications.get(waiting.id)
    assert (expired.state, expired.decided_by, expired.article) == (
        State.EXPIRED,
        "law",
        "69/2024 Art. 13.3.b",
    )
    notices.send_due()
    assert sent.notices == [(foreigner.phone, "raise_expired", "en")]


def test_act_that_comes_too_late_begins_a_new_wish_alone(
    in_person, applications, accounts, foreigner, officer, colleague, clock
):
    first = in_person.attest(foreigner.id, officer, ALL)
    clock.now = first.due_at

    second = in_person.attest(foreigner.id, colleague, ALL)

    assert applications.get(first.id).state is State.EXPIRED
    assert (second.id != first.id, second.state) == (True, State.WAITING_IN_PERSON)
    assert level(accounts, foreigner) is Level.ONE
    assert in_person.attest(foreigner.id, officer, ALL).state is State.ACCEPTED


def test_what_waits_for_a_silent_register_does_not_expire(
    in_person, register, accounts, citizen, officer, clock
):
    register.is_silent = True
    waiting = in_person.attest(citizen.id, officer, ALL)
    clock.now = waiting.due_at

    assert in_person.expire() == 0

    register.is_silent = False
    assert in_person.resume() == {State.ACCEPTED: 1}
    assert level(accounts, citizen) is Level.TWO


EXPIRED_CARD = {"card_expires_on": date(2026, 11, 1)}
NO_CARD = {"card_issued_on": None, "card_expires_on": None}
WITHOUT_CARD = ALL - {"card_seen"}


@pytest.mark.spec("Decree 69/2024 Art. 13")
@pytest.mark.parametrize("card", [EXPIRED_CARD, NO_CARD])
def test_without_valid_card_it_waits_for_one_and_is_then_accepted(
    in_person, register, accounts, evidence, notices, sent, citizen, officer, card
):
    register[NUMBER] = a_record(**card)
    waiting = in_person.attest(citizen.id, officer, WITHOUT_CARD)
    assert (waiting.state, waiting.case) == (State.WAITING_CARD, Case.CITIZEN_WITHOUT_VALID_CARD)
    assert waiting.deadline.article == "69/2024 Art. 13.2"
    assert evidence.of_account(citizen.id)[0].facts == tuple(each for each in SEEN if each in WITHOUT_CARD)
    assert in_person.resume() == {State.WAITING_CARD: 1}
    assert level(accounts, citizen) is Level.ONE

    register[NUMBER] = a_record()

    assert in_person.resume() == {State.ACCEPTED: 1}
    assert level(accounts, citizen) is Level.TWO
    notices.send_due()
    assert [kind for _, kind, _ in sent.notices] == ["application_decided"]


def test_card_that_does_not_come_within_the_term_ends_it(
    in_person, register, accounts, applications, notices, sent, citizen, officer, clock
):
    register[NUMBER] = a_record(**EXPIRED_CARD)
    waiting = in_person.attest(citizen.id, officer, WITHOUT_CARD)
    clock.now = waiting.due_at
    register.is_silent = True
    assert in_person.resume() == {State.WAITING_CARD: 1}
    register.is_silent = False

    assert in_person.resume() == {State.EXPIRED: 1}

    assert in_person.resume() == {}
    assert applications.get(waiting.id).article == "69/2024 Art. 13.2"
    assert level(accounts, citizen) is Level.ONE
    notices.send_due()
    assert [kind for _, kind, _ in sent.notices] == ["raise_without_card"]


def test_register_that_was_silent_tells_later_that_the_card_is_missing(
    in_person, register, applications, citizen, officer
):
    register.is_silent = True
    first = in_person.attest(citizen.id, officer, ALL)
    register.is_silent = False
    register[NUMBER] = a_record(**EXPIRED_CARD)

    assert in_person.resume() == {State.WAITING_CARD: 1}

    later = applications.get(first.id)
    assert later.case is Case.CITIZEN_WITHOUT_VALID_CARD
    assert later.due_at > first.due_at
