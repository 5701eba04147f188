import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.statute.tax_code import TaxCodeMalformed, TaxPayer, check_digit, parse_tax_code

NINE = st.from_regex(r"[0-9]{9}", fullmatch=True).filter(lambda nine: check_digit(nine) is not None)


@pytest.mark.parametrize(
    ("typed", "payer", "main", "written"),
    [
        ("0100109106", TaxPayer.ORGANISATION, "0100109106", "0100109106"),
        ("0100109106-002", TaxPayer.BRANCH, "0100109106", "0100109106-002"),
        ("0100109106002", TaxPayer.BRANCH, "0100109106", "0100109106-002"),
        ("001 083 990 000", TaxPayer.PERSON, "001083990000", "001083990000"),
    ],
)
def test_lengths_are_told_apart(typed, payer, main, written):
    code = parse_tax_code(typed)

    assert (code.payer, code.main, code.written) == (payer, main, written)


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "digits"),
        ("010010910", "digits"),
        ("01001091066", "digits"),
        ("010010910６", "digits"),
        ("0100109107", "check_digit"),
        ("0100109107-001", "check_digit"),
        ("0100109106-000", "branch"),
        ("999083990000", "person"),
    ],
)
def test_anything_else_is_refused_with_its_reason(typed, reason):
    with pytest.raises(TaxCodeMalformed) as refused:
        parse_tax_code(typed)

    assert refused.value.reason == reason


@given(NINE)
def test_right_check_digit_is_taken(nine):
    assert parse_tax_code(nine + check_digit(nine)).payer is TaxPayer.ORGANISATION


@given(NINE, st.integers(0, 9), st.integers(1, 9))
def test_one_wrong_digit_is_found(nine, place, by):
    right = nine + check_digit(nine)
    wrong = right[:place] + str((int(right[place]) + by) % 10) + right[place + 1 :]

    with pytest.raises(TaxCodeMalformed):
        parse_tax_code(wrong)
