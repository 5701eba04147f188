from datetime import date

import pytest

from idp.statute.identity_number import NumberMalformed, Sex, century_digit, hint, parse_number


def test_number_tells_province_sex_and_year():
    number = parse_number("001199990001")

    assert (number.province, number.sex, number.birth_year) == ("001", Sex.FEMALE, 1999)


@pytest.mark.parametrize(
    ("digit", "year", "sex"),
    [
        ("0", 1907, Sex.MALE),
        ("1", 1907, Sex.FEMALE),
        ("2", 2007, Sex.MALE),
        ("3", 2007, Sex.FEMALE),
        ("4", 2107, Sex.MALE),
        ("9", 2307, Sex.FEMALE),
    ],
)
def test_fourth_digit_is_century_and_sex(digit, year, sex):
    number = parse_number(f"079{digit}07990001")

    assert (number.birth_year, number.sex) == (year, sex)
    assert century_digit(year, sex) == int(digit)


@pytest.mark.parametrize("typed", ["001 199 990 001", "001.199.990.001", " 001199990001 ", "001-199990001"])
def test_what_people_type_between_digits_is_forgiven(typed):
    assert parse_number(typed).digits == "001199990001"


@pytest.mark.parametrize(
    "typed", ["", "00119999000", "0011999900011", "00119999000a", "٠٠١١٩٩٩٩٠٠٠١", "001199990001\x00"]
)
def test_other_than_twelve_digits_is_refused(typed):
    with pytest.raises(NumberMalformed) as refused:
        parse_number(typed)

    assert refused.value.facts() == {"reason": "digits"}


@pytest.mark.parametrize("prefix", ["000", "003", "097", "100", "900", "999"])
def test_prefix_that_is_no_province_and_no_country_is_refused(prefix):
    with pytest.raises(NumberMalformed) as refused:
        parse_number(f"{prefix}199990001")

    assert refused.value.reason == "province"


def test_somebody_registered_abroad_has_no_province():
    assert parse_number("123199990001").province is None


def test_number_fits_only_the_year_and_sex_it_tells():
    number = parse_number("001199990001")

    assert number.fits(date(1999, 12, 31), Sex.FEMALE)
    assert not number.fits(date(1998, 12, 31), Sex.FEMALE)
    assert not number.fits(date(1999, 12, 31), Sex.MALE)


def test_number_is_in_no_repr_and_no_message():
    assert "199990001" not in repr(parse_number("001199990001"))
    with pytest.raises(NumberMalformed) as refused:
        parse_number("999199990001")
    assert "199990001" not in repr(refused.value)


def test_hint_shows_the_last_three_digits_only():
    assert hint("001199991234") == "••• ••• ••• 234"
