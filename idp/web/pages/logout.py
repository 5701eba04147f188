"""Sign-out: at a client's wish (RP-Initiated Logout 1.0), confirmed by the person where nobody vouches."""

from urllib.parse import urlencode

from flask import Response
from flask.views import MethodView
from werkzeug.wrappers import Response as AnyResponse

from idp.oidc.sessions.logout import LogoutReader, LogoutRequest
from idp.oidc.sessions.session import Session, Sessions
from idp.oidc.sessions.sign_out import SignOut
from idp.signin.ending import Caller
from idp.web.http import read_form, read_query, see_other
from idp.web.pages.steps import Steps
from idp.web.surface import BROWSER_STATE, SESSION

LOGOUT = "/logout"
PARAMETERS = ("id_token_hint", "client_id", "post_logout_redirect_uri", "state", "ui_locales")


class Logout(MethodView):
    """GET and POST /logout."""

    init_every_request = False

    def __init__(self, reader: LogoutReader, sessions: Sessions, sign_out: SignOut, steps: Steps) -> None:
        self._reader = reader
        self._sessions = sessions
        self._sign_out = sign_out
        self._steps = steps

    def get(self) -> AnyResponse:
        return self._answer(read_query(), is_confirmed=False)

    def post(self) -> AnyResponse:
        form = read_form()
        caller = self._steps.surface.caller()
        if "form_token" in form:  # our own confirmation page comes back
            self._steps.surface.check_form(form, caller)
            if form.get("decision") != "logout":
                return see_other("/account")
            return self._answer(form, is_confirmed=True)
        if caller.session is None:
            # Browsers keep SameSite cookies back from another site's form, and send them with what follows.
            self._reader.read(form)
            return see_other(f"{LOGOUT}?{urlencode(_carried(form))}")
        return self._answer(form, is_confirmed=False)

    def _answer(self, parameters: dict[str, str], *, is_confirmed: bool) -> AnyResponse:
        asked = self._reader.read(parameters)
        caller = self._steps.surface.caller()
        session = self._sessions.proven(caller.session)
        if not is_confirmed and asked.needs_confirmation(session.id if session else None):
            return self._confirm(asked, parameters, caller)
        return self._done(asked, session, caller, parameters.get("ui_locales"))

    def _confirm(self, asked: LogoutRequest, parameters: dict[str, str], caller: Caller) -> Response:
        return self._steps.surface.show(
            "logout.html",
            caller,
            action=LOGOUT,
            party=self._steps.party(asked.client),
            carried=_carried(parameters),
            goes_to=asked.redirect_uri,
            ui_locales=parameters.get("ui_locales"),
        )

    def _done(
        self, asked: LogoutRequest, session: Session | None, caller: Caller, ui_locales: str | None
    ) -> AnyResponse:
        client_id = asked.client.client_id if asked.client else None
        frames = self._sign_out.end(session, client_id) if session is not None else ()
        if asked.location is not None and not frames:
            response: AnyResponse = see_other(asked.location)
        else:
            response = self._steps.surface.show(
                "logged_out.html",
                caller,
                ui_locales=ui_locales,
                party=self._steps.party(asked.client, ui_locales),
                return_url=asked.location,
                frames=frames,
            )
        self._steps.surface.cookies.drop(response, SESSION)
        self._steps.surface.cookies.drop(response, BROWSER_STATE)
        return response


def _carried(parameters: dict[str, str]) -> dict[str, str]:
    """What the request said, for the one that follows it."""
    return {name: parameters[name] for name in PARAMETERS if parameters.get(name)}
