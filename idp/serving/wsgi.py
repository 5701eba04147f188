"""One request as WSGI has it (PEP 3333), and the application's answer to it."""

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from urllib.parse import unquote_to_bytes
from wsgiref.types import WSGIApplication, WSGIEnvironment

from idp.telemetry import get_logger
from idp.web.http import CERTIFICATE, FOR_CLIENTS

_BARE = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}
_FAILED = (500, b"Internal Server Error")

Headers = Iterable[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Line:
    """A connection: who is at either end, and what TLS established. ``is_for_clients``: no pages here."""

    peer: tuple[str, int]
    here: tuple[str, int]
    certificate: bytes | None
    is_for_clients: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back."""

    status: int
    reason: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes


def environment(
    line: Line, method: bytes, target: bytes, headers: Headers, body: bytes, version: bytes
) -> WSGIEnvironment:
    """The request. Its certificate stands under a name that no header can take."""
    path, _, query = _origin_form(target).partition(b"?")
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": method.decode("ascii"),
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query.decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{version.decode('ascii')}",
        "SERVER_NAME": line.here[0],
        "SERVER_PORT": str(line.here[1]),
        "REMOTE_ADDR": line.peer[0],
        "REMOTE_PORT": str(line.peer[1]),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "https",
        "wsgi.input": BytesIO(body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        CERTIFICATE: line.certificate,
        FOR_CLIENTS: line.is_for_clients,
    }
    for key, value in _variables(headers):
        environ[key] = f"{environ[key]}{_between(key)}{value}" if key in environ else value
    environ.setdefault("CONTENT_LENGTH", str(len(body)) if body else "")
    return environ


def _origin_form(target: bytes) -> bytes:
    """The target without scheme and host, which decide nothing here (RFC 9112 §3.2.2)."""
    if target.startswith(b"/"):
        return target
    _, separator, rest = target.partition(b"://")
    return b"/" + rest.partition(b"/")[2] if separator else target


def _variables(headers: Headers) -> Iterator[tuple[str, str]]:
    for raw_name, value in headers:
        name = raw_name.decode("ascii").lower()
        if "_" in name:  # or it would pass for the header with a hyphen there
            continue
        yield _BARE.get(name) or f"HTTP_{name.upper().replace('-', '_')}", value.decode("latin-1")


def _between(key: str) -> str:
    return "; " if key == "HTTP_COOKIE" else ", "


def answer_of(app: WSGIApplication, environ: WSGIEnvironment) -> Answer:
    """Ask the application; its answer whole, for none of ours is large."""
    begun: list[tuple[str, list[tuple[str, str]]]] = []
    written: list[bytes] = []

    def start(
        status: str, headers: list[tuple[str, str]], _failure: object = None, /
    ) -> Callable[[bytes], object]:
        begun[:] = [(status, headers)]
        return written.append

    try:
        parts = app(environ, start)
        try:
            written.extend(parts)
        finally:
            if hasattr(parts, "close"):
                parts.close()
        (status, headers), body = begun[0], b"".join(written)
    except Exception as error:
        get_logger(__name__).error("unforeseen", path=environ["PATH_INFO"], exc_info=error)
        return Answer(*_FAILED, headers=[(b"Content-Length", b"0")], body=b"")
    encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    if not any(name.lower() == b"content-length" for name, _ in encoded):
        encoded.append((b"Content-Length", str(len(body)).encode()))
    return Answer(int(status[:3]), status[4:].encode("latin-1"), encoded, body)
