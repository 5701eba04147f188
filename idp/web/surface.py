"""What every page for people shares: language, the browser's cookie, form tokens, security headers."""

import base64
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote, urlsplit

from flask import Response

from idp.authenticators.method import ProofRejected
from idp.authenticators.password import PasswordUnfit
from idp.kernel.errors import IdpError, Refused, TooManyAttempts
from idp.kernel.ids import new_secret
from idp.oidc.authorization.response_modes import AuthorizationResponse
from idp.signin.ending import Caller
from idp.statute.names import NameRefused
from idp.web.http import Addresses, Cookies, found_again, incoming, see_other
from idp.web.i18n import Language, Sentences, choose_language
from idp.web.render import Pages

POLICY = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' data:; script-src 'self'; "
    "base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)
_HOST = re.compile(r"[\w.:\[\]-]*", re.ASCII)  # what cannot end a directive
IMAGES = "img-src 'self' data:"
BROWSER = "browser"
SESSION = "session"
BROWSER_STATE = "browser_state"
DEVICE = "device"
LANGUAGE = "language"
LANGUAGE_TTL = timedelta(days=365)


class FormExpired(Refused):
    """A form of another browser, or of none: its token does not fit."""

    code = "form_expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """Shows pages. Forms are bound to the browser by a MAC over its cookie, so nothing is stored for them."""

    pages: Pages
    sentences: Sentences
    cookies: Cookies
    addresses: Addresses
    form_key: bytes

    def caller(self, ui_locales: str | None = None) -> Caller:
        """The browser in front of us; one without a cookie gets it with the next page."""
        return Caller(
            browser=self.cookies.read(BROWSER) or new_secret(160),
            session=self.cookies.read(SESSION),
            device=self.cookies.read(DEVICE),
            address=self.addresses.of(incoming()),
            agent=incoming().headers.get("User-Agent", ""),
            language=self.language(ui_locales),
        )

    def language(self, ui_locales: str | None = None) -> Language:
        """Vietnamese, unless the client, the person or the browser asks for English."""
        return choose_language(
            ui_locales, self.cookies.read(LANGUAGE), incoming().headers.get("Accept-Language")
        )

    def form_token(self, browser: str) -> str:
        mac = hmac.digest(self.form_key, browser.encode(), "sha256")
        return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()

    def check_form(self, form: dict[str, str], caller: Caller) -> None:
        """Refuse a form that this browser was not given.

        Raises:
            FormExpired: its token is missing or another's.
        """
        token = form.get("form_token", "")
        if not hmac.compare_digest(token.encode(), self.form_token(caller.browser).encode()):
            raise FormExpired

    def show(
        self,
        template: str,
        caller: Caller,
        *,
        status: int = 200,
        goes_to: str | None = None,
        here: str | None = None,
        ui_locales: str | None = None,
        frames: Sequence[str] = (),
        **context: object,
    ) -> Response:
        """A page.

        Args:
            goes_to: the address its form may lead to besides ours, once answered.
            here: where the page is found again, if not at the address that was asked for.
            ui_locales: what a client asks; only where it does, for the person may choose otherwise after.
            frames: the addresses of others that it shows in frames.
        """
        language = self.language(ui_locales) if ui_locales else caller.language
        html = self.pages.render(
            template,
            language,
            form_token=self.form_token(caller.browser),
            other_language_url=self._other_language(language, here or found_again()),
            frames=frames,
            **context,
        )
        response = Response(html, status, mimetype="text/html")
        # Browsers follow the redirect that answers a form only to addresses named here.
        policy = POLICY + (f" {_origin(goes_to)}" if goes_to else "")
        logo = getattr(context.get("party"), "logo_url", None)
        if logo is not None:  # of who asks, and of nobody else
            policy = policy.replace(IMAGES, f"{IMAGES} {_origin(logo)}")
        if frames:
            policy += "; frame-src " + " ".join(sorted({_origin(frame) for frame in frames}))
        response.headers["Content-Security-Policy"] = policy
        response.headers["Cache-Control"] = "no-store"
        if self.cookies.read(BROWSER) != caller.browser:
            self.cookies.write(response, BROWSER, caller.browser)
        if ui_locales and self.cookies.read(LANGUAGE) != language:
            self.cookies.write(response, LANGUAGE, language, LANGUAGE_TTL)
        return response

    def answer(self, answer: AuthorizationResponse) -> Response:
        """Send the browser back to the client: by a redirect, or by a page whose form posts the answer."""
        if answer.location is not None:
            return see_other(answer.location)
        return self.show(
            "form_post.html",
            self.caller(),
            goes_to=answer.redirect_uri,
            action=answer.redirect_uri,
            host=urlsplit(answer.redirect_uri).hostname or answer.redirect_uri,
            fields=answer.parameters,
        )

    def _other_language(self, language: str, here: str | None) -> str | None:
        other = "en" if language == "vi" else "vi"
        return f"/language/{other}?return={quote(here)}" if here else None


def shown(error: IdpError | None, variant: str | None = None) -> dict[str, object] | None:
    """An error as pages take it: the code that names its sentence, and the facts to put in.

    Some have a sentence of their own for a method, a reason or a place: ``proof_rejected.totp``.
    """
    if error is None:
        return None
    facts = error.facts()
    if isinstance(error, ProofRejected):
        told = "uncounted" if error.attempts_left is None else error.method
        return {"code": f"{error.code}.{variant or told}", "facts": facts}
    if isinstance(error, PasswordUnfit | NameRefused):
        return {"code": f"{error.code}.{error.reason}", "facts": facts}
    return {"code": error.code, "facts": facts}


def again(page: Response, error: IdpError | None) -> Response:
    """A form's page once more, for what was wrong: 400, or 429 with the time to wait."""
    if isinstance(error, TooManyAttempts):
        page.status_code = 429
        page.headers["Retry-After"] = str(max(1, int(error.retry_after.total_seconds())))
    elif error is not None:
        page.status_code = 400
    return page


def _origin(address: str) -> str:
    parts = urlsplit(address)
    if not _HOST.fullmatch(parts.netloc):
        return "'none'"  # beside other sources it counts for nothing
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") else f"{parts.scheme}:"
