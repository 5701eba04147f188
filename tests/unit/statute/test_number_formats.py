"""Every format of a number, with anything typed: taken in one form, or refused without it in the refusal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.kernel.errors import Refused
from idp.statute.agency_code import parse_agency_code
from idp.statute.assigned_number import is_citizens, parse_anyones, parse_assigned
from idp.statute.identity_number import Sex, century_digit, hint, parse_number
from idp.statute.provinces import OLD_PROVINCES
from idp.statute.tax_code import parse_tax_code

PARSERS = {
    "identity number": lambda typed: parse_number(typed).digits,
    "assigned number": parse_assigned,
    "anybody's number": parse_anyones,
    "tax code": lambda typed: parse_tax_code(typed).digits,
    "agency code": parse_agency_code,
}
REASONS = {"", "digits", "province", "citizen", "check_digit", "branch", "person"}
SEPARATORS = st.text(" .-\t\u00a0", max_size=2)
NUMBERS = st.builds(
    lambda prefix, year, sex, serial: f"{prefix}{century_digit(year, sex)}{year % 100:02}{serial:06}",
    st.sampled_from(sorted(OLD_PROVINCES)),
    st.integers(1900, 2399),
    st.sampled_from(Sex),
    st.integers(0, 999_999),
)
ANYTHING = st.text(max_size=40) | st.text("0123456789 .-ABZ٠１²", max_size=40)


@pytest.mark.parametrize("parse", PARSERS.values(), ids=PARSERS)
@given(typed=ANYTHING)
def test_anything_typed_is_taken_in_one_form_or_refused_without_it(parse, typed):
    taken = attempt(parse, typed)

    if isinstance(taken, Refused):
        assert set(taken.facts().values()) <= REASONS
        assert str(taken) in REASONS
    else:
        assert parse(taken) == taken
        assert taken.isascii()


def attempt(parse, typed):
    """What was taken, or the refusal."""
    try:
        return parse(typed)
    except Refused as refusal:
        return refusal


@pytest.mark.parametrize(
    ("typed", "taken"),
    [
        ("001 199 990 001", "001199990001"),
        ("9009-9000-0000", "900990000000"),
        ("0100109106-001", "0100109106001"),
        (" h25.00008", "H25.00008"),
    ],
)
def test_anybodys_number_may_be_a_persons_an_organisations_or_an_agencys(typed, taken):
    assert parse_anyones(typed) == taken


@given(NUMBERS, st.lists(SEPARATORS, min_size=13, max_size=13))
def test_number_is_the_same_however_its_digits_are_spaced(number, between):
    typed = "".join(space + digit for space, digit in zip(between, number, strict=False)) + between[-1]

    assert parse_number(typed).digits == number


@given(NUMBERS, st.integers(1900, 2399), st.sampled_from(Sex))
def test_number_tells_the_year_and_sex_it_was_made_of(number, year, sex):
    made = f"{number[:3]}{century_digit(year, sex)}{year % 100:02}{number[6:]}"

    parsed = parse_number(made)

    assert (parsed.birth_year, parsed.sex) == (year, sex)


@given(NUMBERS)
def test_citizens_number_is_a_tax_code_and_nobody_elses(number):
    assert is_citizens(number)
    assert parse_tax_code(number).written == number
    with pytest.raises(Refused):
        parse_assigned(number)


@given(NUMBERS)
def test_hint_and_repr_tell_three_digits_at_most(number):
    assert sum(character.isdigit() for character in hint(number)) == 3
    assert number not in repr(parse_number(number))
