"""Ports, and processes that do not outlive who started them."""

import ctypes
import errno
import signal
import socket
import sys
from contextlib import closing

_PR_SET_PDEATHSIG = 1


class PortTaken(Exception):
    """Somebody listens there already."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.port = port


def refuse_taken(host: str, port: int) -> None:
    """Find out before a server does whether a port is free.

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
