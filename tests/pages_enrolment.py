"""The pages of enrolment in their states, with invented people."""

from datetime import UTC, datetime

from idp.accounts.application import Application, State, spoken
from idp.accounts.kinds import Kind
from idp.kernel.ids import new_id
from idp.statute.rules import Case

AT = datetime(2026, 11, 20, 3, 15, tzinfo=UTC)
OWN = {"action": "#", "form_token": "token"}
TYPED = {
    "username": "079204001234",
    "name": "Nguyễn Thị Minh An",
    "birth_date": "04/03/2004",
    "card_issued_on": "04/03/2024",
    "phone": "0912 345 678",
}
EMPTY = {**OWN, "typed": {}, "about": "username", "reference": None, "error": None}
QUESTION = {**OWN, "application": None, "outcome": None, "reference": "", "username": "", "error": None}


def wrong(code, **facts):
    return {"code": code, "facts": facts}


def seen(outcome, **given):
    """The status page of an application that stands so."""
    usual = {"id": new_id(), "reference": "7KB3XMD24V", "kind": Kind.CITIZEN, "case": Case.CITIZEN_01}
    state = State.ACCEPTED if outcome == "matched" else State(outcome)
    application = Application(**{**usual, "state": state, "filed_at": AT, "due_at": AT, **given})
    reference = spoken(application.reference)
    return "enrol/status.html", {
        **QUESTION,
        "application": application,
        "outcome": outcome,
        "reference": reference,
    }


DECIDED = {"decided_at": AT}
ENROLMENT = {
    "enrol": ("enrol/choose.html", {}),
    "enrol-citizen": ("enrol/citizen.html", EMPTY),
    "enrol-citizen-wrong": (
        "enrol/citizen.html",
        {
            **EMPTY,
            "typed": {**TYPED, "birth_date": "31/02/2004"},
            "about": "birth-date",
            "error": wrong("date_malformed", field="birth_date"),
        },
    ),
    "enrol-citizen-mismatch": (
        "enrol/citizen.html",
        {
            **EMPTY,
            "typed": TYPED,
            "about": None,
            "reference": "7KB3X-MD24V",
            "error": wrong("register_mismatch"),
        },
    ),
    "enrol-citizen-paused": (
        "enrol/citizen.html",
        {**EMPTY, "typed": TYPED, "about": None, "error": wrong("too_many_attempts", minutes=60)},
    ),
    "enrol-foreigner": ("enrol/foreigner.html", EMPTY),
    "enrol-foreigner-wrong": (
        "enrol/foreigner.html",
        {
            **EMPTY,
            "typed": {
                "username": "900990000000",
                "zone": "P<SWENYSTROM<<ANNA<<<<<<<<<\nX0000000<1SWE0606215F3407279<<<<<<<<<<00",
                "residence_number": "TRC0000000",
                "phone": "0912 345 678",
            },
            "about": "zone",
            "error": wrong("machine_readable_zone_refused", reason="check_digit", part="number"),
        },
    ),
    "enrol-status": ("enrol/status.html", QUESTION),
    "enrol-status-unknown": (
        "enrol/status.html",
        {
            **QUESTION,
            "reference": "7KB3X-MD24V",
            "username": "079204001234",
            "error": wrong("application_unknown"),
        },
    ),
    "enrol-matched": seen("matched", **DECIDED),
    "enrol-waiting": seen("waiting_register"),
    "enrol-officer": seen("waiting_in_person", case=Case.CITIZEN_02),
    "enrol-card": seen("waiting_card", case=Case.CITIZEN_WITHOUT_VALID_CARD),
    "enrol-papers": seen("waiting_officer", case=Case.ORGANISATION_NOT_ON_FILE),
    "enrol-refused": seen("refused", reason="guardian_needed", article="69/2024 Art. 7.1.b", **DECIDED),
    "enrol-refused-mismatch": seen("refused", reason="register_mismatch", **DECIDED),
    "enrol-withdrawn": seen("withdrawn", **DECIDED),
}
