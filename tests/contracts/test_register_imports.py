"""What importing into a sample register leaves, on both servers."""

from datetime import date

import pytest
from sqlalchemy import select

from idp.kernel.errors import Unavailable
from idp.registers.csv_file import HeaderIncomplete, NotUtf8
from idp.registers.events import ChangeRefused
from idp.registers.feed import register_changes
from idp.registers.fields import Reason
from idp.registers.imports import ROWS_AT_ONCE, ImportOvertaken
from idp.registers.population import COLUMNS
from idp.registers.records import register_records
from idp.registers.register import POPULATION, ChangeKind, RegisterName
from idp.registers.sample import SAMPLES, SampleRegister, Samples
from idp.storage.database import Database
from tests.people import a_seal

HEADER = ",".join(COLUMNS)
MANY = ROWS_AT_ONCE + 200


class BrokenOff(Exception):
    """The power went."""


@pytest.fixture(params=["database", "postgres_database"])
def server(request) -> Database:
    return request.getfixturevalue(request.param)


@pytest.fixture
def register(server, clock) -> SampleRegister:
    return SampleRegister(POPULATION, server, a_seal(), clock)


def a_line(number="001199990001", name="Trần Thị Thu Hà", sex="female"):
    return f"{number},{name},1999-05-17,{sex},01,Hoa Sữa,2024-08-01,2039-05-17,no"


def many_lines():
    return [a_line(number=f"0011999{serial:05}") for serial in range(MANY)]


@pytest.fixture
def file(tmp_path):
    def write(*lines, header=HEADER):
        path = tmp_path / "people.csv"
        path.write_text("\n".join((header, *lines, "")), encoding="utf-8")
        return path

    return write


def break_off(done, total):
    raise BrokenOff


@pytest.mark.parametrize("name", [*RegisterName])
def test_all_samples_are_taken_over_and_again(server, clock, name):
    register, told = Samples(server, a_seal(), clock).by_name(name), []

    first = register.import_csv(SAMPLES[name], lambda done, total: told.append((done, total)))
    second = register.import_csv(SAMPLES[name])

    assert (first.updated, first.refused, second.refused) == (0, (), ())
    assert first.accepted == second.accepted == second.updated > 20
    assert told[-1] == (SAMPLES[name].stat().st_size,) * 2


def test_same_number_is_updated(register, file):
    register.import_csv(file(a_line(name="Trần Thị Hà")))

    register.import_csv(file(a_line(name="Trần Thị Thu Hà")))

    assert register.find("001199990001").name == "Trần Thị Thu Hà"


def test_refused_rows_are_listed_and_the_good_ones_taken(register, file):
    report = register.import_csv(
        file(a_line(number="1"), a_line(), a_line(), a_line(number="001199990002", sex="male"))
    )

    assert report.accepted == 1
    assert report.refused_count == 3
    assert report.refused == (
        (2, Reason.NUMBER_MALFORMED),
        (4, Reason.NUMBER_REPEATED),
        (5, Reason.NUMBER_CONTRADICTS_SEX),
    )


def test_number_repeated_far_away_is_refused(register, file):
    lines = many_lines()

    report = register.import_csv(file(*lines, lines[0]))

    assert report.accepted == MANY
    assert report.refused == ((MANY + 2, Reason.NUMBER_REPEATED),)


def test_file_in_another_encoding_at_its_end_leaves_nothing(register, server, file):
    path = file(*many_lines())
    path.write_bytes(path.read_bytes() + b"Tr\xe2\xccn\n")

    with pytest.raises(NotUtf8):
        register.import_csv(path)

    assert server.all(select(register_records)) == []


def test_file_with_another_header_leaves_nothing(register, server, file):
    with pytest.raises(HeaderIncomplete):
        register.import_csv(file(a_line(), header="a,b"))

    assert server.all(select(register_records)) == []


def test_run_that_broke_off_is_continued_with_all_its_refusals(register, server, file):
    path = file(a_line(number="1"), *many_lines(), a_line(number="0011999" + "00000"), a_line(number="2"))
    with pytest.raises(BrokenOff):
        register.import_csv(path, break_off)
    before = len(server.all(select(register_records)))

    report = register.import_csv(path)

    assert before == ROWS_AT_ONCE - 1
    assert report.resumed_after == ROWS_AT_ONCE + 1
    assert (report.accepted, report.updated) == (MANY, 0)
    assert report.refused == (
        (2, Reason.NUMBER_MALFORMED),
        (MANY + 3, Reason.NUMBER_REPEATED),
        (MANY + 4, Reason.NUMBER_MALFORMED),
    )


def test_another_file_begins_anew_after_a_run_that_broke_off(register, file):
    with pytest.raises(BrokenOff):
        register.import_csv(file(a_line(number="1"), *many_lines()), break_off)

    report = register.import_csv(file(a_line()))

    assert (report.accepted, report.refused, report.resumed_after) == (1, (), 0)


def test_what_is_to_be_done_at_the_end_is_done_once_and_with_it(register, file):
    told = []

    def fail(report):
        raise BrokenOff

    path = file(a_line())
    with pytest.raises(BrokenOff):
        register.import_csv(path, finished=fail)
    register.import_csv(path, finished=told.append)

    assert [report.accepted for report in told] == [1]


def test_of_two_runs_one_is_told_that_the_other_goes_on(register, file):
    path = file(*many_lines())

    def meanwhile(done, total):
        if done < total:
            register.import_csv(path)

    with pytest.raises(ImportOvertaken):
        register.import_csv(path, meanwhile)


def test_nothing_personal_is_stored_in_clear(register, server, file):
    register.import_csv(file(a_line()))
    register.change(ChangeKind.DEATH, "001199990001", date(2026, 11, 1))

    tables = [*server.all(select(register_records)), *server.all(select(register_changes))]
    stored = b"".join(bytes(value) for row in tables for value in row if isinstance(value, bytes))
    assert b"001199990001" not in stored
    assert "Trần".encode() not in stored


@pytest.mark.parametrize(
    ("kind", "to"),
    [
        (ChangeKind.ORGANISATION_DISSOLVED, None),
        (ChangeKind.NUMBER_REISSUED, None),
        (ChangeKind.NUMBER_REISSUED, "1"),
        (ChangeKind.NUMBER_REISSUED, "001199990001"),
        (ChangeKind.NUMBER_REISSUED, "001199990002"),
        (ChangeKind.NUMBER_REISSUED, "001083990000"),
    ],
)
def test_what_cannot_happen_changes_nothing_and_is_not_told(register, file, kind, to):
    register.import_csv(file(a_line(), a_line(number="001199990002")))
    before = register.find("001199990001")

    with pytest.raises(ChangeRefused):
        register.change(kind, "001199990001", date(2026, 11, 1), to)

    assert register.find("001199990001") == before
    assert register.changes("") == []


def test_silent_database_is_told(clock, file):
    gone = SampleRegister(
        POPULATION, Database("postgresql+psycopg://nobody@127.0.0.1:1/none"), a_seal(), clock
    )

    with pytest.raises(Unavailable):
        gone.import_csv(file(a_line()))
