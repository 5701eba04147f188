"""Old identifiers of portals, linked to accounts: a portal finds its own people again by them.

Accounts that portals had made ended on 30 June 2024, those of organisations a year later. The links outlive a
re-issued number, for they are to the account. Each belongs to one sector and is told to no other.
"""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from uuid import UUID

from sqlalchemy import Column, Index, LargeBinary, String, Table, Uuid, bindparam, delete, select

from idp.accounts.account import Status, accounts
from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.kernel.clock import Clock
from idp.kernel.errors import NotFound
from idp.kernel.ids import new_id
from idp.keyring.seal import Seal
from idp.registers.fields import Reason, RowRefused
from idp.registers.imports import Import, ImportReport, Progress, Written
from idp.statute.assigned_number import parse_anyones
from idp.statute.identity_number import NumberMalformed
from idp.storage.database import Database, Instant, metadata
from idp.storage.prepared import Prepared

NAME = "legacy_links"
COLUMNS = ("sector", "legacy_id", "number")
LONGEST_ID = 200
LONGEST_SECTOR = 255

legacy_links = Table(
    "legacy_links",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("account_id", Uuid, nullable=False),
    Column("sector", String(LONGEST_SECTOR), nullable=False),
    # Of sector and identifier together: in a sector an identifier means one account.
    Column("legacy_index", LargeBinary(32), nullable=False, unique=True),
    Column("legacy_sealed", LargeBinary, nullable=False),
    # Which import wrote the row: so an identifier given twice is found without holding all of them.
    Column("import_id", Uuid, nullable=False),
    Column("linked_at", Instant, nullable=False),
    Index(None, "account_id", "sector"),
)

OF = Prepared(
    select(legacy_links.c.id, legacy_links.c.legacy_sealed)
    .where(legacy_links.c.account_id == bindparam("account"), legacy_links.c.sector == bindparam("within"))
    .order_by(legacy_links.c.id)
)
OF_ACCOUNT = select(legacy_links).where(legacy_links.c.account_id == bindparam("account"))
KNOWN = select(legacy_links.c.legacy_index, legacy_links.c.account_id, legacy_links.c.import_id).where(
    legacy_links.c.legacy_index.in_(bindparam("indexes", expanding=True))
)
HOLDERS = select(accounts.c.number_index, accounts.c.id).where(
    accounts.c.number_index.in_(bindparam("indexes", expanding=True)),
    accounts.c.status != Status.CLOSED.value,
)
ONE = select(legacy_links.c.account_id).where(legacy_links.c.legacy_index == bindparam("index"))
FORGET = delete(legacy_links).where(legacy_links.c.legacy_index == bindparam("index"))
INSERT = legacy_links.insert()


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A row of a file: the identifier that a sector knew somebody by, and the number they have now."""

    sector: str
    legacy_id: str = field(repr=False)
    number: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class LinkForm:
    """What a row must hold. ``sectors`` leads from a client's id, or a sector's own name, to the sector."""

    sectors: Mapping[str, str]
    columns: tuple[str, ...] = COLUMNS

    @property
    def read_row(self) -> Callable[[Mapping[str, str], date], Link]:
        return self._read

    def _read(self, row: Mapping[str, str], _today: date) -> Link:
        sector = self.sectors.get(row["sector"].strip())
        if sector is None:
            raise RowRefused(Reason.SECTOR_UNKNOWN)
        legacy_id = row["legacy_id"].strip()
        if not 0 < len(legacy_id) <= LONGEST_ID or not legacy_id.isprintable():
            raise RowRefused(Reason.LEGACY_ID_MALFORMED)
        if not unicodedata.is_normalized("NFC", legacy_id):
            raise RowRefused(Reason.TEXT_DECOMPOSED)
        try:
            return Link(sector=sector, legacy_id=legacy_id, number=parse_anyones(row["number"]))
        except NumberMalformed:
            raise RowRefused(Reason.NUMBER_MALFORMED) from None


class LegacyLinks:
    """Finds an account's old identifiers; takes files of them in; takes a wrong one back."""

    def __init__(self, database: Database, seal: Seal, audit: AuditLog, clock: Clock) -> None:
        self.database = database
        self._seal = seal
        self._audit = audit
        self._clock = clock

    def of(self, account_id: UUID, sector: str) -> tuple[str, ...]:
        """What a sector knew an account by, as it was linked; nothing where it did not."""
        rows = self.database.all(OF, {"account": account_id, "within": sector})
        return tuple(self._seal.open(row.legacy_sealed, _context(row.id)).decode() for row in rows)

    def ever(self, account_id: UUID) -> list[dict[str, str]]:
        """All that any sector knew an account by, for its holder alone."""
        rows = self.database.all(OF_ACCOUNT.order_by(legacy_links.c.id), {"account": account_id})
        return [
            {
                "sector": row.sector,
                "legacy_id": self._seal.open(row.legacy_sealed, _context(row.id)).decode(),
            }
            for row in rows
        ]

    def import_csv(
        self, path: Path, sectors: Mapping[str, str], progress: Progress, actor: str
    ) -> ImportReport:
        """Take a file in, batch by batch; one that broke off is continued by the next run with it.

        A link that stands already is taken as it is, so a file may come again.

        Args:
            sectors: see ``LinkForm``.

        Raises:
            NotUtf8, HeaderIncomplete: the file as a whole is refused, and nothing changed.
            ImportOvertaken: another run is at work.
            OSError: it cannot be read.
        """

        def tell(report: ImportReport) -> None:
            self._audit.record(
                Event.LEGACY_IMPORTED, accepted=report.accepted, refused=report.refused_count, actor=actor
            )

        return Import(_Taker(self, LinkForm(sectors), actor), self._clock).run(path, progress, tell)

    def unlink(self, sector: str, legacy_id: str, actor: str) -> UUID:
        """Take a wrong link back; the account that it was to.

        Raises:
            NotFound: there is no such link.
        """
        index = self.index(sector, legacy_id)
        with self.database.transaction():
            row = self.database.first(ONE, {"index": index})
            if row is None or self.database.run(FORGET, {"index": index}) != 1:
                raise NotFound("legacy_id")
            self._audit.record(Event.LEGACY_UNLINKED, account_id=row.account_id, sector=sector, actor=actor)
        account_id: UUID = row.account_id
        return account_id

    def index(self, sector: str, legacy_id: str) -> bytes:
        """What a link is found by. No sector holds a zero byte, so no two pairs are taken for one."""
        return self._seal.index(f"{sector}\0{legacy_id}", "legacy_links.legacy")

    def write(self, links: Sequence[tuple[Link, bytes, UUID]], import_id: UUID, actor: str) -> None:
        """New links, each with its index and its account."""
        now, rows = self._clock(), []
        for link, index, account_id in links:
            link_id = new_id()
            rows.append(
                {
                    "id": link_id,
                    "account_id": account_id,
                    "sector": link.sector,
                    "legacy_index": index,
                    "legacy_sealed": self._seal.seal(link.legacy_id.encode(), _context(link_id)),
                    "import_id": import_id,
                    "linked_at": now,
                }
            )
            self._audit.record(Event.LEGACY_LINKED, account_id=account_id, sector=link.sector, actor=actor)
        if rows:
            self.database.run(INSERT, rows)

    def holders(self, numbers: Sequence[str]) -> dict[str, UUID]:
        """The accounts of numbers, but for closed ones."""
        indexes = {self._seal.index(number, "accounts.number"): number for number in numbers}
        rows = self.database.all(HOLDERS, {"indexes": list(indexes)})
        return {indexes[row.number_index]: row.id for row in rows}


