"""/account/organisations: people ask for an organisation's account, agree to one, and activate it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from flask.views import MethodView
from werkzeug.wrappers import Response as AnyResponse

from idp.accounts.account import Account, Accounts
from idp.accounts.activation import ActivationRefused
from idp.accounts.application import Application, ApplicationMoved, spoken
from idp.accounts.approvals import Answer, Approval, answer_by
from idp.accounts.mandates import Mandates
from idp.accounts.organisation_enrolment import (
    OrganisationEnrolment,
)
from idp.accounts.organisation_filing import (
    OrganisationFiled,
)
from idp.accounts.organisation_opening import OrganisationOpening
from idp.assurance import Level
from idp.kernel.errors import IdpError, NotFound, TooManyAttempts, Unavailable
from idp.web.http import see_other
from idp.web.pages.my_account import JUST_NOW, Holder, OwnPages, see_done, what_was_done
from idp.web.surface import again, shown

ORGANISATIONS = "/account/organisations"
STATUS = f"{ORGANISATIONS}/<application_id>"


@dataclass(frozen=True, slots=True)
class Sight:
    """One application as a person reads it. Names and terms are there while it waits.

    ``approvals``: each with what is said of it, as a code word, and whether it is this person's own: for the
    representatives themselves. ``tally``: of how many each word is said, for who only says to be authorised.
    """

    application: Application
    reference: str
    name: str | None
    code: str | None
    filed: OrganisationFiled | None
    filer: Account | None
    approvals: tuple[tuple[Approval, str, bool], ...] = ()
    tally: Mapping[str, int] = field(default_factory=dict)
    answer_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class Office:
    """What the pages of organisations need."""

    enrolment: OrganisationEnrolment
    opening: OrganisationOpening
    accounts: Accounts
    mandates: Mandates

    def sight(self, application: Application, *, for_whom: Account | None = None) -> Sight:
        """An application; with who has to agree, where it is somebody's business (``for_whom``)."""
        details, account_id = application.details, application.account_id
        opened = None if account_id is None else self.accounts.get(account_id)
        given = self.enrolment.approvals_of(application) if for_whom is not None else []
        until = answer_by(application, given)
        number = "" if for_whom is None else for_whom.number
        is_inside = any(each.number == number for each in given)
        told = [(each, self._word(each, is_inside=is_inside)) for each in given if each.name]
        filer = None if application.applicant_id is None else self.accounts.get(application.applicant_id)
        return Sight(
            application=application,
            reference=spoken(application.reference),
            name=opened.identity.name if opened else details.get("name"),
            code=opened.number if opened else application.number,
            filed=OrganisationFiled.restored(details) if details else None,
            filer=filer,
            approvals=tuple((each, word, each.number == number) for each, word in told if is_inside),
            tally={} if is_inside else Counter(word for _, word in told),
            answer_by=until,
        )

    def to_activate(self, person: Account) -> list[Account]:
        """The organisations whose account waits for somebody like this person."""
        principals = {held.principal_id for held in self.mandates.of_agent(person.id)}
        waiting = sorted(each for each in principals if self.opening.waits_for_activation(person.id, each))
        return [self.accounts.the(each) for each in waiting]

    def _word(self, approval: Approval, *, is_inside: bool) -> str:
        """What is said of one representative. Who has an account is told to other representatives only."""
        if approval.answer is Answer.APPROVED:
            return "agreed"
        if approval.answer is Answer.REFUSED:
            return "refused"
        if approval.number is None:
            return "unreachable"
        account = self.accounts.by_number(approval.number) if is_inside else None
        can_answer = account is not None and account.is_active and account.level is Level.TWO
        if not is_inside:
            return "waiting"
        return "told" if can_answer else "no_account"


class OrganisationList(MethodView):
    """GET and POST /account/organisations: what waits for one's answer, what one filed, what to activate."""

    init_every_request = False

    def __init__(self, own: OwnPages, office: Office) -> None:
        self._own = own
        self._office = office

    def get(self) -> AnyResponse:
        holder = self._own.enter(ORGANISATIONS)
        return self._show(holder, what_was_done()) if isinstance(holder, Holder) else holder

    def post(self) -> AnyResponse:
        entered = self._own.enter_with_form(ORGANISATIONS, JUST_NOW)
        if not isinstance(entered, tuple):
            return entered
        holder, form = entered
        organisation_id = _uuid(form.get("organisation", ""))
        if organisation_id is None:
            return see_other(ORGANISATIONS)
        opening, me = self._office.opening, holder.account.id
        try:
            if form.get("decision") == "resend":
                opening.ask_code(me, organisation_id, holder.caller.language)
                return see_done(ORGANISATIONS, "code_sent")
            opening.activate(me, organisation_id, form.get("otp", ""))
        except NotFound:
            return see_other(ORGANISATIONS)
        except (ActivationRefused, TooManyAttempts, Unavailable) as error:
            return self._show(holder, None, error, organisation_id)
        return see_done(ORGANISATIONS, "organisation_active")

    def _show(
        self,
        holder: Holder,
        done: str | None,
        error: IdpError | None = None,
        about: UUID | None = None,
    ) -> AnyResponse:
        office = self._office
        waiting = office.enrolment.waiting_for(holder.account)
        page = self._own.surface.show(
            "account/organisations.html",
            holder.caller,
            action=ORGANISATIONS,
            to_answer=[office.sight(application) for _, application in waiting],
            filed=[office.sight(each) for each in office.enrolment.filed_by(holder.account.id)],
            to_activate=office.to_activate(holder.account),
            about=about,
            done=done,
            here=ORGANISATIONS,
            error=_told(error),
        )
        return again(page, error)


class OrganisationStatus(MethodView):
    """GET and POST /account/organisations/<id>: where one's own application stands; take it back."""

    init_every_request = False

    def __init__(self, own: OwnPages, office: Office) -> None:
        self._own = own
        self._office = office

    def get(self, application_id: str) -> AnyResponse:
        holder = self._own.enter(f"{ORGANISATIONS}/{application_id}")
        return self._show(holder, application_id) if isinstance(holder, Holder) else holder

    def post(self, application_id: str) -> AnyResponse:
        here = f"{ORGANISATIONS}/{application_id}"
        entered = self._own.enter_with_form(here)
        if not isinstance(entered, tuple):
            return entered
        holder, _ = entered
        try:
            self._office.enrolment.withdraw(known(application_id), holder.account.id)
        except ApplicationMoved as error:
            return self._show(holder, application_id, error)
        return see_done(here, "application_withdrawn")

    def _show(self, holder: Holder, application_id: str, error: IdpError | None = None) -> AnyResponse:
        office, here = self._office, f"{ORGANISATIONS}/{application_id}"
        found = office.enrolment.of_filer(known(application_id), holder.account.id)
        waits = found.account_id is not None and office.opening.waits_for_activation(
            holder.account.id, found.account_id
        )
        page = self._own.surface.show(
            "account/organisation_status.html",
            holder.caller,
            action=here,
            sight=office.sight(found, for_whom=holder.account),
            waits_for_activation=waits,
            done=what_was_done() if error is None else None,
            here=here,
            error=shown(error),
        )
        return again(page, error)


def _told(error: IdpError | None) -> dict[str, object] | None:
    """A wrong code in words of its own: there is no number to be checked besides it."""
    if isinstance(error, ActivationRefused):
        return {"code": f"{error.code}.organisation", "facts": error.facts()}
    return shown(error)


def known(text: str) -> UUID:
    """The id in an address.

    Raises:
        NotFound: it is none.
    """
    found = _uuid(text)
    if found is None:
        raise NotFound("application")
    return found


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
