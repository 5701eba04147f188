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
    ("surname", "given", "fits"),
    [
        ("TRAN", "THI THU HA", True),
        ("THU HA", "TRAN THI", True),
        ("TRAN", "THI THU", False),
        ("TRAN", "THI HA", False),
        ("TRAN THI THU HA", "", True),
        ("", "", False),
    ],
)
def test_zones_names_fit_whichever_comes_first(surname, given, fits):
    assert zone_fits("Trần Thị Thu Hà", surname, given, 88) is fits


@pytest.mark.parametrize(
    ("length", "given", "fits"),
    [
        (90, "HOANG HOANG HOANG HOANG", True),
        (90, "HOANG HOANG HOANG HOAN", True),
        (90, "HOANG HOANG HOANG HOA", False),
        (90, "HOANG HOANG HOANG HOANX", False),
        (88, "HOANG HOANG HOANG HOANG", False),
    ],
)
def test_end_of_a_name_is_missing_only_where_the_zone_has_no_room(length, given, fits):
    assert zone_fits("Nguyễn Hoàng Hoàng Hoàng Hoàng Anh", "NGUYEN", given, length) is fits
