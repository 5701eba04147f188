"""Whatever is done to the rows behind the log's back is found, and named."""

import pytest

from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.audit.verify import count, verify

KEY = b"a key of the audit log, 32 bytes"


def another_lane(database, clock, rows=3):
    log = AuditLog(database, KEY, clock)
    for _ in range(rows):
        log.record(Event.KEY_CREATED, kid="k")


def test_an_untouched_log_is_intact(any_database, ten, clock):
    another_lane(any_database, clock)

    verdict = verify(any_database, KEY)

    assert verdict.is_intact
    assert (verdict.rows, verdict.lanes, count(any_database)) == (13, 2, 13)


def test_an_empty_log_is_intact(any_database):
    assert verify(any_database, KEY).is_intact


@pytest.mark.parametrize(
    "change",
    [
        "event = 'token.refused'",
        "facts = '{}'",
        "client_id = NULL",
        "client_id = ''",
        "account_id = NULL",
        "account_id = (SELECT account_id FROM audit_events WHERE lane = 1 AND seq = 1)",
        "at = (SELECT timestamp '2020-01-01')",
        "mac = (SELECT mac FROM audit_events WHERE lane = 1 AND seq = 1)",
        # The same characters, cut elsewhere.
        "event = 'token.issue', client_id = 'dportal'",
    ],
)
def test_an_edited_row_is_found(any_database, ten, tamper, faults, change):
    if any_database.is_sqlite:
        change = change.replace("(SELECT timestamp '2020-01-01')", "'2020-01-01 00:00:00.000000'")

    tamper(f"UPDATE audit_events SET {change} WHERE lane = 1 AND seq = 5")

    assert faults() == ["edited lane=1 seq=5"]


@pytest.mark.parametrize("seq", [1, 10])
def test_an_edited_first_or_last_row_is_found(ten, tamper, faults, seq):
    tamper(f"UPDATE audit_events SET facts = '' WHERE lane = 1 AND seq = {seq}")

    assert faults()[0] == f"edited lane=1 seq={seq}"


def test_several_edited_rows_are_each_found(ten, tamper, faults):
    tamper("UPDATE audit_events SET facts = '' WHERE seq IN (2, 3, 7)")

    assert faults() == ["edited lane=1 seq=2-3", "edited lane=1 seq=7"]


def test_removed_rows_are_found(ten, tamper, faults):
    tamper("DELETE FROM audit_events WHERE seq IN (3, 4, 7)")

    assert faults() == ["removed lane=1 seq=3-4", "removed lane=1 seq=7"]


def test_removed_first_row_is_found(ten, tamper, faults):
    tamper("DELETE FROM audit_events WHERE seq = 1")

    assert faults() == ["removed lane=1 seq=1"]


def test_a_row_removed_with_the_rest_renumbered_is_found(ten, tamper, faults):
    renumbering = [f"UPDATE audit_events SET seq = {seq - 2} WHERE seq = {seq}" for seq in range(6, 11)]

    tamper("DELETE FROM audit_events WHERE seq IN (4, 5)", *renumbering)

    assert faults() == ["removed lane=1 seq=4-5"]


def test_a_row_inserted_with_the_rest_renumbered_is_found(ten, tamper, faults):
    renumbering = [f"UPDATE audit_events SET seq = {seq + 1} WHERE seq = {seq}" for seq in range(10, 3, -1)]

    tamper(*renumbering, copy_of(2, 4))

    assert faults() == ["inserted lane=1 seq=4"]


def test_rows_added_at_the_end_are_found(ten, tamper, faults):
    tamper(copy_of(9, 11), copy_of(10, 13))

    assert faults() == ["inserted lane=1 seq=11-13"]


def test_a_row_added_before_the_first_is_found(ten, tamper, faults):
    tamper(copy_of(9, 0))

    assert faults() == ["inserted lane=1 seq=0"]


@pytest.mark.parametrize(("one", "other"), [(4, 5), (2, 8), (1, 10)])
def test_reordered_rows_are_found(ten, tamper, faults, one, other):
    swap(tamper, one, other)

    assert faults() == [f"reordered lane=1 seq={one}-{other}"]


def test_a_cut_tail_is_found(ten, tamper, faults):
    tamper("DELETE FROM audit_events WHERE seq > 7")

    assert faults() == ["truncated lane=1 seq=8-10"]


def test_a_cut_tail_is_found_though_the_head_was_moved_back(ten, tamper, faults):
    tamper(
        "DELETE FROM audit_events WHERE seq > 7",
        "UPDATE audit_lanes SET seq = 7, mac = (SELECT mac FROM audit_events WHERE seq = 7) WHERE lane = 1",
    )

    assert faults() == ["head_edited lane=1 seq=7"]


