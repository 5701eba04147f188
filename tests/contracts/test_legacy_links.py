"""What a file of old identifiers leaves, on both servers."""

from uuid import UUID

import pytest
from sqlalchemy import select

from idp.accounts.account import Accounts, Status
from idp.accounts.legacy_links import LegacyLinks, legacy_links
from idp.audit.log import AuditLog
from idp.kernel.errors import NotFound
from idp.kernel.ids import new_id
from idp.registers.csv_file import HeaderIncomplete, NotUtf8
from idp.registers.fields import Reason
from idp.registers.imports import ROWS_AT_ONCE
from idp.storage.database import Database
from tests.people import a_seal, an_account

SECTORS = {"portal": "portal.example", "portal.example": "portal.example", "other": "other.example"}
HEADER = "sector,legacy_id,number"
NUMBER, OTHER = "001199990001", "001199990002"


class BrokenOff(Exception):
    """The power went."""


@pytest.fixture(params=["database", "postgres_database"])
def server(request) -> Database:
    return request.getfixturevalue(request.param)


@pytest.fixture
def holders(server, clock) -> dict[str, UUID]:
    """Two people with accounts, and one whose account was closed."""
    accounts, ids = Accounts(server, a_seal(), clock), {}
    for number, status in ((NUMBER, Status.ACTIVE), (OTHER, Status.ISSUED), ("001199990003", Status.CLOSED)):
        account = an_account(id=new_id(), number=number, status=status)
        accounts.add(account)
        ids[number] = account.id
    return ids


@pytest.fixture
def links(server, clock, holders) -> LegacyLinks:
    return LegacyLinks(server, a_seal(), AuditLog(server, bytes(32), clock), clock)


@pytest.fixture
def take(links, tmp_path):
    def take(*lines, header=HEADER, progress=lambda *_: None, encoding="utf-8"):
        path = tmp_path / "links.csv"
        path.write_bytes("\n".join((header, *lines, "")).encode(encoding))
        return links.import_csv(path, SECTORS, progress, "cli")

    return take


def test_links_are_found_by_account_and_sector(links, take, holders):
    report = take(f"portal,cu-1,{NUMBER}", f"portal.example,cu-2,{NUMBER}", f"other,cu-1,{OTHER}")

    assert (report.accepted, report.refused) == (3, ())
    assert links.of(holders[NUMBER], "portal.example") == ("cu-1", "cu-2")
    assert links.of(holders[NUMBER], "other.example") == ()
    assert links.of(holders[OTHER], "other.example") == ("cu-1",)
    assert [each["legacy_id"] for each in links.ever(holders[NUMBER])] == ["cu-1", "cu-2"]


def test_identifiers_are_sealed_at_rest(server, take):
    take(f"portal,cu-1,{NUMBER}")

    assert b"cu-1" not in b"".join(
        bytes(value) for row in server.all(select(legacy_links)) for value in row if isinstance(value, bytes)
    )


def test_rows_at_fault_are_refused_by_line_and_reason(take):
    report = take(
        f"nowhere,cu-1,{NUMBER}",
        f"portal,,{NUMBER}",
        f"portal,{'9' * 201},{NUMBER}",
        "portal,cu-4,12345",
        "portal,cu-5,001199990009",
        "portal,cu-6,001199990003",
        f"portal,ho\u0302-7,{NUMBER}",
        f"portal,cu-8,{NUMBER}",
        f"portal,cu-8,{NUMBER}",
        f"portal,cu-8,{OTHER}",
    )

    assert report.accepted == 1
    assert dict(report.refused) == {
        2: Reason.SECTOR_UNKNOWN,
        3: Reason.LEGACY_ID_MALFORMED,
        4: Reason.LEGACY_ID_MALFORMED,
        5: Reason.NUMBER_MALFORMED,
        6: Reason.ACCOUNT_UNKNOWN,
        7: Reason.ACCOUNT_UNKNOWN,
        8: Reason.TEXT_DECOMPOSED,
        10: Reason.LEGACY_ID_REPEATED,
        11: Reason.LEGACY_ID_TAKEN,
    }


def test_an_identifier_of_somebody_is_never_moved_to_another(links, take, holders):
    take(f"portal,cu-1,{NUMBER}")

    report = take(f"portal,cu-1,{OTHER}")

    assert report.refused == ((2, Reason.LEGACY_ID_TAKEN),)
    assert links.of(holders[NUMBER], "portal.example") == ("cu-1",)


def test_the_same_file_may_come_again(links, take, holders):
    take(f"portal,cu-1,{NUMBER}")

    report = take(f"portal,cu-1,{NUMBER}")

    assert (report.accepted, report.updated, report.refused) == (1, 1, ())
    assert links.of(holders[NUMBER], "portal.example") == ("cu-1",)


def test_run_that_broke_off_is_continued(links, take, holders):
    lines = [f"portal,cu-{serial},{NUMBER}" for serial in range(ROWS_AT_ONCE + 5)]

    def break_off(done, total):
        raise BrokenOff

    with pytest.raises(BrokenOff):
        take(*lines, progress=break_off)
    report = take(*lines)

    assert report.resumed_after == ROWS_AT_ONCE + 1
    assert (report.accepted, report.updated, report.refused_count) == (ROWS_AT_ONCE + 5, 0, 0)
    assert len(links.of(holders[NUMBER], "portal.example")) == ROWS_AT_ONCE + 5


def test_file_in_an_old_encoding_is_refused_by_its_name(server, take):
    with pytest.raises(NotUtf8) as refusal:
        take(f"portal,cu-1,{NUMBER}", encoding="utf-16")

    assert refusal.value.encoding == "utf-16"
    assert server.all(select(legacy_links)) == []


def test_file_without_its_columns_is_refused(take):
    with pytest.raises(HeaderIncomplete):
        take("portal,cu-1", header="sector,legacy_id")


def test_wrong_link_is_taken_back_and_may_be_made_anew(links, take, holders):
    take(f"portal,cu-1,{NUMBER}")

    assert links.unlink("portal.example", "cu-1", "cli") == holders[NUMBER]

    assert links.of(holders[NUMBER], "portal.example") == ()
    assert take(f"portal,cu-1,{OTHER}").accepted == 1
    with pytest.raises(NotFound):
        links.unlink("portal.example", "cu-2", "cli")
