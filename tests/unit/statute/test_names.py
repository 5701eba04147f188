import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.statute.names import NameRefused, check_name, composed, is_latin


@pytest.mark.parametrize(
    "name", ["Trần Thị Thu Hà", "Đỗ Ước", "H'Hen Niê", "Y-Blok Êban", "K’Čil Ŭ", "Rơ Châm Bñưn", "ĐẶNG QUỲNH"]
)
def test_names_of_viet_nam_are_taken(name):
    check_name(name)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "length"),
        ("A" * 101, "length"),
        (unicodedata.normalize("NFD", "Trần Thị Hà"), "decomposed"),
        ("Nguy\u0435̂̃n An", "look_alike"),  # Cyrillic е
        ("Тran Ha", "look_alike"),  # Cyrillic Т
        ("Ðặng Hà", "look_alike"),  # Icelandic Ð
        ("Ɖặng Hà", "look_alike"),  # African Ɖ
        ("Αn", "look_alike"),  # Greek Α
        ("Ａnh", "look_alike"),  # full width
        ("Hà 2", "characters"),
        ("Hà\u200bAn", "characters"),
        ("Hà\u202eAn", "characters"),
        ("<b>Hà</b>", "characters"),
        ("...", "characters"),
    ],
)
def test_anything_else_is_refused_with_its_reason(name, reason):
    with pytest.raises(NameRefused) as refused:
        check_name(name)

    assert refused.value.reason == reason


def test_what_was_typed_apart_is_put_together():
    typed = unicodedata.normalize("NFD", "  Trần  Thị\tHà ")

    assert composed(typed) == "Trần Thị Hà"
    check_name(composed(typed))


@given(st.text(min_size=1, max_size=30))
def test_no_two_names_taken_differ_by_normalisation_alone(text):
    try:
        check_name(text)
    except NameRefused:
        return
    assert unicodedata.normalize("NFKC", text) == text


def test_other_alphabets_are_seen_among_latin_letters():
    assert is_latin("Số 5, đường Hoa Sữa")
    assert not is_latin("Số 5, đường Ноа Sữa")
