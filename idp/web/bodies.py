"""Bodies are there before work begins, and who sends one too slowly is hung up on.

WSGI gives no way to stop waiting for a body: the server's read ends when its connection does. So overdue
connections are closed beneath it (Linux only; elsewhere they are waited for).
"""

import io
import os
import socket
import stat
import struct
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread, get_ident
from wsgiref.types import InputStream, StartResponse, WSGIApplication, WSGIEnvironment

from idp.web.hardening import ALWAYS, NOT_KEPT, POLICY
from idp.web.http import MAX_BODY, WHOLE

WITH_BODY = frozenset({"POST", "PUT"})  # of other requests nobody reads one
# Of a body that is too large: so that who sends it reads our answer, instead of meeting a closed door.
HEARD_OUT = 2 * 1024 * 1024
PATIENCE_SECONDS = 15.0
MANY = 24  # waited for at once: then nobody has long
LITTLE_PATIENCE_SECONDS = 3.0
MOST_OF_ONE = MANY // 2  # of those from one address, where there are that many
INCOMPLETE = [("Content-Length", "0"), ("Connection", "close"), POLICY, NOT_KEPT, *ALWAYS]
TOO_MANY = [("Retry-After", "5"), *INCOMPLETE]
_TCP_INFO = struct.Struct("=8B24I")
_LAST_SENT, _LAST_RECEIVED = 8 + 9, 8 + 11  # milliseconds ago (linux/tcp.h)


class BodiesFirst:
    """WSGI around a served application: a request is worked on once all of it has come.

    Who sends a body slowly holds one of the server's threads that only wait, and no place among the
    ``at_work``, nor a database's connection: ``done`` is called after each request, and gives it back. Where
    many are waited for, nobody has most of those threads for themself.

    Args:
        address_of: where a request comes from.
    """

    def __init__(
        self,
        app: WSGIApplication,
        at_work: int,
        done: Callable[[], None],
        address_of: Callable[[WSGIEnvironment], str],
    ) -> None:
        self._app = app
        # As a semaphore has them; but this one is written in C, and costs a twentieth.
        self._places: SimpleQueue[None] = SimpleQueue()
        for _ in range(at_work):
            self._places.put(None)
        self._done = done
        self._address_of = address_of
        self._awaited: dict[int, tuple[float, WSGIEnvironment]] = {}  # by thread

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] in WITH_BODY:
            if len(self._awaited) >= MANY and self._has_enough(self._address_of(environ)):
                start_response("503 Service Unavailable", list(TOO_MANY))
                return []
            body = self._body(environ)
            if len(body) < min(_promised(environ), MAX_BODY):
                start_response("400 Bad Request", list(INCOMPLETE))
                return []  # nothing is done for half a request
            environ["wsgi.input"], environ[WHOLE] = io.BytesIO(body), True
        self._places.get()
        try:
            return self._answer(environ, start_response)
        finally:
            self._places.put(None)

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        try:
            return self._app(environ, start_response)
        finally:
            self._done()

    def watch(self, port: int) -> None:
        """Hang up on overdue connections at a port of ours, from now on."""
        if sys.platform == "linux":
            Thread(target=self._watch, args=(port,), name="overdue", daemon=True).start()

    def _watch(self, port: int) -> None:
        while True:
            time.sleep(1)
            began = [since for since, _ in list(self._awaited.values())]
            patience = LITTLE_PATIENCE_SECONDS if len(began) >= MANY else PATIENCE_SECONDS
            if began and time.monotonic() - min(began) >= patience:
                with suppress(OSError):  # short of descriptors, perhaps: it looks again
                    hang_up(port, patience)

    def _has_enough(self, address: str) -> bool:
        theirs = (self._address_of(environ) == address for _, environ in list(self._awaited.values()))
        return sum(theirs) >= MOST_OF_ONE

    def _body(self, environ: WSGIEnvironment) -> bytes:
        """All of it, or as much as shows that it is too much."""
        stream: InputStream = environ["wsgi.input"]
        self._awaited[get_ident()] = (time.monotonic(), environ)
        try:
            body, heard = b"", 0
            while heard < HEARD_OUT and (part := stream.read(MAX_BODY)):
                body += part[: MAX_BODY + 1 - len(body)]
                heard += len(part)
            return body
        finally:
            del self._awaited[get_ident()]


def hang_up(port: int, patience_seconds: float) -> None:
    """End the connections at a port of ours whose caller began to speak so long ago and got no answer yet."""
    for file in os.scandir("/proc/self/fd"):
        with suppress(OSError):  # closed meanwhile, or one that listens
            if stat.S_ISSOCK(file.stat().st_mode):
                _hang_up(int(file.name), port, patience_seconds)


def _hang_up(descriptor: int, port: int, patience_seconds: float) -> None:
    with socket.fromfd(descriptor, socket.AF_INET, socket.SOCK_STREAM) as connection:
        at = connection.getsockname()
        if isinstance(at, tuple) and at[1] == port and _is_overdue(connection, patience_seconds):
            connection.shutdown(socket.SHUT_RDWR)


def _is_overdue(connection: socket.socket, patience_seconds: float) -> bool:
    """Something came after our last word, and that was long ago; to lose an idle one is no harm."""
    raw = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO.size)
    told = _TCP_INFO.unpack(raw.ljust(_TCP_INFO.size, b"\0"))
    return bool(told[_LAST_RECEIVED] <= told[_LAST_SENT] and told[_LAST_SENT] >= patience_seconds * 1000)


def _promised(environ: WSGIEnvironment) -> int:
    length = environ.get("CONTENT_LENGTH") or "0"
    return int(length) if length.isascii() and length.isdigit() else 0
