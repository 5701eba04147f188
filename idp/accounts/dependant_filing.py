"""A guardian asks for a dependant's account of level 01: what is filed, and how registers are asked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from idp.accounts.account import Account, Accounts
from idp.accounts.citizen import parse_number
from idp.accounts.eligibility import check_holder, citizen_of
from idp.accounts.filing import Filed, Found, RegisterMismatch, read_day
from idp.accounts.foreigner_filing import (
    DocumentExpired,
    ForeignerFiled,
    ForeignerFiling,
    check_foreigner,
    foreigner_of,
)
from idp.accounts.former_numbers import FormerNumbers
from idp.accounts.guardianship import GUARDIANS_ACCOUNT, FilesAlone, GuardianUnfit, check_dependant
from idp.accounts.kinds import Kind
from idp.accounts.matching import same_name
from idp.assurance import Level
from idp.kernel.clock import Clock
from idp.registers.register import CitizenRecord, ImmigrationRegister, PopulationRegister
from idp.statute.ages import age_on, day_in_vietnam
from idp.statute.law import STATUTE
from idp.statute.names import check_name
from idp.statute.rules import Case, Threshold

GUARDIAN = "guardian"


@dataclass(frozen=True, slots=True, kw_only=True)
class DependantFiled:
    """What a guardian typed of a citizen. ``guardian``: the account that filed; ``phone`` is its own."""

    guardian: UUID
    number: str = field(repr=False)
    name: str = field(repr=False)
    birth_date: date = field(repr=False)
    phone: str = field(repr=False)
    language: str

    def stored(self) -> dict[str, str]:
        """As JSON members."""
        return {
            GUARDIAN: str(self.guardian),
            "number": self.number,
            "name": self.name,
            "birth_date": self.birth_date.isoformat(),
            "phone": self.phone,
            "language": self.language,
        }

    def agrees_with(self, record: CitizenRecord) -> bool:
        """Whether all of it is as the register has it."""
        is_same = same_name(self.name, record.name) and self.birth_date == record.birth_date
        return is_same and not record.is_deceased


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignDependantFiled:
    """What a guardian typed of a foreigner: as foreigners file themselves, and who filed."""

    guardian: UUID
    typed: ForeignerFiled

    @property
    def number(self) -> str:
        return self.typed.number

    @property
    def phone(self) -> str:
        return self.typed.phone

    @property
    def language(self) -> str:
        return self.typed.language

    def stored(self) -> dict[str, str]:
        """As JSON members."""
        return self.typed.stored() | {GUARDIAN: str(self.guardian)}


Dependant = DependantFiled | ForeignDependantFiled


class DependantFiling:
    """``Applying`` for a citizen under somebody's guardianship, against the population register."""

    kind = Kind.CITIZEN
    case = Case.CITIZEN_01_BY_GUARDIAN

    def __init__(
        self, accounts: Accounts, former: FormerNumbers, register: PopulationRegister, clock: Clock
    ) -> None:
        self._accounts = accounts
        self._former = former
        self._register = register
        self._clock = clock

    def read(self, typed: Mapping[str, str], language: str) -> DependantFiled:
        """See ``Applying``. ``guardian`` and ``phone`` are not typed: whoever asks puts them in.

        Raises:
            NumberMalformed, NameRefused, DateMalformed: in the order of the form.
        """
        number = parse_number(typed.get("username", "")).digits
        name = " ".join(typed.get("name", "").split())
        check_name(name)
        return DependantFiled(
            guardian=UUID(typed[GUARDIAN]),
            number=number,
            name=name,
            birth_date=read_day(typed.get("birth_date", ""), "birth_date"),
            phone=typed["phone"],
            language=language,
        )

    def restored(self, details: Mapping[str, str]) -> DependantFiled:
        """See ``Applying``."""
        return DependantFiled(
            guardian=UUID(details[GUARDIAN]),
            number=details["number"],
            name=details["name"],
            birth_date=date.fromisoformat(details["birth_date"]),
            phone=details["phone"],
            language=details["language"],
        )

    def check(self, filed: Filed, may_look: Callable[[str], None]) -> Found:
        """See ``Applying``. Who files, and the age that was typed, are looked at before the register is.

        Nothing is compared that papers alone tell: what counts is whom the register names.
        """
        assert isinstance(filed, DependantFiled)  # noqa: S101 - made by ``read`` or ``restored``
        today = day_in_vietnam(self._clock())
        guardian = fit_guardian(self._accounts, filed.guardian)
        check_typed_age(filed.birth_date, today)
        record = self._register.find(filed.number)
        if record is None or not filed.agrees_with(record):
            raise RegisterMismatch
        article = _article(self.kind, record.birth_date, today)
        is_named = self._former.names(record.guardians, guardian)
        check_dependant(record, article, today, is_named=is_named)
        verdict = check_holder(record, Level.ONE, today, has_guardian=True)
        return Found(identity=citizen_of(record), source=self._register.source, article=verdict.article)


