"""Headers that every answer carries, put on beneath Flask: there they cost a microsecond instead of forty."""

from collections.abc import Iterable
from types import TracebackType
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

ALWAYS = [
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Permissions-Policy", "geolocation=(), camera=(), microphone=()"),
]
NOT_FRAMED = ("X-Frame-Options", "DENY")
FRAMED = "/session/check"  # the one page of ours that others may frame
OVER_TLS = ("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
# Pages bring their own; whatever else we answer is nothing to be shown.
POLICY = ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
NOT_KEPT = ("Cache-Control", "no-store")


class Hardened:
    """WSGI around the whole application."""

    def __init__(self, app: WSGIApplication, *, is_https: bool) -> None:
        self._app = app
        self._always = [*ALWAYS, OVER_TLS] if is_https else ALWAYS

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(
            status: str,
            headers: list[tuple[str, str]],
            exc_info: tuple[type[BaseException], BaseException, TracebackType] | None = None,
            /,
        ) -> object:
            told = {name for name, _ in headers}
            missing = [header for header in (POLICY, NOT_KEPT) if header[0] not in told]
            if environ.get("PATH_INFO") != FRAMED:
                missing.append(NOT_FRAMED)
            all_headers = [*headers, *missing, *self._always]
            return (
                start_response(status, all_headers, exc_info)
                if exc_info
                else start_response(status, all_headers)
            )

        return self._app(environ, start)  # type: ignore[arg-type]
