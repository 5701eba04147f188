from datetime import date

import pytest

from idp.accounts.account import Status
from idp.accounts.application import State
from idp.accounts.applications import Applications
from idp.accounts.coming_of_age import ComingOfAge
from idp.accounts.enrolment_limits import Limits
from idp.accounts.foreigner_filing import CardNumberMalformed, ForeignerFiling
from idp.accounts.kinds import Kind
from idp.accounts.machine_readable_zone import ZoneRefused
from idp.accounts.phone import PhoneMalformed
from idp.accounts.self_enrolment import SelfEnrolment
from idp.assurance import Level
from idp.kernel.errors import Unavailable
from idp.registers.immigration import ResidenceKind
from idp.statute.assigned_number import AssignedNumberMalformed
from tests.foreigners import NUMBER, a_foreigners_record, a_zone
from tests.people import PHONE, a_seal

FROM = "203.0.113.7"


class Register(dict):
    """An immigration register of the records it is given, that may be silent."""

    source = "a register of tests"
    is_silent = False

    def find(self, number):
        if self.is_silent:
            raise Unavailable("register")
        return self.get(number)


class Addresses:
    def check(self, address):
        """All may try."""

    def fail(self, address):
        """Nobody counts."""


@pytest.fixture
def register():
    return Register({NUMBER: a_foreigners_record()})


@pytest.fixture
def enrolment(database, register, opening, accounts, evidence, ephemeral, recorded, clock):
    limits = Limits(ephemeral, a_seal(), Addresses(), lambda address: address)
    filings = {Kind.FOREIGNER: ForeignerFiling(register, clock)}
    applications = Applications(database, a_seal(), recorded, clock)
    coming_of_age = ComingOfAge(accounts, evidence, recorded, clock)
    return SelfEnrolment(applications, filings, opening, limits, coming_of_age, recorded)


FORM = {"username": NUMBER, "zone": a_zone(), "residence_number": "trc 0000001", "phone": "0900 000 001"}


def file(enrolment, **changed):
    return enrolment.file(Kind.FOREIGNER, FORM | changed, FROM, "en")


def test_foreigner_whose_papers_agree_gets_an_account_of_level_01(enrolment, accounts, sent):
    application = file(enrolment)

    account = accounts.by_number(NUMBER)
    assert application.state is State.ACCEPTED
    assert application.article == "69/2024 Art. 7.2.a"
    assert (account.kind, account.level, account.status) == (Kind.FOREIGNER, Level.ONE, Status.ISSUED)
    assert (account.identity.nationality, account.identity.document_number) == ("SWE", "X0000001")
    assert sent.messages == [(PHONE, sent.last_code, "activation", "en")]


@pytest.mark.parametrize(
    ("typed", "recorded_as"),
    [
        ({"zone": a_zone("ANNA<<EXAMPLE")}, {}),
        ({"zone": a_zone().replace("\n", "").lower()}, {}),
        ({"zone": a_zone(sex="<")}, {}),
        ({"zone": a_zone(nationality="D")}, {"nationality": "DEU"}),
        ({"zone": a_zone("A" * 40)}, {"name": "A" * 45}),
    ],
)
def test_same_papers_written_another_way_agree(enrolment, register, typed, recorded_as):
    register[NUMBER] = a_foreigners_record(**recorded_as)

    assert file(enrolment, **typed).state is State.ACCEPTED


@pytest.mark.parametrize(
    "changed",
    [
        {"zone": a_zone("EXAMPLE<<ANN")},
        {"zone": a_zone(number="X0000002")},
        {"zone": a_zone(born="900103")},
        {"zone": a_zone(sex="M")},
        {"zone": a_zone(nationality="NOR")},
        {"zone": a_zone(until="330406")},
        {"residence_number": "TRC0000002"},
        {"username": "900990000002"},
    ],
)
def test_every_mismatch_is_one_and_the_same_refusal(enrolment, accounts, changed):
    application = file(enrolment, **changed)

    assert (application.state, application.reason) == (State.REFUSED, "register_mismatch")
    assert accounts.by_number(NUMBER) is None


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"username": "001199990001"}, AssignedNumberMalformed),
        ({"username": "1"}, AssignedNumberMalformed),
        ({"zone": ""}, ZoneRefused),
        ({"zone": a_zone().replace("X0000001", "X0000002")}, ZoneRefused),
        ({"zone": "V" + a_zone()[1:]}, ZoneRefused),
        ({"residence_number": "' OR 1=1"}, CardNumberMalformed),
        ({"residence_number": ""}, CardNumberMalformed),
        ({"phone": "113"}, PhoneMalformed),
    ],
)
def test_what_cannot_be_read_is_filed_nowhere(enrolment, recorded, changed, refusal):
    with pytest.raises(refusal):
        file(enrolment, **changed)

    assert recorded.events == []


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ({"zone": a_zone(until="261101")}, "document_expired"),
        ({"zone": a_zone(until="261102")}, None),
        ({"zone": a_zone(born="150102")}, "guardian_needed"),
    ],
)
def test_expired_passport_and_child_are_refused_before_the_register_is_asked(
    enrolment, register, typed, reason
):
    register.is_silent = True

    application = file(enrolment, **typed)

    assert application.reason == reason
    assert application.state is (State.REFUSED if reason else State.WAITING_REGISTER)


@pytest.mark.parametrize(
    ("recorded_as", "reason"),
    [
        ({"residence_expires_on": date(2026, 11, 1)}, "residence_needed"),
        ({"residence_expires_on": date(2026, 11, 2)}, None),
        ({"residence_kind": ResidenceKind.PERMANENT, "residence_expires_on": None}, None),
        ({"is_deceased": True}, "register_mismatch"),
        ({"residence_kind": None, "residence_number": None}, "register_mismatch"),
    ],
)
def test_residence_card_past_its_day_is_refused_with_its_article(enrolment, register, recorded_as, reason):
    register[NUMBER] = a_foreigners_record(**recorded_as)

    application = file(enrolment)

    assert application.reason == reason
    if reason == "residence_needed":
        assert application.article == "69/2024 Art. 7.2.a"


def test_silent_register_leaves_it_waiting_and_it_is_read_again_as_filed(enrolment, register, accounts):
    register.is_silent = True
    assert file(enrolment).state is State.WAITING_REGISTER
    register.is_silent = False

    assert enrolment.resume() == {State.ACCEPTED: 1}

    assert accounts.by_number(NUMBER).phone == PHONE
