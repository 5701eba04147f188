"""audit: verify, count, checkpoint; and what was done to the file behind our back."""

import pytest


@pytest.fixture
def kept(idp):
    """A log of one lane, with a dozen rows in it."""
    for _ in range(3):
        idp.succeed("keys", "rotate", "--force")
    return idp


def test_a_log_that_nobody_touched_is_whole(kept):
    said = kept.succeed("audit", "verify")

    assert said == f"{kept.succeed('audit', 'count').strip()} rows: whole\n"


@pytest.mark.parametrize(
    ("done", "found"),
    [
        (
            "UPDATE audit_events SET facts = '{}' WHERE lane = {lane} AND seq = {seq}",
            "edited lane={lane} seq={seq}",
        ),
        (
            "UPDATE audit_events SET event = 'session.ended' WHERE lane = {lane} AND seq = {seq}",
            "edited lane={lane} seq={seq}",
        ),
        ("DELETE FROM audit_events WHERE lane = {lane} AND seq = {seq}", "removed lane={lane} seq={seq}"),
        ("DELETE FROM audit_events WHERE lane = {lane}", "lane={lane}"),
        ("DELETE FROM audit_events", "truncated"),
        ("DELETE FROM audit_lanes WHERE lane = {lane}", "lane={lane}"),
    ],
)
def test_what_was_done_to_a_row_is_found_and_named(kept, done, found):
    lane, seq = kept.rows("SELECT lane, max(seq) - 1 FROM audit_events GROUP BY lane ORDER BY count(*) DESC")[
        0
    ]
    fill = {"{lane}": str(lane), "{seq}": str(seq)}
    for name, value in fill.items():
        done, found = done.replace(name, value), found.replace(name, value)
    kept.rows(done)

    answer = kept("audit", "verify")

    assert answer.status == 1
    assert found in answer.err
    assert "NOT WHOLE" in answer.out


def test_two_rows_that_changed_places_are_found(kept):
    lane, last = kept.rows("SELECT lane, max(seq) FROM audit_events GROUP BY lane ORDER BY count(*) DESC")[0]
    for old, new in ((last, -1), (last - 1, last), (-1, last - 1)):
        kept.rows(f"UPDATE audit_events SET seq = {new} WHERE lane = {lane} AND seq = {old}")

    answer = kept("audit", "verify")

    assert answer.status == 1
    assert f"reordered lane={lane}" in answer.err


def test_a_log_put_back_as_it_was_is_found_by_a_checkpoint_kept_elsewhere(kept, tmp_path):
    whole = (kept.folder / "idp.db").read_bytes()
    kept.succeed("keys", "rotate", "--force")
    (tmp_path / "checkpoint").write_text(kept.succeed("audit", "checkpoint"))
    kept.succeed("audit", "verify", "--checkpoint", str(tmp_path / "checkpoint"))
    (kept.folder / "idp.db").write_bytes(whole)

    answer = kept("audit", "verify", "--checkpoint", str(tmp_path / "checkpoint"))

    assert kept("audit", "verify").status == 0
    assert (answer.status, "rolled_back" in answer.err) == (1, True)


def test_a_checkpoint_that_is_none_is_refused_in_one_line(kept, tmp_path):
    (tmp_path / "checkpoint").write_text("nonsense")

    answer = kept("audit", "verify", "--checkpoint", str(tmp_path / "checkpoint"))

    assert answer.status == 1
    assert len(answer.err.splitlines()) == 1
