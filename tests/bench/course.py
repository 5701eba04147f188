"""One operation at one server, through its rounds; and the servers that are run for it."""

import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from idp.serving import THREADS
from tests.bench.figures import Figures
from tests.bench.load import drive
from tests.bench.server import Server, free_port
from tests.bench.wire import Operation

LIGHT_HASH = Path(__file__).parent / "light_hash"
# The bare views run under the same server, with as many threads, as `idp serve` gives the provider.
BARE_COMMAND = (
    *(sys.executable, "-m", "granian", "--interface=wsgi", "--workers=1", f"--blocking-threads={THREADS}"),
    *("--host=127.0.0.1", "--log-level=warning", "tests.bench.bare:app"),
)
PROVIDER_COMMAND = (
    sys.executable,
    "-c",
    "from idp.cli import main; main()",
    "demo",
    "--no-portal",
    "--workers=1",
    "--strict",
)


@dataclass(slots=True)
class Course:
    """What is driven, where, and what has been seen."""

    server: Server
    figures: Figures
    make: Callable[[], Operation]
    connections: int
    operations: list[Operation] = field(default_factory=list)

    def warm(self, seconds: float) -> None:
        """Prepare each connection's operation, and run a round that does not count."""
        self.operations = [self.make() for _ in range(self.connections)]
        drive(self.server.address, self.operations, seconds)

    def run(self, seconds: float) -> None:
        """One round that counts."""
        before = self.server.cpu()
        sample = drive(self.server.address, self.operations, seconds)
        self.figures.add(sample, self.server.cpu().since(before))


def start_bare(folder: Path, core: int, until: ExitStack) -> Server:
    """Bare Flask, until ``until`` closes."""
    port = free_port()
    server = Server([*BARE_COMMAND, f"--port={port}"], port, folder / "bare.log", core=core)
    until.callback(server.stop)
    server.wait()
    return server


def start_provider(
    folder: Path, core: int, until: ExitStack, *, stores: dict[str, str], has_full_hash: bool
) -> tuple[Server, Path]:
    """The provider with its sample people, until ``until`` closes; and its ``demo.json``.

    Args:
        stores: settings that choose the database and Redis.
        has_full_hash: False makes password hashes cost next to nothing.
    """
    port, data = free_port(), folder / "data"
    environment = stores if has_full_hash else stores | {"PYTHONPATH": str(LIGHT_HASH)}
    command = [*PROVIDER_COMMAND, "--port", str(port), "--data", str(data)]
    server = Server(command, port, folder / "provider.log", environment=environment, core=core)
    until.callback(server.stop)
    server.wait(data / "demo.json")
    return server, data / "demo.json"
