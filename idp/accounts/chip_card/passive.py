"""Passive authentication (ICAO Doc 9303 part 11 §5.1): that a state signed the data groups that were read."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

from idp.accounts.chip_card.refusal import ChipRefused, Flaw
from idp.accounts.chip_card.security_object import UNREADABLE, SecurityObject, element, read_security_object
from idp.accounts.chip_card.trust_store import TrustStore
from idp.accounts.machine_readable_zone import CHARACTERS, Zone, ZoneRefused, parse_zone
from idp.statute.ages import day_in_vietnam

MOST_BYTES = 256 * 1024
ZONE_GROUP = 1
# Class, method and number of a tag: 61, and 5F1F.
GROUP_1, ZONE = (1, 1, 1), (1, 0, 31)
TD1_LENGTH = 90
HASHES: Mapping[str, type[hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """What was read from a chip: EF.SOD, and data groups by their number, each whole as its file has it."""

    security_object: bytes = field(repr=False)
    data_groups: Mapping[int, bytes] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Genuine:
    """What a state has signed: the zone, the text of it, and which data groups agreed."""

    zone: Zone
    zone_text: str = field(repr=False)
    data_groups: tuple[int, ...]

    @property
    def personal_number(self) -> str:
        """What a card's optional data begin with, up to a filler: in Viet Nam the identity number."""
        return self.zone_text[15:30].split("<", 1)[0] if len(self.zone_text) == TD1_LENGTH else ""


def authenticate(chip: Chip, trust: TrustStore, now: datetime) -> Genuine:
    """Whether a chip's data are those that its state signed. Pure but for the store.

    Raises:
        ChipRefused: with the first flaw found. Data group 1 must be there, and every one that is must agree.
    """
    signed = read_security_object(chip.security_object)
    text = _zone_text(chip.data_groups.get(ZONE_GROUP, b""))
    zone = _zone(text, day_in_vietnam(now))
    for number, content in chip.data_groups.items():
        _check_group(signed, number, content)
    digest = hashlib.new(signed.digest_name, signed.content).digest()
    if not hmac.compare_digest(digest, signed.message_digest):
        raise ChipRefused(Flaw.SIGNATURE)
    # Which state it must be is read off the data; that those are the state's, its signature then shows.
    key = trust.check_signer(signed.signer, zone.issuer, now)
    _check_signature(signed, key)
    return Genuine(zone=zone, zone_text=text, data_groups=tuple(sorted(chip.data_groups)))


def _check_group(signed: SecurityObject, number: int, content: bytes) -> None:
    expected = signed.digests.get(number)
    if expected is None or len(content) > MOST_BYTES:
        raise ChipRefused(Flaw.DATA_GROUP)
    if not hmac.compare_digest(hashlib.new(signed.hash_name, content).digest(), expected):
        raise ChipRefused(Flaw.DATA_GROUP)


def _check_signature(signed: SecurityObject, key: CertificatePublicKeyTypes) -> None:
    algorithm = HASHES[signed.digest_name]()
    try:
        if isinstance(key, ec.EllipticCurvePublicKey) and signed.scheme == "ecdsa":
            key.verify(signed.signature, signed.attributes, ec.ECDSA(algorithm))
            return
        if isinstance(key, rsa.RSAPublicKey) and signed.scheme == "rsassa_pkcs1v15":
            key.verify(signed.signature, signed.attributes, padding.PKCS1v15(), algorithm)
            return
        if isinstance(key, rsa.RSAPublicKey) and signed.scheme == "rsassa_pss":
            filling = padding.PSS(padding.MGF1(algorithm), signed.salt_length)
            key.verify(signed.signature, signed.attributes, filling, algorithm)
            return
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        raise ChipRefused(Flaw.SIGNATURE) from None
    raise ChipRefused(Flaw.ALGORITHM)


def _zone_text(file: bytes) -> str:
    """What data group 1 holds: one element 61, in it one element 5F1F (part 10 §4.7.1)."""
    try:
        text = element(element(file, GROUP_1), ZONE).decode("ascii")
    except UNREADABLE:
        raise ChipRefused(Flaw.MALFORMED) from None
    # What is forgiven to people who type a zone is not forgiven to a chip.
    if not CHARACTERS.fullmatch(text):
        raise ChipRefused(Flaw.MALFORMED)
    return text


def _zone(text: str, today: date) -> Zone:
    try:
        return parse_zone(text, today)
    except ZoneRefused:
        raise ChipRefused(Flaw.MALFORMED) from None
