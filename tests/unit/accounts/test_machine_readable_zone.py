from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.accounts.machine_readable_zone import ZoneRefused, check_digit, parse_zone
from idp.statute.identity_number import Sex

TODAY = date(2026, 11, 2)
# The specimens of ICAO Doc 9303 parts 4, 5 and 6.
TD3 = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"
TD1 = "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<"
TD2 = "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nD231458907UTO7408122F1204159<<<<<<<6"
SPECIMENS = [TD3, TD1, TD2]
LETTERS = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=12)


@pytest.mark.parametrize(("typed", "number"), [(TD3, "L898902C3"), (TD1, "D23145890"), (TD2, "D23145890")])
@pytest.mark.spec("ICAO Doc 9303 parts 4-6")
def test_specimen_is_read(typed, number):
    zone = parse_zone(typed, TODAY)

    assert (zone.surname, zone.given_names) == ("ERIKSSON", "ANNA MARIA")
    assert (zone.issuer, zone.nationality, zone.number) == ("UTO", "UTO", number)
    assert (zone.birth_date, zone.sex) == (date(1974, 8, 12), Sex.FEMALE)
    assert zone.expires_on == date(2012, 4, 15)
    assert zone.is_expired(TODAY)
    assert not zone.is_expired(date(2012, 4, 15))


@pytest.mark.spec("ICAO Doc 9303 part 5 4.2.4")
def test_long_number_of_a_card_goes_on_in_the_optional_data():
    first = "I<UTOD23145890<" + "7349" + "<" * 11
    second = "7408122F1204159UTO" + "<" * 11
    composite = check_digit(first[5:] + second[:7] + second[8:15] + second[18:29])

    zone = parse_zone(first + second + composite + "ERIKSSON<<ANNA".ljust(30, "<"), TODAY)

    assert zone.number == "D23145890734"


@pytest.mark.parametrize("typed", SPECIMENS)
def test_white_space_and_small_letters_are_forgiven(typed):
    assert parse_zone(" ".join(typed.lower()), TODAY) == parse_zone(typed, TODAY)


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "length"),
        (TD3[:-1], "length"),
        (TD3.replace("ANNA", "ÁNNA"), "characters"),
        ("V" + TD3[1:], "document"),
        (TD3.replace("7408122", "7408123"), "check_digit"),
        (TD3.replace("L898902C3", "L898902C4"), "check_digit"),
        (TD3.replace("ZE184226B", "ZE184226C"), "check_digit"),
        (TD3[:-1] + "1", "check_digit"),
        (TD3.replace("F1204159", "Q1204159"), "sex"),
        (TD3.replace("ERIKSSON", "ERIK550N"), "name"),
    ],
)
def test_what_does_not_add_up_is_refused_with_its_reason(typed, reason):
    with pytest.raises(ZoneRefused) as refused:
        parse_zone(typed, TODAY)

    assert refused.value.reason == reason
    assert "ERIKSSON" not in str(refused.value)


def test_day_that_never_was_is_refused():
    assert _reason(_passport(born="740231")) == "date"


@pytest.mark.parametrize(
    ("born", "year"), [("261102", 2026), ("261103", 1926), ("270101", 1927), ("000229", 2000)]
)
def test_nobody_is_born_after_today(born, year):
    assert parse_zone(_passport(born=born), TODAY).birth_date.year == year


@pytest.mark.parametrize(("expires", "year"), [("360101", 2036), ("760101", 2076), ("770101", 1977)])
def test_expiry_is_read_within_fifty_years(expires, year):
    assert parse_zone(_passport(expires=expires), TODAY).expires_on.year == year


@given(
    st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=1, max_size=9),
    LETTERS,
    LETTERS,
    st.dates(date(1930, 1, 1), date(2020, 1, 1)),
)
def test_what_is_written_is_read(number, surname, given_name, born):
    zone = parse_zone(_passport(number, surname, given_name, f"{born:%y%m%d}"), TODAY)

    assert (zone.number, zone.surname, zone.given_names) == (number, surname, given_name)
    assert (zone.birth_date.month, zone.birth_date.day) == (born.month, born.day)


@given(st.integers(0, 27), st.sampled_from("0123456789"))
def test_one_wrong_digit_among_the_checked_ones_is_found(place, digit):
    second = TD3.splitlines()[1]
    wrong = second[:place] + digit + second[place + 1 :]
    if place in (10, 11, 12, 20):  # nationality and sex are not checked
        return
    if check_digit(digit) == check_digit(second[place]):  # a letter may count as much as a digit: L as 1
        return

    assert _reason(TD3.splitlines()[0] + wrong) == "check_digit"


@given(st.text("ABC<0123456789MF", min_size=72, max_size=90))
def test_noise_is_refused_and_never_breaks_anything(noise):
    try:
        parse_zone(noise, TODAY)
    except ZoneRefused:
        return
    raise AssertionError(noise)


def _passport(number="X0000001", surname="EXAMPLE", given_name="ANNA", born="740812", expires="360101"):
    first = f"P<SWE{surname}<<{given_name}".ljust(44, "<")
    padded = number.ljust(9, "<")
    second = f"{padded}{check_digit(padded)}SWE{born}{check_digit(born)}F{expires}{check_digit(expires)}"
    second += "<" * 14 + "0"
    return first + second + check_digit(second[:10] + second[13:20] + second[21:43])


def _reason(typed):
    with pytest.raises(ZoneRefused) as refused:
        parse_zone(typed, TODAY)
    return refused.value.reason
