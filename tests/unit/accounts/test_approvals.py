"""Where an application for an organisation goes, by what its representatives said. Pure."""

from datetime import UTC, datetime, timedelta

import pytest

from idp.accounts.application import Application, State, due
from idp.accounts.approvals import Answer, Approval, answer_by, next_state
from idp.accounts.kinds import Kind
from idp.accounts.mandate import Role
from idp.kernel.ids import new_id
from idp.statute.rules import Case

NOW = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
ABROAD = None


def said(answer, number="001199990001", asked_at=NOW):
    return Approval(
        id=new_id(),
        application_id=new_id(),
        number=number,
        name="Trần Thị Thu Hà",
        title="Giám đốc",
        answer=answer,
        asked_at=asked_at,
    )


YES, WAITS, AWAY = said(Answer.APPROVED), said(Answer.WAITING), said(Answer.WAITING, ABROAD)


@pytest.mark.parametrize(
    ("given", "role", "state"),
    [
        ([YES], Role.REPRESENTATIVE, State.ACCEPTED),
        ([YES, YES], Role.AUTHORISED_PERSON, State.ACCEPTED),
        ([YES, WAITS], Role.REPRESENTATIVE, State.WAITING_APPROVALS),
        ([YES, WAITS, AWAY], Role.AUTHORISED_PERSON, State.WAITING_APPROVALS),
        ([YES, AWAY], Role.AUTHORISED_PERSON, State.ACCEPTED),
        ([YES, AWAY], Role.REPRESENTATIVE, State.WAITING_OFFICER),
        ([AWAY], Role.AUTHORISED_PERSON, State.WAITING_OFFICER),
        ([], Role.AUTHORISED_PERSON, State.WAITING_OFFICER),
    ],
)
def test_all_who_can_be_asked_agree_and_papers_speak_for_the_others(given, role, state):
    assert next_state(given, role) is state


def test_answers_have_the_terms_length_from_when_the_last_was_asked():
    later = NOW + timedelta(days=7)
    filed = Application(
        id=new_id(),
        reference="7KB3XMD24V",
        kind=Kind.ORGANISATION,
        case=Case.ORGANISATION_ON_FILE,
        state=State.WAITING_APPROVALS,
        filed_at=NOW,
        due_at=due(Case.ORGANISATION_ON_FILE, NOW).due_at,
    )

    assert answer_by(filed, [YES, WAITS]) == filed.due_at
    assert answer_by(filed, [WAITS, said(Answer.WAITING, asked_at=later)]) == due(filed.case, later).due_at
    assert answer_by(filed, [YES, AWAY]) is None
