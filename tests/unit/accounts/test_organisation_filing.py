"""An organisation's form: codes told apart, what cannot be read refused by its reason. Pure."""

from datetime import UTC, datetime

import pytest

from idp.accounts.delegation import MandateMisshaped
from idp.accounts.mandate import Role
from idp.accounts.organisation_filing import (
    EmailMalformed,
    OrganisationCodeMalformed,
    OrganisationFiled,
    read_code,
    read_organisation,
)
from idp.statute.agency_code import AgencyCodeMalformed

NOW = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
FORM = {"code": "9000000077", "phone": "0900 000 077", "role": "representative"}


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        (" 9000 000 077 ", "9000000077"),
        ("9000000140-001", "9000000140001"),
        ("h25.00008", "H25.00008"),
    ],
)
def test_code_is_read_as_people_write_it(typed, code):
    assert read_code(typed) == code


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "digits"),
        ("12345", "digits"),
        ("9000000078", "check_digit"),
        ("9000000077-000", "branch"),
        ("001199990001", "person"),
    ],
)
def test_code_that_is_no_organisations_is_refused_by_its_reason(typed, reason):
    with pytest.raises(OrganisationCodeMalformed) as refused:
        read_code(typed)

    assert refused.value.facts() == {"reason": reason}


def test_agency_code_of_wrong_shape_is_refused():
    with pytest.raises(AgencyCodeMalformed):
        read_code("H25..8")


@pytest.mark.parametrize("typed", ["nobody", "a@b", "a b@c.example", "@c.example", f"a@{'b' * 250}.example"])
def test_email_of_wrong_shape_is_refused(typed):
    with pytest.raises(EmailMalformed):
        read_organisation(FORM | {"email": typed}, "vi", NOW)


def test_what_was_filed_is_found_again_as_it_was():
    trusted = FORM | {"role": "authorised_person", "last_day": "2026-12-31", "email": "a@b.example"}
    for typed in (FORM, trusted):
        filed = read_organisation(typed, "en", NOW)

        assert OrganisationFiled.restored(filed.stored()) == filed


def test_last_day_is_for_an_authorised_person_alone():
    assert read_organisation(FORM | {"last_day": "2026-12-31"}, "vi", NOW).ends_at is None
    trusted = read_organisation(FORM | {"role": "authorised_person", "last_day": "2/11/2026"}, "vi", NOW)
    assert trusted.ends_at == datetime(2026, 11, 2, 17, tzinfo=UTC)
    assert trusted.as_role(Role.REPRESENTATIVE).ends_at is None


def test_last_day_of_the_calendar_is_refused():
    trusted = FORM | {"role": "authorised_person", "last_day": "31/12/9999"}

    with pytest.raises(MandateMisshaped):
        read_organisation(trusted, "vi", NOW)
