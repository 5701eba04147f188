"""The provider's own front: what it is, its language, privacy, help, and the demonstration's messages."""

from urllib.parse import urlencode

from flask import Response
from flask.views import MethodView
from werkzeug.wrappers import Response as AnyResponse

from idp.kernel.errors import NotFound
from idp.notifications.outbox import Outbox as Messages
from idp.oidc.clients.client import Clients
from idp.oidc.error_guide import GUIDE
from idp.web.http import read_query, see_other
from idp.web.i18n import LANGUAGES
from idp.web.surface import LANGUAGE, LANGUAGE_TTL, Surface

RECENT = 20


class Front(MethodView):
    """GET /."""

    init_every_request = False

    def __init__(self, surface: Surface, is_demo: bool) -> None:
        self._surface = surface
        self._is_demo = is_demo

    def get(self) -> Response:
        return self._surface.show("frontpage.html", self._surface.caller(), is_demo=self._is_demo)


class Start(MethodView):
    """GET /start/<client_id>: to where a client begins sign-ins (OIDC Core 1.0 §4).

    Only to the address that it registered for this, and with nothing but our name.
    """

    init_every_request = False

    def __init__(self, clients: Clients, issuer: str) -> None:
        self._clients = clients
        self._issuer = issuer

    def get(self, client_id: str) -> AnyResponse:
        client = self._clients.find(client_id)
        uri = client.metadata.initiate_login_uri if client is not None else None
        if uri is None:
            raise NotFound
        return see_other(f"{uri}{'&' if '?' in uri else '?'}{urlencode({'iss': self._issuer})}")


class ChooseLanguage(MethodView):
    """GET /language/<language>?return=<path>: remember it and go back, within this site only."""

    init_every_request = False

    def __init__(self, surface: Surface) -> None:
        self._surface = surface

    def get(self, language: str) -> AnyResponse:
        if language not in LANGUAGES:
            raise NotFound
        response = see_other(_local(read_query().get("return", "/")))
        self._surface.cookies.write(response, LANGUAGE, language, LANGUAGE_TTL)
        return response


class Privacy(MethodView):
    """GET /privacy."""

    init_every_request = False

    def __init__(self, surface: Surface) -> None:
        self._surface = surface

    def get(self) -> Response:
        return self._surface.show("privacy.html", self._surface.caller())


class Help(MethodView):
    """GET /help."""

    init_every_request = False

    def __init__(self, surface: Surface) -> None:
        self._surface = surface

    def get(self) -> Response:
        return self._surface.show("help.html", self._surface.caller())


class ErrorGuide(MethodView):
    """GET /errors: where ``error_uri`` leads, for developers of relying parties."""

    init_every_request = False

    def __init__(self, surface: Surface) -> None:
        self._surface = surface

    def get(self) -> Response:
        return self._surface.show("error_guide.html", self._surface.caller(), guide=GUIDE)


class Outbox(MethodView):
    """GET /outbox: what the demonstration would have sent by SMS."""

    init_every_request = False

    def __init__(self, surface: Surface, outbox: Messages) -> None:
        self._surface = surface
        self._outbox = outbox

    def get(self) -> Response:
        return self._surface.show("outbox.html", self._surface.caller(), messages=self._outbox.recent(RECENT))


def _local(path: str) -> str:
    """A path on this site, or the front page: never an address that leads elsewhere."""
    is_local = (
        path.startswith("/")
        and not path.startswith(("//", "/\\"))
        and path.isprintable()
        and "\\" not in path
    )
    return path if is_local else "/"
