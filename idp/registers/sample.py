"""The sample registers: invented people and organisations, imported from CSV files, and their changes."""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Generic, TypeVar

from idp.kernel.clock import Clock
from idp.kernel.errors import NotFound
from idp.keyring.seal import Seal
from idp.registers.events import ChangeRefused, changed
from idp.registers.feed import Feed, FeedBusy
from idp.registers.imports import Import, ImportReport, Progress
from idp.registers.records import Records
from idp.registers.register import (
    BUSINESS,
    IMMIGRATION,
    MOST_CHANGES,
    POPULATION,
    Change,
    ChangeKind,
    RegisterName,
    Shape,
)
from idp.storage.database import Database

R = TypeVar("R")

SAMPLE_PEOPLE = Path(__file__).with_name("sample_people.csv")
SAMPLE_FOREIGNERS = Path(__file__).with_name("sample_foreigners.csv")
SAMPLE_ORGANISATIONS = Path(__file__).with_name("sample_organisations.csv")
SAMPLES = {
    RegisterName.POPULATION: SAMPLE_PEOPLE,
    RegisterName.IMMIGRATION: SAMPLE_FOREIGNERS,
    RegisterName.BUSINESS: SAMPLE_ORGANISATIONS,
}
"""The invented people and organisations that come with the software."""

SOURCES = {
    RegisterName.POPULATION: "Sổ dân cư mẫu",
    RegisterName.IMMIGRATION: "Sổ người nước ngoài mẫu",
    RegisterName.BUSINESS: "Sổ doanh nghiệp mẫu",
}

ATTEMPTS = 3


def _no_progress(done: int, total: int) -> None:
    """Told to nobody."""


def _no_more(report: ImportReport) -> None:
    """Nothing to be done at the end."""


class SampleRegister(Generic[R]):
    """Stands for a state register in demonstrations and tests: the same whichever it stands for."""

    def __init__(self, shape: Shape[R], database: Database, seal: Seal, clock: Clock) -> None:
        self.shape = shape
        self.source = SOURCES[shape.name]
        self._database = database
        self._records = Records(shape, database, seal)
        self._feed = Feed(shape.name, database, seal, clock)
        self._import = Import(self._records, clock)

    def find(self, number: str) -> R | None:
        """The record of a number; ``None`` when there is none."""
        return self._records.find(number)

    def changes(self, after: str, limit: int = MOST_CHANGES) -> Sequence[Change]:
        """As in ``Register``. Raises ``CursorMalformed`` too."""
        return self._feed.after(after, limit)

    def import_csv(
        self,
        path: Path,
        progress: Progress = _no_progress,
        finished: Callable[[ImportReport], None] = _no_more,
    ) -> ImportReport:
        """Take over a CSV file: all its good rows, batch by batch.

        A number already here is updated, so the same file may be imported again; who is not in the file
        stays. A run that broke off is continued by the next one with the same file.

        Args:
            progress: told after each batch.
            finished: called in the transaction that ends the import.

        Raises:
            NotUtf8, HeaderIncomplete: the file as a whole is refused, and nothing was changed.
            ImportOvertaken: another run is at work in this register.
            OSError: it cannot be read.
        """
        return self._import.run(path, progress, finished)

    def change(self, kind: ChangeKind, number: str, happened_on: date, to: str | None = None) -> Change:
        """Let something happen: the record changes, and the feed tells of it.

        Args:
            to: the new number of a re-issued one; the representatives or guardians after a change, as
                their column has them.

        Raises:
            NotFound: there is no such number.
            ChangeRefused: it cannot happen in this register, or needs another ``to``.
            FeedBusy: others were first, again and again.
        """
        for _ in range(ATTEMPTS - 1):
            try:
                return self._database.atomically(lambda: self._change(kind, number, happened_on, to))
            except FeedBusy:
                continue
        return self._database.atomically(lambda: self._change(kind, number, happened_on, to))

    def _change(self, kind: ChangeKind, number: str, happened_on: date, to: str | None) -> Change:
        record = self._records.find(number)
        if record is None:
            raise NotFound("register")
        after: Any = changed(self.shape, record, kind, happened_on, to)
        new_number = self.shape.number_of(after)
        if new_number != number and self._records.find(new_number) is not None:
            raise ChangeRefused(kind.value)
        self._records.replace(number, after)
        return self._feed.append(
            kind, number, happened_on, new_number if kind is ChangeKind.NUMBER_REISSUED else None
        )


class Samples:
    """The three sample registers of one database."""

    def __init__(self, database: Database, seal: Seal, clock: Clock) -> None:
        self.population = SampleRegister(POPULATION, database, seal, clock)
        self.immigration = SampleRegister(IMMIGRATION, database, seal, clock)
        self.business = SampleRegister(BUSINESS, database, seal, clock)

    def by_name(self, name: RegisterName) -> SampleRegister[Any]:
        """One of them."""
        found: SampleRegister[Any] = getattr(self, name.value)
        return found
