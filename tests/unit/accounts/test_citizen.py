from datetime import date

import pytest

from idp.accounts.citizen import Citizen, split_name
from tests.people import a_citizen


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Trần Thị Thu Hà", ("Trần", "Thị Thu", "Hà")),
        ("Lê An", ("Lê", None, "An")),
        ("An", (None, None, "An")),
    ],
)
def test_name_is_family_middle_and_given(name, parts):
    assert split_name(name) == parts


def test_citizen_is_restored_from_what_is_stored():
    citizen = a_citizen(middle_name=None)

    assert Citizen.restored(citizen.stored()) == citizen


def test_province_is_stored_with_its_scheme():
    assert a_citizen().stored()["province_2025"] == "01"


def test_ages_are_those_of_the_day():
    born = date(2012, 11, 2)

    assert a_citizen(birth_date=born).claims(date(2026, 11, 1))["age_over_14"] is False
    assert a_citizen(birth_date=born).claims(date(2026, 11, 2))["age_over_14"] is True
    assert a_citizen(birth_date=born).claims(date(2030, 11, 1))["age_over_18"] is False
    assert a_citizen(birth_date=born).claims(date(2030, 11, 2))["age_over_18"] is True


def test_claims_leave_out_what_there_is_none_of():
    assert "middle_name" not in a_citizen(middle_name=None).claims(date(2026, 11, 2))


def test_nothing_personal_is_in_the_repr():
    assert repr(a_citizen()) == "Citizen()"
