"""What a register answers, whichever one is asked and however it is reached."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar

from idp.registers import business, immigration, population
from idp.registers.business import OrganisationRecord, Representative
from idp.registers.immigration import ForeignerRecord
from idp.registers.population import CitizenRecord

__all__ = [
    "BUSINESS",
    "IMMIGRATION",
    "POPULATION",
    "SHAPES",
    "BusinessRegister",
    "Change",
    "ChangeKind",
    "CitizenRecord",
    "ForeignerRecord",
    "ImmigrationRegister",
    "OrganisationRecord",
    "PopulationRegister",
    "Register",
    "RegisterName",
    "Registers",
    "Representative",
    "Shape",
    "UnreadChange",
]

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
MOST_CHANGES = 100


class RegisterName(StrEnum):
    """The registers that people and organisations are checked against."""

    POPULATION = "population"
    IMMIGRATION = "immigration"
    BUSINESS = "business"


class ChangeKind(StrEnum):
    """What a register tells of. ``record_changed`` is anything else: look the record up again."""

    DEATH = "death"
    CARD_REVOKED = "card_revoked"
    CARD_HELD = "card_held"
    CARD_RETURNED = "card_returned"
    RESIDENCE_EXPIRED = "residence_expired"
    GUARDIAN_CHANGED = "guardian_changed"
    REPRESENTATIVE_CHANGED = "representative_changed"
    ORGANISATION_DISSOLVED = "organisation_dissolved"
    NUMBER_REISSUED = "number_reissued"
    RECORD_CHANGED = "record_changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Something that happened to somebody in a register. ``cursor`` says where it stands in the feed.

    ``number`` is the person's number or the organisation's code; ``new_number`` only for a re-issued one.
    """

    cursor: str
    kind: ChangeKind
    number: str = field(repr=False)
    happened_on: date
    new_number: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadChange:
    """Something that a feed tells and we cannot read: of a kind unknown here, or lacking what its kind needs.

    ``kind`` as it was told, where that is a word; ``number`` where there is one.
    """

    cursor: str
    kind: str = ""
    number: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Shape(Generic[R]):
    """How one register's records are written down, and what may happen to them."""

    name: RegisterName
    columns: tuple[str, ...]
    may_be_left_out: tuple[str, ...]
    read_row: Callable[[Mapping[str, str], date], R]
    write_row: Callable[[R], dict[str, str]]
    number_of: Callable[[R], str]
    changes: frozenset[ChangeKind]


class Register(Protocol[R_co]):
    """What all registers offer. ``source`` names it in evidence: a stand-in never goes by another's name."""

    @property
    def source(self) -> str: ...

    def find(self, number: str) -> R_co | None:
        """The record of a number, as its ``Shape`` has it; ``None`` when there is none.

        Raises:
            Unavailable: the register is silent. Never taken for "there is none".
        """

    def changes(self, after: str, limit: int = MOST_CHANGES) -> Sequence[Change | UnreadChange]:
        """What happened since a cursor, in order; ``""`` is the beginning, nothing is the end.

        Raises:
            Unavailable: the register is silent.
        """


PopulationRegister = Register[CitizenRecord]
"""The national population database, or what stands for it: by identity number, of twelve digits."""
ImmigrationRegister = Register[ForeignerRecord]
"""The national immigration database, or what stands for it: by the foreigner's number."""
BusinessRegister = Register[OrganisationRecord]
"""The national business register, or what stands for it: by enterprise, tax or agency code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registers:
    """The three of them, however each is reached."""

    population: PopulationRegister
    immigration: ImmigrationRegister
    business: BusinessRegister

    def by_name(self, name: RegisterName) -> Register[Any]:
        """One of them."""
        found: Register[Any] = getattr(self, name.value)
        return found


_ANYBODY = frozenset({ChangeKind.DEATH, ChangeKind.NUMBER_REISSUED, ChangeKind.RECORD_CHANGED})

POPULATION: Shape[CitizenRecord] = Shape(
    RegisterName.POPULATION,
    population.COLUMNS,
    population.MAY_BE_LEFT_OUT,
    population.read_row,
    population.write_row,
    lambda record: record.number,
    _ANYBODY
    | {
        ChangeKind.CARD_REVOKED,
        ChangeKind.CARD_HELD,
        ChangeKind.CARD_RETURNED,
        ChangeKind.GUARDIAN_CHANGED,
    },
)
IMMIGRATION: Shape[ForeignerRecord] = Shape(
    RegisterName.IMMIGRATION,
    immigration.COLUMNS,
    immigration.MAY_BE_LEFT_OUT,
    immigration.read_row,
    immigration.write_row,
    lambda record: record.number,
    _ANYBODY | {ChangeKind.RESIDENCE_EXPIRED, ChangeKind.GUARDIAN_CHANGED},
)
BUSINESS: Shape[OrganisationRecord] = Shape(
    RegisterName.BUSINESS,
    business.COLUMNS,
    business.MAY_BE_LEFT_OUT,
    business.read_row,
    business.write_row,
    lambda record: record.code,
    frozenset(
        {
            ChangeKind.REPRESENTATIVE_CHANGED,
            ChangeKind.ORGANISATION_DISSOLVED,
            ChangeKind.NUMBER_REISSUED,
            ChangeKind.RECORD_CHANGED,
        }
    ),
)
SHAPES: Mapping[RegisterName, Shape[Any]] = {
    shape.name: shape for shape in (POPULATION, IMMIGRATION, BUSINESS)
}
