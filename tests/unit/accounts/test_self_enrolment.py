from datetime import date, timedelta

import pytest

from idp.accounts.account import Status
from idp.accounts.application import ApplicationMoved, ApplicationUnknown, State, outcome
from idp.accounts.applications import Applications
from idp.accounts.citizen import NumberMalformed
from idp.accounts.citizen_filing import CitizenFiling
from idp.accounts.coming_of_age import ComingOfAge
from idp.accounts.enrolment_limits import Limits
from idp.accounts.evidence import EvidenceKind
from idp.accounts.filing import DateMalformed
from idp.accounts.kinds import Kind
from idp.accounts.phone import PhoneMalformed
from idp.accounts.self_enrolment import SelfEnrolment
from idp.assurance import Level
from idp.kernel.errors import TooManyAttempts, Unavailable
from idp.statute.names import NameRefused
from tests.people import NUMBER, PHONE, a_record, a_seal

FROM = "203.0.113.7"
OTHER = "001199990002"
FORM = {
    "username": "001 199 990 001",
    "name": "Trần Thị Thu Hà",
    "birth_date": "17/5/1999",
    "card_issued_on": "2024-08-01",
    "phone": "0900 000 001",
}


class Register(dict):
    """A population register of the records it is given, that may fall silent."""

    source = "a register of tests"
    is_silent = False

    def find(self, number):
        if self.is_silent:
            raise Unavailable("register")
        return self.get(number)


class Addresses:
    """Counts wrong tries, and stops none."""

    def __init__(self):
        self.wrong = []

    def check(self, address):
        """All may try."""

    def fail(self, address):
        self.wrong.append(address)


@pytest.fixture
def register():
    return Register({NUMBER: a_record()})


@pytest.fixture
def addresses():
    return Addresses()


@pytest.fixture
def applications(database, recorded, clock):
    return Applications(database, a_seal(), recorded, clock)


@pytest.fixture
def enrolment(applications, register, opening, accounts, evidence, ephemeral, addresses, recorded, clock):
    limits = Limits(ephemeral, a_seal(), addresses, lambda address: address)
    filings = {Kind.CITIZEN: CitizenFiling(register, clock)}
    coming_of_age = ComingOfAge(accounts, evidence, recorded, clock)
    return SelfEnrolment(applications, filings, opening, limits, coming_of_age, recorded)


def file(enrolment, **changed):
    return enrolment.file(Kind.CITIZEN, FORM | changed, FROM, "vi")


def test_citizen_whose_details_agree_gets_an_account_of_level_01_and_a_code(
    enrolment, accounts, evidence, sent, clock
):
    application = file(enrolment)

    account = accounts.by_number(NUMBER)
    assert (account.status, account.level, account.phone) == (Status.ISSUED, Level.ONE, PHONE)
    assert (application.state, application.account_id) == (State.ACCEPTED, account.id)
    assert (application.decided_at, application.decided_by) == (clock.now, "law")
    assert application.article == "69/2024 Art. 7.1.a"
    assert sent.messages == [(PHONE, sent.last_code, "activation", "vi")]
    (found,) = evidence.of_account(account.id)
    assert (found.kind, found.application_id) == (EvidenceKind.REGISTER, application.id)


@pytest.mark.parametrize(
    "changed",
    [
        {"name": "Trần Thị Thu Hoà"},
        {"birth_date": "18/5/1999"},
        {"card_issued_on": "02/08/2024"},
        {"username": OTHER},
    ],
)
def test_every_mismatch_is_one_and_the_same_refusal(enrolment, accounts, sent, addresses, changed):
    application = file(enrolment, **changed)

    assert (application.state, application.reason) == (State.REFUSED, "register_mismatch")
    assert application.article is None
    assert accounts.by_number(NUMBER) is None
    assert sent.messages == []
    assert addresses.wrong == [FROM]


def test_who_has_died_is_a_mismatch_like_others(enrolment, register):
    register[NUMBER] = a_record(is_deceased=True)

    assert file(enrolment).reason == "register_mismatch"


@pytest.mark.parametrize(
    ("record", "reason"),
    [({"card_expires_on": date(2026, 11, 1)}, "card_needed"), ({}, None)],
)
def test_card_past_its_day_is_told_with_its_article_to_whom_all_agreed(enrolment, register, record, reason):
    register[NUMBER] = a_record(**record)

    application = file(enrolment)

    assert (application.reason, application.article) == (reason, "69/2024 Art. 7.1.a")


