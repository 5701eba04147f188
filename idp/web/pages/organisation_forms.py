"""/account/organisations/new and …/answer: what people fill in for an organisation."""

from collections.abc import Mapping

from flask.views import MethodView
from werkzeug.wrappers import Response as AnyResponse

from idp.accounts.application import ApplicationMoved
from idp.accounts.delegation import MandateMisshaped
from idp.accounts.filing import DateMalformed
from idp.accounts.organisation_enrolment import REFUSALS, ApprovalGiven, ApprovalOfOwn
from idp.accounts.organisation_filing import (
    ROLES,
    EmailMalformed,
    FilersRoleMissing,
    FilerUnfit,
    OrganisationCodeMalformed,
)
from idp.accounts.phone import PhoneMalformed
from idp.kernel.errors import IdpError, TooManyAttempts
from idp.statute.agency_code import AgencyCodeMalformed
from idp.web.http import see_other
from idp.web.i18n import say_article
from idp.web.pages.my_account import JUST_NOW, Holder, OwnPages, see_done, what_was_done
from idp.web.pages.organisations import ORGANISATIONS, STATUS, Office, known
from idp.web.surface import again

NEW = f"{ORGANISATIONS}/new"
ANSWER = f"{STATUS}/answer"
TYPED = ("code", "phone", "email", "role", "last_day")
# Which field each refusal is about; the others are about the whole form.
FIELDS = {
    OrganisationCodeMalformed.code: "code",
    AgencyCodeMalformed.code: "code",
    PhoneMalformed.code: "phone",
    EmailMalformed.code: "email",
    DateMalformed.code: "last-day",
    MandateMisshaped.code: "last-day",
}
UNFIT = (
    OrganisationCodeMalformed,
    AgencyCodeMalformed,
    PhoneMalformed,
    EmailMalformed,
    FilersRoleMissing,
    DateMalformed,
    MandateMisshaped,
    FilerUnfit,
    ApplicationMoved,
    TooManyAttempts,
)


class OrganisationForm(MethodView):
    """GET and POST /account/organisations/new: ask for an organisation's account."""

    init_every_request = False

    def __init__(self, own: OwnPages, office: Office) -> None:
        self._own = own
        self._office = office

    def get(self) -> AnyResponse:
        # Proven anew before the form is filled in, so that nothing typed is lost.
        holder = self._own.enter(NEW, JUST_NOW)
        return self._show(holder, {}, None) if isinstance(holder, Holder) else holder

    def post(self) -> AnyResponse:
        entered = self._own.enter_with_form(NEW, JUST_NOW)
        if not isinstance(entered, tuple):
            return entered
        holder, form = entered
        caller = holder.caller
        try:
            filed = self._office.enrolment.file(holder.account, form, caller.address, caller.language)
        except UNFIT as error:
            return self._show(holder, form, error)
        return see_done(f"{ORGANISATIONS}/{filed.id}", "application_filed")

    def _show(self, holder: Holder, typed: Mapping[str, str], error: IdpError | None) -> AnyResponse:
        page = self._own.surface.show(
            "account/organisation_form.html",
            holder.caller,
            action=NEW,
            typed={name: typed.get(name, "") for name in TYPED},
            roles=[role.value for role in ROLES],
            about="code" if error is None else FIELDS.get(error.code),
            here=NEW,
            error=_told(error, holder),
        )
        return again(page, error)


class OrganisationAnswer(MethodView):
    """GET and POST /account/organisations/<id>/answer: a representative agrees, or refuses with a reason."""

    init_every_request = False

    def __init__(self, own: OwnPages, office: Office) -> None:
        self._own = own
        self._office = office

    def get(self, application_id: str) -> AnyResponse:
        holder = self._own.enter(f"{ORGANISATIONS}/{application_id}/answer")
        return self._show(holder, application_id) if isinstance(holder, Holder) else holder

    def post(self, application_id: str) -> AnyResponse:
        # By a fresh proof of their own: a browser left open agrees to nothing.
        entered = self._own.enter_with_form(f"{ORGANISATIONS}/{application_id}/answer", JUST_NOW)
        if not isinstance(entered, tuple):
            return entered
        holder, form = entered
        has_agreed = form.get("decision") == "approve"
        refusal = None if has_agreed else form.get("reason", "") or REFUSALS[0]
        try:
            self._office.enrolment.answer(known(application_id), holder.account, refusal)
        except (FilerUnfit, ApprovalOfOwn, ApprovalGiven, ApplicationMoved) as error:
            return self._show(holder, application_id, error)
        return see_done(ORGANISATIONS, "approval_given" if has_agreed else "approval_refused")

    def _show(self, holder: Holder, application_id: str, error: IdpError | None = None) -> AnyResponse:
        asked = known(application_id)
        waiting = self._office.enrolment.waiting_for(holder.account)
        found = next((application for _, application in waiting if application.id == asked), None)
        if found is None and error is None:
            return see_other(ORGANISATIONS)
        here = f"{ORGANISATIONS}/{application_id}/answer"
        page = self._own.surface.show(
            "account/organisation_answer.html",
            holder.caller,
            action=here,
            sight=None if found is None else self._office.sight(found, for_whom=holder.account),
            reasons=REFUSALS,
            done=what_was_done() if error is None else None,
            here=here,
            error=_told(error, holder),
        )
        return again(page, error)


def _told(error: IdpError | None, holder: Holder) -> dict[str, object] | None:
    """The error by its reason, where that has a sentence of its own, its article as it is cited."""
    if error is None:
        return None
    facts = error.facts()
    if isinstance(error, OrganisationCodeMalformed | MandateMisshaped):
        code = f"{error.code}.{error.reason}"
    else:
        code = error.code
    if "article" in facts:
        facts = facts | {"article": say_article(holder.caller.language, str(facts["article"]))}
    return {"code": code, "facts": facts}
