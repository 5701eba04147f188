"""A line kept elsewhere finds what the chain alone cannot: an old copy put back whole."""

import re

import pytest

from idp.audit.checkpoints import checkpoint, marks_of
from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.audit.verify import verify
from idp.kernel.errors import Corrupt

KEY = b"a key of the audit log, 32 bytes"


def test_a_checkpoint_finds_the_whole_database_put_back(any_database, ten, clock, tamper, faults):
    tables = [f"CREATE TABLE old_{name} AS SELECT * FROM {name}" for name in ("audit_events", "audit_lanes")]
    tamper(*tables)
    ten.record(Event.KEY_CREATED)
    line = checkpoint(any_database, KEY, clock)

    tamper(
        "DELETE FROM audit_events",
        "DELETE FROM audit_lanes",
        "INSERT INTO audit_events SELECT * FROM old_audit_events",
        "INSERT INTO audit_lanes SELECT * FROM old_audit_lanes",
    )

    assert faults() == []
    assert faults(line) == ["rolled_back lane=1 seq=11"]


def test_a_checkpoint_finds_an_emptied_database(any_database, ten, clock, tamper, faults):
    line = checkpoint(any_database, KEY, clock)

    tamper("DELETE FROM audit_events", "DELETE FROM audit_lanes")

    assert faults(line) == ["rolled_back lane=1 seq=1-10"]


def test_a_checkpoint_holds_when_the_log_has_grown(any_database, ten, clock, faults):
    line = checkpoint(any_database, KEY, clock)
    AuditLog(any_database, KEY, clock).record(Event.KEY_CREATED)
    ten.record(Event.KEY_CREATED)

    assert faults(line) == []
    assert re.fullmatch(r"audit1 2026-11-02T01:00:00\+00:00 1:10:[\w-]{43} [\w-]{43}", line)


@pytest.mark.parametrize(
    "change", [("1:10:", "1:9:"), ("audit1", "audit2"), ("2026", "2027"), (" 1:10", "  1:10")]
)
def test_a_forged_checkpoint_is_refused(database, clock, change):
    log = AuditLog(database, KEY, clock)
    for _ in range(10):
        log.record(Event.KEY_CREATED)

    line = checkpoint(database, KEY, clock).replace(*change)

    with pytest.raises(Corrupt):
        verify(database, KEY, checkpoint=line)


@pytest.mark.parametrize("line", ["", " ", "audit1", "khóa", "a b c"])
def test_what_is_no_checkpoint_is_refused(line):
    with pytest.raises(Corrupt):
        marks_of(line, KEY)
