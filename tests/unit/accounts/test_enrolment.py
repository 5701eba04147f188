from datetime import date, timedelta

import pytest

from idp.accounts.account import AccountExists, LockGround, Status
from idp.accounts.activation import ActivationRefused
from idp.accounts.citizen import NumberMalformed
from idp.accounts.eligibility import CardNeeded, Deceased, GuardianNeeded, LevelNotHeld, NotInRegister
from idp.accounts.enrolment import Enrolment, NotToBeActivated
from idp.accounts.enrolment_limits import Limits
from idp.accounts.evidence import SEEN, EvidenceKind
from idp.accounts.phone import PhoneMalformed
from idp.assurance import Level
from idp.kernel.errors import TooManyAttempts, Unavailable
from idp.statute.law import STATUTE
from idp.statute.rules import Case
from tests.people import NUMBER, PHONE, a_record, a_seal

OTHER = "001199990002"
FROM = "203.0.113.7"


def nothing():
    """What these holders sign in with."""
    return lambda _account_id: None


class Register(dict):
    """A population register of the records it is given."""

    source = "a register of tests"

    def find(self, number):
        return self.get(number)


class Around:
    """Network addresses: which had wrong tries, and which are shut."""

    def __init__(self):
        self.wrong = []
        self.shut = set()

    def check(self, address):
        if address in self.shut:
            raise TooManyAttempts(timedelta(minutes=15))

    def fail(self, address):
        self.wrong.append(address)


class SilentRegister:
    def find(self, number):
        raise Unavailable("register")


@pytest.fixture
def register():
    return Register({NUMBER: a_record()})


@pytest.fixture
def around():
    return Around()


@pytest.fixture
def limits(ephemeral, around):
    return Limits(ephemeral, a_seal(), around, lambda address: address)


@pytest.fixture
def enrolment(accounts, register, opening, codes, owed, limits, recorded, clock):
    return Enrolment(accounts, register, opening, codes, owed, limits, recorded, clock)


def test_citizen_of_the_register_gets_an_account_and_a_code(enrolment, accounts, recorded, sent):
    account = enrolment.open_citizen("001 199 990 001", "0900 000 001", Level.TWO, "cli")

    assert accounts.by_number(NUMBER) == account
    assert (account.status, account.level, account.phone) == (Status.ISSUED, Level.TWO, PHONE)
    assert account.identity.family_name == "Trần"
    assert sent.messages == [(PHONE, sent.last_code, "activation", "vi")]
    opened = {"kind": "citizen", "level": "02", "actor": "cli"}
    assert recorded.events[0] == ("account.opened", account.id, opened)


def test_account_stands_on_the_register_and_at_level_02_on_having_been_seen(enrolment, evidence, clock):
    account = enrolment.open_citizen(NUMBER, PHONE, Level.TWO, "cli")

    found, seen = evidence.of_account(account.id)

    assert (found.kind, found.source, found.officer) == (EvidenceKind.REGISTER, "a register of tests", None)
    assert (seen.kind, seen.officer, seen.facts) == (EvidenceKind.IN_PERSON, "cli", SEEN)
    assert found.at == seen.at == clock.now
    assert found.article == "69/2024 Art. 7.1.a"


def test_nobody_was_seen_for_level_01(enrolment, evidence):
    account = enrolment.open_citizen(NUMBER, PHONE, Level.ONE, "cli")

    assert [each.kind for each in evidence.of_account(account.id)] == [EvidenceKind.REGISTER]


def test_holder_activates_with_the_code(enrolment, accounts, recorded, sent, clock):
    opened = enrolment.open_citizen(NUMBER, PHONE, Level.ONE, "cli")

    account = enrolment.activate(NUMBER, sent.last_code, FROM, nothing)

    assert account.id == opened.id
    assert account.is_active
    assert account.activated_at == clock.now
    assert recorded.events[-1] == ("account.activated", opened.id, {})


