"""Invented foreigners: a passport's lines, and a record of the immigration register that agrees with them."""

from datetime import date

from idp.accounts.machine_readable_zone import check_digit
from idp.registers.immigration import DocumentType, ForeignerRecord, ResidenceKind
from idp.statute.identity_number import Sex

NUMBER = "900990000001"


def a_zone(
    name="EXAMPLE<<ANNA", number="X0000001", nationality="SWE", born="900102", sex="F", until="330405"
):
    """A passport's two lines, their check digits added up."""
    document = number.ljust(9, "<")
    fields = [document + check_digit(document), born + check_digit(born), until + check_digit(until)]
    optional = "<" * 14 + "0"
    second = fields[0] + nationality.ljust(3, "<") + fields[1] + sex + fields[2] + optional
    composite = check_digit(fields[0] + fields[1] + fields[2] + optional)
    return f"P<{nationality.ljust(3, '<')}{name.ljust(39, '<')[:39]}\n{second}{composite}"


def a_foreigners_record(**given):
    usual = {
        "number": NUMBER,
        "name": "ANNA EXAMPLE",
        "birth_date": date(1990, 1, 2),
        "sex": Sex.FEMALE,
        "nationality": "SWE",
        "document_type": DocumentType.PASSPORT,
        "document_number": "X0000001",
        "document_issued_on": date(2023, 4, 5),
        "document_expires_on": date(2033, 4, 5),
        "document_issued_at": "Stockholm",
        "residence_kind": ResidenceKind.TEMPORARY,
        "residence_number": "TRC0000001",
        "residence_expires_on": date(2027, 10, 23),
        "address": "Số 1, đường Bến Thuyền, tỉnh An Giang",
        "has_biometrics": True,
        "is_deceased": False,
    }
    return ForeignerRecord(**{**usual, **given})
