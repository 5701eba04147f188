"""Invented people, accounts and records, that name only what a test cares for."""

from datetime import UTC, date, datetime
from typing import Any

from idp.accounts.account import Account, Status
from idp.accounts.citizen import Citizen
from idp.accounts.foreigner import Foreigner
from idp.accounts.kinds import Identity, Kind
from idp.accounts.organisation import Organisation
from idp.assurance import Level
from idp.kernel.ids import new_id
from idp.keyring.seal import Seal
from idp.registers.register import CitizenRecord
from idp.statute.identity_number import Sex

NUMBER = "001199990001"
PHONE = "+84900000001"


def a_seal() -> Seal:
    return Seal({1: bytes(range(32))}, bytes(range(32, 64)))


def a_citizen(**given: Any) -> Citizen:
    usual = {
        "name": "Trần Thị Thu Hà",
        "family_name": "Trần",
        "middle_name": "Thị Thu",
        "given_name": "Hà",
        "birth_date": date(1999, 5, 17),
        "sex": Sex.FEMALE,
        "province": "01",
        "address": "Số 5, đường Hoa Sữa, phường Bình An, thành phố Hà Nội",
    }
    return Citizen(**{**usual, **given})


def a_foreigner(**given: Any) -> Foreigner:
    usual = {
        "name": "ANNA EXAMPLE",
        "birth_date": date(1990, 1, 2),
        "sex": Sex.FEMALE,
        "nationality": "SWE",
        "document_number": "X0000001",
        "document_type": "P",
        "document_issued_on": date(2023, 4, 5),
        "document_issued_at": "Stockholm",
    }
    return Foreigner(**{**usual, **given})


def an_organisation(**given: Any) -> Organisation:
    usual = {
        "name": "Công ty Lúa Vàng",
        "established_on": date(2015, 6, 7),
        "head_office": "Số 1, đường Bến Thuyền, tỉnh An Giang",
        "representative_name": "Trần Thị Thu Hà",
        "representative_number": NUMBER,
        "tax_code": "0100109106",
    }
    return Organisation(**{**usual, **given})


# Everything that Decree 69/2024 Art. 6 has an organisation's identity hold.
ALL_CODES = {
    "short_name": "Lúa Vàng",
    "foreign_name": "Golden Rice Ltd",
    "enterprise_code": "0100109106",
    "agency_code": "A01.B02",
}


IDENTITIES = {
    Kind.CITIZEN: a_citizen,
    Kind.FOREIGNER: a_foreigner,
    Kind.ORGANISATION: an_organisation,
}


def an_account(kind: Kind = Kind.CITIZEN, **given: Any) -> Account:
    identity: Identity = IDENTITIES[kind]()
    opened_at = datetime(2026, 10, 1, 2, 3, 4, 567, tzinfo=UTC)
    usual = {
        "id": new_id(),
        "kind": kind,
        "level": None if kind == Kind.ORGANISATION else Level.TWO,
        "status": Status.ISSUED,
        "number": NUMBER,
        "phone": PHONE,
        "identity": identity,
        "opened_at": opened_at,
        "updated_at": opened_at,
    }
    return Account(**{**usual, **given})


def a_record(**given: Any) -> CitizenRecord:
    usual = {
        "number": NUMBER,
        "name": "Trần Thị Thu Hà",
        "birth_date": date(1999, 5, 17),
        "sex": Sex.FEMALE,
        "province": "01",
        "address": "Số 5, đường Hoa Sữa, phường Bình An, thành phố Hà Nội",
        "card_issued_on": date(2024, 8, 1),
        "card_expires_on": date(2039, 5, 17),
        "is_deceased": False,
    }
    return CitizenRecord(**{**usual, **given})
