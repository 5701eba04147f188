"""accounts place-under-guardian, hand-back: two officers, from the command line."""

import pytest

from tests.people import a_record
from tests.unit.cli.test_organisations import officer, person

WARD, GUARDIAN, ONE = "001083990000", "004094990074", "010099990185"
SEEN = ("--decision-seen", "--guardian-present")


def test_what_each_command_says_and_refuses(idp, monkeypatch):
    person(idp, WARD, "0900000001")
    person(idp, GUARDIAN, "0900000002")
    one = officer(idp, ONE, "0900000003")
    place = ("accounts", "place-under-guardian", WARD, "--guardian", GUARDIAN, "--officer", one)

    assert "files_alone" in idp(*place, *SEEN).err

    ward = a_record(number=WARD, is_ward=True, guardians=(GUARDIAN,))
    monkeypatch.setattr("idp.registers.sample.SampleRegister.find", lambda _self, _number: ward)
    assert "act_incomplete missing=guardian_present" in idp(*place, "--decision-seen").err
    said = idp.succeed(*place, *SEEN)
    assert "waiting in person: another officer attests it until" in said
    assert WARD not in said
    back = ("accounts", "hand-back", WARD, "--phone", "0900000009", "--officer", one, "--card-seen")
    assert "not_to_be_returned" in idp(*back, "--face-compared").err


@pytest.mark.parametrize("phone", ["113", "x"])
def test_phone_that_takes_no_message_gives_nothing_back(idp, phone):
    person(idp, WARD, "0900000001")
    one = officer(idp, ONE, "0900000003")

    answer = idp("accounts", "hand-back", WARD, "--phone", phone, "--officer", one, "--card-seen")

    assert answer.status == 1
    assert "phone_malformed" in answer.err