class ForeignDependantFiling:
    """``Applying`` for a foreigner under somebody's guardianship, against the immigration register."""

    kind = Kind.FOREIGNER
    case = Case.FOREIGNER_01_BY_GUARDIAN

    def __init__(
        self, accounts: Accounts, former: FormerNumbers, register: ImmigrationRegister, clock: Clock
    ) -> None:
        self._accounts = accounts
        self._former = former
        self._register = register
        self._clock = clock
        self._form = ForeignerFiling(register, clock)

    def read(self, typed: Mapping[str, str], language: str) -> ForeignDependantFiled:
        """See ``Applying``.

        Raises:
            AssignedNumberMalformed, ZoneRefused, CardNumberMalformed.
        """
        return ForeignDependantFiled(guardian=UUID(typed[GUARDIAN]), typed=self._form.read(typed, language))

    def restored(self, details: Mapping[str, str]) -> ForeignDependantFiled:
        """See ``Applying``."""
        return ForeignDependantFiled(guardian=UUID(details[GUARDIAN]), typed=self._form.restored(details))

    def check(self, filed: Filed, may_look: Callable[[str], None]) -> Found:
        """See ``Applying``."""
        assert isinstance(filed, ForeignDependantFiled)  # noqa: S101 - made by ``read`` or ``restored``
        today, born = day_in_vietnam(self._clock()), filed.typed.zone.birth_date
        guardian = fit_guardian(self._accounts, filed.guardian)
        check_typed_age(born, today)
        article = _article(self.kind, born, today)
        if filed.typed.zone.is_expired(today):
            raise DocumentExpired(article)
        record = self._register.find(filed.number)
        if record is None or not filed.typed.names(record):
            raise RegisterMismatch
        may_look(filed.number)
        if not filed.typed.agrees_with(record):
            raise RegisterMismatch
        is_named = self._former.names(record.guardians, guardian)
        check_dependant(record, article, today, is_named=is_named)
        verdict = check_foreigner(record, Level.ONE, today, has_guardian=True)
        return Found(identity=foreigner_of(record), source=self._register.source, article=verdict.article)


def fit_guardian(accounts: Accounts, account_id: UUID) -> Account:
    """Who files, as they are now: not as they were when they began to wait for a register.

    Raises:
        GuardianUnfit: not an active account of level 02.
    """
    guardian = accounts.the(account_id)
    if not guardian.is_active or guardian.level is not Level.TWO:
        raise GuardianUnfit(GUARDIANS_ACCOUNT)
    return guardian


def check_typed_age(born: date, today: date) -> None:
    """Refuse whom the law lets file alone and no court can have made a ward yet: nobody need be asked.

    Raises:
        FilesAlone.
    """
    law, age = STATUTE.on(today), age_on(born, today)
    alone = law.age(Threshold.FILES_ALONE)
    if alone.age <= age < law.age(Threshold.OF_AGE).age:
        raise FilesAlone(alone.article)


def _article(kind: Kind, born: date, today: date) -> str:
    return STATUTE.on(today).may_hold(kind, Level.ONE, born).article
