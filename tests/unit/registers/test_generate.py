import unicodedata
from collections import Counter
from datetime import date
from io import StringIO

import pytest

from idp.registers import business, generate, generate_others
from idp.registers.csv_file import Rows
from idp.registers.generate import AS_OF, card_expiry, write
from idp.registers.register import POPULATION, CitizenRecord
from idp.registers.sample import SAMPLE_FOREIGNERS, SAMPLE_ORGANISATIONS, SAMPLE_PEOPLE
from idp.statute.ages import age_on
from idp.statute.provinces import OLD_PROVINCES, PROVINCES


@pytest.fixture(scope="module")
def people():
    with SAMPLE_PEOPLE.open("rb") as file:
        rows = Rows(file, POPULATION, AS_OF)
        found = [outcome for _, outcome in rows]
        rows.close()
    return found


def test_file_is_what_the_generator_writes():
    written = StringIO(newline="")

    write(written)

    assert SAMPLE_PEOPLE.read_text(encoding="utf-8") == written.getvalue()


def test_every_row_is_accepted_and_every_number_is_another(people):
    assert all(isinstance(person, CitizenRecord) for person in people)
    assert len({person.number for person in people}) == len(people) >= 300


def test_numbers_are_marked_as_invented(people):
    assert all(person.number[6:8] == "99" for person in people)


def test_people_of_every_age_sex_and_province_are_there(people):
    ages = [age_on(person.birth_date, AS_OF) for person in people]

    assert sum(age < 6 for age in ages) >= 20
    assert sum(6 <= age < 14 for age in ages) >= 30
    assert sum(14 <= age < 18 for age in ages) >= 30
    assert sum(age >= 90 for age in ages) >= 3
    assert min(Counter(person.sex for person in people).values()) >= 150
    assert {person.province for person in people} == set(PROVINCES)
    assert {person.number[:3] for person in people} == set(OLD_PROVINCES)


def test_deceased_people_and_people_without_a_valid_card_are_there(people):
    adults = [person for person in people if age_on(person.birth_date, AS_OF) >= 18]

    assert sum(person.is_deceased for person in people) == 20
    assert sum(not person.has_card for person in adults) >= 5
    assert sum(person.has_card and not person.has_valid_card(AS_OF) for person in adults) >= 15
    assert sum(person.has_valid_card(AS_OF) and not person.is_deceased for person in adults) >= 200


def test_names_are_composed(people):
    assert all(unicodedata.is_normalized("NFC", person.name) for person in people)


@pytest.mark.parametrize(
    ("issued", "expires"),
    [
        (date(2012, 2, 1), date(2014, 2, 28)),
        (date(2013, 1, 1), date(2025, 2, 28)),
        (date(2024, 1, 1), date(2040, 2, 28)),
        (date(2059, 1, 1), None),
    ],
)
def test_card_expires_at_the_next_milestone_two_years_off(issued, expires):
    assert card_expiry(date(2000, 2, 29), issued) == expires


def test_every_child_has_guardians_among_the_adults(people):
    adults = {person.number for person in people if age_on(person.birth_date, AS_OF) >= 18}

    for person in people:
        is_child = age_on(person.birth_date, AS_OF) < 14
        assert bool(person.guardians) is is_child
        assert set(person.guardians) <= adults


def test_other_samples_are_what_their_generator_writes(tmp_path):
    foreign, firms = tmp_path / "foreigners.csv", tmp_path / "organisations.csv"

    generate_others.write(
        foreign, generate_others.FOREIGNER_COLUMNS, generate_others.foreigners(generate_others.FOREIGNERS)
    )
    somebody = generate_others.adult_of(list(generate.people()))
    rows = generate_others.organisations(generate_others.ORGANISATIONS, somebody)
    generate_others.write(firms, business.COLUMNS, rows)

    assert foreign.read_bytes() == SAMPLE_FOREIGNERS.read_bytes()
    assert firms.read_bytes() == SAMPLE_ORGANISATIONS.read_bytes()
