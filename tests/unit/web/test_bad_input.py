"""What bad input about people gets: refused, in a sentence of either language, with its article if any."""

import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from uuid import UUID

import pytest

from idp.accounts.delegation import BEYOND, TERM, WITHOUT_LEAVE, Wish, check
from idp.accounts.eligibility import check_holder
from idp.accounts.filing import read_day
from idp.accounts.foreigner_filing import check_foreigner
from idp.accounts.machine_readable_zone import parse_zone
from idp.accounts.mandate import Mandate, Role
from idp.accounts.organisation_filing import OrganisationFiled, objection, read_code
from idp.accounts.phone import parse_phone
from idp.assurance import Level
from idp.kernel.errors import IdpError
from idp.registers.business import OrganisationRecord, Representative, Status
from idp.registers.csv_file import Rows
from idp.registers.register import POPULATION
from idp.statute.assigned_number import parse_assigned
from idp.statute.identity_number import parse_number
from idp.statute.names import check_name
from idp.statute.tax_code import parse_tax_code
from idp.web.i18n import LANGUAGES, Sentences, say_article
from idp.web.surface import shown
from tests.foreigners import a_foreigners_record, a_zone
from tests.people import a_record, an_account

NOW = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
TODAY = date(2026, 11, 2)
YESTERDAY = date(2026, 11, 1)
COMPANY, CHIEF, DEPUTY = (UUID(int=number) for number in (1, 2, 3))
SENTENCES = Sentences()


def a_foreigner(**given):
    return lambda: check_foreigner(a_foreigners_record(**given), Level.ONE, TODAY)


def a_citizen(level=Level.ONE, *, has_guardian=False, **given):
    return lambda: check_holder(a_record(**given), level, TODAY, has_guardian=has_guardian)


def a_csv(content):
    return lambda: list(Rows(BytesIO(content), POPULATION, TODAY))


def a_name(name):
    return lambda: check_name(name)


def handed_on(**wished):
    """What somebody wishes to give who holds a mandate for taxes, to a limit, for a year."""
    held = Mandate(
        id=UUID(int=9),
        principal_id=COMPANY,
        agent_id=CHIEF,
        role=Role.REPRESENTATIVE,
        services=frozenset({"tax"}),
        limit_vnd=1_000_000,
        depth=1,
        starts_at=NOW - timedelta(days=1),
        ends_at=NOW + timedelta(days=365),
        created_at=NOW - timedelta(days=1),
    )
    usual = {
        "agent_id": DEPUTY,
        "services": frozenset({"tax"}),
        "limit_vnd": 1,
        "ends_at": NOW + timedelta(days=9),
    }
    return lambda: check(held, (), Wish(**{"role": Role.ACCOUNTANT, **usual, **wished}), NOW)


def by_a_stranger(status=Status.ACTIVE):
    """A person whom the register does not have as a representative files for an organisation."""
    record = OrganisationRecord(
        code="0100109106",
        tax_code="0100109106",
        enterprise_code=None,
        agency_code=None,
        name="Công ty Lúa Vàng",
        short_name=None,
        foreign_name=None,
        established_on=date(2015, 6, 7),
        head_office="Số 1, đường Bến Thuyền",
        status=status,
        representatives=(Representative(number="001199990002", name="Lê Thị Lan", title="Giám đốc"),),
    )
    filed = OrganisationFiled(
        code=record.code,
        phone="+84900000001",
        email=None,
        role=Role.REPRESENTATIVE,
        ends_at=None,
        language="vi",
    )
    filer = an_account(status="active")

    def act():
        refusal = objection(
            record, filed, filer, was_found=True, has_account=False, article="69/2024 Art. 7.3", now=NOW
        )
        if refusal is not None:
            raise refusal

    return act


@dataclass(frozen=True)
class Row:
    """One kind of bad input. ``code`` names its sentence, in ``errors.toml``."""

    what: str
    act: object
    code: str
    article: str | None = None


