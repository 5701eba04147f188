"""The pages of organisations in their states, with invented people."""

from datetime import UTC, datetime
from types import SimpleNamespace

from idp.accounts.application import Application, State, spoken
from idp.accounts.approvals import Answer, Approval
from idp.accounts.kinds import Kind
from idp.accounts.mandate import Role
from idp.accounts.organisation_enrolment import REFUSALS
from idp.accounts.organisation_filing import ROLES, OrganisationFiled
from idp.kernel.ids import new_id
from idp.statute.rules import Case
from tests.people import an_account

AT = datetime(2026, 11, 20, 3, 15, tzinfo=UTC)
OWN = {"action": "#", "form_token": "token", "done": None, "error": None}
NAME, CODE = "Công ty TNHH Nông sản Đồi Chè An Lạc", "9000000077"
FILED = OrganisationFiled(
    code=CODE,
    phone="+84900000077",
    email="lien-he@an-lac.example",
    role=Role.AUTHORISED_PERSON,
    ends_at=datetime(2026, 12, 31, 17, tzinfo=UTC),
    language="vi",
)
FILER = SimpleNamespace(
    identity=SimpleNamespace(name="Nguyễn Thị Minh An"), number_hint="••• ••• ••• 234", id=new_id()
)


def wrong(code, **facts):
    return {"code": code, "facts": facts}


def representative(name, word, *, is_mine=False):
    answer = {"agreed": Answer.APPROVED, "refused": Answer.REFUSED}.get(word, Answer.WAITING)
    usual = {"id": new_id(), "application_id": new_id(), "number": "0", "name": name, "title": "Giám đốc"}
    at = {"answered_at": AT} if answer is not Answer.WAITING else {}
    return Approval(**{**usual, "answer": answer, "asked_at": AT, **at}), word, is_mine


EVERYBODY = (
    representative("Ông Hồng Duyên", "agreed", is_mine=True),
    representative("Mai Văn Hiếu", "waiting"),
    representative("Nguyễn Văn Nhân", "told"),
    representative("Kiều Duy Phúc", "no_account"),
    representative("EK ANNA", "unreachable"),
)


def seen(state, filed=FILED, approvals=(), tally=None, **given):
    usual = {"id": new_id(), "reference": "7KB3XMD24V", "kind": Kind.ORGANISATION}
    usual |= {"case": Case.ORGANISATION_ON_FILE, "state": State(state), "filed_at": AT, "due_at": AT}
    application = Application(**{**usual, **given})
    is_open = not application.is_decided
    return SimpleNamespace(
        application=application,
        reference=spoken(application.reference),
        name=NAME if is_open or state == "accepted" else None,
        code=CODE if is_open or state == "accepted" else None,
        filed=filed if is_open else None,
        filer=FILER,
        approvals=approvals,
        tally=tally or {},
        answer_by=datetime(2026, 11, 25, 17, tzinfo=UTC) if approvals or tally else None,
    )


def status(sight, **more):
    context = {**OWN, "sight": sight, "waits_for_activation": False, **more}
    return "account/organisation_status.html", context


ORGANISATION = an_account(Kind.ORGANISATION)
LIST = {**OWN, "to_answer": [], "filed": [], "to_activate": [], "about": None}
FORM = {
    **OWN,
    "typed": dict.fromkeys(("code", "phone", "email", "role", "last_day"), ""),
    "roles": [role.value for role in ROLES],
    "about": "code",
}
ANSWER = {
    **OWN,
    "sight": seen("waiting_approvals", approvals=EVERYBODY),
    "reasons": REFUSALS,
}
DECIDED = {"decided_at": AT}
ORGANISATIONS = {
    "organisations": (
        "account/organisations.html",
        {
            **LIST,
            "to_answer": [seen("waiting_approvals")],
            "filed": [seen("waiting_approvals"), seen("refused", **DECIDED), seen("accepted", **DECIDED)],
            "done": "approval_given",
        },
    ),
    "organisations-none": ("account/organisations.html", LIST),
    "organisations-activate": (
        "account/organisations.html",
        {
            **LIST,
            "to_activate": [ORGANISATION],
            "about": ORGANISATION.id,
            "filed": [seen("accepted", **DECIDED)],
            "error": wrong("activation_refused.organisation", attempts_left=9),
        },
    ),
    "organisation-form": ("account/organisation_form.html", FORM),
    "organisation-form-wrong": (
        "account/organisation_form.html",
        {
            **FORM,
            "typed": {**FORM["typed"], "code": "9000000078", "role": "authorised_person"},
            "error": wrong("organisation_code_malformed.check_digit", reason="check_digit"),
        },
    ),
    "organisation-waiting": status(seen("waiting_approvals", approvals=EVERYBODY), done="application_filed"),
    "organisation-outsider": status(
        seen("waiting_approvals", tally={"agreed": 2, "waiting": 1, "unreachable": 1})
    ),
    "organisation-register": status(seen("waiting_register")),
    "organisation-officer": status(seen("waiting_officer", case=Case.ORGANISATION_NOT_ON_FILE)),
    "organisation-refused": status(
        seen("refused", reason="approval_filer_unknown", article="69/2024 Art. 12", **DECIDED)
    ),
    "organisation-accepted": status(seen("accepted", **DECIDED), waits_for_activation=True),
    "organisation-expired": status(seen("expired", **DECIDED)),
    "organisation-answer": ("account/organisation_answer.html", ANSWER),
    "organisation-answer-late": (
        "account/organisation_answer.html",
        {**ANSWER, "sight": None, "error": wrong("application_moved", state="withdrawn")},
    ),
}
