"""What one browser is to the portal: its language, its visit, its token against forged forms."""

import hmac
import secrets

from flask import g, request, session
from werkzeug.exceptions import Forbidden

from clients.portal.texts import LANGUAGES
from clients.portal.visits import Visit, Visits


class Browser:
    """Reads and writes the one cookie. In it: a language, a visit's id, pending states; never a token."""

    def __init__(self, visits: Visits) -> None:
        self._visits = visits

    def language(self) -> str:
        """Vietnamese, unless this browser chose otherwise."""
        chosen = session.get("language")
        return chosen if chosen in LANGUAGES else LANGUAGES[0]

    def choose_language(self, language: str) -> None:
        if language in LANGUAGES:
            session["language"] = language

    def visit(self) -> Visit | None:
        """Who is signed in here, looked up once a request."""
        if "visit" not in g:
            g.visit = self._visits.find(session.get("visit"))
        found: Visit | None = g.visit
        return found

    def sign_in(self, visit: Visit) -> None:
        """Begin a visit under a new id. Of what the cookie held before only the language stays."""
        self.sign_out()
        self._visits.begin(visit)
        session["visit"] = visit.id
        g.visit = visit

    def sign_out(self) -> None:
        """End the visit; its tokens are forgotten."""
        language = self.language()
        self._visits.end(session.get("visit"))
        session.clear()
        self.choose_language(language)
        g.visit = None

    def form_token(self) -> str:
        """The secret that this browser's forms must bring back."""
        return str(session.setdefault("form_token", secrets.token_urlsafe(24)))

    def check_form(self) -> None:
        """Refuse a form that this portal did not give to this browser.

        Raises:
            Forbidden: another site may have sent it.
        """
        expected = session.get("form_token", "")
        if not expected or not hmac.compare_digest(expected, request.form.get("form_token", "")):
            raise Forbidden
