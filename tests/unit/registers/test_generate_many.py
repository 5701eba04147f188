from itertools import islice

import pytest

from idp.registers.csv_file import Rows
from idp.registers.fields import Reason
from idp.registers.generate import AS_OF
from idp.registers.generate_many import FILES, MOST_CITIZENS, TooManyWanted, Wanted, citizens, generate
from idp.registers.register import POPULATION, SHAPES


def test_every_citizen_is_taken_and_every_number_is_another():
    people = [POPULATION.read_row(row, AS_OF) for row in islice(citizens(20_000), 20_000)]

    assert len({person.number for person in people}) == 20_000
    assert all(person.number[6] == "9" and person.number[7] != "9" for person in people)


def test_citizen_is_the_same_however_many_are_wanted():
    assert list(citizens(10)) == list(islice(citizens(1000), 10))


def test_numbers_stay_apart_to_the_last():
    assert MOST_CITIZENS > 5_000_000


def test_every_file_is_taken_whole(tmp_path):
    wanted = Wanted(citizens=500, foreigners=300, organisations=300)
    told = []

    files = dict(generate(tmp_path, wanted, lambda name, done: told.append((name, done))))

    assert list(files) == list(FILES)
    assert told[-1] == (list(FILES)[-1], 300)
    for name, path in files.items():
        with path.open("rb") as file:
            rows = Rows(file, SHAPES[name], AS_OF)
            outcomes = [outcome for _, outcome in rows]
            rows.close()
        assert not any(isinstance(outcome, Reason) for outcome in outcomes)
        numbers = {SHAPES[name].number_of(outcome) for outcome in outcomes}
        assert len(numbers) == len(outcomes) == {"population": 500}.get(name, 300)


def test_every_representative_is_in_the_population(tmp_path):
    files = dict(generate(tmp_path, Wanted(citizens=500, foreigners=0, organisations=50), lambda *_: None))

    people = files["population"].read_text(encoding="utf-8")
    named = [
        representative.split("/")
        for line in files["business"].read_text(encoding="utf-8").splitlines()[1:]
        for representative in line.rsplit(",", 1)[1].split(";")
    ]
    citizens_named = [f"{number},{name}," for number, name, _ in named if number[:2] < "90"]
    assert len(citizens_named) > 40
    assert all(beginning in people for beginning in citizens_named)


@pytest.mark.parametrize("wanted", [(MOST_CITIZENS + 1, 0, 0), (0, 10**6 + 1, 0), (500, 0, 10**6 + 1)])
def test_more_than_there_are_numbers_is_refused_and_nothing_written(tmp_path, wanted):
    citizens, foreigners, organisations = wanted

    with pytest.raises(TooManyWanted):
        list(
            generate(
                tmp_path / "many",
                Wanted(citizens=citizens, foreigners=foreigners, organisations=organisations),
                lambda *_: None,
            )
        )

    assert not (tmp_path / "many").exists()