@pytest.mark.parametrize(
    ("birth_date", "reason", "article"),
    [
        ("03/11/2012", "guardian_needed", "69/2024 Art. 7.1.b"),
        ("03/11/2020", "guardian_needed", "69/2024 Art. 7.1.c"),
        ("02/11/2012", "register_mismatch", None),
    ],
)
def test_child_is_refused_by_its_article_before_the_register_is_asked(
    enrolment, register, birth_date, reason, article
):
    """Today is 2 November 2026: at 14 one files alone."""
    register.is_silent = reason != "register_mismatch"

    application = file(enrolment, birth_date=birth_date)

    assert (application.reason, application.article) == (reason, article)


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"username": "001199"}, NumberMalformed),
        ({"username": "000199990001"}, NumberMalformed),
        ({"name": ""}, NameRefused),
        ({"name": "Tran 3"}, NameRefused),
        ({"name": "Tra\u0302\u0300n Thi"}, NameRefused),
        ({"name": "Ttаn Thị"}, NameRefused),
        ({"birth_date": "31/02/1999"}, DateMalformed),
        ({"birth_date": "17/5/99"}, DateMalformed),
        ({"card_issued_on": ""}, DateMalformed),
        ({"card_issued_on": "٠١/٠٨/٢٠٢٤"}, DateMalformed),
        ({"phone": "113"}, PhoneMalformed),
        ({"phone": "024 3825 0000"}, PhoneMalformed),
    ],
)
def test_what_cannot_be_read_is_filed_nowhere(enrolment, applications, recorded, changed, refusal):
    with pytest.raises(refusal):
        file(enrolment, **changed)

    assert recorded.events == []


def test_second_account_is_not_opened_and_not_told_but_to_its_holder(enrolment, accounts, sent, recorded):
    first = file(enrolment)

    second = file(enrolment, phone="0900 000 002")

    assert (second.state, second.reason, second.account_id) == (State.REFUSED, "account_exists", None)
    assert outcome(first) == outcome(second)
    assert sent.notices == [(PHONE, "account_exists", "vi")]
    assert len(sent.messages) == 1
    told = ("account.opening_refused", first.account_id, {"reason": "account_exists"})
    assert told in recorded.events


def test_holder_is_warned_five_times_an_hour_at_most(enrolment, sent, clock):
    for _ in range(5):
        file(enrolment)
    clock.advance(timedelta(minutes=59, seconds=59))

    assert len(sent.notices) == 4
    with pytest.raises(TooManyAttempts):
        file(enrolment)


def test_silent_register_leaves_it_waiting_and_its_term_running(enrolment, register, accounts, clock):
    register.is_silent = True

    application = file(enrolment)

    assert application.state is State.WAITING_REGISTER
    assert application.due_at == application.deadline.due_at
    assert accounts.by_number(NUMBER) is None
    assert not application.is_overdue(clock.now)
    assert application.is_overdue(clock.now + timedelta(days=2))


def test_what_waits_is_taken_up_again_once(enrolment, register, accounts, applications, sent):
    register.is_silent = True
    waiting = file(enrolment)
    assert enrolment.resume() == {State.WAITING_REGISTER: 1}
    register.is_silent = False

    assert enrolment.resume() == {State.ACCEPTED: 1}
    assert enrolment.resume() == {}

    assert applications.get(waiting.id).account_id == accounts.by_number(NUMBER).id
    assert len(sent.messages) == 1


def test_register_that_stays_silent_is_asked_once_a_round(enrolment, register, monkeypatch):
    register.is_silent = True
    for _ in range(3):
        file(enrolment)
    asked = []
    monkeypatch.setattr(Register, "find", lambda _self, number: asked.append(number) or _fail())

    assert enrolment.resume() == {State.WAITING_REGISTER: 3}
    assert len(asked) == 1


def _fail():
    raise Unavailable("register")


def test_wrong_one_filed_first_keeps_nobody_from_the_account(enrolment, register, accounts):
    """Somebody who knows a number may be first; the holder's own application is decided by itself."""
    register.is_silent = True
    strangers, holders = file(enrolment, name="Lê Thị Lan", phone="0900 000 009"), file(enrolment)
    register.is_silent = False

    assert enrolment.resume() == {State.REFUSED: 1, State.ACCEPTED: 1}

    assert enrolment.find(strangers.id).reason == "register_mismatch"
    assert enrolment.find(holders.id).account_id == accounts.by_number(NUMBER).id
    assert accounts.by_number(NUMBER).phone == PHONE


def test_what_was_filed_is_forgotten_once_it_is_decided(enrolment, register, applications, database):
    register.is_silent = True
    waiting = file(enrolment)
    assert applications.get(waiting.id).details["name"] == "Trần Thị Thu Hà"
    register.is_silent = False

    enrolment.resume()

    decided = applications.get(waiting.id)
    assert (decided.number, decided.details) == (None, {})


def test_applicant_sees_it_by_reference_and_number_and_nobody_by_one_of_them(enrolment, addresses):
    application = file(enrolment)

    found = enrolment.of_applicant(application.reference.lower(), "001 199 990 001", FROM)

    assert found == application
    for reference, number in ((application.reference, OTHER), ("2345678923", NUMBER), ("", "")):
        with pytest.raises(ApplicationUnknown):
            enrolment.of_applicant(reference, number, FROM)
    assert addresses.wrong == [FROM] * 3


def test_questions_after_one_reference_are_counted_right_or_wrong(enrolment):
    application = file(enrolment)
    for _ in range(10):
        enrolment.of_applicant(application.reference, NUMBER, FROM)

    with pytest.raises(TooManyAttempts):
        enrolment.of_applicant(application.reference, NUMBER, FROM)


