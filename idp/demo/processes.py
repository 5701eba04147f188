"""The processes of a demonstration: started together, stopped together, none left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from idp.serving import stop_with_parent

STOP_WITHIN_SECONDS = 8
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Processes:
    """Children of this process, each the head of a group of its own, so that Ctrl-C is ours to pass on."""

    def __init__(self) -> None:
        self._running: list[tuple[str, subprocess.Popen[bytes]]] = []

    def start(self, name: str, arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        """Run Python with these arguments; what it prints goes to the end of ``log``."""
        with log.open("ab") as printed:
            process = subprocess.Popen(  # noqa: S603 - our own command
                [sys.executable, *arguments],
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=printed,
                start_new_session=True,
                preexec_fn=stop_with_parent,  # noqa: PLW1509 - this process has one thread
            )
        self._running.append((name, process))

    def ended(self) -> str | None:
        """The name of one that has ended by itself."""
        return next((name for name, process in self._running if process.poll() is not None), None)

    def stop(self) -> None:
        """Ask all to stop, and kill what is left of them when the time is over."""
        deadline = time.monotonic() + STOP_WITHIN_SECONDS
        for _, process in self._running:
            process.terminate()
        for _, process in self._running:
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextmanager
def stopping_on_signals() -> Iterator[None]:
    """Ctrl-C, SIGTERM and a closed terminal come as ``KeyboardInterrupt``."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        ignore_signals()  # once is enough: what follows is stopping
        raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in STOPPING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def ignore_signals() -> None:
    """From here on nothing interrupts."""
    for number in STOPPING:
        signal.signal(number, signal.SIG_IGN)