def test_a_head_moved_back_with_its_old_seal_is_found(ten, any_database, tamper, faults):
    old = old_head(any_database)
    ten.record(Event.KEY_CREATED)

    put_back(any_database, old)

    assert faults() == ["head_edited lane=1 seq=11"]


def test_a_removed_head_is_found(ten, tamper, faults):
    tamper("DELETE FROM audit_lanes WHERE lane = 1")

    assert faults() == ["head_removed lane=1 seq=0"]


def test_all_rows_of_a_lane_removed_are_found(ten, tamper, faults):
    tamper("DELETE FROM audit_events WHERE lane = 1")

    assert faults() == ["truncated lane=1 seq=1-10"]


@pytest.mark.parametrize("lane", [1, 2, 3])
def test_a_removed_lane_is_found(any_database, ten, clock, tamper, faults, lane):
    another_lane(any_database, clock)
    another_lane(any_database, clock)

    tamper(f"DELETE FROM audit_events WHERE lane = {lane}", f"DELETE FROM audit_lanes WHERE lane = {lane}")

    assert faults() == [f"lane_removed lane={lane} seq=0"]


def test_the_last_lane_removed_is_found_though_the_register_was_moved_back(
    any_database, ten, clock, tamper, faults
):
    another_lane(any_database, clock)

    tamper(
        "DELETE FROM audit_events WHERE lane = 2",
        "DELETE FROM audit_lanes WHERE lane = 2",
        "UPDATE audit_lanes SET seq = 1 WHERE lane = 0",
    )

    assert faults() == ["register_edited lane=0 seq=0"]


def test_a_removed_register_is_found(ten, tamper, faults):
    tamper("DELETE FROM audit_lanes WHERE lane = 0")

    assert faults() == ["register_removed lane=0 seq=0"]


def test_a_lane_nobody_opened_is_found(ten, tamper, faults):
    tamper(
        "INSERT INTO audit_events SELECT 7, seq, at, event, NULL, NULL, facts, mac FROM audit_events",
        "INSERT INTO audit_lanes SELECT 9, seq, mac FROM audit_lanes WHERE lane = 1",
    )

    assert faults() == ["lane_inserted lane=7 seq=0", "lane_inserted lane=9 seq=0"]


def test_rows_exchanged_between_lanes_are_found(any_database, ten, clock, tamper, faults):
    another_lane(any_database, clock)

    tamper(
        "UPDATE audit_events SET lane = 3 WHERE lane = 1 AND seq = 2",
        "UPDATE audit_events SET lane = 1 WHERE lane = 2 AND seq = 2",
        "UPDATE audit_events SET lane = 2 WHERE lane = 3 AND seq = 2",
    )

    assert len(faults()) == 2


def test_another_key_finds_everything_wrong_and_stops(any_database, log):
    with any_database.transaction():
        for _ in range(1200):
            log.record(Event.KEY_CREATED)

    verdict = verify(any_database, b"another key")

    assert not verdict.is_intact
    assert not verdict.is_complete


def test_values_no_type_allows_are_found_and_stop_nothing(database, clock):
    for _ in range(5):
        AuditLog(database, KEY, clock).record(Event.KEY_CREATED)
    garbage = ("at = 'yesterday'", "event = x'ff00'", "account_id = 'me'", "facts = 5", "mac = 'none'")
    with database.transaction() as connection:
        for lane, change in enumerate(garbage, start=1):
            connection.exec_driver_sql(f"UPDATE audit_events SET {change} WHERE lane = {lane}")

    findings = verify(database, KEY).findings

    assert {finding.lane for finding in findings} == {1, 2, 3, 4, 5}


def copy_of(seq, to):
    return (
        f"INSERT INTO audit_events SELECT lane, {to}, at, event, account_id, client_id, facts, mac "
        f"FROM audit_events WHERE lane = 1 AND seq = {seq}"
    )


def swap(tamper, one, other):
    tamper(
        f"UPDATE audit_events SET seq = -1 WHERE seq = {one}",
        f"UPDATE audit_events SET seq = {one} WHERE seq = {other}",
        f"UPDATE audit_events SET seq = {other} WHERE seq = -1",
    )


def old_head(database):
    with database.transaction() as connection:
        return connection.exec_driver_sql("SELECT seq, mac FROM audit_lanes WHERE lane = 1").one()


def put_back(database, head):
    mark = "?" if database.is_sqlite else "%s"
    with database.transaction() as connection:
        connection.exec_driver_sql(
            f"UPDATE audit_lanes SET seq = {mark}, mac = {mark} WHERE lane = 1", (head.seq, bytes(head.mac))
        )
