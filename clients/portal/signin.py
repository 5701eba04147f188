"""The doors of signing in and out: /login, /callback, /problem, /logout, /signed-out."""

import logging
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from flask import redirect, render_template, session, url_for
from werkzeug.wrappers import Response

from clients.portal.browser import Browser
from clients.portal.catalogue import TWO
from clients.portal.refusals import STATUS, Reason, SignInRefused
from clients.portal.relying_party import Errand, RelyingParty
from clients.portal.visits import Visit, Visits

log = logging.getLogger(__name__)


class SignIn:
    """Views, and the answer to every :class:`SignInRefused`."""

    def __init__(
        self, provider: RelyingParty, visits: Visits, browser: Browser, clock: Callable[[], datetime]
    ) -> None:
        self._provider = provider
        self._visits = visits
        self._browser = browser
        self._clock = clock

    def login(self) -> Response:
        """GET /login: the button in the header."""
        return self.send(Errand(need=TWO))

    def send(self, errand: Errand) -> Response:
        """To the provider, and back to where the errand leads."""
        return self._provider.send_to_sign_in(errand, self._browser.language())

    def callback(self) -> Response:
        """GET /callback: the provider's answer (OIDC Core 1.0 §3.1.2.5)."""
        errand, tokens = self._provider.receive()
        id_claims = tokens["userinfo"]
        try:
            person = self._provider.fetch_person(tokens["access_token"], id_claims["sub"])
        except SignInRefused as refused:
            refused.back_to = errand.back_to
            raise
        self._browser.sign_in(self._new_visit(tokens, id_claims, person))
        return redirect(errand.back_to, 303)

    def refuse(self, refused: SignInRefused) -> Response:
        """Note what happened and show it on a page of its own, whose address holds no code and no state."""
        reference = secrets.token_hex(4)
        log.warning("sign-in refused: %s, %s [%s]", refused.reason.value, refused.detail, reference)
        session["problem"] = [refused.reason.value, refused.back_to, reference]
        return redirect(url_for("problem"), 303)

    def problem(self) -> Response | tuple[str, int]:
        """GET /problem: what happened, what to do now, and the reference to give."""
        if "problem" not in session:
            return redirect(url_for("home"), 303)
        reason, back_to, reference = session["problem"]
        again = url_for("login") if back_to == "/" else back_to
        page = render_template("problem.html", reason=reason, again=again, reference=reference)
        return page, STATUS[Reason(reason)]

    def logout(self) -> Response:
        """POST /logout: here first, whatever becomes of the rest; then at the provider."""
        self._browser.check_form()
        visit = self._browser.visit()
        self._browser.sign_out()
        url = self._provider.sign_out_url(visit, self._browser.language()) if visit else None
        return redirect(url or url_for("signed_out"), 303)

    def signed_out(self) -> Response | str:
        """GET /signed-out: the end of a sign-out, here or at both."""
        if self._browser.visit():
            return redirect(url_for("home"), 303)
        if self._provider.is_signed_out_answer():
            session["signed_out_at_both"] = True
            return redirect(url_for("signed_out"), 303)
        return render_template("signed_out.html", at_both=session.get("signed_out_at_both", False))

    def _new_visit(self, tokens: dict[str, Any], id_claims: dict[str, Any], person: dict[str, Any]) -> Visit:
        now = self._clock()
        return Visit(
            id=self._visits.new_id(),
            signed_in_at=now,
            id_claims=dict(id_claims),
            id_token=tokens["id_token"],
            access_token=tokens["access_token"],
            access_ends_at=now + timedelta(seconds=int(tokens.get("expires_in", 0))),
            person=person,
            person_at=now,
        )
