"""The WSGI application: the web mounted on a provider."""

import json
from collections.abc import Callable, Iterable, Set
from datetime import timedelta
from functools import cache
from time import perf_counter
from types import TracebackType
from urllib.parse import urlsplit
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask, request
from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import NotFound as NotFoundPage
from werkzeug.routing import RequestRedirect

from idp.kernel.errors import IdpError
from idp.kernel.ids import new_secret
from idp.keyring.seal import derive
from idp.oidc.discovery import metadata
from idp.provider import Provider
from idp.settings import Settings, load
from idp.telemetry import begin_request, log_alarm, request_line
from idp.web.direct import Direct
from idp.web.endpoints.client_door import ClientDoor
from idp.web.endpoints.simulator import failing, refuse_other_sites
from idp.web.endpoints.wellknown import Document, WellKnown
from idp.web.errors import ERROR, Errors
from idp.web.hardening import Hardened
from idp.web.http import FOR_CLIENTS, MAX_BODY, ROUTE, Addresses, Cookies, incoming, matched, receive
from idp.web.i18n import Sentences
from idp.web.pages.my_account import OwnPages
from idp.web.pages.steps import Steps
from idp.web.presented import Presenting
from idp.web.render import Pages
from idp.web.route import Doors
from idp.web.routes import (
    JWKS,
    WELL_KNOWN,
    api_paths,
    direct,
    endpoints,
    mount,
    mtls_aliases,
    shared_paths,
)
from idp.web.surface import Surface

STATIC_AGE = timedelta(days=365)  # their addresses change with their content


def create_app(settings: Settings | None = None, provider: Provider | None = None) -> Flask:
    """The application, for a WSGI server. Without arguments it reads the environment.

    Raises:
        Misconfigured: the settings are missing something or do not belong together.
    """
    settings = settings or load()
    provider = provider or Provider(settings)
    provider.audit.listen(log_alarm)
    app = Flask("idp.web", static_url_path="/static", static_folder="static")
    app.config.update(MAX_CONTENT_LENGTH=MAX_BODY, SEND_FILE_MAX_AGE_DEFAULT=STATIC_AGE)
    app.extensions["provider"] = provider
    surface = _surface(settings, provider)
    steps = Steps(surface, provider.desk, provider.disclosure)
    own = OwnPages(surface, steps, provider.desk, provider.sessions, provider.accounts)
    presenting = _presenting(settings)
    door = ClientDoor(provider.client_authentication, presenting)
    doors = Doors(provider, surface, steps, own, presenting, door)
    mount(app, doors)
    documents = _documents(provider, settings)
    for path, document in documents.items():
        app.add_url_rule(path, view_func=Document.as_view(path, document))
    errors = Errors(surface, provider.completion, api_paths(provider), settings.issuer)
    always = [_kept_apart(api_paths(provider)), *_steered(provider)]
    for before in (_noted, _not_sent_on, *always):
        app.before_request(before)
    app.register_error_handler(IdpError, errors.refused)
    app.register_error_handler(HTTPException, errors.http)
    app.register_error_handler(Exception, errors.unforeseen)
    # The documents that everybody fetches all day are answered above the log.
    logged = Logged(Direct(app.wsgi_app, direct(doors), errors, always), surface.addresses)
    answered = WellKnown(logged, documents)
    hardened = Hardened(answered, is_https=settings.is_https, shared=shared_paths(provider))
    app.wsgi_app = hardened  # type: ignore[method-assign]
    return app


def _surface(settings: Settings, provider: Provider) -> Surface:
    sentences, pages = _spoken(
        urlsplit(settings.issuer).netloc,
        is_strict=settings.is_demo,
        is_simulator=settings.is_simulator,
        has_requests="ciba" in provider.features,
    )
    return Surface(
        pages=pages,
        sentences=sentences,
        cookies=Cookies(is_https=settings.is_https),
        addresses=Addresses(settings.trusted_proxies),
        form_key=derive(settings.root_secret, "form-token"),
    )


@cache
def _spoken(host: str, *, is_strict: bool, is_simulator: bool, has_requests: bool) -> tuple[Sentences, Pages]:
    """Compiled once for every application of a process that says the same: it takes a second."""
    sentences = Sentences(is_strict=is_strict)
    return sentences, Pages(sentences, host, is_simulator=is_simulator, has_requests=has_requests)


def _presenting(settings: Settings) -> Presenting:
    """Certificates are read only where proxies are known to write them: others may pass on a caller's."""
    return Presenting(
        settings.issuer,
        Addresses(settings.trusted_proxies if settings.client_certificates else ()),
        settings.mtls_base,
    )


def _steered(provider: Provider) -> list[Callable[[], None]]:
    """What is asked before requests in a simulator alone."""
    return [refuse_other_sites, failing(provider.ephemeral)] if provider.is_simulator else []


def _noted() -> None:
    """Keep what Flask knows of a request: it forgets it before the answer comes out."""
    if (rule := request.url_rule) is not None:
        matched(request.environ, rule.rule, is_page="GET" in (rule.methods or ()))


def _not_sent_on() -> None:
    """Werkzeug would correct an address with a slash too many, by a redirect to whatever ``Host`` says."""
    if isinstance(request.routing_exception, RequestRedirect):
        raise NotFoundPage


def _kept_apart(paths: Set[str]) -> Callable[[], None]:
    def keep_apart() -> None:
        """Where clients show certificates there are no pages: browsers have one origin of ours."""
        if incoming().environ.get(FOR_CLIENTS) and incoming().path not in paths:
            raise NotFoundPage

    return keep_apart


class Logged:
    """WSGI around everything: one line in the log for each request, and nothing of what was in it."""

    def __init__(self, app: WSGIApplication, addresses: Addresses) -> None:
        self._app = app
        self._addresses = addresses

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        begun, status = perf_counter(), "0"

        def start(
            line: str,
            headers: list[tuple[str, str]],
            exc_info: tuple[type[BaseException], BaseException, TracebackType] | None = None,
            /,
        ) -> object:
            nonlocal status
            status = line[:3]
            return start_response(line, headers, exc_info) if exc_info else start_response(line, headers)

        begin_request(new_secret(64))
        address = self._addresses.of(receive(environ))
        body = self._app(environ, start)  # type: ignore[arg-type]
        request_line(
            method=environ["REQUEST_METHOD"],
            route=environ.get(ROUTE),
            status=int(status),
            milliseconds=(perf_counter() - begun) * 1000,
            address=address,
            error=environ.get(ERROR),
        )
        return body


def _documents(provider: Provider, settings: Settings) -> dict[str, Callable[[], bytes]]:
    methods = provider.client_authentication.methods
    document = json.dumps(
        metadata(
            settings.issuer,
            endpoints(provider),
            provider.keyring.algorithms,
            provider.levels,
            methods,
            provider.features,
            is_demo=provider.is_demo,
            aliases=mtls_aliases(provider, settings.mtls_base),
        )
    ).encode()
    return dict.fromkeys(WELL_KNOWN, lambda: document) | {JWKS: provider.keyring.jwks_bytes}
