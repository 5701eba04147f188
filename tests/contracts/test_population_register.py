"""What every population register answers, and the sample one's import, on both servers."""

from datetime import date

import pytest
from sqlalchemy import select

from idp.kernel.errors import Unavailable
from idp.registers.csv_file import HeaderIncomplete, NotUtf8
from idp.registers.rows import COLUMNS, Reason
from idp.registers.sample import SAMPLE_PEOPLE, SampleRegister, register_citizens
from idp.storage.database import Database
from tests.people import a_seal

HEADER = ",".join(COLUMNS)


@pytest.fixture(params=["database", "postgres_database"])
def server(request) -> Database:
    return request.getfixturevalue(request.param)


@pytest.fixture
def register(server, clock) -> SampleRegister:
    return SampleRegister(server, a_seal(), clock)


def a_line(number="001199990001", name="Trần Thị Thu Hà", sex="female"):
    return f"{number},{name},1999-05-17,{sex},01,Hoa Sữa,2024-08-01,2039-05-17,no"


@pytest.fixture
def file(tmp_path):
    def write(*lines, header=HEADER):
        path = tmp_path / "people.csv"
        path.write_text("\n".join((header, *lines, "")), encoding="utf-8")
        return path

    return write


def test_citizen_is_found_by_number(register, file):
    register.import_csv(file(a_line()))

    citizen = register.citizen("001199990001")

    assert citizen is not None
    assert citizen.name == "Trần Thị Thu Hà"
    assert citizen.birth_date == date(1999, 5, 17)
    assert citizen.card_issued_on == date(2024, 8, 1)


def test_unknown_number_gives_none(register):
    assert register.citizen("001199990001") is None


def test_silence_is_not_taken_for_nobody(clock):
    gone = SampleRegister(Database("postgresql+psycopg://nobody@127.0.0.1:1/none"), a_seal(), clock)

    with pytest.raises(Unavailable):
        gone.citizen("001199990001")


def test_all_sample_people_are_taken_over_and_again(register):
    told = []

    first = register.import_csv(SAMPLE_PEOPLE, lambda done, total: told.append((done, total)))
    second = register.import_csv(SAMPLE_PEOPLE)

    assert (first.accepted, first.updated, first.refused) == (420, 0, [])
    assert (second.accepted, second.updated, second.refused) == (420, 420, [])
    assert told[-1] == (SAMPLE_PEOPLE.stat().st_size,) * 2


def test_same_number_is_updated(register, file):
    register.import_csv(file(a_line(name="Trần Thị Hà")))

    register.import_csv(file(a_line(name="Trần Thị Thu Hà")))

    assert register.citizen("001199990001").name == "Trần Thị Thu Hà"


def test_refused_rows_are_listed_and_the_good_ones_taken(register, file):
    report = register.import_csv(
        file(a_line(number="1"), a_line(), a_line(), a_line(number="001199990002", sex="male"))
    )

    assert report.accepted == 1
    assert report.refused_count == 3
    assert report.refused == [
        (2, Reason.NUMBER_MALFORMED),
        (4, Reason.NUMBER_REPEATED),
        (5, Reason.NUMBER_CONTRADICTS_SEX),
    ]


def test_number_repeated_far_away_is_refused(register, file):
    lines = [a_line(number=f"0011999{serial:05}") for serial in range(1200)]

    report = register.import_csv(file(*lines, lines[0]))

    assert report.accepted == 1200
    assert report.refused == [(1202, Reason.NUMBER_REPEATED)]


def test_file_that_breaks_off_leaves_nothing(register, server, file):
    path = file(*(a_line(number=f"0011999{serial:05}") for serial in range(1200)))
    path.write_bytes(path.read_bytes() + b"Tr\xe2\xccn\n")

    with pytest.raises(NotUtf8):
        register.import_csv(path)

    assert server.all(select(register_citizens)) == []


def test_file_with_another_header_leaves_nothing(register, server, file):
    with pytest.raises(HeaderIncomplete):
        register.import_csv(file(a_line(), header="a,b"))

    assert server.all(select(register_citizens)) == []


def test_nothing_personal_is_stored_in_clear(register, server, file):
    register.import_csv(file(a_line()))

    (row,) = server.all(select(register_citizens))

    stored = b"".join(bytes(value) for value in row[:2])
    assert b"001199990001" not in stored
    assert "Trần".encode() not in stored
