"""/device: a person types the code that a device shows, sees who asks, and says yes or no (RFC 8628 §3.3)."""

from flask import Response
from flask.views import MethodView
from werkzeug.wrappers import Response as AnyResponse

from idp.kernel.errors import IdpError, TooManyAttempts
from idp.oidc.authorization.completion import Completion
from idp.oidc.authorization.device import LENGTH, plain, spaced
from idp.oidc.authorization.elsewhere import ALLOWED, LATE, REFUSED
from idp.oidc.authorization.request import AuthorizationRequest
from idp.oidc.errors import AccessDenied
from idp.signin.ending import Outcome
from idp.signin.user_codes import UserCodes, UserCodeUnknown
from idp.web.http import read_form, read_query
from idp.web.pages.steps import Steps
from idp.web.surface import again, shown

DEVICE = "/device"


class Device(MethodView):
    """GET /device: the form. POST /device: who asks under this code, and what for.

    A code that came in the address is only filled in: the person compares it with the device's and sends it
    themself, so that nobody is led past the question (RFC 8628 §3.3.1 and §5.4).
    """

    init_every_request = False

    def __init__(self, codes: UserCodes, steps: Steps) -> None:
        self._codes = codes
        self._steps = steps

    def get(self) -> Response:
        return self._show(plain(read_query().get("user_code", "")[:64]))

    def post(self) -> Response:
        form, caller = read_form(), self._steps.surface.caller()
        self._steps.surface.check_form(form, caller)
        typed = form.get("user_code", "")[:64]
        try:
            request = self._codes.find(typed, caller.address)
        except (UserCodeUnknown, TooManyAttempts) as error:
            return again(self._show(plain(typed), error), error)
        return self._steps.surface.show(
            "device_confirm.html",
            caller,
            here=DEVICE,
            action=f"{DEVICE}/answer",
            user_code=spaced(plain(typed)),
            party=self._steps.asking(request),
            asked=request,
            acts=self._steps.acts(request),
        )

    def _show(self, user_code: str, error: IdpError | None = None) -> Response:
        return self._steps.surface.show(
            "device.html",
            self._steps.surface.caller(),
            here=DEVICE,
            action=DEVICE,
            user_code=spaced(user_code) if len(user_code) == LENGTH else user_code,
            error=shown(error),
        )


class DeviceAnswer(MethodView):
    """POST /device/answer: no, or on to a sign-in like any other. Anything but a clear yes is a no."""

    init_every_request = False

    def __init__(self, codes: UserCodes, completion: Completion, steps: Steps) -> None:
        self._codes = codes
        self._completion = completion
        self._steps = steps

    def post(self) -> AnyResponse:
        form, caller = read_form(), self._steps.surface.caller()
        self._steps.surface.check_form(form, caller)
        request = self._codes.find(form.get("user_code", "")[:64], caller.address)
        if form.get("decision") != "allow":
            return self._refuse(request)
        interaction, step = self._steps.desk.open(request, caller)
        if isinstance(step, Outcome):
            return self._steps.end(step)
        return self._steps.show(interaction, step, caller)

    def _refuse(self, request: AuthorizationRequest) -> AnyResponse:
        refusal = AccessDenied("the person refused")
        return self._steps.surface.answer(self._completion.refuse(request, refusal))


class DeviceAnswered(MethodView):
    """GET /device/answered: what was said, and that the person may go back to the device."""

    init_every_request = False

    def __init__(self, steps: Steps) -> None:
        self._steps = steps

    def get(self) -> Response:
        done = read_query().get("done")
        return self._steps.surface.show(
            "device_answered.html",
            self._steps.surface.caller(),
            here=f"{DEVICE}/answered",
            done=done if done in (ALLOWED, REFUSED) else LATE,
        )
