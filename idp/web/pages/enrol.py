"""GET and POST /activate: a new holder proves the phone by its code and chooses a password."""

from collections.abc import Mapping

from flask import Response
from flask.views import MethodView
from werkzeug.wrappers import Response as AnyResponse

from idp.accounts.activation import ActivationRefused
from idp.accounts.citizen import NumberMalformed
from idp.accounts.enrolment import Enrolment, Equip
from idp.authenticators.password import Password, PasswordUnfit
from idp.kernel.errors import IdpError, TooManyAttempts
from idp.web.http import read_form, read_query, see_other
from idp.web.surface import Surface, again, shown


class Activate(MethodView):
    """The password is looked at first: a code is spent only by a form that can succeed."""

    init_every_request = False

    def __init__(self, surface: Surface, enrolment: Enrolment, password: Password) -> None:
        self._surface = surface
        self._enrolment = enrolment
        self._password = password

    def get(self) -> Response:
        return self._show("", None, is_done="done" in read_query())

    def post(self) -> AnyResponse:
        form, caller = read_form(), self._surface.caller()
        self._surface.check_form(form, caller)
        number = "".join(form.get("username", "").split())
        try:
            if form.get("decision") == "resend":
                self._enrolment.send_code(number, caller.address, caller.language)
                return self._show(number, None, is_sent=True)
            self._enrolment.activate(
                number, form.get("otp", ""), caller.address, lambda: self._chosen(number, form)
            )
        except (NumberMalformed, ActivationRefused, PasswordUnfit, TooManyAttempts) as error:
            return self._show(number, error)
        return see_other("/activate?done")

    def _chosen(self, number: str, form: Mapping[str, str]) -> Equip:
        hashed = self._password.prepare(form.get("new_password", ""), personal=(number,))
        return lambda account_id: self._password.store(account_id, hashed)

    def _show(
        self, number: str, error: IdpError | None, *, is_sent: bool = False, is_done: bool = False
    ) -> Response:
        page = self._surface.show(
            "activate.html",
            self._surface.caller(),
            action="/activate",
            username=number,
            is_sent=is_sent,
            is_done=is_done,
            here="/activate",
            error=shown(error),
        )
        return again(page, error)
