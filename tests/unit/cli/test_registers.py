"""registers import, generate, change, key, serve-sample."""

import json

import pytest

from idp.registers.register import RegisterName, UnreadChange
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
        citizen = provider.registers.population.find(number)
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
    assert listed[0].endswith(": The number and the sex do not agree.")
    assert [line.rpartition(": ")[0] for line in listed] == [
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


def test_rows_are_refused_in_the_terminals_language(import_, monkeypatch):
    monkeypatch.setenv("LC_ALL", "vi_VN.UTF-8")

    answer = import_(f"{HEADER}\n{GOOD.replace('Tú', 'T' + chr(0x443))}\n")

    assert "line 2: text_looks_alike: Có chữ chỉ trông giống chữ tiếng Việt" in answer.err


def test_every_refused_row_is_written_down_however_many(import_, tmp_path):
    refused = tmp_path / "refused.csv"

    answer = import_("\n".join([HEADER, GOOD, *["x,y"] * 2500, ""]), "--refused", str(refused))

    assert answer.err.count("columns_miscounted") == 100
    assert "and 2400 more" in answer.err
    assert refused.read_text().splitlines()[1:] == [f"{line},columns_miscounted" for line in range(3, 2503)]


def test_list_of_refused_rows_without_a_place_stops_the_import_before_it_begins(import_, name_of):
    answer = import_("\n".join([HEADER, GOOD]), "--refused", "/nowhere/refused.csv")

    assert (answer.status, name_of()) == (2, "Nguyễn Anh Toàn")


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


@pytest.mark.parametrize(
    ("name", "file", "number"),
    [
        ("immigration", "sample_foreigners.csv", "900990007919"),
        ("business", "sample_organisations.csv", "9000000006"),
    ],
)
def test_the_other_samples_are_taken_in_too(idp, name, file, number):
    out = idp.succeed("registers", "import", str(SAMPLE_PEOPLE.with_name(file)), "--register", name)

    assert "0 refused" in out
    assert idp.events("register.imported")[-1]["register"] == name
    provider = idp.provider()
    assert provider.samples.by_name(RegisterName(name)).find(number) is not None
    provider.close()


def test_what_is_generated_is_taken_in_whole(idp, tmp_path):
    wanted = ("--citizens", "300", "--foreigners", "30", "--organisations", "30")

    idp.succeed("registers", "generate", str(tmp_path / "many"), *wanted)

    for name, count in (("population", 300), ("immigration", 30), ("business", 30)):
        file = str(tmp_path / "many" / f"{name}.csv")
        assert f"{count} taken in" in idp.succeed("registers", "import", file, "--register", name)


def test_organisations_need_somebody_to_represent_them(idp, tmp_path):
    assert idp("registers", "generate", str(tmp_path / "many"), "--organisations", "1").status == 2


def test_more_people_than_there_are_numbers_are_refused(idp, tmp_path):
    answer = idp("registers", "generate", str(tmp_path / "many"), "--citizens", "100000000")

    assert (answer.status, "too_many_wanted" in answer.err) == (1, True)


def test_something_happens_and_the_feed_tells_of_it(idp):
    out = idp.succeed("registers", "change", "death", "001083990000", "--on", "2026-11-01")

    assert out == "death told as population change 1\n"
    provider = idp.provider()
    assert provider.registers.population.find("001083990000").is_deceased
    assert provider.registers.population.changes("")[0].happened_on.isoformat() == "2026-11-01"
    provider.close()


@pytest.mark.parametrize(
    ("kind", "number", "said"),
    [
        ("organisation_dissolved", "001083990000", "register_change_refused"),
        ("death", "001083990001", "not_found"),
        ("guardian_changed", "001083990000", "register_change_refused"),  # without --to
    ],
)
def test_what_cannot_happen_is_refused_by_name(idp, kind, number, said):
    answer = idp("registers", "change", kind, number)

    assert (answer.status, said in answer.err) == (1, True)


def test_key_is_made_once_and_its_public_half_printed(idp, tmp_path):
    file = str(tmp_path / "register-key")

    first, second = idp.succeed("registers", "key", file), idp.succeed("registers", "key", file)

    assert first == second
    assert json.loads(first)["crv"] == "P-256"
    assert '"d"' not in first


def test_without_a_key_the_samples_are_served_to_this_machine_only(idp):
    assert idp("registers", "serve-sample", "--host", "0.0.0.0").status == 2


def test_what_was_refused_is_listed_told_again_and_taken_off_the_list(idp, monkeypatch):
    for day in ("2026-11-01", "2026-11-02"):
        idp.succeed("registers", "change", "record_changed", "001083990000", "--on", day)
    with monkeypatch.context() as newer:
        newer.setattr(
            "idp.registers.sample.SampleRegister.changes",
            lambda _self, after, _limit=100: (
                []
                if after == "2"
                else [UnreadChange(cursor=str(int(after or 0) + 1), kind="citizenship_lost")]
            ),
        )
        idp.succeed("registers", "follow")
        said = idp.succeed("registers", "refused")
        assert "population 1 citizenship_lost register_change_unread" in said
        assert "population: 0 done, 2 refused again" in idp.succeed("registers", "retry")

    assert "settled" in idp.succeed("registers", "settle", "population", "2")
    assert "not_found" in idp("registers", "settle", "population", "2").err
    assert "population: 1 done, 0 refused again\n" in idp.succeed("registers", "retry")
    assert "population" not in idp.succeed("registers", "refused")
    assert idp.events("register.change_settled") == [{"register": "population", "actor": "cli"}]
