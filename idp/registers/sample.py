"""The sample register: invented citizens, imported from a CSV file, sealed like everything personal."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from sqlalchemy import Column, LargeBinary, Table, Uuid, bindparam, delete, select

from idp.kernel.clock import Clock
from idp.kernel.ids import new_id
from idp.keyring.seal import Seal
from idp.registers.csv_file import Row, read_citizens
from idp.registers.register import CitizenRecord
from idp.registers.rows import Reason
from idp.statute.ages import day_in_vietnam
from idp.statute.identity_number import Sex
from idp.storage.database import Database, metadata

SAMPLE_PEOPLE = Path(__file__).with_name("sample_people.csv")
"""The invented people that come with the software."""

ROWS_AT_ONCE = 500
REFUSALS_LISTED = 10_000

Progress = Callable[[int, int], None]
"""Told after each batch: bytes read, bytes in all."""

register_citizens = Table(
    "register_citizens",
    metadata,
    Column("number_index", LargeBinary(32), primary_key=True),
    Column("record_sealed", LargeBinary, nullable=False),
    # Which import wrote the row last: so a number given twice is found without holding all numbers.
    Column("import_id", Uuid, nullable=False),
)

BY_NUMBER = select(register_citizens.c.record_sealed).where(
    register_citizens.c.number_index == bindparam("number_index")
)
KNOWN = select(register_citizens.c.number_index, register_citizens.c.import_id).where(
    register_citizens.c.number_index.in_(bindparam("indexes", expanding=True))
)
FORGET = delete(register_citizens).where(
    register_citizens.c.number_index.in_(bindparam("indexes", expanding=True))
)
INSERT = register_citizens.insert()


@dataclass(slots=True, kw_only=True)
class ImportReport:
    """What became of a file. ``updated`` rows are among the ``accepted``.

    ``refused`` has each line with its reason, the first ten thousand of them; ``refused_count`` counts all.
    """

    accepted: int = 0
    updated: int = 0
    refused: list[tuple[int, Reason]] = field(default_factory=list)
    refused_count: int = 0

    def refuse(self, line: int, reason: Reason) -> None:
        """Note one more refused row."""
        self.refused_count += 1
        if len(self.refused) < REFUSALS_LISTED:
            self.refused.append((line, reason))


class SampleRegister:
    """Stands for the national population database in demonstrations and tests."""

    source = "Sổ dân cư mẫu (sample population register)"

    def __init__(self, database: Database, seal: Seal, clock: Clock) -> None:
        self._database = database
        self._seal = seal
        self._clock = clock

    def citizen(self, number: str) -> CitizenRecord | None:
        """As in ``PopulationRegister``."""
        index = self._index(number)
        row = self._database.first(BY_NUMBER, {"number_index": index})
        return None if row is None else _record(self._seal.open(row.record_sealed, _context(index)))

    def import_csv(self, path: Path, progress: Progress = lambda _done, _total: None) -> ImportReport:
        """Take over a CSV file (``rows`` tells its columns): all its good rows, or nothing if it breaks off.

        A number already here is updated, so the same file may be imported again; who is not in the file
        stays. Other writers wait while it runs.

        Raises:
            NotUtf8, HeaderIncomplete: the file as a whole is refused.
            OSError: it cannot be read.
        """
        total = path.stat().st_size

        def work() -> ImportReport:
            with path.open("rb") as file:
                return self._import(file, lambda done: progress(done, total))

        return self._database.atomically(work)

    def _import(self, file: BinaryIO, progress: Callable[[int], None]) -> ImportReport:
        report, import_id = ImportReport(), new_id()
        rows = read_citizens(file, day_in_vietnam(self._clock()))
        while batch := list(islice(rows, ROWS_AT_ONCE)):
            self._write(batch, import_id, report)
            progress(file.tell())
        # A number repeated across rows is found after its neighbours: put the lines back in order.
        report.refused.sort()
        return report

    def _write(self, batch: Iterable[Row], import_id: UUID, report: ImportReport) -> None:
        citizens: list[tuple[int, bytes, CitizenRecord]] = []
        for line, outcome in batch:
            if isinstance(outcome, Reason):
                report.refuse(line, outcome)
            else:
                citizens.append((line, self._index(outcome.number), outcome))
        if not citizens:
            return
        known = self._database.all(KNOWN, {"indexes": [index for _, index, _ in citizens]})
        taken = {row.number_index for row in known if row.import_id == import_id}
        older = {row.number_index for row in known} - taken
        rows = []
        for line, index, citizen in citizens:
            if index in taken:
                report.refuse(line, Reason.NUMBER_REPEATED)
                continue
            taken.add(index)
            sealed = self._seal.seal(_stored(citizen), _context(index))
            rows.append({"number_index": index, "record_sealed": sealed, "import_id": import_id})
        if older:
            self._database.run(FORGET, {"indexes": list(older)})
        if rows:
            self._database.run(INSERT, rows)
        report.accepted += len(rows)
        report.updated += len(older)

    def _index(self, number: str) -> bytes:
        return self._seal.index(number, "register_citizens.number")


def _context(index: bytes) -> str:
    return f"register_citizens.record:{index.hex()}"


def _stored(citizen: CitizenRecord) -> bytes:
    members = {
        "number": citizen.number,
        "name": citizen.name,
        "birth_date": citizen.birth_date.isoformat(),
        "sex": citizen.sex.value,
        "province_2025": citizen.province,
        "address": citizen.address,
        "card_issued_on": citizen.card_issued_on and citizen.card_issued_on.isoformat(),
        "card_expires_on": citizen.card_expires_on and citizen.card_expires_on.isoformat(),
        "deceased": citizen.is_deceased,
    }
    return json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode()


def _record(opened: bytes) -> CitizenRecord:
    members = json.loads(opened)
    issued_on, expires_on = members["card_issued_on"], members["card_expires_on"]
    return CitizenRecord(
        number=members["number"],
        name=members["name"],
        birth_date=date.fromisoformat(members["birth_date"]),
        sex=Sex(members["sex"]),
        province=members["province_2025"],
        address=members["address"],
        card_issued_on=issued_on and date.fromisoformat(issued_on),
        card_expires_on=expires_on and date.fromisoformat(expires_on),
        is_deceased=members["deceased"],
    )
