"""The WSGI application: the web mounted on a provider."""

import json
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.exceptions import HTTPException

from idp.kernel.errors import IdpError
from idp.keyring.seal import derive
from idp.oidc.discovery import metadata
from idp.provider import Provider
from idp.settings import Settings, load
from idp.web.endpoints.wellknown import Document, WellKnown
from idp.web.errors import Errors
from idp.web.hardening import Hardened
from idp.web.http import MAX_BODY, Addresses, Cookies
from idp.web.i18n import Sentences
from idp.web.pages.my_account import OwnPages
from idp.web.pages.steps import Steps
from idp.web.render import Pages
from idp.web.routes import API_PATHS, JWKS, WELL_KNOWN, Doors, endpoints, mount
from idp.web.surface import Surface

STATIC_AGE = timedelta(days=365)  # their addresses change with their content


def create_app(settings: Settings | None = None, provider: Provider | None = None) -> Flask:
    """The application, for a WSGI server. Without arguments it reads the environment.

    Raises:
        Misconfigured: the settings are missing something or do not belong together.
    """
    settings = settings or load()
    provider = provider or Provider(settings)
    app = Flask("idp.web", static_url_path="/static", static_folder="static")
    app.config.update(MAX_CONTENT_LENGTH=MAX_BODY, SEND_FILE_MAX_AGE_DEFAULT=STATIC_AGE)
    app.extensions["provider"] = provider
    sentences = Sentences(is_strict=settings.is_demo)
    surface = Surface(
        pages=Pages(sentences, urlsplit(settings.issuer).netloc),
        sentences=sentences,
        cookies=Cookies(is_https=settings.is_https),
        addresses=Addresses(settings.trusted_proxies),
        form_key=derive(settings.root_secret, "form-token"),
    )
    steps = Steps(surface, provider.desk, provider.clock)
    own = OwnPages(surface, steps, provider.desk, provider.sessions, provider.accounts)
    mount(app, Doors(provider, surface, steps, own))
    documents = _documents(provider, settings.issuer)
    for path, document in documents.items():
        app.add_url_rule(path, view_func=Document.as_view(path, document))
    errors = Errors(surface, provider.completion, API_PATHS)
    app.register_error_handler(IdpError, errors.refused)
    app.register_error_handler(HTTPException, errors.http)
    app.register_error_handler(Exception, errors.unforeseen)
    app.wsgi_app = Hardened(  # type: ignore[method-assign]
        WellKnown(app.wsgi_app, documents), is_https=settings.is_https
    )
    return app


def _documents(provider: Provider, issuer: str) -> dict[str, Callable[[], bytes]]:
    document = json.dumps(
        metadata(issuer, endpoints(), provider.keyring.algorithms, provider.levels)
    ).encode()
    return dict.fromkeys(WELL_KNOWN, lambda: document) | {JWKS: provider.keyring.jwks_bytes}
