"""The sample registers' records: sealed like everything personal, found by a keyed index of their number."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Generic, TypeVar
from uuid import UUID

from sqlalchemy import Column, LargeBinary, String, Table, Uuid, bindparam, delete, select, update

from idp.keyring.seal import Seal
from idp.registers.fields import Reason
from idp.registers.imports import Written
from idp.registers.register import Shape
from idp.storage.database import Database, metadata

R = TypeVar("R")

register_records = Table(
    "register_records",
    metadata,
    Column("register", String(12), primary_key=True),
    Column("number_index", LargeBinary(32), primary_key=True),
    Column("record_sealed", LargeBinary, nullable=False),
    # Which import wrote the row last: so a number given twice is found without holding all numbers.
    Column("import_id", Uuid, nullable=False),
)

_OF = register_records.c.register == bindparam("of")
_AMONG = register_records.c.number_index.in_(bindparam("indexes", expanding=True))
_ONE = register_records.c.number_index == bindparam("index")

BY_NUMBER = select(register_records.c.record_sealed).where(_OF, _ONE)
KNOWN = select(register_records.c.number_index, register_records.c.import_id).where(_OF, _AMONG)
FORGET = delete(register_records).where(_OF, _AMONG)
REPLACE = update(register_records).where(_OF, _ONE).values(record_sealed=bindparam("sealed"))
RENAME = (
    update(register_records)
    .where(_OF, _ONE)
    .values(number_index=bindparam("new_index"), record_sealed=bindparam("sealed"))
)
INSERT = register_records.insert()


class Records(Generic[R]):
    """The records of one register."""

    def __init__(self, shape: Shape[R], database: Database, seal: Seal) -> None:
        self.name = shape.name.value
        self.shape = shape
        self.database = database
        self._seal = seal

    def find(self, number: str) -> R | None:
        """The record of a number; ``None`` when there is none."""
        index = self._index(number)
        row = self.database.first(BY_NUMBER, {"of": self.shape.name.value, "index": index})
        if row is None:
            return None
        members: Mapping[str, str] = json.loads(self._seal.open(row.record_sealed, self._context(index)))
        # It was checked when it came in; what is the future then may be told by a clock set back.
        return self.shape.read_row(members, date.max)

    def put(self, batch: Sequence[tuple[int, R]], import_id: UUID) -> Written:
        """Write a batch of one import, each record with its line. A number already here is replaced."""
        of = self.shape.name.value
        indexed = [(line, self._index(self.shape.number_of(record)), record) for line, record in batch]
        known = self.database.all(KNOWN, {"of": of, "indexes": [index for _, index, _ in indexed]})
        taken = {row.number_index for row in known if row.import_id == import_id}
        older = {row.number_index for row in known} - taken
        rows, repeated = [], []
        for line, index, record in indexed:
            if index in taken:
                repeated.append((line, Reason.NUMBER_REPEATED))
                continue
            taken.add(index)
            sealed = self._sealed(record, index)
            rows.append(
                {"register": of, "number_index": index, "record_sealed": sealed, "import_id": import_id}
            )
        if older:
            self.database.run(FORGET, {"of": of, "indexes": list(older)})
        if rows:
            self.database.run(INSERT, rows)
        return Written(refused=tuple(repeated), accepted=len(rows), updated=len(older))

    def replace(self, number: str, record: R) -> None:
        """Write another record in the place of the one with this number, under its own."""
        of, index, new_index = (
            self.shape.name.value,
            self._index(number),
            self._index(self.shape.number_of(record)),
        )
        sealed = self._sealed(record, new_index)
        if index == new_index:
            self.database.run(REPLACE, {"of": of, "index": index, "sealed": sealed})
        else:
            self.database.run(RENAME, {"of": of, "index": index, "new_index": new_index, "sealed": sealed})

    def _index(self, number: str) -> bytes:
        return self._seal.index(number, f"register_records.{self.shape.name.value}")

    def _sealed(self, record: R, index: bytes) -> bytes:
        members = self.shape.write_row(record)
        text = json.dumps(members, ensure_ascii=False, separators=(",", ":"))
        return self._seal.seal(text.encode(), self._context(index))

    def _context(self, index: bytes) -> str:
        return f"register_records.{self.shape.name.value}:{index.hex()}"
