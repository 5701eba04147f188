"""Discovery and JWKS as prebuilt bytes, answered before Flask is asked (docs/performance.md)."""

from collections.abc import Callable, Iterable, Mapping
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Response
from flask.views import MethodView

from idp.kernel.errors import IdpError

MAX_AGE_SECONDS = 300
HEADERS = [
    ("Content-Type", "application/json"),
    ("Cache-Control", f"public, max-age={MAX_AGE_SECONDS}"),
]


class Document(MethodView):
    """The same document as a view: for its errors, and for methods that it does not know."""

    init_every_request = False

    def __init__(self, document: Callable[[], bytes]) -> None:
        self._document = document

    def get(self) -> Response:
        return Response(self._document(), headers=HEADERS)


class WellKnown:
    """WSGI in front of the app. Each document is a function giving bytes, so that rotated keys appear."""

    def __init__(self, app: WSGIApplication, documents: Mapping[str, Callable[[], bytes]]) -> None:
        self._app = app
        self._documents = documents

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        document = self._documents.get(environ["PATH_INFO"])
        if document is None or environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return self._app(environ, start_response)
        try:
            body = document()
        except IdpError:  # ``Document`` will meet it again, and answer as every other view
            return self._app(environ, start_response)
        start_response("200 OK", [*HEADERS, ("Content-Length", str(len(body)))])
        return [body] if environ["REQUEST_METHOD"] == "GET" else [b""]
