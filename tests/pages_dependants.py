"""The pages of children and wards in their states, with invented people."""

from datetime import UTC, date, datetime
from types import SimpleNamespace

from idp.accounts.application import Application, State, spoken
from idp.accounts.kinds import Kind
from idp.kernel.ids import new_id
from idp.statute.rules import Case
from tests.people import a_citizen, an_account

AT = datetime(2026, 11, 20, 3, 15, tzinfo=UTC)
OWN = {"action": "#", "form_token": "token", "done": None, "error": None}
DECIDED = {"decided_at": AT}
CHILD = an_account(
    number="001316700001", identity=a_citizen(name="Nông Bích Ngân", birth_date=date(2016, 6, 5))
)
WARD = an_account(number="001184700002", identity=a_citizen(name="Vi Minh Hòa", birth_date=date(1984, 2, 1)))
ACTING = [
    (SimpleNamespace(id=new_id(), ends_at=datetime(2030, 6, 4, 17, tzinfo=UTC)), CHILD),
    (SimpleNamespace(id=new_id(), ends_at=None), WARD),
]


def wrong(code, **facts):
    return {"code": code, "facts": facts}


def an_application(state, **given):
    usual = {"id": new_id(), "reference": "7KB3XMD24V", "kind": Kind.CITIZEN}
    usual |= {"case": Case.CITIZEN_01_BY_GUARDIAN, "state": State(state), "filed_at": AT, "due_at": AT}
    return Application(**{**usual, **given})


def status(state, name="Nông Bích Ngân", done=None, **given):
    application = an_application(state, **given)
    told = {"application": application, "name": name, "reference": spoken(application.reference)}
    return "account/dependant_status.html", {**OWN, **told, "done": done}


LIST = {"dependants": [], "filed": [], "may_file": True, "done": None}
FORM = {**OWN, "typed": {}, "phone": "•••• ••• 001", "about": "username"}
DEPENDANTS = {
    "dependants": (
        "account/dependants.html",
        {
            **LIST,
            "dependants": ACTING,
            "filed": [
                (an_application("waiting_register"), "Nông Bích Ngân"),
                (an_application("refused", **DECIDED), None),
            ],
        },
    ),
    "dependants-none": ("account/dependants.html", LIST),
    "dependants-level-01": ("account/dependants.html", {**LIST, "may_file": False}),
    "dependant-consents": (
        "account/dependant_consents.html",
        {
            **OWN,
            "account": CHILD,
            "consents": [
                (
                    SimpleNamespace(
                        client_id="portal",
                        scope={"openid", "profile"},
                        claims=set(),
                        purpose="điền sẵn hồ sơ",
                        given_at=AT,
                        child_agreed=True,
                    ),
                    None,
                )
            ],
        },
    ),
    "dependant-consents-none": (
        "account/dependant_consents.html",
        {**OWN, "account": CHILD, "consents": [], "done": "consent_withdrawn"},
    ),
    "dependants-locked": ("account/dependants.html", {**LIST, "done": "dependant_locked"}),
    "dependant-lock": ("account/dependant_lock.html", {**OWN, "account": CHILD}),
    "dependant-citizen": ("account/dependant_citizen.html", FORM),
    "dependant-citizen-wrong": (
        "account/dependant_citizen.html",
        {
            **FORM,
            "typed": {"username": "001316700001", "name": "Nông Bích Ngân", "birth_date": "31/2/2016"},
            "about": "birth-date",
            "error": wrong("date_malformed", field="birth_date"),
        },
    ),
    "dependant-foreigner": ("account/dependant_foreigner.html", FORM),
    "dependant-waiting": status("waiting_register", done="application_filed"),
    "dependant-accepted": status("accepted", done="application_filed", **DECIDED),
    "dependant-refused": status(
        "refused", None, reason="not_guardian", article="69/2024 Art. 7.1.b", **DECIDED
    ),
    "dependant-withdrawn": status("withdrawn", None, done="application_withdrawn", **DECIDED),
}
