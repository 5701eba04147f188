import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.statute.assigned_number import AssignedNumberMalformed, is_citizens, new_assigned, parse_assigned


@pytest.mark.parametrize("typed", ["900000000001", "91 0000 0000 01", "123456789", "901234567890123"])
def test_digits_of_fitting_length_are_taken(typed):
    assert parse_assigned(typed) == typed.replace(" ", "")


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("12345678", "digits"),
        ("1234567890123456", "digits"),
        ("90000000000A", "digits"),
        ("٩٠٠٠٠٠٠٠٠٠٠١", "digits"),
        ("001083990000", "citizen"),
    ],
)
def test_anything_else_is_refused_with_its_reason(typed, reason):
    with pytest.raises(AssignedNumberMalformed) as refused:
        parse_assigned(typed)

    assert refused.value.reason == reason


@given(st.sampled_from(["foreigner", "organisation"]), st.integers(0, 10**10 - 1))
def test_made_number_never_has_a_citizens_shape(kind, drawn):
    number = new_assigned(kind, lambda below: drawn)

    assert not is_citizens(number)
    assert parse_assigned(number) == number
