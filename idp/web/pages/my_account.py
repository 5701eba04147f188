"""A holder's own pages: what is kept, how they sign in, where they are signed in, whom they allowed what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from flask.views import MethodView
from werkzeug.wrappers import Response as AnyResponse

from idp.accounts.account import Account, Accounts
from idp.accounts.claims import claims as claims_of
from idp.accounts.organisation_enrolment import OrganisationEnrolment
from idp.assurance import authentication_level
from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.kernel.clock import Clock
from idp.oidc.sessions.session import Session, Sessions
from idp.signin.desk import Desk
from idp.signin.ending import Caller, Outcome
from idp.web.http import read_form, read_query, see_other
from idp.web.pages.steps import Steps
from idp.web.surface import Surface

OWN_LEVEL = 2
# To change how one signs in, or who acts for whom: a browser left open, or taken over, must not be enough
# (ASVS 5.0 §7.5.1).
JUST_NOW = timedelta(minutes=5)
PROVEN = "proven"
# What the page after a change says was done; each has its sentence.
DONE = frozenset(
    {
        PROVEN,
        "password_changed",
        "totp_added",
        "authenticator_removed",
        "shut_out",
        "session_ended",
        "others_ended",
        "consent_withdrawn",
        "mandate_given",
        "mandate_ended",
        "dependant_locked",
        "application_filed",
        "application_withdrawn",
        "approval_given",
        "approval_refused",
        "organisation_active",
        "code_sent",
        "request_allowed",
        "request_refused",
        "request_late",
        "correction_filed",
        "correction_withdrawn",
    }
)


@dataclass(frozen=True, slots=True)
class Holder:
    """Who is signed in on this page."""

    caller: Caller
    session: Session
    account: Account


@dataclass(frozen=True, slots=True)
class OwnPages:
    """Lets a holder in: by the browser's session if it is strong enough, else by way of the desk."""

    surface: Surface
    steps: Steps
    desk: Desk
    sessions: Sessions
    accounts: Accounts

    def enter(self, return_to: str, max_age: timedelta | None = None) -> Holder | AnyResponse:
        """The holder; or the page that must come first.

        Args:
            max_age: how long ago the holder may have proven themself for what this page does.
        """
        caller = self.surface.caller()
        holder = self._holder(caller, max_age)
        if holder is not None:
            return holder
        interaction, step = self.desk.open(
            None, caller, return_to=return_to, level=OWN_LEVEL, max_age=max_age
        )
        if isinstance(step, Outcome):
            return self.steps.end(step)
        return self.steps.show(interaction, step, caller)

    def enter_with_form(
        self, return_to: str, max_age: timedelta | None = None, lists: Sequence[str] = ()
    ) -> tuple[Holder, dict[str, str]] | AnyResponse:
        """As ``enter``, for a form that the holder sends; who must prove themself anew sends it again.

        Args:
            lists: the fields that may repeat, as ``read_form`` takes them.
        """
        form, caller = read_form(*lists), self.surface.caller()
        self.surface.check_form(form, caller)
        holder = self._holder(caller, max_age)
        if holder is not None:
            return holder, form
        if max_age is None or self._holder(caller) is None:
            return see_other(return_to)
        back = f"{return_to}?done={PROVEN}"
        interaction, step = self.desk.open(None, caller, return_to=back, level=OWN_LEVEL, max_age=max_age)
        return self.steps.end(step) if isinstance(step, Outcome) else see_other(f"/signin/{interaction.id}")

    def _holder(self, caller: Caller, max_age: timedelta | None = None) -> Holder | None:
        """Whose session the browser has, if it is strong enough by proofs that are fresh enough."""
        session = self.sessions.find(caller.session)
        if session is None:
            return None
        oldest = self.desk.clock() - max_age if max_age is not None else None
        fresh = (proof for proof in session.proofs if oldest is None or proof.at >= oldest)
        if authentication_level(fresh) < OWN_LEVEL:
            return None
        account = self.accounts.get(session.account_id)
        return Holder(caller, session, account) if account is not None and account.is_active else None


def see_done(path: str, what: str) -> AnyResponse:
    """To a page that then says what was done: one of ``DONE``."""
    return see_other(f"{path}?done={what}")


def what_was_done() -> str | None:
    """What led to this page by ``see_done``, if it did."""
    what = read_query().get("done")
    return what if what in DONE else None


class Home(MethodView):
    """GET /account: who you are here."""

    init_every_request = False

    def __init__(self, own: OwnPages, enrolment: OrganisationEnrolment, clock: Clock) -> None:
        self._own = own
        self._enrolment = enrolment
        self._clock = clock

    def get(self) -> AnyResponse:
        holder = self._own.enter("/account")
        if not isinstance(holder, Holder):
            return holder
        account = holder.account
        return self._own.surface.show(
            "account/home.html",
            holder.caller,
            account=account,
            claims=claims_of(account, self._clock().date()),
            level=holder.session.level,
            waiting=len(self._enrolment.waiting_for(account)),
        )


class SessionList(MethodView):
    """GET and POST /account/sessions: where you are signed in; end one, or all others."""

    init_every_request = False

    def __init__(self, own: OwnPages, sessions: Sessions, audit: AuditLog) -> None:
        self._own = own
        self._sessions = sessions
        self._audit = audit

    def get(self) -> AnyResponse:
        holder = self._own.enter("/account/sessions")
        if not isinstance(holder, Holder):
            return holder
        return self._own.surface.show(
            "account/sessions.html",
            holder.caller,
            sessions=self._sessions.of(holder.account.id),
            current=holder.session.id,
            action="/account/sessions",
            done=what_was_done(),
            here="/account/sessions",
        )

    def post(self) -> AnyResponse:
        entered = self._own.enter_with_form("/account/sessions")
        if not isinstance(entered, tuple):
            return entered
        holder, form = entered
        mine = {session.id for session in self._sessions.of(holder.account.id)}
        chosen = self._chosen(form, holder, mine)
        for session_id in chosen:
            self._sessions.end(session_id)
            self._audit.record(Event.SESSION_ENDED, account_id=holder.account.id, session=str(session_id))
        what = "others_ended" if form.get("session") == "others" else "session_ended"
        return see_done("/account/sessions", what) if chosen else see_other("/account/sessions")

    def _chosen(self, form: Mapping[str, str], holder: Holder, mine: set[UUID]) -> set[UUID]:
        """The sessions to end; another person's are never among them."""
        if form.get("session") == "others":
            return mine - {holder.session.id}
        return {session_id for session_id in mine if str(session_id) == form.get("session")}