def test_account_is_not_active_where_its_password_could_not_be_stored(enrolment, accounts, sent):
    enrolment.open_citizen(NUMBER, PHONE, Level.ONE, "cli")

    def failing(_account_id):
        raise Unavailable("database")

    with pytest.raises(Unavailable):
        enrolment.activate(NUMBER, sent.last_code, FROM, lambda: failing)

    assert accounts.by_number(NUMBER).status == Status.ISSUED


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"is_deceased": True}, Deceased),
        ({"card_issued_on": None, "card_expires_on": None}, CardNeeded),
        ({"card_expires_on": date(2026, 11, 1)}, CardNeeded),
        ({"birth_date": date(2013, 5, 17)}, GuardianNeeded),
        ({"birth_date": date(2021, 5, 17)}, LevelNotHeld),
    ],
)
def test_register_or_law_refuses(enrolment, register, accounts, recorded, sent, changed, refusal):
    register[NUMBER] = a_record(**changed)

    with pytest.raises(refusal) as refused:
        enrolment.open_citizen(NUMBER, PHONE, Level.TWO, "cli")

    assert accounts.by_number(NUMBER) is None
    assert sent.messages == []
    facts = {"reason": refused.value.code, "actor": "cli"}
    assert recorded.events == [("account.opening_refused", None, facts)]


def test_card_is_good_on_its_last_day_in_viet_nam(enrolment, register, clock):
    register[NUMBER] = a_record(card_expires_on=date(2026, 11, 2))
    clock.advance(timedelta(hours=15, minutes=59))
    enrolment.open_citizen(NUMBER, PHONE, Level.ONE, "cli")

    register[OTHER] = a_record(number=OTHER, card_expires_on=date(2026, 11, 2))
    clock.advance(timedelta(minutes=1))
    with pytest.raises(CardNeeded) as refused:
        enrolment.open_citizen(OTHER, PHONE, Level.ONE, "cli")

    assert refused.value.facts()["reason"] == "expired"


def test_person_the_register_does_not_know_is_refused(enrolment):
    with pytest.raises(NotInRegister):
        enrolment.open_citizen(OTHER, PHONE, Level.ONE, "cli")


def test_second_account_is_refused(enrolment, sent):
    enrolment.open_citizen(NUMBER, PHONE, Level.ONE, "cli")

    with pytest.raises(AccountExists):
        enrolment.open_citizen(NUMBER, PHONE, Level.ONE, "cli")

    assert len(sent.messages) == 1


def test_silent_register_is_not_taken_for_a_no(accounts, opening, codes, owed, limits, recorded, clock):
    enrolment = Enrolment(accounts, SilentRegister(), opening, codes, owed, limits, recorded, clock)

    with pytest.raises(Unavailable):
        enrolment.open_citizen(NUMBER, PHONE, Level.ONE, "cli")


@pytest.mark.parametrize(
    ("number", "phone", "refusal"), [("1", PHONE, NumberMalformed), (NUMBER, "1", PhoneMalformed)]
)
def test_what_cannot_be_read_is_refused(enrolment, number, phone, refusal):
    with pytest.raises(refusal):
        enrolment.open_citizen(number, phone, Level.ONE, "cli")


def test_wrong_code_unknown_number_and_active_account_are_answered_alike(enrolment, register, recorded, sent):
    enrolment.open_citizen(NUMBER, PHONE, Level.ONE, "cli")
    wrong = "000000" if sent.last_code != "000000" else "000001"
    register[OTHER] = a_record(number=OTHER)
    enrolment.open_citizen(OTHER, PHONE, Level.ONE, "cli")
    enrolment.activate(OTHER, sent.last_code, FROM, nothing)

    refusals = []
    for number in (NUMBER, "001199990003"):
        with pytest.raises(ActivationRefused) as refused:
            enrolment.activate(number, wrong, FROM, nothing)
        refusals.append(refused.value.facts())
    with pytest.raises(ActivationRefused):
        enrolment.activate(OTHER, sent.last_code, FROM, nothing)

    assert refusals[0] == refusals[1]
    assert recorded.events[-1] == ("account.activation_refused", None, {"attempts_left": 8})


