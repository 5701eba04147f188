from datetime import UTC, date, datetime

import pytest

from idp.accounts.citizen import parts_of_address
from idp.accounts.claims import claims, proven
from idp.accounts.foreigner import Foreigner
from idp.accounts.kinds import Kind
from idp.oidc.tokens.claims import SCOPES
from tests.people import ALL_CODES, NUMBER, PHONE, a_foreigner, an_account, an_organisation

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
        "tax_code": {"value": NUMBER, "type": "person"},
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


def test_citizens_number_is_their_tax_code_from_the_day_it_became_that():
    account = an_account()

    assert "tax_code" not in claims(account, date(2025, 6, 30))
    assert claims(account, date(2025, 7, 1))["tax_code"] == {"value": NUMBER, "type": "person"}


@pytest.mark.spec("Decree 69/2024 Art. 5")
def test_foreigner_gives_number_nationality_and_travel_document():
    identity = a_foreigner(document_expires_on=date(2033, 4, 5))
    account = an_account(Kind.FOREIGNER, number="900990000001", identity=identity)

    given = claims(account, ON)

    assert given["foreigner_number"] == "900990000001"
    assert given["nationalities"] == ["SWE"]
    assert given["travel_document"] == {
        "type": "P",
        "document_number": "X0000001",
        "date_of_issuance": "2023-04-05",
        "date_of_expiry": "2033-04-05",
        "place_of_issuance": "Stockholm",
    }
    assert "tax_code" not in given


def test_foreigner_kept_before_expiry_was_known_is_read_all_the_same():
    members = a_foreigner().stored()

    assert "document_expires_on" not in members
    assert Foreigner.restored(members) == a_foreigner()


@pytest.mark.spec("Decree 69/2024 Art. 6")
@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("0100109106", {"value": "0100109106", "type": "organisation"}),
        ("0100109106001", {"value": "0100109106-001", "type": "branch"}),
        ("001199990001", {"value": "001199990001", "type": "person"}),
        ("0100109107", None),  # its check digit is wrong
        (None, None),
    ],
)
def test_organisation_tells_whose_its_tax_code_is(code, told):
    identity = an_organisation(tax_code=code)

    assert claims(an_account(Kind.ORGANISATION, identity=identity), ON).get("tax_code") == told


@pytest.mark.spec("Decree 69/2024 Art. 6")
def test_organisation_gives_its_number_names_and_head_office():
    identity = an_organisation(**ALL_CODES)

    given = claims(an_account(Kind.ORGANISATION, number="910000000001", identity=identity), ON)

    assert "identity_number" not in given  # or it would be taken for a person's
    assert {name: given[name] for name in SCOPES["organisation"] if name != "tax_code"} == {
        "account_kind": "organisation",
        "organisation_number": "910000000001",
        "name": "Công ty Lúa Vàng",
        "short_name": "Lúa Vàng",
        "foreign_name": "Golden Rice Ltd",
        "established_on": "2015-06-07",
        "head_office": {"formatted": "Số 1, đường Bến Thuyền, tỉnh An Giang", "country": "VN"},
        "enterprise_code": "0100109106",
        "agency_code": "A01.B02",
    }


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
