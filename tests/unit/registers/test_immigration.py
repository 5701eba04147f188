from datetime import date

import pytest

from idp.registers.fields import Reason, RowRefused
from idp.registers.immigration import DocumentType, ResidenceKind, read_row, write_row

TODAY = date(2026, 11, 2)


def a_row(**given):
    usual = {
        "number": "900000000001",
        "name": "EK ANNA",
        "birth_date": "1990-01-02",
        "sex": "female",
        "nationality": "SWE",
        "document_type": "passport",
        "document_number": "X0000001",
        "document_issued_on": "2023-04-05",
        "document_expires_on": "2033-04-05",
        "document_issued_at": "Stockholm",
        "residence_kind": "temporary",
        "residence_number": "TRC0000001",
        "residence_expires_on": "2027-01-01",
        "address": "",
        "biometrics": "yes",
        "deceased": "no",
    }
    return {**usual, **given}


NO_CARD = {"residence_kind": "", "residence_number": "", "residence_expires_on": ""}


def test_good_row_gives_the_foreigner():
    foreigner = read_row(a_row(), TODAY)

    assert foreigner.document_type is DocumentType.PASSPORT
    assert foreigner.residence_kind is ResidenceKind.TEMPORARY
    assert foreigner.has_biometrics
    assert foreigner.address is None
    assert read_row(write_row(foreigner), TODAY) == foreigner


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"number": "001199990001"}, Reason.NUMBER_MALFORMED),
        ({"number": "90 0000000001"}, Reason.NUMBER_MALFORMED),
        ({"name": "АННА"}, Reason.TEXT_LOOKS_ALIKE),
        ({"nationality": "Swe"}, Reason.NATIONALITY_MALFORMED),
        ({"nationality": "VNM"}, Reason.NATIONALITY_MALFORMED),
        ({"document_type": "P"}, Reason.DOCUMENT_MALFORMED),
        ({"document_number": "X-1"}, Reason.DOCUMENT_MALFORMED),
        ({"document_expires_on": ""}, Reason.DOCUMENT_MALFORMED),
        ({"document_issued_on": "2026-11-03"}, Reason.DOCUMENT_DATES_CONTRADICT),
        ({"document_issued_on": "1989-01-01"}, Reason.DOCUMENT_DATES_CONTRADICT),
        ({"document_expires_on": "2023-04-05"}, Reason.DOCUMENT_DATES_CONTRADICT),
        ({"residence_kind": "visa"}, Reason.RESIDENCE_MALFORMED),
        ({"residence_expires_on": ""}, Reason.RESIDENCE_MALFORMED),
        ({"residence_number": ""}, Reason.RESIDENCE_MALFORMED),
        ({"residence_kind": ""}, Reason.RESIDENCE_MALFORMED),
        ({"biometrics": "?"}, Reason.BIOMETRICS_MALFORMED),
        ({"deceased": ""}, Reason.DECEASED_MALFORMED),
    ],
)
def test_row_is_refused_with_its_reason(given, reason):
    with pytest.raises(RowRefused) as refused:
        read_row(a_row(**given), TODAY)

    assert refused.value.reason == reason


def test_residence_is_valid_on_the_cards_last_day_and_not_after():
    foreigner = read_row(a_row(), TODAY)

    assert foreigner.may_reside(date(2027, 1, 1))
    assert not foreigner.may_reside(date(2027, 1, 2))


def test_permanent_card_may_have_no_end_and_nobody_resides_without_a_card():
    permanent = a_row(residence_kind="permanent", residence_expires_on="")

    assert read_row(permanent, TODAY).may_reside(date(2100, 1, 1))
    assert not read_row(a_row(**NO_CARD), TODAY).may_reside(TODAY)


def test_passport_is_valid_from_its_first_to_its_last_day():
    foreigner = read_row(a_row(), TODAY)

    assert foreigner.has_valid_document(date(2033, 4, 5))
    assert not foreigner.has_valid_document(date(2033, 4, 6))


def test_nothing_personal_is_in_the_repr():
    text = repr(read_row(a_row(), TODAY))

    assert not any(secret in text for secret in ("900000000001", "EK", "X0000001", "SWE", "TRC", "1990"))