def test_stranger_who_types_a_number_uses_up_nothing_of_its_owners(enrolment, accounts):
    for place in range(40):
        enrolment.file(Kind.CITIZEN, FORM | {"name": "Lê Thị Lan"}, f"198.51.100.{place}", "vi")
    for _ in range(4):
        enrolment.file(Kind.CITIZEN, FORM | {"name": "Lê Thị Lan"}, "198.51.100.1", "vi")
    with pytest.raises(TooManyAttempts):
        enrolment.file(Kind.CITIZEN, FORM | {"name": "Lê Thị Lan"}, "198.51.100.1", "vi")

    assert file(enrolment).state is State.ACCEPTED
    assert accounts.by_number(NUMBER).phone == PHONE


def guess(enrolment, day, address):
    """One who knows the holder's name and birth date tries a day of issue."""
    wrong = {"card_issued_on": f"{day}/9/2024"}
    assert enrolment.file(Kind.CITIZEN, FORM | wrong, address, "vi").reason == "register_mismatch"


def test_who_guesses_from_a_few_places_takes_nothing_from_the_holder_elsewhere(enrolment):
    for place in range(1, 10):
        for day in range(1, 6):
            guess(enrolment, day, f"198.51.100.{place}")

    assert file(enrolment).state is State.ACCEPTED


def test_cards_day_is_guessed_five_times_a_day_from_one_place(enrolment, clock):
    for day in range(1, 6):
        guess(enrolment, day, FROM)
    clock.advance(timedelta(hours=1))

    assert file(enrolment).reason == "register_mismatch"


def test_second_looks_of_all_places_are_six_a_day_together(enrolment):
    for place in range(1, 4):
        for day in range(1, 4):
            guess(enrolment, day, f"198.51.100.{place}")
    guess(enrolment, 1, FROM)

    assert file(enrolment).reason == "register_mismatch"


def test_looks_that_a_silent_register_put_off_count_where_they_came_from(enrolment, register):
    register.is_silent = True
    for day in range(1, 6):
        enrolment.file(Kind.CITIZEN, FORM | {"card_issued_on": f"{day}/9/2024"}, "198.51.100.1", "vi")
    register.is_silent = False
    enrolment.resume()

    assert file(enrolment).state is State.ACCEPTED


def test_cards_day_is_guessed_from_ten_places_a_day(enrolment, accounts, clock):
    """Beyond that the right one is a mismatch too: who guesses learns neither that, nor that it was right."""
    for day in range(1, 11):
        wrong = {"card_issued_on": f"{day}/9/2024"}
        enrolment.file(Kind.CITIZEN, FORM | wrong, f"198.51.100.{day}", "vi")

    guessed = file(enrolment)

    assert (guessed.state, guessed.reason) == (State.REFUSED, "register_mismatch")
    assert accounts.by_number(NUMBER) is None
    clock.advance(timedelta(days=1))
    assert file(enrolment).state is State.ACCEPTED


def test_expired_card_is_told_to_nobody_who_guesses_past_the_days_tries(enrolment, register):
    register[NUMBER] = a_record(card_expires_on=date(2026, 11, 1))
    for day in range(1, 11):
        wrong = {"card_issued_on": f"{day}/9/2024"}
        enrolment.file(Kind.CITIZEN, FORM | wrong, f"198.51.100.{day}", "vi")

    assert file(enrolment).reason == "register_mismatch"


def test_applications_are_counted_by_number_whether_or_not_it_is_known(enrolment, clock):
    for number in (NUMBER, OTHER):
        for _ in range(5):
            file(enrolment, username=number)
        with pytest.raises(TooManyAttempts) as refused:
            file(enrolment, username=number)
        assert refused.value.retry_after == timedelta(hours=1)
    clock.advance(timedelta(hours=1))
    for _ in range(4):
        file(enrolment)
    with pytest.raises(TooManyAttempts):
        [file(enrolment) for _ in range(2)]


def test_applicant_takes_back_what_waits_and_nothing_that_is_decided(enrolment, register):
    register.is_silent = True
    application = file(enrolment)

    assert enrolment.withdraw(application.id).state is State.WITHDRAWN

    register.is_silent = False
    assert enrolment.resume() == {}
    with pytest.raises(ApplicationMoved) as refused:
        enrolment.withdraw(application.id)
    assert refused.value.facts() == {"state": "withdrawn"}


def test_account_stands_where_the_code_could_not_be_sent(enrolment, accounts, sent, recorded, monkeypatch):
    monkeypatch.setattr(type(sent), "send_code", lambda *_: _fail())

    application = file(enrolment)

    assert accounts.by_number(NUMBER).id == application.account_id
    assert ("message.failed", application.account_id, {"reason": "unavailable"}) in recorded.events


def test_overdue_ones_are_listed_latest_first(enrolment, register, applications, clock):
    register.is_silent = True
    first = file(enrolment)
    clock.advance(timedelta(days=1))
    second = file(enrolment)

    assert applications.overdue() == []
    clock.advance(timedelta(days=2))

    assert [each.id for each in applications.overdue()] == [first.id, second.id]
