"""A server under measurement: in a process of its own, on a core of its own, with what it costs."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

READY_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Cpu:
    """Seconds in the program, and in the kernel on its behalf (sockets, files, waiting for the disk)."""

    user: float
    system: float

    @property
    def total(self) -> float:
        return self.user + self.system

    def since(self, before: "Cpu") -> "Cpu":
        """What was used after ``before``."""
        return Cpu(self.user - before.user, self.system - before.system)


class NotReady(Exception):
    """The server ended, or did not answer in time; holds the end of what it printed."""


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


class Server:
    """A command that listens on ``port``, held to one core.

    Args:
        command: what to run, from the repository's root.
        log: where what it prints goes.
        environment: added to this process's own.
        core: the one it may use; ``None`` leaves it free.
    """

    def __init__(
        self,
        command: Sequence[str],
        port: int,
        log: Path,
        *,
        environment: Mapping[str, str] | None = None,
        core: int | None = None,
    ) -> None:
        self.address = ("127.0.0.1", port)
        self.log = log
        with log.open("wb") as printed:
            self.process = subprocess.Popen(
                command,
                stdout=printed,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
            )
        if core is not None:
            # At once, before it has started a thread or a process: all of them inherit it.
            psutil.Process(self.process.pid).cpu_affinity([core])

    def wait(self, file: Path | None = None) -> None:
        """Come back when the port answers and ``file``, if one is named, is there.

        Raises:
            NotReady: it ended, or took too long.
        """
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(self.address, timeout=1):
                if file is None or file.exists():
                    return
            time.sleep(0.1)
        raise NotReady(self.log.read_text(errors="replace")[-2000:])

    def cpu(self) -> Cpu:
        """CPU time so far of the process and everything it started, ended children included."""
        times = [process.cpu_times() for process in self._tree()]
        return Cpu(
            sum(time.user + time.children_user for time in times),
            sum(time.system + time.children_system for time in times),
        )

    def memory_mib(self) -> float:
        """Memory of its largest process, the worker, that no other process shares."""
        return float(max(process.memory_full_info().uss for process in self._tree())) / (1 << 20)

    def _tree(self) -> list[psutil.Process]:
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]

    def stop(self) -> None:
        """Ctrl-C; what does not listen is killed."""
        tree = self._tree() if self.process.poll() is None else []
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            for process in tree:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            self.process.wait(5)
