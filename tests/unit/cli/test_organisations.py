"""enrol organisations: officers decide on papers what no register can tell, from the command line."""

import pytest

from idp.assurance import Level

# Invented, in no sample register; the check digit is right.
CODE = "9000001017"
FILER, ONE, OTHER = "001083990000", "004094990074", "010099990185"
SEEN = ("--seen", "registration_seen", "--seen", "authority_seen")
PAPERS = ("--name", "Hợp tác xã Lúa Vàng", "--established", "2020-01-02", "--head-office", "Tỉnh An Giang")
GROUP = ("enrol", "organisations")


def person(idp, number, phone):
    provider = idp.provider()
    account = provider.enrolment.open_citizen(number, phone, Level.TWO, "cli")
    provider.accounts.activate(account.id)
    provider.close()


def officer(idp, number, phone):
    person(idp, number, phone)
    return idp.succeed("officers", "appoint", number, "--office", "Công an phường Mẫu").split()[0]


@pytest.fixture
def filed(idp):
    """An application that no register knows; its id."""
    person(idp, FILER, "0900000001")
    provider = idp.provider()
    filer = provider.accounts.by_number(FILER)
    typed = {"code": CODE, "phone": "0900000002", "role": "representative"}
    application = provider.organisation_enrolment.file(filer, typed, "203.0.113.7", "vi")
    provider.close()
    return str(application.id)


def test_two_officers_accept_what_they_have_seen(idp, filed):
    one, other = officer(idp, ONE, "0900000003"), officer(idp, OTHER, "0900000004")
    listed = idp.succeed(*GROUP, "list")

    first = idp.succeed(*GROUP, "attest", filed, "--officer", one, *SEEN, *PAPERS)
    shown = idp.succeed(*GROUP, "show", filed)
    second = idp.succeed(*GROUP, "attest", filed, "--officer", other, *SEEN)

    assert filed in listed
    assert "organisation_not_on_file waiting_officer due" in listed
    assert "waiting_officer" in first
    assert f"seen by {one}" in shown
    assert "Hợp tác xã Lúa Vàng" in shown
    assert FILER not in shown
    assert "accepted" in second
    assert idp.succeed(*GROUP, "list") == ""
    provider = idp.provider()
    account = provider.accounts.by_number(CODE)
    provider.close()
    assert account.identity.name == "Hợp tác xã Lúa Vàng"
    assert [facts["actor"] for facts in idp.events("application.attested")] == [one, other]


def test_one_officer_is_not_two_and_papers_come_first(idp, filed):
    one = officer(idp, ONE, "0900000003")

    missing = idp(*GROUP, "attest", filed, "--officer", one, *SEEN)
    half = idp(*GROUP, "attest", filed, "--officer", one, *SEEN[:2], *PAPERS)
    idp.succeed(*GROUP, "attest", filed, "--officer", one, *SEEN, *PAPERS)
    again = idp(*GROUP, "attest", filed, "--officer", one, *SEEN)

    assert "founding_missing" in missing.err
    assert half.err.startswith("idp: act_incomplete missing=authority_seen article=69/2024 Art. 12")
    assert "evidence_given" in again.err


def test_an_officer_refuses_with_a_reason(idp, filed):
    one = officer(idp, ONE, "0900000003")

    said = idp.succeed(*GROUP, "refuse", filed, "--officer", one, "--reason", "not_established")

    assert "refused" in said
    assert idp.events("application.decided")[-1]["reason"] == "not_established"
    assert "application_moved" in idp(*GROUP, "attest", filed, "--officer", one, *SEEN, *PAPERS).err
