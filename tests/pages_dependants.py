"""The pages of children and wards in their states, with invented people."""

from datetime import UTC, date, datetime
from types import SimpleNamespace

from idp.accounts.application import Application, State, spoken
from idp.accounts.guardianship_end import Birthday
from idp.accounts.kinds import Kind
from idp.kernel.ids import new_id
from idp.oidc.consent import Consent, ConsentRecord
from idp.statute.rules import Case
from idp.web.pages.history import OF_OTHERS
from tests.people import a_citizen, an_account

AT = datetime(2026, 11, 20, 3, 15, tzinfo=UTC)
OWN = {"action": "#", "form_token": "token", "done": None, "error": None}
DECIDED = {"decided_at": AT}
CHILD = an_account(
    number="001316700001", identity=a_citizen(name="Nông Bích Ngân", birth_date=date(2016, 6, 5))
)
WARD = an_account(number="001184700002", identity=a_citizen(name="Vi Minh Hòa", birth_date=date(1984, 2, 1)))
TEEN = an_account(
    number="001312700003", identity=a_citizen(name="Nông Quốc Bảo", birth_date=date(2012, 12, 10))
)
TURNS_14 = Birthday(date(2026, 12, 10), "69/2024 Art. 14.2")
ACTING = [
    (SimpleNamespace(id=new_id(), ends_at=datetime(2030, 6, 4, 17, tzinfo=UTC)), CHILD, None),
    (SimpleNamespace(id=new_id(), ends_at=datetime(2026, 12, 9, 17, tzinfo=UTC)), TEEN, TURNS_14),
    (SimpleNamespace(id=new_id(), ends_at=None), WARD, None),
]


def wrong(code, **facts):
    return {"code": code, "facts": facts}


def an_event(name, **facts):
    return SimpleNamespace(event=name, at=AT, client_id=None, facts=facts)


def a_consent(*, child_agreed=False, **given):
    consent = Consent(
        client_id="portal",
        scope=frozenset({"openid", "profile"}),
        claims=frozenset(),
        shown=frozenset(),
        purpose="điền sẵn hồ sơ",
        child_agreed=child_agreed,
        given_at=AT,
    )
    usual = {"terms": None, "ended_at": None, "due_at": None, "article": None, "confirmed_at": None}
    return ConsentRecord(id=new_id(), account_id=CHILD.id, consent=consent, **{**usual, **given})


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
            "address": "#",
            "consents": [(a_consent(child_agreed=True), None)],
            "withdrawn": [(a_consent(ended_at=AT, due_at=AT, article="356/2025 Art. 5"), None, "telling")],
        },
    ),
    "dependant-history": (
        "account/history.html",
        {
            "events": [
                an_event("account.viewed", actor="0193", mandate="1"),
                an_event("mandate.used", actor="0194", mandate="2"),
                an_event("account.exported", actor="0194", mandate="2"),
                an_event("consent.given", actor="0193", mandate="1"),
                an_event("sign_in.proof_refused", method="password"),
            ],
            "parties": {},
            "offices": {},
            "me": "0193",
            "whose": CHILD,
            "since": AT,
            "of_others": OF_OTHERS,
            "address": "#",
            "lock": "#",
            "part": "",
            "parts": ["sign_ins", "looks"],
            "older": None,
            "is_first": True,
            "reads": [],
            "retention": SimpleNamespace(years=5, article="69/2024 Art. 17"),
        },
    ),
    "dependant-export": ("account/export.html", {**OWN, "whose": CHILD, "since": AT}),
    "dependant-consents-none": (
        "account/dependant_consents.html",
        {
            **OWN,
            "account": CHILD,
            "address": "#",
            "consents": [],
            "withdrawn": [],
            "done": "consent_withdrawn",
        },
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
