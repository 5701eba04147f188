import unicodedata
from datetime import date

import pytest

from idp.registers.fields import Reason, RowRefused
from idp.registers.population import read_row, write_row
from idp.statute.identity_number import Sex

TODAY = date(2026, 11, 2)


def a_row(**given):
    usual = {
        "number": "001199990001",
        "name": "Trần Thị Thu Hà",
        "birth_date": "1999-05-17",
        "sex": "female",
        "province_2025": "01",
        "address": "Số 5, đường Hoa Sữa",
        "card_issued_on": "2024-08-01",
        "card_expires_on": "2039-05-17",
        "deceased": "no",
    }
    return {**usual, **given}


def test_good_row_gives_the_citizen():
    citizen = read_row(a_row(), TODAY)

    assert citizen.number == "001199990001"
    assert citizen.name == "Trần Thị Thu Hà"
    assert citizen.birth_date == date(1999, 5, 17)
    assert citizen.sex == Sex.FEMALE
    assert citizen.card_expires_on == date(2039, 5, 17)
    assert citizen.is_deceased is False


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("number", "1199990001", Reason.NUMBER_MALFORMED),
        ("number", "001 199 990 001", Reason.NUMBER_MALFORMED),
        ("number", "", Reason.NUMBER_MALFORMED),
        ("number", "003199990001", Reason.NUMBER_PROVINCE_UNKNOWN),
        ("number", "001198990001", Reason.NUMBER_CONTRADICTS_BIRTH),
        ("number", "001399990001", Reason.NUMBER_CONTRADICTS_BIRTH),
        ("number", "001099990001", Reason.NUMBER_CONTRADICTS_SEX),
        ("name", " ", Reason.NAME_MALFORMED),
        ("name", "Trần 2", Reason.NAME_MALFORMED),
        ("name", "Trần\x00Hà", Reason.NAME_MALFORMED),
        ("name", "Trần\u202eHà", Reason.NAME_MALFORMED),
        ("name", "=cmd()", Reason.NAME_MALFORMED),
        ("name", "a" * 101, Reason.NAME_MALFORMED),
        ("birth_date", "17/05/1999", Reason.BIRTH_DATE_MALFORMED),
        ("birth_date", "1999-02-30", Reason.BIRTH_DATE_MALFORMED),
        ("birth_date", "19990517", Reason.BIRTH_DATE_MALFORMED),
        ("birth_date", "2026-11-03", Reason.BIRTH_DATE_IN_FUTURE),
        ("sex", "F", Reason.SEX_UNKNOWN),
        ("province_2025", "02", Reason.PROVINCE_UNKNOWN),
        ("province_2025", "001", Reason.PROVINCE_UNKNOWN),
        ("address", "", Reason.ADDRESS_MALFORMED),
        ("address", "a\x1bb", Reason.ADDRESS_MALFORMED),
        ("card_issued_on", "soon", Reason.CARD_DATE_MALFORMED),
        ("card_issued_on", "", Reason.CARD_DATES_CONTRADICT),
        ("card_issued_on", "1998-01-01", Reason.CARD_DATES_CONTRADICT),
        ("card_issued_on", "2026-11-03", Reason.CARD_DATES_CONTRADICT),
        ("card_expires_on", "2024-08-01", Reason.CARD_DATES_CONTRADICT),
        ("deceased", "", Reason.DECEASED_MALFORMED),
    ],
)
def test_row_is_refused_with_its_reason(field, value, reason):
    with pytest.raises(RowRefused) as refused:
        read_row(a_row(**{field: value}), TODAY)

    assert refused.value.reason == reason


@pytest.mark.parametrize("column", ["name", "address"])
def test_decomposed_text_is_refused(column):
    with pytest.raises(RowRefused) as refused:
        read_row(a_row(**{column: unicodedata.normalize("NFD", "Trần Thị Hà")}), TODAY)

    assert refused.value.reason == Reason.TEXT_DECOMPOSED


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("name", "Тrần Hà"),
        ("name", "Ðặng Hà"),
        ("address", "Hà Nội а"),
        ("address", "Hà Nộ\u0301i"),
        ("address", "Số 5\u0301, Hà Nội"),
    ],
)
def test_letters_that_only_look_alike_are_refused(column, text):
    with pytest.raises(RowRefused) as refused:
        read_row(a_row(**{column: text}), TODAY)

    assert refused.value.reason == Reason.TEXT_LOOKS_ALIKE


def test_guardians_are_read_and_may_be_left_out():
    row = a_row(guardians="001083990000;001183990001")

    assert read_row(row, TODAY).guardians == ("001083990000", "001183990001")
    assert read_row(a_row(), TODAY).guardians == ()


@pytest.mark.parametrize(
    "guardians", ["1", "001083990000;", "001083990000;001083990000", "001199990001", "90000001"]
)
def test_guardians_that_cannot_be_are_refused(guardians):
    with pytest.raises(RowRefused) as refused:
        read_row(a_row(guardians=guardians), TODAY)

    assert refused.value.reason == Reason.GUARDIANS_MALFORMED


def test_row_that_is_written_is_read_as_the_same_citizen():
    citizen = read_row(a_row(guardians="001083990000"), TODAY)

    assert read_row(write_row(citizen), TODAY) == citizen


@pytest.mark.parametrize("name", ["H'Lum Êban", "Y Blơm Êban", "Rơ Châm H'Bia", "An"])
def test_names_of_all_peoples_are_accepted(name):
    assert read_row(a_row(name=name), TODAY).name == name


def test_person_without_a_card_and_card_without_end_are_accepted():
    assert not read_row(a_row(card_issued_on="", card_expires_on=""), TODAY).has_card
    assert read_row(a_row(card_expires_on=""), TODAY).has_valid_card(date(2100, 1, 1))


def test_card_is_valid_on_its_last_day_and_not_after():
    citizen = read_row(a_row(), TODAY)

    assert citizen.has_valid_card(date(2039, 5, 17))
    assert not citizen.has_valid_card(date(2039, 5, 18))
    assert not citizen.has_valid_card(date(2024, 7, 31))


def test_nothing_personal_is_in_the_repr():
    text = repr(read_row(a_row(), TODAY))

    assert "001199990001" not in text
    assert "Trần" not in text
    assert "1999" not in text


def test_guardian_may_be_a_foreigner():
    assert read_row(a_row(guardians="900990000001"), TODAY).guardians == ("900990000001",)


@pytest.mark.parametrize(("written", "is_ward"), [("yes", True), ("no", False), ("", False)])
def test_only_a_court_makes_a_ward(written, is_ward):
    assert read_row(a_row(ward=written), TODAY).is_ward is is_ward
