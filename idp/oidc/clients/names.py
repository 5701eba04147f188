"""Names of certificates, as they are compared (RFC 4514, RFC 8705 §2.1.2)."""

from cryptography import x509
from cryptography.x509.oid import NameOID

# RFC 4514 §3 and what certificate tools print beside it.
_NAMES = {
    "CN": NameOID.COMMON_NAME,
    "L": NameOID.LOCALITY_NAME,
    "ST": NameOID.STATE_OR_PROVINCE_NAME,
    "O": NameOID.ORGANIZATION_NAME,
    "OU": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "C": NameOID.COUNTRY_NAME,
    "STREET": NameOID.STREET_ADDRESS,
    "DC": NameOID.DOMAIN_COMPONENT,
    "UID": NameOID.USER_ID,
    "E": NameOID.EMAIL_ADDRESS,
    "emailAddress": NameOID.EMAIL_ADDRESS,
    "serialNumber": NameOID.SERIAL_NUMBER,
    "organizationIdentifier": NameOID.ORGANIZATION_IDENTIFIER,
    "businessCategory": NameOID.BUSINESS_CATEGORY,
}
# They are written in any case (RFC 4512 §1.4).
SHORT_NAMES = {
    spelling: oid for name, oid in _NAMES.items() for spelling in (name, name.lower(), name.upper())
}
Name = list[frozenset[tuple[str, str]]]


def name_of(text: str) -> Name:
    """A subject's name as RFC 4514 writes it, ready to compare: case and inner blanks do not count.

    Raises:
        ValueError: it is none.
    """
    return comparable(x509.Name.from_rfc4514_string(text, SHORT_NAMES))


def comparable(name: x509.Name) -> Name:
    """A certificate's subject, ready to compare."""
    # caseIgnoreMatch (RFC 4517 §4.2.11), which RFC 4514 names are compared by.
    return [
        frozenset((part.oid.dotted_string, " ".join(str(part.value).split()).casefold()) for part in rdn)
        for rdn in name.rdns
    ]
