"""Runs the application under Granian, and listeners for clients' certificates beside it."""

import logging
import signal
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from granian import Granian
from granian.constants import HTTPModes, Interfaces, SSLProtocols
from granian.http import HTTP1Settings
from granian.log import LogLevels

from idp.serving.connection import MAX_HEADERS
from idp.serving.listener import STOP_WITHIN_SECONDS, Listeners, Listening
from idp.serving.ports import refuse_taken, stop_with_parent

HEADERS_WITHIN_MS = 10_000
# Python runs one thread at a time; the others are for those that hash a password or wait for a store. With
# eight, a rush of passwords is answered a third more slowly than with four.
THREADS = 4
WAITING = 60


@dataclass(frozen=True, slots=True)
class Serving:
    """Where and how to listen. ``threads`` are those at work in each worker process.

    ``mtls_port``: where clients show certificates, with TLS only. ``asks_everywhere``: at ``port`` as well,
    people's browsers included.
    """

    host: str
    port: int
    workers: int
    threads: int
    tls_cert: Path | None = None
    tls_key: Path | None = None
    mtls_port: int | None = None
    asks_everywhere: bool = False


def run(serving: Serving, build: Callable[[], Any]) -> None:
    """Serve until SIGINT or SIGTERM; requests under way are finished, but for those that take too long.

    Args:
        serving: where and how.
        build: makes the WSGI application, once in each worker process.

    Raises:
        PortTaken: we would share the port with whoever listens there, each getting some requests.
        OSError, ssl.SSLError, CertificateUnusable: the certificate or its key cannot be read.
    """
    refuse_taken(serving.host, serving.port)
    with _listeners(serving, build):
        if serving.asks_everywhere:
            _until_stopped()
        else:
            _serve(serving, build)


def _listeners(serving: Serving, build: Callable[[], Any]) -> AbstractContextManager[None]:
    if serving.mtls_port is None or serving.tls_cert is None or serving.tls_key is None:
        return nullcontext()
    refuse_taken(serving.host, serving.mtls_port)
    listening = Listening(
        serving.host,
        serving.mtls_port,
        serving.threads,
        serving.tls_cert,
        serving.tls_key,
        pages_port=serving.port if serving.asks_everywhere else None,
    )
    return Listeners(listening, serving.workers, build)


def _until_stopped() -> None:
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    stopped.wait()


def _is_news(record: logging.LogRecord) -> bool:
    """Not Granian's warning of many threads: most of them only wait for bodies (docs/decisions/0019)."""
    return "Python threads" not in record.getMessage()


def _serve(serving: Serving, build: Callable[[], Any]) -> None:
    logging.getLogger("_granian").addFilter(_is_news)
    # No `backpressure`: it counts open connections, so that a few idle browsers would shut out the rest.
    server = Granian(
        "idp",
        address=serving.host,
        port=serving.port,
        interface=Interfaces.WSGI,
        workers=serving.workers,
        # Bodies are waited for in a thread each; `threads` are at work (idp.web.bodies).
        blocking_threads=serving.threads + WAITING,
        # A proxy in front speaks no other; fewer ways to hold us up than HTTP/2 has.
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(max_buffer_size=MAX_HEADERS, header_read_timeout=HEADERS_WITHIN_MS),
        log_access=False,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_WITHIN_SECONDS,
        ssl_cert=serving.tls_cert,
        ssl_key=serving.tls_key,
        ssl_protocol_min=SSLProtocols.tls12,
    )
    server.serve(target_loader=partial(_in_worker, build), wrap_loader=False)


def _in_worker(build: Callable[[], Any]) -> Any:
    stop_with_parent()
    return build()
