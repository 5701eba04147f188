from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.accounts.account import AccountExists
from idp.accounts.application import (
    DECIDED,
    MOVES,
    Application,
    ApplicationMoved,
    State,
    check_move,
    new_reference,
    outcome,
    read_reference,
    spoken,
)
from idp.accounts.kinds import Kind
from idp.kernel.ids import new_id
from idp.statute.rules import Case

FRIDAY = datetime(2026, 10, 30, 3, 0, tzinfo=UTC)


def an_application(state=State.WAITING_REGISTER, case=Case.CITIZEN_01, filed_at=FRIDAY, **given):
    usual = {"id": new_id(), "reference": new_reference(), "kind": Kind.CITIZEN, "due_at": filed_at}
    return Application(**{**usual, "case": case, "state": state, "filed_at": filed_at, **given})


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("to", State)
def test_table_says_where_an_application_may_go(state, to):
    application = an_application(state)

    if to in MOVES[state]:
        check_move(application, to)
    else:
        with pytest.raises(ApplicationMoved) as refused:
            check_move(application, to)
        assert refused.value.facts() == {"state": state.value}


def test_nothing_leads_out_of_what_is_decided_nor_stays_where_it_is():
    assert all(MOVES[state] == frozenset() for state in DECIDED)
    assert all(state not in leads_to for state, leads_to in MOVES.items())


def test_silent_register_lets_nobodys_application_expire():
    assert State.EXPIRED not in MOVES[State.WAITING_REGISTER]


@pytest.mark.parametrize(
    ("case", "due_on", "article"),
    [
        (Case.CITIZEN_01, date(2026, 11, 2), "69/2024 Art. 13.1.a"),
        (Case.CITIZEN_02, date(2026, 11, 4), "69/2024 Art. 13.1.b"),
        (Case.FOREIGNER_01, date(2026, 11, 2), "69/2024 Art. 13.3.a"),
        (Case.FOREIGNER_02_NOT_ON_FILE, date(2026, 11, 10), "69/2024 Art. 13.3.c"),
    ],
)
def test_term_runs_in_working_days_over_the_weekend(case, due_on, article):
    deadline = an_application(case=case).deadline

    assert (deadline.due_on, deadline.article) == (due_on, article)


def test_application_is_overdue_from_the_first_moment_that_is_too_late():
    application = an_application(due_at=FRIDAY)
    decided = an_application(State.ACCEPTED, due_at=FRIDAY)

    assert application.is_overdue(FRIDAY)
    assert not application.is_overdue(FRIDAY - timedelta(seconds=1))
    assert not decided.is_overdue(FRIDAY + timedelta(days=9))


def test_reference_is_read_however_it_was_typed():
    reference = new_reference()

    for typed in (spoken(reference), reference.lower(), f" {reference[:2]} {reference[2:]} ", reference):
        assert read_reference(typed) == reference


@given(st.text())
def test_any_text_is_read_as_a_reference_or_none(typed):
    assert set(read_reference(typed)) <= set("23456789BCDFGHKLMNPRSTVX")


def test_applicant_is_not_told_whether_the_number_had_an_account():
    accepted = an_application(State.ACCEPTED)
    second = an_application(State.REFUSED, reason=AccountExists.code)

    assert outcome(accepted) == outcome(second) == "matched"
    assert outcome(an_application(State.REFUSED, reason="register_mismatch")) == "refused"
    assert outcome(an_application(State.ACCEPTED, case=Case.CITIZEN_02)) == "accepted"


def test_application_shows_nothing_personal_where_it_is_printed():
    application = an_application(number="001199990001", details={"name": "Trần Thị Thu Hà"})

    assert "0011" not in repr(application)
    assert "Trần" not in repr(application)
