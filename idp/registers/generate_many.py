"""Makes registers of any size, as streams: every citizen is a function of their place in the file.

Nobody is real: the six last digits of a number begin with 9, but not with 99 as the sample people's do.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random

from idp.kernel.errors import Refused
from idp.registers import business, population
from idp.registers.generate import BANDS, PREFIXES, SEED, person
from idp.registers.generate_others import (
    FOREIGNER_COLUMNS,
    Row,
    Somebody,
    adult_of,
    foreigners,
    organisations,
    write,
)
from idp.registers.register import RegisterName

FIRST_SERIAL, SERIALS = 900_000, 90_000
MOST_CITIZENS = len(PREFIXES) * SERIALS
MOST_OTHERS = 1_000_000
REPRESENTATIVES = 2_000
TOLD_EVERY = 1_000
FILES = {
    RegisterName.POPULATION: "population.csv",
    RegisterName.IMMIGRATION: "immigration.csv",
    RegisterName.BUSINESS: "business.csv",
}

Progress = Callable[[RegisterName, int], None]
"""Told now and then: which file, rows written."""


class TooManyWanted(Refused):
    """There are not as many invented numbers."""

    code = "too_many_wanted"

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self.most = most

    def facts(self) -> dict[str, object]:
        return {"most": self.most}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How many of each."""

    citizens: int
    foreigners: int
    organisations: int

    @property
    def counts(self) -> tuple[int, int, int]:
        """In the order of ``FILES``."""
        return self.citizens, self.foreigners, self.organisations


def generate(folder: Path, wanted: Wanted, progress: Progress) -> Iterator[tuple[RegisterName, Path]]:
    """Write the files that are wanted, and give each when it is whole.

    Raises:
        TooManyWanted: nothing was written.
    """
    if wanted.citizens > MOST_CITIZENS:
        raise TooManyWanted(MOST_CITIZENS)
    if max(wanted.foreigners, wanted.organisations) > MOST_OTHERS:
        raise TooManyWanted(MOST_OTHERS)
    folder.mkdir(parents=True, exist_ok=True)
    shapes = (population.COLUMNS, FOREIGNER_COLUMNS, business.COLUMNS)
    rows = (
        partial(citizens, wanted.citizens),
        partial(foreigners, wanted.foreigners),
        partial(_organisations, wanted),
    )
    for name, columns, make, count in zip(FILES, shapes, rows, wanted.counts, strict=True):
        if count:
            path = folder / FILES[name]
            write(path, columns, _counted(make(), partial(progress, name)))
            yield name, path


def citizens(count: int) -> Iterator[Row]:
    """Rows for the population register."""
    return map(citizen, range(count))


def citizen(position: int) -> Row:
    """The citizen at a place, always the same one."""
    random = Random(f"{SEED}:{position}")  # noqa: S311 (invented people are no secret)
    (band,) = random.choices(BANDS, [band.people for band in BANDS])
    return person(random, position, band, FIRST_SERIAL + position // len(PREFIXES) % SERIALS)


def _organisations(wanted: Wanted) -> Iterator[Row]:
    """Represented by adults from among the first citizens."""
    somebody: Somebody = adult_of([citizen(place) for place in range(min(wanted.citizens, REPRESENTATIVES))])
    return organisations(wanted.organisations, somebody)


def _counted(rows: Iterator[Row], tell: Callable[[int], None]) -> Iterator[Row]:
    count = 0
    for count, row in enumerate(rows, start=1):
        if count % TOLD_EVERY == 0:
            tell(count)
        yield row
    tell(count)
