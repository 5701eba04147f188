"""Sign-out: at a client's wish (RP-Initiated Logout 1.0), confirmed by the person where nobody vouches."""

from flask import Response
from flask.views import MethodView
from werkzeug.wrappers import Response as AnyResponse

from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.oidc.sessions.logout import LogoutReader, LogoutRequest
from idp.oidc.sessions.session import Session, Sessions
from idp.signin.ending import Caller
from idp.web.http import read_form, read_query, see_other
from idp.web.pages.steps import Steps
from idp.web.surface import SESSION

PARAMETERS = ("id_token_hint", "client_id", "post_logout_redirect_uri", "state")


class Logout(MethodView):
    """GET and POST /logout."""

    init_every_request = False

    def __init__(self, reader: LogoutReader, sessions: Sessions, steps: Steps, audit: AuditLog) -> None:
        self._reader = reader
        self._sessions = sessions
        self._steps = steps
        self._audit = audit

    def get(self) -> AnyResponse:
        return self._sign_out(read_query(), is_confirmed=False)

    def post(self) -> AnyResponse:
        form = read_form()
        if "form_token" in form:  # our own confirmation page comes back
            self._steps.surface.check_form(form, self._steps.surface.caller())
            return self._sign_out(form, is_confirmed=form.get("decision") == "logout", is_answer=True)
        return self._sign_out(form, is_confirmed=False)

    def _sign_out(
        self, parameters: dict[str, str], *, is_confirmed: bool, is_answer: bool = False
    ) -> AnyResponse:
        asked = self._reader.read(parameters)
        caller = self._steps.surface.caller()
        session = self._sessions.find(caller.session)
        if is_answer and not is_confirmed:
            return see_other("/account")
        if not is_confirmed and asked.needs_confirmation(session.id if session else None):
            return self._confirm(asked, parameters, caller)
        return self._done(asked, session, caller)

    def _confirm(self, asked: LogoutRequest, parameters: dict[str, str], caller: Caller) -> Response:
        carried = {name: parameters[name] for name in PARAMETERS if parameters.get(name)}
        return self._steps.surface.show(
            "logout.html",
            caller,
            action="/logout",
            party=self._steps.party(asked.client),
            carried=carried,
            goes_to=asked.redirect_uri,
            ui_locales=parameters.get("ui_locales"),
        )

    def _done(self, asked: LogoutRequest, session: Session | None, caller: Caller) -> AnyResponse:
        if session is not None:
            self._sessions.end(session.id)
            self._audit.record(
                Event.SESSION_ENDED,
                account_id=session.account_id,
                client_id=asked.client.client_id if asked.client else None,
                session=str(session.id),
            )
        if asked.location is not None:
            response: AnyResponse = see_other(asked.location)
        else:
            party = self._steps.party(asked.client)
            response = self._steps.surface.show("logged_out.html", caller, party=party, return_url=None)
        self._steps.surface.cookies.drop(response, SESSION)
        return response
