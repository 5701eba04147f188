from datetime import date
from io import BytesIO

import pytest

from idp.registers.csv_file import LONGEST_LINE, HeaderIncomplete, NotUtf8, Rows, checked_digest
from idp.registers.fields import Reason
from idp.registers.population import COLUMNS
from idp.registers.register import POPULATION

TODAY = date(2026, 11, 2)
HEADER = ",".join(COLUMNS)
GOOD = '001199990001,Trần Thị Thu Hà,1999-05-17,female,01,"Số 5, Hoa Sữa",2024-08-01,2039-05-17,no'


def read(text):
    content = text if isinstance(text, bytes) else text.encode()
    return list(Rows(BytesIO(content), POPULATION, TODAY))


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_utf8_is_read_with_and_without_a_byte_order_mark(mark, ends):
    ((line, citizen),) = read(f"{mark}{HEADER}{ends}{GOOD}{ends}")

    assert line == 2
    assert citizen.address == "Số 5, Hoa Sữa"


def test_columns_may_stand_in_any_order_beside_others():
    header = "note," + ",".join(reversed(COLUMNS))
    row = "x,no,2039-05-17,2024-08-01,Hoa Sữa,01,female,1999-05-17,Trần Hà,001199990001"

    ((_, citizen),) = read(f"{header}\n{row}")

    assert citizen.name == "Trần Hà"


def test_bad_rows_are_named_by_line_and_good_ones_around_them_read():
    rows = read(f'{HEADER}\n{GOOD}\n\n{GOOD},more\n"unclosed,{GOOD}\n{GOOD}\n')

    assert [line for line, _ in rows] == [2, 4, 5, 6]
    assert rows[1][1] == Reason.COLUMNS_MISCOUNTED
    assert rows[2][1] == Reason.ROW_MALFORMED
    assert rows[3][1].name == "Trần Thị Thu Hà"


@pytest.mark.parametrize("extra", [-1, 0, 1, LONGEST_LINE, 3 * LONGEST_LINE])
def test_line_too_long_to_hold_is_one_refused_row(extra):
    rows = read(f"{HEADER}\n{'x' * (LONGEST_LINE + extra)}\n{GOOD}\n")

    assert [line for line, _ in rows] == [2, 3]
    assert isinstance(rows[0][1], Reason)
    assert not isinstance(rows[1][1], Reason)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_plain_letters_in_utf16_without_its_mark_are_known_too(encoding):
    with pytest.raises(NotUtf8) as refused:
        read(f"{HEADER}\n".encode(encoding))

    assert refused.value.encoding == "utf-16"


def test_file_without_every_column_is_refused():
    with pytest.raises(HeaderIncomplete) as refused:
        read("number,name\n1,2\n")

    assert refused.value.missing == COLUMNS[2:]


def test_empty_file_is_refused():
    with pytest.raises(HeaderIncomplete):
        read("")


def test_other_encoding_is_refused_by_name():
    with pytest.raises(NotUtf8) as refused:
        read(HEADER.encode() + b"\n001199990001,Tr\xe2\xccn Thi\xf2,1999-05-17\n")
    assert refused.value.encoding == "windows-1258"

    with pytest.raises(NotUtf8) as refused:
        read(f"{HEADER}\n{GOOD}".encode("utf-16"))
    assert refused.value.encoding == "utf-16"


def test_rows_up_to_a_line_are_passed_over():
    content = f"{HEADER}\n{GOOD}\nbad\n{GOOD}\n".encode()

    assert [line for line, _ in Rows(BytesIO(content), POPULATION, TODAY, after=3)] == [4]


def test_other_encoding_is_found_anywhere_in_the_file():
    with pytest.raises(NotUtf8) as refused:
        checked_digest(BytesIO(b"a" * 3_000_000 + b"Tr\xe2\xccn"))
    assert refused.value.encoding == "windows-1258"

    with pytest.raises(NotUtf8):
        checked_digest(BytesIO("Trần".encode()[:-2]))
    assert checked_digest(BytesIO("Trần".encode())) != checked_digest(BytesIO(b""))