HEADER = b"number,name\n"
TABLE = (
    Row("number of eleven digits", lambda: parse_number("00119999000"), "identity_number_malformed"),
    Row("number of thirteen digits", lambda: parse_number("0011999900011"), "identity_number_malformed"),
    Row("number in Arabic digits", lambda: parse_number("٠٠١١٩٩٩٩٠٠٠١"), "identity_number_malformed"),
    Row("number of no province", lambda: parse_number("000199990001"), "identity_number_malformed"),
    Row(
        "citizen's number for a foreigner",
        lambda: parse_assigned("001199990001"),
        "assigned_number_malformed",
    ),
    Row("tax code with a wrong check digit", lambda: parse_tax_code("0100109107"), "tax_code_malformed"),
    Row("organisation's code likewise", lambda: read_code("0100109107"), "organisation_code_malformed"),
    Row(
        "person's number for an organisation",
        lambda: read_code("001199990001"),
        "organisation_code_malformed",
    ),
    Row("landline", lambda: parse_phone("024 3825 0000"), "phone_malformed"),
    Row("day that there is none of", lambda: read_day("31/02/1999", "birth_date"), "date_malformed"),
    Row(
        "expired passport",
        a_foreigner(document_expires_on=YESTERDAY),
        "document_expired",
        "69/2024 Art. 7.2.a",
    ),
    Row("no residence card", a_foreigner(residence_number=None), "residence_needed", "69/2024 Art. 7.2.a"),
    Row(
        "residence card past its date",
        a_foreigner(residence_expires_on=YESTERDAY),
        "residence_needed",
        "69/2024 Art. 7.2.a",
    ),
    Row("zone that does not add up", lambda: _zone("X0000001", "X0000007"), "machine_readable_zone_refused"),
    Row("zone that is short", lambda: parse_zone(a_zone()[:-1], TODAY), "machine_readable_zone_refused"),
    Row("expired card", a_citizen(card_expires_on=YESTERDAY), "card_needed", "69/2024 Art. 7.1.a"),
    Row("no card", a_citizen(card_issued_on=None), "card_needed", "69/2024 Art. 7.1.a"),
    Row("minor alone", a_citizen(birth_date=date(2012, 11, 3)), "guardian_needed", "69/2024 Art. 7.1.b"),
    Row(
        "minor above their level",
        a_citizen(Level.TWO, has_guardian=True, birth_date=date(2020, 11, 3)),
        "level_not_held",
        "69/2024 Art. 7.1.c",
    ),
    Row("somebody deceased", a_citizen(is_deceased=True), "holder_deceased"),
    Row("representative not in the register", by_a_stranger(), "not_representative", "69/2024 Art. 12"),
    Row(
        "dissolved organisation",
        by_a_stranger(Status.DISSOLVED),
        "organisation_dissolved",
        "69/2024 Art. 7.3",
    ),
    Row("mandate for more services", handed_on(services=frozenset()), "mandate_wider.services", BEYOND),
    Row("mandate up to more", handed_on(limit_vnd=1_000_001), "mandate_wider.limit", BEYOND),
    Row("mandate that outlasts", handed_on(ends_at=NOW + timedelta(days=366)), "mandate_wider.end", BEYOND),
    Row("mandate handed on too far", handed_on(depth=1), "mandate_wider.depth", WITHOUT_LEAVE),
    Row("mandate back to its giver", handed_on(agent_id=CHIEF), "mandate_circular"),
    Row("mandate to its principal", handed_on(agent_id=COMPANY), "mandate_circular"),
    Row("mandate that is over before it begins", handed_on(ends_at=NOW), "mandate_misshaped.ends_at", TERM),
    Row("CSV in TCVN3", a_csv(HEADER + bytes.fromhex("4E677579D46E205468DE")), "file_not_utf8"),
    Row("CSV in VNI", a_csv(HEADER + bytes.fromhex("4E67757965E36E205468F2")), "file_not_utf8"),
    Row("CSV in VISCII", a_csv(HEADER + bytes.fromhex("4E677579AD6E205468B82048DFB6")), "file_not_utf8"),
    Row("CSV in Windows-1258", a_csv("Trần Thị".encode("cp1258", "ignore") + b"\xcc"), "file_not_utf8"),
    Row("CSV in UTF-16", a_csv("number,name\n".encode("utf-16")), "file_not_utf8"),
    Row("CSV without its columns", a_csv(HEADER), "file_header_incomplete"),
    Row("no name", a_name(""), "name_refused.length"),
    Row("name in NFD", a_name("Tra\u0302\u0300n Thi\u0323"), "name_refused.decomposed"),
    Row("name with a Cyrillic а", a_name("Tr\u0430n Thị"), "name_refused.look_alike"),
    Row("name with a Greek Ο", a_name("\u039fanh"), "name_refused.look_alike"),
    Row("name with an Icelandic Ð", a_name("\u00d0ặng"), "name_refused.look_alike"),
    Row("name in full width", a_name("Ｌan"), "name_refused.look_alike"),
    Row("name with a mark upon a mark", a_name("Trá\u0301n"), "name_refused.look_alike"),
    Row("name with a mark on a consonant", a_name("T\u0302rần"), "name_refused.look_alike"),
    Row("name with a zero width space", a_name("Trần\u200b Thị"), "name_refused.characters"),
    Row("name with a joiner", a_name("Trần\u200d"), "name_refused.characters"),
    Row("name turned round", a_name("\u202eTrần"), "name_refused.characters"),
    Row("name with a digit", a_name("Tran 3"), "name_refused.characters"),
)


def _zone(printed, typed):
    parse_zone(a_zone(number=printed).replace(printed, typed), TODAY)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.what)
def test_bad_input_is_refused_in_its_sentence_with_its_article(row, language):
    with pytest.raises(IdpError) as refused:
        row.act()

    said = told(refused.value, row.code, language)
    assert "{" not in said
    assert "()" not in said
    if row.article is not None:
        assert f"({say_article(language, row.article)})" in said


def told(error, code, language):
    """What pages say: the sentences of the code, with the facts put in."""
    assert code.partition(".")[0] == error.code
    variants = (code, shown(error)["code"], f"{error.code}.{error.facts().get('reason')}")
    assert code in variants
    said = [
        SENTENCES.say(language, f"errors.{code}.title", **error.facts()),
        SENTENCES.say(language, f"errors.{error.code}.happened", **error.facts()),
        SENTENCES.say(language, f"errors.{code}.todo", **error.facts()),
    ]
    return " ".join(said)


def test_names_are_told_what_is_wrong_with_them():
    for row in TABLE:
        if row.code.startswith("name_refused"):
            with pytest.raises(IdpError) as refused:
                row.act()
            assert shown(refused.value)["code"] == row.code


@pytest.mark.parametrize(
    "name",
    [
        "Trần Thị Thu Hà",
        "H'Hen Niê",
        "Y Ƀăk Êban",
        "Nguyễn-Trần Ánh",
        "Ksor Ê\u0306ban",
        "Đặng O\u031b\u0306",
        "Đào Mí Ñ",
    ],
)
def test_names_of_viet_nams_languages_are_taken(name):
    check_name(unicodedata.normalize("NFC", name))
