"""Runs the application under Granian."""

from dataclasses import dataclass
from pathlib import Path

from granian import Granian
from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

APP = "idp.app:create_app"
MAX_HEADERS = 16 * 1024


@dataclass(frozen=True, slots=True)
class Serving:
    """Where and how to listen. ``threads`` are those of each worker process."""

    host: str
    port: int
    workers: int
    threads: int
    tls_cert: Path | None = None
    tls_key: Path | None = None


def run(serving: Serving) -> None:
    """Serve until SIGINT or SIGTERM; requests under way are finished."""
    Granian(
        APP,
        address=serving.host,
        port=serving.port,
        interface=Interfaces.WSGI,
        factory=True,
        workers=serving.workers,
        blocking_threads=serving.threads,
        http1_settings=HTTP1Settings(max_buffer_size=MAX_HEADERS),
        log_access=False,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        ssl_cert=serving.tls_cert,
        ssl_key=serving.tls_key,
    ).serve()
