from idp.statute.provinces import OLD_PROVINCES, PROVINCES


def test_there_are_63_old_provinces_and_34_new_ones():
    assert (len(OLD_PROVINCES), len(PROVINCES)) == (63, 34)


def test_every_old_province_became_part_of_a_new_one_and_every_new_one_has_a_part():
    assert {old.merged_into for old in OLD_PROVINCES.values()} == set(PROVINCES)


def test_six_provinces_are_cities():
    cities = {each.name for each in PROVINCES.values() if each.is_city}

    assert cities == {"Hà Nội", "Hải Phòng", "Huế", "Đà Nẵng", "Thành phố Hồ Chí Minh", "Cần Thơ"}
