"""A citizen asks for an account of level 01: number, name, birth date, the card's date of issue, phone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from idp.accounts.citizen import parse_number
from idp.accounts.eligibility import NotInRegister, check_age, check_holder, citizen_of
from idp.accounts.filing import Filed, Found, RegisterMismatch, read_day
from idp.accounts.kinds import Kind
from idp.accounts.matching import same_name
from idp.accounts.phone import parse_phone
from idp.assurance import Level
from idp.kernel.clock import Clock
from idp.registers.register import CitizenRecord, PopulationRegister
from idp.statute.ages import day_in_vietnam
from idp.statute.names import check_name
from idp.statute.rules import Case


@dataclass(frozen=True, slots=True, kw_only=True)
class CitizenFiled:
    """What a citizen typed. ``language`` is that of the messages that follow."""

    number: str = field(repr=False)
    name: str = field(repr=False)
    birth_date: date = field(repr=False)
    card_issued_on: date = field(repr=False)
    phone: str = field(repr=False)
    language: str

    def stored(self) -> dict[str, str]:
        """As JSON members."""
        return {
            "number": self.number,
            "name": self.name,
            "birth_date": self.birth_date.isoformat(),
            "card_issued_on": self.card_issued_on.isoformat(),
            "phone": self.phone,
            "language": self.language,
        }

    def names(self, record: CitizenRecord) -> bool:
        """Whether it is about this person, as whoever knows them would write."""
        return same_name(self.name, record.name) and self.birth_date == record.birth_date

    def agrees_with(self, record: CitizenRecord) -> bool:
        """Whether the rest, which only the holder's card tells, is as the register has it."""
        return self.card_issued_on == record.card_issued_on and not record.is_deceased


class CitizenFiling:
    """``Filing`` for citizens, against the population register."""

    kind = Kind.CITIZEN
    case = Case.CITIZEN_01

    def __init__(self, register: PopulationRegister, clock: Clock) -> None:
        self._register = register
        self._clock = clock

    def read(self, typed: Mapping[str, str], language: str) -> CitizenFiled:
        """See ``Filing``.

        Raises:
            NumberMalformed, NameRefused, DateMalformed, PhoneMalformed: in the order of the form.
        """
        number = parse_number(typed.get("username", "")).digits
        name = " ".join(typed.get("name", "").split())
        check_name(name)
        return CitizenFiled(
            number=number,
            name=name,
            birth_date=read_day(typed.get("birth_date", ""), "birth_date"),
            card_issued_on=read_day(typed.get("card_issued_on", ""), "card_issued_on"),
            phone=parse_phone(typed.get("phone", "")),
            language=language,
        )

    def restored(self, details: Mapping[str, str]) -> CitizenFiled:
        """See ``Filing``."""
        days = {name: date.fromisoformat(details[name]) for name in ("birth_date", "card_issued_on")}
        return CitizenFiled(**{**details, **days})  # type: ignore[arg-type]

    def check(self, filed: Filed, may_look: Callable[[str], None]) -> Found:
        """See ``Filing``. Age is judged by what was typed, before the register is asked."""
        assert isinstance(filed, CitizenFiled)  # noqa: S101 - made by ``read`` or ``restored``
        today = day_in_vietnam(self._clock())
        check_age(self.kind, Level.ONE, filed.birth_date, today)
        record = self._register.find(filed.number)
        if record is None or not filed.names(record):
            raise RegisterMismatch
        may_look(filed.number)
        if not filed.agrees_with(record):
            raise RegisterMismatch
        verdict = check_holder(record, Level.ONE, today)
        return Found(identity=citizen_of(record), source=self._register.source, article=verdict.article)

    def confirm(self, number: str, level: Level, *, has_guardian: bool) -> Found:
        """See ``Filing``."""
        record = self._register.find(number)
        if record is None:
            raise NotInRegister
        today = day_in_vietnam(self._clock())
        verdict = check_holder(record, level, today, has_guardian=has_guardian)
        return Found(identity=citizen_of(record), source=self._register.source, article=verdict.article)

    def case_in_person(self, number: str) -> Case:
        """See ``Filing``: longer where the card is still to come (Decree 69/2024 Art. 13.2)."""
        record = self._register.find(number)
        if record is None or record.has_valid_card(day_in_vietnam(self._clock())):
            return Case.CITIZEN_02
        return Case.CITIZEN_WITHOUT_VALID_CARD
