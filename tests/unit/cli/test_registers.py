"""registers import."""

import pytest

from idp.registers.sample import SAMPLE_PEOPLE

HEADER, *ROWS = SAMPLE_PEOPLE.read_text(encoding="utf-8").splitlines()
GOOD = ROWS[0].replace("Nguyễn Anh Toàn", "Nguyễn Anh Tú")


@pytest.fixture
def import_(idp, tmp_path):
    def import_(content, *options):
        file = tmp_path / "people.csv"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return idp("registers", "import", str(file), *options)

    return import_


@pytest.fixture
def name_of(idp):
    def name_of(number="001083990000"):
        provider = idp.provider()
        citizen = provider.registers.population.citizen(number)
        provider.close()
        return citizen.name

    return name_of


def test_the_sample_people_are_taken_in_with_a_progress_bar(idp):
    answer = idp("registers", "import", str(SAMPLE_PEOPLE))

    assert f"{len(ROWS)} taken in" in answer.out
    assert "0 refused" in answer.out
    assert "sample_people.csv" in answer.err
    assert idp.events("register.imported")[-1]["accepted"] == len(ROWS)


def test_bad_rows_are_listed_by_line_and_reason_and_the_good_ones_taken(import_, name_of, tmp_path):
    bad_sex = ROWS[1].replace("female", "male")
    content = "\n".join([HEADER, GOOD, bad_sex, "x,y", 'a"b', GOOD, ""])

    answer = import_(content, "--refused", str(tmp_path / "refused.csv"))

    assert answer.status == 0
    assert answer.out == "1 taken in (1 of them updated), 4 refused\n"
    listed = [line for line in answer.err.splitlines() if line.startswith("line ")]
    assert listed == [
        "line 3: number_contradicts_sex",
        "line 4: columns_miscounted",
        "line 5: columns_miscounted",
        "line 6: number_repeated",
    ]
    assert (tmp_path / "refused.csv").read_text().splitlines()[:2] == [
        "line,reason",
        "3,number_contradicts_sex",
    ]
    assert name_of() == "Nguyễn Anh Tú"


def test_another_encoding_is_named_and_nothing_taken(import_, name_of, idp):
    before = len(idp.events("register.imported"))

    answer = import_("\n".join([HEADER, GOOD]).encode("utf-16"))

    assert answer.status == 1
    assert "file_not_utf8 encoding=utf-16" in answer.err.replace("\n", " ").lower()
    assert name_of() == "Nguyễn Anh Toàn"
    assert len(idp.events("register.imported")) == before


def test_a_fault_in_the_last_line_undoes_the_first(import_, name_of):
    answer = import_("\n".join([HEADER, GOOD]).encode() + b"\n\xff\xfe\n")

    assert (answer.status, name_of()) == (1, "Nguyễn Anh Toàn")


def test_missing_columns_are_named(import_):
    answer = import_("number,name\n1,2\n")

    assert (answer.status, "birth_date" in answer.err) == (1, True)


def test_an_empty_file_is_refused(import_):
    assert import_("").status == 1


def test_a_file_that_is_not_there_is_a_wrong_call(idp):
    assert idp("registers", "import", "/nowhere.csv").status == 2
