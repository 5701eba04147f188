"""Drives operations over kept-alive connections from one thread, each connection waiting for its answer."""

import selectors
import socket
import time
from collections import Counter
from dataclasses import dataclass, field

from tests.bench.wire import Operation, Request, Response, Steps, T, Unexpected, parse

PIECE = 1 << 18
PATIENCE_SECONDS = 15


@dataclass(slots=True)
class Sample:
    """What was seen in a stretch of time."""

    seconds: float = 0.0
    durations: list[float] = field(default_factory=list)  # seconds, one per completed operation
    requests: Counter[str] = field(default_factory=Counter)  # by method, of completed operations
    faults: list[str] = field(default_factory=list)


class Connection:
    """One kept-alive connection, opened again when the server has closed it."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.address = address
        self.host = f"{address[0]}:{address[1]}"
        self.received = b""
        self.socket = self._open()

    def _open(self) -> socket.socket:
        opened = socket.create_connection(self.address, timeout=PATIENCE_SECONDS)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return opened

    def send(self, request: Request) -> None:
        """Send it; the answer is read with ``receive``."""
        self.received = b""
        self.socket.sendall(request.encode(self.host))

    def receive(self) -> Response | None:
        """Read what has come. ``None``: not all of it yet.

        Raises:
            Unexpected: the server has closed the connection.
        """
        piece = self.socket.recv(PIECE)
        if not piece:
            self.socket.close()
            self.socket = self._open()
            raise Unexpected("the server closed the connection")
        self.received += piece
        return parse(self.received)

    def run(self, steps: Steps[T]) -> T:
        """One operation, alone."""
        try:
            request = next(steps)
            while True:
                self.send(request)
                while (response := self.receive()) is None:
                    pass
                request = steps.send(response)
        except StopIteration as finished:
            result: T = finished.value
            return result

    def close(self) -> None:
        self.socket.close()


class _Runner:
    """One connection that repeats one operation until the time is over."""

    def __init__(self, connection: Connection, operation: Operation, sample: Sample) -> None:
        self.connection = connection
        self.operation = operation
        self.sample = sample
        self.begin()

    def begin(self) -> None:
        self.steps = self.operation()
        self.requests: Counter[str] = Counter()
        self.began = time.perf_counter()
        self._send(next(self.steps))

    def _send(self, request: Request) -> None:
        self.requests[request.method] += 1
        self.connection.send(request)

    def advance(self) -> bool:
        """Read what has come and go on. True: the operation has ended, well or badly."""
        try:
            response = self.connection.receive()
            if response is not None:
                self._send(self.steps.send(response))
        except StopIteration:
            self.sample.durations.append(time.perf_counter() - self.began)
            self.sample.requests.update(self.requests)
            return True
        except (Unexpected, OSError) as fault:
            self.sample.faults.append(str(fault))
            return True
        return False


def drive(address: tuple[str, int], operations: list[Operation], seconds: float) -> Sample:
    """Repeat each operation on a connection of its own for ``seconds``; begun operations are finished."""
    sample = Sample()
    selector = selectors.DefaultSelector()
    began = time.perf_counter()
    runners = [_Runner(Connection(address), operation, sample) for operation in operations]
    for runner in runners:
        selector.register(runner.connection.socket, selectors.EVENT_READ, runner)
    running = len(runners)
    while running and (ready := selector.select(PATIENCE_SECONDS)):
        for key, _ in ready:
            runner = key.data
            if not runner.advance():
                continue
            if time.perf_counter() - began >= seconds or sample.faults:
                selector.unregister(key.fileobj)
                running -= 1
            else:
                runner.begin()
    if running:
        sample.faults.append(f"{running} connections had no answer for {PATIENCE_SECONDS} s")
    sample.seconds = time.perf_counter() - began
    for runner in runners:
        runner.connection.close()
    selector.close()
    return sample
