"""Processes that listen where clients show certificates; each is kept alive, and all are stopped together."""

import asyncio
import multiprocessing
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any
from wsgiref.types import WSGIApplication, WSGIEnvironment

from OpenSSL import SSL

from idp.serving.connection import Connection
from idp.serving.ports import stop_with_parent
from idp.serving.tls import asking_context
from idp.serving.wsgi import Answer, answer_of
from idp.telemetry import get_logger

STOP_WITHIN_SECONDS = 7
START_AGAIN_SECONDS = 1.0
MAX_CONNECTIONS = 500  # of each process: they cost memory, not threads
BACKLOG = 1024


@dataclass(frozen=True, slots=True)
class Listening:
    """Where, and as whom. At ``pages_port``, if there is one, people's browsers come in as well."""

    host: str
    port: int
    threads: int
    tls_cert: Path
    tls_key: Path
    pages_port: int | None = None


class Listener:
    """What the connections of one process share."""

    def __init__(self, listening: Listening, app: WSGIApplication) -> None:
        self.context: SSL.Context = asking_context(listening.tls_cert, listening.tls_key)
        self.connections: dict[Connection, None] = {}  # those that asked last come last
        self.is_stopping = False
        self._listening = listening
        self._app = app
        self._threads = ThreadPoolExecutor(listening.threads, "request")

    async def answer(self, environ: WSGIEnvironment) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._threads, answer_of, self._app, environ)

    def make_room(self) -> bool:
        """The one that has been idle longest goes, or whoever holds many open would shut out the rest."""
        if len(self.connections) < MAX_CONNECTIONS:
            return True
        idle = next((each for each in self.connections if not each.is_busy), None)
        if idle is not None:
            idle.cut()
        return idle is not None

    async def serve(self) -> None:
        """Until SIGTERM; requests under way are finished, but for those that take too long."""
        loop, stopped = asyncio.get_running_loop(), asyncio.Event()
        loop.add_signal_handler(signal.SIGTERM, stopped.set)
        at = self._listening
        ports = [(at.port, True)] + ([(at.pages_port, False)] if at.pages_port is not None else [])
        servers = [
            await loop.create_server(
                partial(Connection, self, is_for_clients=is_for_clients),
                at.host,
                port,
                backlog=BACKLOG,
                reuse_port=True,  # each process has a queue of its own
            )
            for port, is_for_clients in ports
        ]
        await stopped.wait()
        self.is_stopping = True
        for server in servers:
            server.close()
        give_up = loop.time() + STOP_WITHIN_SECONDS
        while self.connections and loop.time() < give_up:
            for connection in list(self.connections):
                if not connection.is_busy:
                    connection.leave()
            await asyncio.sleep(0.05)
        self._threads.shutdown(wait=False, cancel_futures=True)


def listen(listening: Listening, build: Callable[[], Any]) -> None:
    """What each process does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches who started us, and they tell us
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    stop_with_parent()
    asyncio.run(Listener(listening, build()).serve())


class Listeners:
    """Several such processes, for as long as the ``with`` lasts. One that dies is started again."""

    def __init__(self, listening: Listening, count: int, build: Callable[[], Any]) -> None:
        """Raises CertificateUnusable: better here than in each of them."""
        asking_context(listening.tls_cert, listening.tls_key)
        self._what = (listening, build)
        self._count = count
        self._processes: list[SpawnProcess] = []
        self._stopping = threading.Event()
        self._guard = threading.Thread(target=self._keep, name="listeners", daemon=True)

    def __enter__(self) -> None:
        self._guard.start()

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._guard.join()

    def _keep(self) -> None:
        """Start them, and those that end again: all in one thread, for they are told when that ends."""
        self._processes = [self._started() for _ in range(self._count)]
        while not self._stopping.is_set():
            wait([process.sentinel for process in self._processes], timeout=0.2)
            for at, process in enumerate(self._processes):
                if process.is_alive() or self._stopping.is_set():
                    continue
                get_logger(__name__).error("listener_ended", status=process.exitcode)
                if not self._stopping.wait(START_AGAIN_SECONDS):
                    self._processes[at] = self._started()
        _stop(self._processes)

    def _started(self) -> SpawnProcess:
        process = multiprocessing.get_context("spawn").Process(target=listen, args=self._what)
        process.start()
        return process


def _stop(processes: Sequence[SpawnProcess]) -> None:
    for process in processes:
        process.terminate()
    for process in processes:
        process.join(STOP_WITHIN_SECONDS + 1)
        if process.is_alive():
            process.kill()