def test_locked_account_is_not_activated_by_a_right_code(enrolment, accounts, sent):
    account = enrolment.open_citizen(NUMBER, PHONE, Level.ONE, "cli")
    accounts.lock(account.id, LockGround.AUTHORITY)

    with pytest.raises(ActivationRefused):
        enrolment.activate(NUMBER, sent.last_code, FROM, nothing)

    assert accounts.the(account.id).status == Status.LOCKED


def test_another_code_is_sent_for_an_account_that_waits_and_silently_none_else(enrolment, sent):
    enrolment.open_citizen(NUMBER, PHONE, Level.ONE, "cli")

    enrolment.send_code(OTHER, FROM)
    enrolment.send_code(NUMBER, FROM)

    assert [to for to, *_ in sent.messages] == [PHONE, PHONE]
    enrolment.activate(NUMBER, sent.last_code, FROM, nothing)
    enrolment.send_code(NUMBER, FROM)
    assert len(sent.messages) == 2


def test_after_the_term_the_phone_is_told_whom_to_ask_and_gets_no_code(enrolment, sent, clock):
    account = enrolment.open_citizen(NUMBER, PHONE, Level.ONE, "cli")
    over = STATUTE.at(clock.now).deadline(Case.ACTIVATION, account.opened_at).due_at
    clock.now = over - timedelta(microseconds=1)
    enrolment.send_code(NUMBER, FROM)
    assert (len(sent.messages), sent.notices) == (2, [])
    clock.now = over

    enrolment.send_code(NUMBER, FROM)

    assert len(sent.messages) == 2
    assert sent.notices == [(PHONE, "activation_over", "vi")]


def test_operator_sends_a_code_after_the_term_and_the_account_is_activated(enrolment, sent, recorded, clock):
    account = enrolment.open_citizen(NUMBER, PHONE, Level.ONE, "cli")
    clock.advance(timedelta(days=30))

    enrolment.send_code_for(account.id, "cli")

    told = ("message.sent", account.id, {"kind": "activation", "actor": "cli"})
    assert recorded.events[-1] == told
    assert enrolment.activate(NUMBER, sent.last_code, FROM, nothing).is_active
    with pytest.raises(NotToBeActivated):
        enrolment.send_code_for(account.id, "cli")


def test_codes_are_sent_five_times_an_hour_to_known_and_unknown_alike(enrolment):
    enrolment.open_citizen(NUMBER, PHONE, Level.ONE, "cli")

    for number in (NUMBER, OTHER):
        for _ in range(5):
            enrolment.send_code(number, FROM)
        with pytest.raises(TooManyAttempts):
            enrolment.send_code(number, FROM)


def test_guessing_codes_counts_against_the_address(enrolment, around):
    for number in (NUMBER, OTHER):
        with pytest.raises(ActivationRefused):
            enrolment.activate(number, "000000", FROM, nothing)

    assert around.wrong == [FROM, FROM]


def test_shut_address_costs_no_hash_and_sends_no_code(enrolment, around, sent):
    around.shut.add(FROM)
    enrolment.open_citizen(NUMBER, PHONE, Level.ONE, "cli")
    sent.messages.clear()

    def hashing():
        raise AssertionError("the address was to be looked at first")

    with pytest.raises(TooManyAttempts):
        enrolment.activate(NUMBER, "000000", FROM, hashing)
    with pytest.raises(TooManyAttempts):
        enrolment.send_code(NUMBER, FROM)

    assert sent.messages == []


def test_one_address_cannot_have_codes_sent_to_everybody(enrolment):
    for each in range(300):
        enrolment.send_code(f"0011999{each:05d}", FROM)

    with pytest.raises(TooManyAttempts):
        enrolment.send_code(NUMBER, FROM)
    enrolment.send_code(NUMBER, "198.51.100.7")


def test_account_is_looked_up_once_whether_a_code_is_sent_or_spent(enrolment, accounts, sent, monkeypatch):
    enrolment.open_citizen(NUMBER, PHONE, Level.ONE, "cli")
    asked, find = [], accounts.by_number
    monkeypatch.setattr(accounts, "by_number", lambda number: asked.append(number) or find(number))

    enrolment.send_code(NUMBER, FROM)
    enrolment.activate(NUMBER, sent.last_code, FROM, nothing)

    assert asked == [NUMBER, NUMBER]
