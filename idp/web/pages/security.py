"""How a holder signs in: add and remove a code app, change the password."""

import segno
from flask.views import MethodView
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from idp.accounts.holder import personal
from idp.authenticators.authenticator import LABEL_LENGTH, AuthenticatorExists, Authenticators
from idp.authenticators.method import Occasion, ProofRejected
from idp.authenticators.password import Password, PasswordUnfit
from idp.authenticators.table import Methods
from idp.authenticators.totp import Totp
from idp.authenticators.totp_enrolment import TotpEnrolment
from idp.kernel.errors import IdpError, TooManyAttempts
from idp.signin.new_password import NewPassword
from idp.web.http import see_other
from idp.web.pages.my_account import JUST_NOW, Holder, OwnPages, see_done, what_was_done
from idp.web.surface import again, shown

SECURITY = "/account/security"
TOTP = "/account/totp"
PASSWORD = "/account/password"


class Security(MethodView):
    """GET /account/security; POST removes an authenticator."""

    init_every_request = False

    def __init__(self, own: OwnPages, authenticators: Authenticators, methods: Methods) -> None:
        self._own = own
        self._authenticators = authenticators
        self._methods = methods

    def get(self) -> AnyResponse:
        holder = self._own.enter(SECURITY)
        if not isinstance(holder, Holder):
            return holder
        enrolled = self._authenticators.of(holder.account.id)
        return self._own.surface.show(
            "account/security.html",
            holder.caller,
            authenticators=enrolled,
            masked_phone=holder.account.phone_hint,
            action=SECURITY,
            done=what_was_done(),
            here=SECURITY,
        )

    def post(self) -> AnyResponse:
        entered = self._own.enter_with_form(SECURITY, JUST_NOW)
        if not isinstance(entered, tuple):
            return entered
        holder, form = entered
        for authenticator in self._authenticators.of(holder.account.id):
            if str(authenticator.id) == form.get("authenticator") and authenticator.method == Totp.name:
                self._methods.remove(holder.account, authenticator.id)
                return see_done(SECURITY, "authenticator_removed")
        return see_other(SECURITY)


class AddTotp(MethodView):
    """GET and POST /account/totp: show a QR code, and take the first code of the app that read it."""

    init_every_request = False

    def __init__(self, own: OwnPages, enrolment: TotpEnrolment) -> None:
        self._own = own
        self._enrolment = enrolment

    def get(self) -> AnyResponse:
        holder = self._own.enter(TOTP, JUST_NOW)
        return self._show(holder) if isinstance(holder, Holder) else holder

    def post(self) -> AnyResponse:
        entered = self._own.enter_with_form(TOTP, JUST_NOW)
        if not isinstance(entered, tuple):
            return entered
        holder, form = entered
        label = form.get("label", "").strip()[:LABEL_LENGTH]
        try:
            self._enrolment.confirm(holder.session.id, holder.account.id, form.get("otp", ""), label)
        except (ProofRejected, AuthenticatorExists, TooManyAttempts) as error:
            return self._show(holder, error, label)
        return see_done(SECURITY, "totp_added")

    def _show(self, holder: Holder, error: IdpError | None = None, label: str = "") -> AnyResponse:
        secret = self._enrolment.begin(holder.session.id)
        # Named by the masked number: a QR code is photographed, and never holds the whole one.
        qr = segno.make(self._enrolment.uri(secret, holder.account.number_hint), error="m")
        page = self._own.surface.show(
            "account/totp.html",
            holder.caller,
            action=TOTP,
            qr_svg=Markup(qr.svg_inline(scale=5, border=2, omitsize=True)),  # noqa: S704 - segno's own
            secret=secret,
            label=label,
            error=shown(error, "enrolment"),
        )
        return again(page, error)


class ChangePassword(MethodView):
    """GET and POST /account/password: prove the old one, choose a new one."""

    init_every_request = False

    def __init__(self, own: OwnPages, password: Password, methods: Methods, new: NewPassword) -> None:
        self._own = own
        self._password = password
        self._methods = methods
        self._new = new

    def get(self) -> AnyResponse:
        holder = self._own.enter(PASSWORD, JUST_NOW)
        return self._show(holder) if isinstance(holder, Holder) else holder

    def post(self) -> AnyResponse:
        entered = self._own.enter_with_form(PASSWORD, JUST_NOW)
        if not isinstance(entered, tuple):
            return entered
        holder, form = entered
        account = holder.account
        try:
            self._methods.prove(
                Password.name,
                account,
                account.number,
                form.get("password", ""),
                holder.caller.address,
                occasion=Occasion(purpose="change_password", binding=str(holder.session.id)),
            )
            hashed = self._password.prepare(form.get("new_password", ""), personal(account))
        except (ProofRejected, PasswordUnfit, TooManyAttempts) as error:
            return self._show(holder, error)
        self._new.store(account.id, hashed, holder.session.id)
        return see_done(SECURITY, "password_changed")

    def _show(self, holder: Holder, error: IdpError | None = None) -> AnyResponse:
        page = self._own.surface.show(
            "account/password.html",
            holder.caller,
            action=PASSWORD,
            masked_username=holder.account.number_hint,
            error=shown(error),
        )
        return again(page, error)
