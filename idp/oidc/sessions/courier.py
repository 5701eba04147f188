"""The thread that makes deliveries, so that nobody who signs out waits for them."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from idp.kernel.clock import Clock
from idp.storage.database import Database

LONGEST_SLEEP_SECONDS = 60.0
AFTER_FAULT_SECONDS = 5.0
STOP_WITHIN_SECONDS = 5.0


class Courier:
    """Runs ``deliver`` when something was owed, and again when the next try is due.

    What a process leaves undone when it ends, the next one that begins, or ``idp deliver-logouts``, finds in
    the ledger.
    """

    def __init__(
        self,
        database: Database,
        deliver: Callable[[Callable[[], bool]], object],
        next_due: Callable[[], datetime | None],
        clock: Clock,
    ) -> None:
        self._database = database
        self._deliver = deliver
        self._next_due = next_due
        self._clock = clock
        self._woken = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._beginning = threading.Lock()

    def after_commit(self) -> None:
        """Set out as soon as the thread's open transaction stands."""
        self._database.around_commit(self._wake_after)

    @contextmanager
    def _wake_after(self) -> Iterator[None]:
        yield
        self.begin()

    def begin(self) -> None:
        """Set out now, and stay at it. A process that never does sets out with its first delivery."""
        with self._beginning:
            if self._thread is None and not self._stopping:
                self._thread = threading.Thread(target=self._run, name="courier", daemon=True)
                self._thread.start()
        self._woken.set()

    def finish(self) -> None:
        """Make all that is due, if this process owed any: a command ends, and no other was woken for it."""
        if self._thread is not None:
            self._deliver(lambda: True)

    def stop(self) -> None:
        """Take nothing more, and wait for what is under way, but not for long."""
        self._stopping = True
        self._woken.set()
        if self._thread is not None:
            self._thread.join(STOP_WITHIN_SECONDS)

    def _run(self) -> None:
        pause: float | None = 0.0
        while not self._stopping:
            self._woken.wait(pause)
            self._woken.clear()
            try:
                self._deliver(lambda: not self._stopping)
                pause = self._until_next()
            except Exception:
                logging.getLogger(__name__).exception("logout_delivery_failed")
                pause = AFTER_FAULT_SECONDS

    def _until_next(self) -> float | None:
        """Seconds to sleep; ``None``: until woken."""
        due = self._next_due()
        if due is None:
            return None
        return min(max((due - self._clock()).total_seconds(), 1.0), LONGEST_SLEEP_SECONDS)
