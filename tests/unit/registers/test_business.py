from datetime import date

import pytest

from idp.registers.business import Status, read_row, write_row
from idp.registers.fields import Reason, RowRefused

TODAY = date(2026, 11, 2)
HA, AN = "001199990001/Trần Thị Thu Hà/Giám đốc", "001083990000/Nguyễn Văn An/Chủ tịch"


def a_row(**given):
    usual = {
        "code": "0100109106",
        "tax_code": "0100109106",
        "enterprise_code": "0100109106",
        "agency_code": "",
        "name": "Công ty TNHH Lúa Vàng 68",
        "short_name": "",
        "foreign_name": "Golden Rice Co., Ltd",
        "established_on": "2015-06-07",
        "head_office": "Số 1, đường Bến Thuyền, tỉnh An Giang",
        "status": "active",
        "representatives": f"{HA};{AN}",
    }
    return {**usual, **given}


AGENCY = {"code": "H01.2", "tax_code": "", "enterprise_code": "", "agency_code": "H01.2"}
BRANCH = {"code": "0100109106001", "tax_code": "0100109106001", "enterprise_code": ""}


@pytest.mark.parametrize("given", [{}, AGENCY, BRANCH, {"representatives": "900000000001/EK ANNA/Giám đốc"}])
def test_good_row_gives_the_organisation_and_is_written_as_it_was_read(given):
    organisation = read_row(a_row(**given), TODAY)

    assert organisation.code == a_row(**given)["code"]
    assert organisation.status is Status.ACTIVE
    assert organisation.short_name is None
    assert read_row(write_row(organisation), TODAY) == organisation


def test_all_representatives_are_there_by_number():
    organisation = read_row(a_row(), TODAY)

    assert [each.number for each in organisation.representatives] == ["001199990001", "001083990000"]
    assert organisation.representative("001083990000").title == "Chủ tịch"
    assert organisation.representative("001083990001") is None


def test_foreign_director_without_a_number_has_a_passport():
    (director,) = read_row(a_row(representatives="SWE:X0000001/EK ANNA/Giám đốc"), TODAY).representatives

    assert (director.number, director.passport) == (None, "SWE:X0000001")


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"tax_code": "0100109107"}, Reason.TAX_CODE_MALFORMED),
        ({"tax_code": "001199990001"}, Reason.TAX_CODE_MALFORMED),
        ({"tax_code": "0100109106-001"}, Reason.TAX_CODE_MALFORMED),
        ({"enterprise_code": "0100109107"}, Reason.CODE_MALFORMED),
        ({"code": "0100109107"}, Reason.CODE_MALFORMED),
        ({"code": "", "tax_code": "", "enterprise_code": ""}, Reason.CODE_MALFORMED),
        ({"agency_code": "H01..2"}, Reason.AGENCY_CODE_MALFORMED),
        ({"established_on": "2026-11-03"}, Reason.ESTABLISHED_MALFORMED),
        ({"established_on": ""}, Reason.ESTABLISHED_MALFORMED),
        ({"name": ""}, Reason.NAME_MALFORMED),
        ({"name": "Công ty Lúa Vàng\u200b"}, Reason.NAME_MALFORMED),
        ({"name": "Сông ty Lúa Vàng"}, Reason.TEXT_LOOKS_ALIKE),
        ({"head_office": ""}, Reason.ADDRESS_MALFORMED),
        ({"status": "closed"}, Reason.STATUS_UNKNOWN),
        ({"representatives": ""}, Reason.REPRESENTATIVES_MALFORMED),
        ({"representatives": f"{HA};"}, Reason.REPRESENTATIVES_MALFORMED),
        ({"representatives": f"{HA};{HA}"}, Reason.REPRESENTATIVES_MALFORMED),
        ({"representatives": "12/Trần Hà/Giám đốc"}, Reason.REPRESENTATIVES_MALFORMED),
        ({"representatives": "001199990001/Trần Hà"}, Reason.REPRESENTATIVES_MALFORMED),
        ({"representatives": "001199990001/Trần Hà/"}, Reason.REPRESENTATIVES_MALFORMED),
        ({"representatives": "001199990001/Тrần Hà/Giám đốc"}, Reason.TEXT_LOOKS_ALIKE),
    ],
)
def test_row_is_refused_with_its_reason(given, reason):
    with pytest.raises(RowRefused) as refused:
        read_row(a_row(**given), TODAY)

    assert refused.value.reason == reason


def test_representatives_are_not_in_the_repr():
    text = repr(read_row(a_row(), TODAY))

    assert "001199990001" not in text
    assert "Trần" not in text
