"""Waiting for another process or thread that has no way to tell us: the one place where tests look again."""

import subprocess
import time
from collections.abc import Callable
from typing import Any

WITHIN_SECONDS = 60.0
AGAIN_SECONDS = 0.02


def until(
    is_so: Callable[[], object],
    explain: Callable[[], str] = str,
    *,
    process: "subprocess.Popen[Any] | None" = None,
    seconds: float = WITHIN_SECONDS,
) -> None:
    """Come back once it is so.

    Args:
        is_so: looks.
        explain: what to tell of it when it never was.
        process: whose end would mean that it never will be.
        seconds: how long to go on looking.

    Raises:
        TimeoutError: it was not, and will not be.
    """
    give_up = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > give_up or (process is not None and process.poll() is not None):
            raise TimeoutError(explain())
        time.sleep(AGAIN_SECONDS)
