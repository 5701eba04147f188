from datetime import UTC, date, datetime

import pytest

from idp.accounts.citizen import parts_of_address
from idp.accounts.claims import claims, proven
from idp.accounts.kinds import Kind
from tests.people import NUMBER, PHONE, an_account

ON = date(2026, 11, 2)


def test_citizen_gives_every_standard_claim_and_ours():
    account = an_account(updated_at=datetime(2026, 11, 2, tzinfo=UTC))

    given = claims(account, ON)

    assert given == {
        "name": "Trần Thị Thu Hà",
        "family_name": "Trần",
        "middle_name": "Thị Thu",
        "given_name": "Hà",
        "birthdate": "1999-05-17",
        "gender": "female",
        "address": {
            "formatted": "Số 5, đường Hoa Sữa, phường Bình An, thành phố Hà Nội",
            "street_address": "Số 5, đường Hoa Sữa",
            "locality": "phường Bình An",
            "region": "Hà Nội",
            "country": "VN",
        },
        "province": {"scheme": "2025", "code": "01", "name": "Hà Nội"},
        "nationalities": ["VNM"],
        "age_over_14": True,
        "age_over_18": True,
        "locale": "vi-VN",
        "zoneinfo": "Asia/Ho_Chi_Minh",
        "identity_number": NUMBER,
        "account_kind": "citizen",
        "account_level": "02",
        "updated_at": 1793577600,
        "phone_number": PHONE,
        "phone_number_verified": False,
    }


def test_phone_is_verified_once_the_account_was_activated_by_it():
    account = an_account(activated_at=datetime(2026, 11, 2, tzinfo=UTC))

    assert claims(account, ON)["phone_number_verified"] is True


def test_email_is_never_called_verified():
    assert claims(an_account(email="ha@example.vn"), ON)["email_verified"] is False


def test_organisation_has_no_level_and_no_representative_among_its_claims():
    given = claims(an_account(Kind.ORGANISATION), ON)

    assert "account_level" not in given
    assert "Trần Thị Thu Hà" not in given.values()


def test_foreigner_tells_nothing_of_the_passport():
    assert "X0000001" not in str(claims(an_account(Kind.FOREIGNER), ON))


def test_what_holders_tell_of_themselves_comes_beside_what_was_proven():
    account = an_account(profile={"nickname": "Hà", "name": "Somebody Else", "postal_code": "10000"})

    given = claims(account, ON)

    assert given["nickname"] == "Hà"
    assert given["name"] == "Trần Thị Thu Hà"
    assert given["address"]["postal_code"] == "10000"
    assert "postal_code" not in given


def test_what_holders_tell_of_themselves_is_never_proven():
    account = an_account(profile={"nickname": "Hà", "postal_code": "10000"})

    given = proven(account, ON)

    assert "nickname" not in given
    assert "postal_code" not in given["address"]


@pytest.mark.parametrize(
    "line",
    [
        "Phường Bình An",
        "Số 5, đường Hoa Sữa, phường Bình An, thành phố Huế",
        "Số 5, đường Hoa Sữa, thành phố Hà Nội",
        "",
    ],
)
def test_address_of_another_form_is_not_guessed_apart(line):
    assert parts_of_address(line, "Hà Nội") == {}


def test_address_may_be_no_more_than_a_commune():
    assert parts_of_address("xã Tân Lập, tỉnh Lào Cai", "Lào Cai") == {"locality": "xã Tân Lập"}
