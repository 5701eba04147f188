"""A sign-in, from the authorization request to its end: every view asks the desk and shows what it says."""

from urllib.parse import urlencode

from flask import Response
from flask.views import MethodView

from idp.authenticators.method import ProofRejected
from idp.kernel.errors import TooManyAttempts
from idp.oidc.authorization.core import RequestReader
from idp.oidc.tokens.resource import RESOURCE
from idp.signin.ending import Outcome
from idp.signin.next_step import CHILD_AGREES, ChildNotAsked, Complete, Prove, Refuse
from idp.web.http import read_form, read_query, see_other
from idp.web.pages.steps import Steps
from idp.web.surface import again

AUTHORIZE = "/authorize"

MYSELF = "myself"


class Authorize(MethodView):
    """GET and POST /authorize (OIDC Core 1.0 §3.1.2.1)."""

    init_every_request = False

    def __init__(self, reader: RequestReader, steps: Steps) -> None:
        self._reader = reader
        self._steps = steps

    def get(self) -> Response:
        request = self._reader.read(read_query(RESOURCE))
        caller = self._steps.surface.caller(request.ui_locales)
        interaction, step = self._steps.desk.open(request, caller)
        if isinstance(step, Outcome):
            return self._steps.end(step)
        return self._steps.show(interaction, step, caller, ui_locales=request.ui_locales)

    def post(self) -> Response:
        # Browsers keep SameSite cookies back from another site's form, and send them with what follows: who
        # is signed in is known only then.
        return see_other(f"{AUTHORIZE}?{urlencode(self._reader.carried(read_form(RESOURCE)))}")


class SignIn(MethodView):
    """GET /signin/<id>: the page of whatever comes next."""

    init_every_request = False

    def __init__(self, steps: Steps) -> None:
        self._steps = steps

    def get(self, interaction_id: str) -> Response:
        caller = self._steps.surface.caller()
        interaction, step = self._steps.desk.load(interaction_id, caller)
        if isinstance(step, Complete | Refuse):  # the time or the account moved on while the page stood open
            outcome = self._steps.desk.advance(interaction, caller)
            return self._steps.end(outcome) if outcome else see_other(f"/signin/{interaction_id}")
        is_resent = "resent" in read_query()
        return self._steps.show(interaction, step, caller, is_resent=is_resent)


class _Answer(MethodView):
    """A form of a sign-in comes back: hand it to the desk, go where the desk says."""

    init_every_request = False

    def __init__(self, steps: Steps) -> None:
        self._steps = steps

    def _continue(self, interaction_id: str, outcome: Outcome | None) -> Response:
        return self._steps.end(outcome) if outcome is not None else see_other(f"/signin/{interaction_id}")


class IdentifyForm(_Answer):
    """POST /signin/<id>/identify: a number and its password."""

    def post(self, interaction_id: str) -> Response:
        form, caller = read_form(), self._steps.surface.caller()
        self._steps.surface.check_form(form, caller)
        interaction, step = self._steps.desk.load(interaction_id, caller)
        number = "".join(form.get("username", "").split())
        try:
            outcome = self._steps.desk.identify(interaction, number, form.get("password", ""), caller)
        except (ProofRejected, TooManyAttempts) as error:
            return again(self._steps.show(interaction, step, caller, error, username=number), error)
        return self._continue(interaction_id, outcome)


class ProveForm(_Answer):
    """POST /signin/<id>/prove/<method>: one more proof."""

    def post(self, interaction_id: str, method: str) -> Response:
        form, caller = read_form(), self._steps.surface.caller()
        self._steps.surface.check_form(form, caller)
        interaction, step = self._steps.desk.load(interaction_id, caller)
        answer = form.get("password") or form.get("otp") or ""
        try:
            outcome = self._steps.desk.prove(interaction, method, answer, caller)
        except (ProofRejected, TooManyAttempts) as error:
            return again(self._steps.show(interaction, step, caller, error), error)
        return self._continue(interaction_id, outcome)


class ChooseForm(_Answer):
    """POST /signin/<id>/choose/<method>: another way, or the code once more."""

    def post(self, interaction_id: str, method: str) -> Response:
        form, caller = read_form(), self._steps.surface.caller()
        self._steps.surface.check_form(form, caller)
        interaction, step = self._steps.desk.load(interaction_id, caller)
        try:
            self._steps.desk.choose(interaction, method, caller)
        except TooManyAttempts as error:
            return again(self._steps.show(interaction, step, caller, error), error)
        is_resent = isinstance(step, Prove) and step.methods[0] == method
        return see_other(f"/signin/{interaction_id}" + ("?resent" if is_resent else ""))


class RestartForm(_Answer):
    """POST /signin/<id>/restart: with another identity number."""

    def post(self, interaction_id: str) -> Response:
        form, caller = read_form(), self._steps.surface.caller()
        self._steps.surface.check_form(form, caller)
        interaction, _ = self._steps.desk.load(interaction_id, caller)
        self._steps.desk.restart(interaction)
        return see_other(f"/signin/{interaction_id}")


class WhomForm(_Answer):
    """POST /signin/<id>/whom: for whom; or, from the next page, that question again."""

    def post(self, interaction_id: str) -> Response:
        form, caller = read_form(), self._steps.surface.caller()
        self._steps.surface.check_form(form, caller)
        interaction, _ = self._steps.desk.load(interaction_id, caller)
        if "whom" not in form:
            self._steps.desk.choose_again(interaction)
            return see_other(f"/signin/{interaction_id}")
        choice = "" if form["whom"] == MYSELF else form["whom"] or "?"
        return self._continue(interaction_id, self._steps.desk.choose_whom(interaction, choice, caller))


class ConsentForm(_Answer):
    """POST /signin/<id>/consent: yes or no. Anything but a clear yes is a no."""

    def post(self, interaction_id: str) -> Response:
        form, caller = read_form("claim"), self._steps.surface.caller()
        self._steps.surface.check_form(form, caller)
        interaction, step = self._steps.desk.load(interaction_id, caller)
        ticked = frozenset(form.get("claim", "").split())
        if form.get("child") == "agrees":
            ticked |= {CHILD_AGREES}
        try:
            outcome = self._steps.desk.decide(interaction, form.get("decision") == "allow", ticked, caller)
        except ChildNotAsked as error:
            return again(self._steps.show(interaction, step, caller, error), error)
        return self._continue(interaction_id, outcome)


class CancelForm(_Answer):
    """POST /signin/<id>/cancel: back to where the person came from."""

    def post(self, interaction_id: str) -> Response:
        form, caller = read_form(), self._steps.surface.caller()
        self._steps.surface.check_form(form, caller)
        interaction, _ = self._steps.desk.load(interaction_id, caller)
        return self._steps.end(self._steps.desk.cancel(interaction))
