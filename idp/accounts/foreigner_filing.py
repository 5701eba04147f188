"""A foreigner asks for an account of level 01: number, passport's machine-readable zone, residence card."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from idp.accounts.eligibility import CardNeeded, Deceased, NotInRegister, Unlawful, check_age
from idp.accounts.filing import Filed, Found, RegisterMismatch
from idp.accounts.foreigner import Foreigner
from idp.accounts.kinds import Kind
from idp.accounts.machine_readable_zone import Zone, parse_zone
from idp.accounts.matching import zone_fits
from idp.accounts.phone import parse_phone
from idp.assurance import Level
from idp.kernel.clock import Clock
from idp.kernel.errors import Refused
from idp.registers.register import ForeignerRecord, ImmigrationRegister
from idp.statute.ages import day_in_vietnam
from idp.statute.assigned_number import parse_assigned
from idp.statute.rules import Case, Verdict

CARD_NUMBER = re.compile(r"[0-9A-Z]{5,20}")
# Germany alone has one letter in a zone (ICAO Doc 9303 part 3 §5).
STATES = {"D": "DEU"}


class ResidenceNeeded(CardNeeded):
    """``reason`` is ``missing`` where there is no residence card, ``expired`` where it is past its day."""

    code = "residence_needed"


class DocumentExpired(Unlawful):
    """The passport is past its day."""

    code = "document_expired"


class CardNumberMalformed(Refused):
    """Not the number of a residence card."""

    code = "card_number_malformed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignerFiled:
    """What a foreigner typed. ``zone_text`` is the zone without blanks; ``zone`` what it says."""

    number: str = field(repr=False)
    zone_text: str = field(repr=False)
    zone: Zone = field(repr=False)
    residence_number: str = field(repr=False)
    phone: str = field(repr=False)
    language: str

    def stored(self) -> dict[str, str]:
        """As JSON members."""
        return {
            "number": self.number,
            "zone": self.zone_text,
            "residence_number": self.residence_number,
            "phone": self.phone,
            "language": self.language,
        }

    def names(self, record: ForeignerRecord) -> bool:
        """Whether it is about this person, as whoever knows them would write."""
        zone = self.zone
        return (
            zone_fits(record.name, zone.surname, zone.given_names, len(self.zone_text))
            and zone.birth_date == record.birth_date
        )

    def agrees_with(self, record: ForeignerRecord) -> bool:
        """Whether the rest, which only the holder's papers tell, is as the register has it."""
        zone = self.zone
        return (
            zone.number == record.document_number
            and zone.sex in (None, record.sex)
            and STATES.get(zone.nationality, zone.nationality) == record.nationality
            and zone.expires_on == record.document_expires_on
            and self.residence_number == record.residence_number
            and not record.is_deceased
        )


class ForeignerFiling:
    """``Filing`` for foreigners, against the immigration register."""

    kind = Kind.FOREIGNER
    case = Case.FOREIGNER_01

    def __init__(self, register: ImmigrationRegister, clock: Clock) -> None:
        self._register = register
        self._clock = clock

    def read(self, typed: Mapping[str, str], language: str) -> ForeignerFiled:
        """See ``Filing``.

        Raises:
            AssignedNumberMalformed, ZoneRefused, CardNumberMalformed, PhoneMalformed.
        """
        number = parse_assigned(typed.get("username", ""))
        zone_text = "".join(typed.get("zone", "").split()).upper()
        zone = parse_zone(zone_text, day_in_vietnam(self._clock()))
        residence_number = "".join(typed.get("residence_number", "").split()).upper()
        if not CARD_NUMBER.fullmatch(residence_number):
            raise CardNumberMalformed
        return ForeignerFiled(
            number=number,
            zone_text=zone_text,
            zone=zone,
            residence_number=residence_number,
            phone=parse_phone(typed.get("phone", "")),
            language=language,
        )

    def restored(self, details: Mapping[str, str]) -> ForeignerFiled:
        """See ``Filing``."""
        return ForeignerFiled(
            number=details["number"],
            zone_text=details["zone"],
            zone=parse_zone(details["zone"], day_in_vietnam(self._clock())),
            residence_number=details["residence_number"],
            phone=details["phone"],
            language=details["language"],
        )

    def check(self, filed: Filed, may_look: Callable[[str], None]) -> Found:
        """See ``Filing``. Age and expiry are judged by the zone, before the register is asked."""
        assert isinstance(filed, ForeignerFiled)  # noqa: S101 - made by ``read`` or ``restored``
        today = day_in_vietnam(self._clock())
        verdict = check_age(self.kind, Level.ONE, filed.zone.birth_date, today)
        if filed.zone.is_expired(today):
            raise DocumentExpired(verdict.article)
        record = self._register.find(filed.number)
        if record is None or not filed.names(record):
            raise RegisterMismatch
        may_look(filed.number)
        if not filed.agrees_with(record):
            raise RegisterMismatch
        verdict = check_foreigner(record, Level.ONE, today)
        return Found(identity=foreigner_of(record), source=self._register.source, article=verdict.article)

    def confirm(self, number: str, level: Level, *, has_guardian: bool) -> Found:
        """See ``Filing``."""
        record = self._register.find(number)
        if record is None:
            raise NotInRegister
        today = day_in_vietnam(self._clock())
        verdict = check_foreigner(record, level, today, has_guardian=has_guardian)
        return Found(identity=foreigner_of(record), source=self._register.source, article=verdict.article)

    def case_in_person(self, number: str) -> Case:
        """See ``Filing``: three working days where immigration has the biometrics, else seven."""
        record = self._register.find(number)
        if record is not None and not record.has_biometrics:
            return Case.FOREIGNER_02_NOT_ON_FILE
        return Case.FOREIGNER_02_ON_FILE


def check_foreigner(
    record: ForeignerRecord, level: Level, today: date, *, has_guardian: bool = False
) -> Verdict:
    """Whether the law lets this foreigner hold an account of this level. Pure.

    Raises:
        LevelNotHeld, GuardianNeeded, ResidenceNeeded, DocumentExpired, Deceased.
    """
    if record.is_deceased:
        raise Deceased
    verdict = check_age(Kind.FOREIGNER, level, record.birth_date, today, has_guardian=has_guardian)
    if record.residence_number is None:
        raise ResidenceNeeded("missing", verdict.article)
    if not record.may_reside(today):
        raise ResidenceNeeded("expired", verdict.article)
    if not record.has_valid_document(today):
        raise DocumentExpired(verdict.article)
    return verdict


def foreigner_of(record: ForeignerRecord) -> Foreigner:
    """The electronic identity that a register's record gives."""
    return Foreigner(
        name=record.name,
        birth_date=record.birth_date,
        sex=record.sex,
        nationality=record.nationality,
        document_number=record.document_number,
        document_type=record.document_type.value,
        document_issued_on=record.document_issued_on,
        document_issued_at=record.document_issued_at,
        document_expires_on=record.document_expires_on,
    )
