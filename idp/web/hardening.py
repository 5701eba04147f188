"""Headers that every answer carries, put on beneath Flask: there they cost a microsecond instead of forty."""

from collections.abc import Iterable, Set
from types import TracebackType
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

ALWAYS = [
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Permissions-Policy", "geolocation=(), camera=(), microphone=()"),
]
ALONE = ("Cross-Origin-Opener-Policy", "same-origin")
# Where relying parties open a window for: one that lost its opener could never tell it of the answer, and
# would look closed to it (OIDC Core 1.0 §3.1.2.1, ``display=popup``; docs/decisions/0018).
IN_POPUPS = ("/authorize", "/signin/", "/language/", "/logout")
NOT_FRAMED = ("X-Frame-Options", "DENY")
FRAMED = "/session/check"  # the one page of ours that others may frame
OVER_TLS = ("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
# Pages bring their own; whatever else we answer is nothing to be shown.
POLICY = ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
NOT_KEPT = ("Cache-Control", "no-store")
# Any page may read these addresses' answers, and sends nothing that it does not hold itself: browsers leave
# cookies and certificates out where the answer is for everybody (docs/decisions/0014).
FOR_EVERY_ORIGIN = [
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", "WWW-Authenticate, DPoP-Nonce, Retry-After, X-Request-Id"),
]
PREFLIGHT = "HTTP_ACCESS_CONTROL_REQUEST_METHOD"
ASKED_FIRST = [
    ("Access-Control-Allow-Methods", "GET, POST"),
    ("Access-Control-Allow-Headers", "Authorization, Content-Type, DPoP"),
    ("Access-Control-Max-Age", "7200"),  # seconds; no browser keeps it longer
    ("Content-Length", "0"),
]


class Hardened:
    """WSGI around the whole application. ``shared`` are the paths that pages of other origins may call."""

    def __init__(self, app: WSGIApplication, *, is_https: bool, shared: Set[str] = frozenset()) -> None:
        self._app = app
        self._always = [*ALWAYS, OVER_TLS] if is_https else ALWAYS
        opened = [*FOR_EVERY_ORIGIN, *self._always]
        self._shared = dict.fromkeys(shared, opened)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        always = self._shared.get(environ["PATH_INFO"], self._always)
        if environ["REQUEST_METHOD"] == "OPTIONS" and always is not self._always and PREFLIGHT in environ:
            start_response("204 No Content", [*ASKED_FIRST, *always])
            return []

        def start(
            status: str,
            headers: list[tuple[str, str]],
            exc_info: tuple[type[BaseException], BaseException, TracebackType] | None = None,
            /,
        ) -> object:
            told = {name for name, _ in headers}
            missing = [header for header in (POLICY, NOT_KEPT) if header[0] not in told]
            path = environ.get("PATH_INFO", "")
            if path != FRAMED:
                missing.append(NOT_FRAMED)
            if not path.startswith(IN_POPUPS):
                missing.append(ALONE)
            all_headers = [*headers, *missing, *always]
            return (
                start_response(status, all_headers, exc_info)
                if exc_info
                else start_response(status, all_headers)
            )

        return self._app(environ, start)  # type: ignore[arg-type]
