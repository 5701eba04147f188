"""Runs the application under Granian."""

import ctypes
import errno
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from granian import Granian
from granian.constants import HTTPModes, Interfaces, SSLProtocols
from granian.http import HTTP1Settings
from granian.log import LogLevels

MAX_HEADERS = 16 * 1024
HEADERS_WITHIN_MS = 10_000
STOP_WITHIN_SECONDS = 7
# Python runs one thread at a time; the others are for those that hash a password or wait for a store. With
# eight, a rush of passwords is answered a third more slowly than with four.
THREADS = 4
WAITING = 60

_PR_SET_PDEATHSIG = 1


class PortTaken(Exception):
    """Somebody listens there already."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.port = port


@dataclass(frozen=True, slots=True)
class Serving:
    """Where and how to listen. ``threads`` are those at work in each worker process."""

    host: str
    port: int
    workers: int
    threads: int
    tls_cert: Path | None = None
    tls_key: Path | None = None


def run(serving: Serving, build: Callable[[], Any]) -> None:
    """Serve until SIGINT or SIGTERM; requests under way are finished, but for those that take too long.

    Args:
        serving: where and how.
        build: makes the WSGI application, once in each worker process.

    Raises:
        PortTaken: Granian would share the port with whoever listens there, each getting some requests.
        OSError, ssl.SSLError: the certificate or its key cannot be read.
    """
    refuse_taken(serving.host, serving.port)
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


def refuse_taken(host: str, port: int) -> None:
    """Find out before Granian does whether a port is free.

    Raises:
        PortTaken: it is not.
        OSError: it is not for us, or there is no such address here.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortTaken(port) from None
            raise


def stop_with_parent() -> None:
    """Have this process told to stop when the one that started it is gone, however that ended. Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _in_worker(build: Callable[[], Any]) -> Any:
    stop_with_parent()
    return build()
