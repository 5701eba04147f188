"""The portal as a Flask application."""

import hashlib
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Flask, redirect, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from clients.portal.browser import Browser
from clients.portal.notices import Notices
from clients.portal.pages import Pages
from clients.portal.refusals import SignInRefused
from clients.portal.relying_party import RelyingParty
from clients.portal.settings import Settings
from clients.portal.signin import SignIn
from clients.portal.texts import LANGUAGES, moment, read_texts
from clients.portal.visits import Visits

KNOWN_STATUSES = {400, 403, 404, 405, 413, 500}


def utc_now() -> datetime:
    return datetime.now(UTC)


def portal_from_environment() -> Flask:
    """What a server starts: the portal as the environment describes it."""
    return create_portal(Settings.from_environment(os.environ))


def create_portal(settings: Settings, *, clock: Callable[[], datetime] = utc_now) -> Flask:
    """Build the portal. It asks the provider nothing until somebody signs in."""
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=settings.secret_key,
        # Sites on one host share cookies whatever their port: the name keeps them apart.
        SESSION_COOKIE_NAME="__Host-portal_session" if settings.is_https else "portal_session",
        SESSION_COOKIE_SECURE=settings.is_https,
        SESSION_COOKIE_HTTPONLY=True,
        # Lax, not Strict: the provider's redirect back must bring the cookie along.
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=64 * 1024,
        SEND_FILE_MAX_AGE_DEFAULT=3600,
    )
    visits = Visits(clock)
    browser = Browser(visits)
    provider = RelyingParty(app, settings, clock)
    signin = SignIn(provider, visits, browser, clock)
    texts = read_texts()
    pages = Pages(provider, visits, browser, texts, clock, signin.send)

    app.add_url_rule("/", "home", pages.home)
    app.add_url_rule("/services/<service_id>", "service", pages.service)
    app.add_url_rule("/services/<service_id>/apply", "apply", pages.apply)
    app.add_url_rule("/services/<service_id>/apply", "hand_in", pages.hand_in, methods=["POST"])
    app.add_url_rule("/me", "me", pages.me)
    app.add_url_rule("/login", "login", signin.login)
    app.add_url_rule("/callback", "callback", signin.callback)
    app.add_url_rule("/problem", "problem", signin.problem)
    app.add_url_rule("/logout", "logout", signin.logout, methods=["POST"])
    app.add_url_rule("/signed-out", "signed_out", signin.signed_out)
    notices = Notices(provider, visits)
    app.add_url_rule("/backchannel-logout", "backchannel_logout", notices.hear, methods=["POST"])
    app.register_error_handler(SignInRefused, signin.refuse)
    app.register_error_handler(HTTPException, _show_error)
    _speak(app, browser, texts)
    _harden(app, settings)
    return app


def _show_error(error: HTTPException) -> tuple[str, int]:
    status = error.code or 500
    shown = status if status in KNOWN_STATUSES else 500
    return render_template("error.html", status=shown), status


def _speak(app: Flask, browser: Browser, texts: dict[str, Callable[..., str]]) -> None:
    """Give every template its words, and let ``?lang=en`` on any page choose the language."""
    version = hashlib.sha256((Path(__file__).parent / "static" / "portal.css").read_bytes()).hexdigest()[:8]

    def switch_to(language: str) -> str:
        asked = [(name, value) for name, value in request.args.items(multi=True) if name != "lang"]
        # A path that does not exist, or whose parameters are a one-time answer, is not worth coming back to.
        kept = [] if request.endpoint in (None, "callback") else asked
        return f"?{urlencode([*kept, ('lang', language)])}"

    @app.before_request
    def choose_language() -> Response | None:
        language = request.args.get("lang", "")
        if request.method != "GET" or language not in LANGUAGES or request.endpoint == "callback":
            return None
        browser.choose_language(language)
        if request.endpoint is None:
            return redirect("/", 303)
        kept = urlencode([(name, value) for name, value in request.args.items(multi=True) if name != "lang"])
        return redirect(f"{request.path}?{kept}" if kept else request.path, 303)

    @app.context_processor
    def words() -> dict[str, Any]:
        language = browser.language()
        return {
            "say": texts[language],
            "language": language,
            "visit": browser.visit(),
            "form_token": browser.form_token,
            "moment": lambda value: moment(value, language),
            "version": version,
            "switch_to": switch_to,
        }


def _harden(app: Flask, settings: Settings) -> None:
    """Headers that keep a page to itself."""
    policy = "; ".join(
        (
            "default-src 'none'",
            "style-src 'self'",
            "img-src 'self'",
            # Chromium applies this to where a form's answer redirects: signing out leads to the provider.
            f"form-action 'self' {settings.issuer_origin}",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        )
    )

    @app.after_request
    def set_headers(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = policy
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        if request.endpoint != "static":
            response.headers["Cache-Control"] = "no-store"
        if settings.is_https:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        return response
