"""/enrol: people ask for an account by themselves, and see what became of it."""

from flask import Response
from flask.views import MethodView
from werkzeug.wrappers import Response as AnyResponse

from idp.accounts.application import Application, ApplicationMoved, ApplicationUnknown, outcome, spoken
from idp.accounts.citizen import NumberMalformed
from idp.accounts.filing import DateMalformed, RegisterMismatch
from idp.accounts.foreigner_filing import CardNumberMalformed
from idp.accounts.kinds import Kind
from idp.accounts.machine_readable_zone import ZoneRefused
from idp.accounts.phone import PhoneMalformed
from idp.accounts.recent import Recent
from idp.accounts.self_enrolment import SelfEnrolment
from idp.kernel.errors import IdpError, TooManyAttempts
from idp.signin.ending import Caller
from idp.statute.assigned_number import AssignedNumberMalformed
from idp.statute.names import NameRefused
from idp.web.http import read_form, see_other
from idp.web.surface import Surface, again, shown

STATUS = "/enrol/status"
# Where the browser stands after what is wrong: the field's id. Others are about the whole form.
FIELDS: dict[str, str] = {
    NumberMalformed.code: "username",
    NameRefused.code: "name",
    PhoneMalformed.code: "phone",
    AssignedNumberMalformed.code: "username",
    ZoneRefused.code: "zone",
    CardNumberMalformed.code: "residence-number",
}
UNFIT = (
    NumberMalformed,
    NameRefused,
    DateMalformed,
    PhoneMalformed,
    AssignedNumberMalformed,
    ZoneRefused,
    CardNumberMalformed,
    TooManyAttempts,
)


class Choose(MethodView):
    """GET /enrol: which form."""

    init_every_request = False

    def __init__(self, surface: Surface) -> None:
        self._surface = surface

    def get(self) -> Response:
        return self._surface.show("enrol/choose.html", self._surface.caller())


class ApplicationForm(MethodView):
    """One kind's form. Nobody but the applicant's browser is told the reference, and no address holds it."""

    init_every_request = False
    kind: Kind

    def __init__(self, surface: Surface, enrolment: SelfEnrolment, recent: Recent) -> None:
        self._surface = surface
        self._enrolment = enrolment
        self._recent = recent

    def get(self) -> Response:
        return self._show(self._surface.caller(), {}, None)

    def post(self) -> AnyResponse:
        form, caller = read_form(), self._surface.caller()
        self._surface.check_form(form, caller)
        try:
            filed = self._enrolment.file(self.kind, form, caller.address, caller.language)
        except UNFIT as error:
            return self._show(caller, form, error)
        if filed.reason == RegisterMismatch.code:
            return self._show(caller, form, RegisterMismatch(), spoken(filed.reference))
        self._recent.keep(caller.browser, filed.id)
        return see_other(STATUS)

    def _show(
        self, caller: Caller, typed: dict[str, str], error: IdpError | None, reference: str | None = None
    ) -> Response:
        path = f"/enrol/{self.kind.value}"
        page = self._surface.show(
            f"enrol/{self.kind.value}.html",
            caller,
            action=path,
            here=path,
            typed=typed,
            about=_about(error),
            reference=reference,
            error=shown(error),
        )
        return again(page, error)


class CitizenForm(ApplicationForm):
    """GET and POST /enrol/citizen."""

    kind = Kind.CITIZEN


class ForeignerForm(ApplicationForm):
    """GET and POST /enrol/foreigner."""

    kind = Kind.FOREIGNER


class ApplicationStatus(MethodView):
    """GET and POST /enrol/status: by reference and number, or what this browser filed last."""

    init_every_request = False

    def __init__(self, surface: Surface, enrolment: SelfEnrolment, recent: Recent) -> None:
        self._surface = surface
        self._enrolment = enrolment
        self._recent = recent

    def get(self) -> Response:
        caller = self._surface.caller()
        application_id = self._recent.of(caller.browser)
        found = None if application_id is None else self._enrolment.find(application_id)
        return self._show(caller, found)

    def post(self) -> AnyResponse:
        form, caller = read_form(), self._surface.caller()
        self._surface.check_form(form, caller)
        decision = form.get("decision")
        if decision == "withdraw":
            return self._withdraw(caller)
        if decision == "other":
            self._recent.forget(caller.browser)
            return see_other(STATUS)
        reference, number = form.get("reference", ""), form.get("username", "")
        try:
            found = self._enrolment.of_applicant(reference, number, caller.address)
        except (ApplicationUnknown, TooManyAttempts) as error:
            return self._show(caller, None, error, reference, number)
        self._recent.keep(caller.browser, found.id)
        return see_other(STATUS)

    def _withdraw(self, caller: Caller) -> AnyResponse:
        application_id = self._recent.of(caller.browser)
        if application_id is None:
            return see_other(STATUS)
        try:
            self._enrolment.withdraw(application_id)
        except ApplicationMoved as error:
            return self._show(caller, self._enrolment.find(application_id), error)
        return see_other(STATUS)

    def _show(
        self,
        caller: Caller,
        application: Application | None,
        error: IdpError | None = None,
        reference: str = "",
        username: str = "",
    ) -> Response:
        page = self._surface.show(
            "enrol/status.html",
            caller,
            action=STATUS,
            here=STATUS,
            application=application,
            outcome=None if application is None else outcome(application),
            reference=reference if application is None else spoken(application.reference),
            username=username,
            error=shown(error),
        )
        return again(page, error)


def _about(error: IdpError | None) -> str | None:
    """The id of the field that is wrong, or of the first where nothing is; ``None``: the whole form."""
    if error is None:
        return "username"
    if isinstance(error, DateMalformed):
        return error.field.replace("_", "-")
    return FIELDS.get(error.code)
