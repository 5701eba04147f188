import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.statute.agency_code import AgencyCodeMalformed, parse_agency_code


@pytest.mark.parametrize("typed", ["G01", "H26.12.3", "000.00.01.G06", "A" * 35, " g01.02 "])
def test_groups_of_letters_and_digits_are_a_code(typed):
    assert parse_agency_code(typed) == typed.strip().upper()


@pytest.mark.parametrize(
    "typed", ["", ".", "G01.", ".G01", "G01..02", "G-01", "G01 02", "Đ01", "A" * 36, "G01\n.2"]
)
def test_anything_else_is_refused(typed):
    with pytest.raises(AgencyCodeMalformed):
        parse_agency_code(typed)


@given(st.text(max_size=40))
def test_what_is_taken_is_taken_again_unchanged(typed):
    try:
        code = parse_agency_code(typed)
    except AgencyCodeMalformed:
        return
    assert parse_agency_code(code) == code
    assert len(code) <= 35
