import unicodedata

import pytest

from idp.accounts.matching import same_name, zone_fits, zone_name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Trần Thị Thu Hà", "TRẦN THỊ THU HÀ"),
        ("Nguyễn Hoà", "Nguyễn Hòa"),
        ("Lê Thuỷ", "Lê Thủy"),
        ("Lê  Anh ", "Lê Anh"),
        ("Đỗ Đức", "đỗ đức"),
        (unicodedata.normalize("NFD", "Nguyễn Ước"), "Nguyễn Ước"),
    ],
)
def test_one_name_is_known_in_every_writing(one, other):
    assert same_name(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Trần Thị Thu Hà", "Trần Thị Thu Ha"),
        ("Trần Thị Thu Hà", "Trần Thu Hà"),
        ("Lê Hoa", "Lê Hoà"),
        ("Lê Hoá", "Lê Hoà"),
        ("Lê Ân", "Lê An"),
        ("Đỗ Đức", "Dỗ Đức"),
        ("Lê Hà Anh", "Lê Hàanh"),
        ("", "Lê"),
    ],
)
def test_other_names_are_others(one, other):
    assert not same_name(one, other)


def test_zone_has_capitals_without_marks():
    assert zone_name("Nguyễn Thị Đông-Xuân") == "NGUYEN THI DONG XUAN"
    assert zone_name("H'Hen Niê") == "HHEN NIE"


@pytest.mark.parametrize(
    ("surname", "given", "is_cut", "fits"),
    [
        ("TRAN", "THI THU HA", False, True),
        ("THU HA", "TRAN THI", False, True),
        ("TRAN", "THI THU", False, False),
        ("TRAN", "THI THU", True, True),
        ("TRAN", "THI HA", True, False),
        ("TRAN THI THU HA", "", False, True),
        ("", "", False, False),
    ],
)
def test_zones_names_fit_whichever_comes_first_and_however_much_there_was_room_for(
    surname, given, is_cut, fits
):
    assert zone_fits("Trần Thị Thu Hà", surname, given, is_cut=is_cut) is fits
