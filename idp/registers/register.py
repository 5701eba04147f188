"""What a population register answers, whichever one is asked."""

from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from idp.statute.identity_number import Sex


@dataclass(frozen=True, slots=True, kw_only=True)
class CitizenRecord:
    """One citizen as the register has them.

    ``province`` is of residence, a code of the 2025 scheme. ``card_issued_on`` is ``None`` when no identity
    card was ever issued, ``card_expires_on`` when it does not expire (from 60 years of age).
    """

    number: str = field(repr=False)
    name: str = field(repr=False)
    birth_date: date = field(repr=False)
    sex: Sex = field(repr=False)
    province: str = field(repr=False)
    address: str = field(repr=False)
    card_issued_on: date | None
    card_expires_on: date | None
    is_deceased: bool

    @property
    def has_card(self) -> bool:
        return self.card_issued_on is not None

    def has_valid_card(self, on: date) -> bool:
        """Whether a card had been issued and had not expired on that day; it is valid on its last day."""
        if self.card_issued_on is None or on < self.card_issued_on:
            return False
        return self.card_expires_on is None or on <= self.card_expires_on


class PopulationRegister(Protocol):
    """The national population database, or what stands for it.

    ``source`` names it in evidence: what stands for the database never goes by its name.
    """

    @property
    def source(self) -> str: ...

    def citizen(self, number: str) -> CitizenRecord | None:
        """The citizen with this identity number (twelve digits); ``None`` when there is none.

        Raises:
            Unavailable: the register is silent. Never taken for "there is none".
        """
