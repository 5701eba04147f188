"""What somebody files who asks for an account alone, and how it is held against a register."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from idp.accounts.kinds import Identity, Kind
from idp.assurance import Level
from idp.kernel.errors import Refused
from idp.statute.rules import Case

DAY_FIRST = re.compile(r"(\d{1,2})\s*[/.\-]\s*(\d{1,2})\s*[/.\-]\s*(\d{4})", re.ASCII)
YEAR_FIRST = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)


class RegisterMismatch(Refused):
    """What was filed is not what the register has, or it has nobody such, or its papers were guessed at too
    often today: it is never said which."""

    code = "register_mismatch"


class DateMalformed(Refused):
    """Not a day; ``field`` is which one was asked for."""

    code = "date_malformed"

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.field = name

    def facts(self) -> dict[str, object]:
        return {"field": self.field}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Whom the register confirmed, and by which article an account is theirs."""

    identity: Identity = field(repr=False)
    source: str
    article: str


class Filed(Protocol):
    """An applicant's form, read."""

    @property
    def number(self) -> str: ...

    @property
    def phone(self) -> str: ...

    @property
    def language(self) -> str: ...

    def stored(self) -> dict[str, str]:
        """As JSON members; ``restored`` of its filing is the inverse."""


class Applying(Protocol):
    """One kind of application: a row in the table that ``SelfEnrolment`` is given."""

    @property
    def kind(self) -> Kind: ...

    @property
    def case(self) -> Case: ...

    def read(self, typed: Mapping[str, str], language: str) -> Filed:
        """A form. Raises what is refused before anybody is asked: shapes that cannot be read."""

    def restored(self, details: Mapping[str, str]) -> Filed:
        """From what ``stored`` gave."""

    def check(self, filed: Filed, may_look: Callable[[str], None]) -> Found:
        """Hold it against the law and the register.

        Args:
            may_look: called with the number once name and birth date agree, before anything else that only
                the holder's papers tell is compared; what it raises stops that.

        Raises:
            RegisterMismatch: or another refusal with its article, where the register agrees.
            Unavailable: the register is silent.
        """


class Filing(Applying, Protocol):
    """An application by the holder, who may later be seen in person for level 02."""

    def confirm(self, number: str, level: Level, *, has_guardian: bool) -> Found:
        """Whether the register and the law let this person hold a level, their papers having been seen.

        Raises:
            NotInRegister: or another refusal, with its article.
            Unavailable: the register is silent.
        """

    def case_in_person(self, number: str) -> Case:
        """Which term the law gives for level 02.

        Raises:
            Unavailable.
        """


def read_day(typed: str, name: str) -> date:
    """A day as people write it: ``4/3/2004``, ``04-03-2004``, or ``2004-03-04``.

    Raises:
        DateMalformed.
    """
    text = typed.strip()
    try:
        if day_first := DAY_FIRST.fullmatch(text):
            day, month, year = map(int, day_first.groups())
            return date(year, month, day)
        if YEAR_FIRST.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise DateMalformed(name)