@dataclass(frozen=True, slots=True)
class _Taker:
    """One import: rows are taken, or refused one by one."""

    links: LegacyLinks
    shape: LinkForm
    actor: str
    name: str = NAME

    @property
    def database(self) -> Database:
        return self.links.database

    def put(self, batch: Sequence[tuple[int, Link]], import_id: UUID, /) -> Written:
        indexed = [(line, self.links.index(link.sector, link.legacy_id), link) for line, link in batch]
        known = self.database.all(KNOWN, {"indexes": [index for _, index, _ in indexed]})
        owners = {row.legacy_index: row.account_id for row in known}
        ours = {row.legacy_index for row in known if row.import_id == import_id}
        holders = self.links.holders([link.number for _, link in batch])
        new, refused, updated = [], [], 0
        for line, index, link in indexed:
            holder = holders.get(link.number)
            reason = _refusal(holder, owners.get(index), is_repeated=index in ours)
            if reason is not None or holder is None:
                refused.append((line, reason or Reason.ACCOUNT_UNKNOWN))
                continue
            if index in owners:
                updated += 1
            else:
                new.append((link, index, holder))
            owners[index] = holder
            ours.add(index)
        self.links.write(new, import_id, self.actor)
        return Written(refused=tuple(refused), accepted=len(new) + updated, updated=updated)


def _refusal(holder: UUID | None, owner: UUID | None, *, is_repeated: bool) -> Reason | None:
    """Why an identifier is not linked to its holder, whoever owns it so far; ``None``: it is."""
    if holder is None:
        return Reason.ACCOUNT_UNKNOWN
    if owner not in (None, holder):
        return Reason.LEGACY_ID_TAKEN
    return Reason.LEGACY_ID_REPEATED if is_repeated else None


def _context(link_id: UUID) -> str:
    return f"legacy_links.legacy:{link_id}"
