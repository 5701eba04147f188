"""Real servers for the tests: throwaway PostgreSQL and Redis, each in a folder of its own, on unix sockets.

A missing program fails the tests with what to install; it never skips them.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import uuid
from collections.abc import Callable
from pathlib import Path

import psutil
import psycopg
import redis

from tests.waiting import until

START_SECONDS = 30


class ServerMissing(Exception):
    """A program the tests need is not installed."""


class Server:
    """A child process that can be stopped, killed, frozen and started again over the same files."""

    def __init__(self, folder: Path, run_as: str | None = None) -> None:
        self.folder = folder
        self.run_as = run_as
        self.process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        raise NotImplementedError

    def answers(self) -> bool:
        raise NotImplementedError

    def start(self) -> None:
        """Start, and come back when the server answers."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command(),
                stdout=log,
                stderr=log,
                cwd=self.folder,
                user=self.run_as,
                start_new_session=True,
            )
        until(self.answers, self._what_went_wrong)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End the process and wait for it; nothing when it has ended already."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(START_SECONDS)
            self.process = None

    def kill(self) -> None:
        """End it as a power cut would: nothing is tidied up."""
        self.stop(signal.SIGKILL)

    def restart(self) -> None:
        self.stop()
        self.start()

    def freeze(self) -> None:
        """The server and its children are there and say nothing, until ``thaw``."""
        for process in self._family():
            process.suspend()

    def thaw(self) -> None:
        for process in self._family():
            process.resume()

    def _family(self) -> list[psutil.Process]:
        assert self.process is not None
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]

    def close(self) -> None:
        """Stop and remove the files."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _what_went_wrong(self) -> str:
        return (self.folder / "log").read_text(errors="replace")[-2000:]


class Postgres(Server):
    """A cluster of its own. What is committed survives its being killed, but not a power cut."""

    def __init__(self) -> None:
        # PostgreSQL refuses to run as root, and must be able to enter its folder.
        as_root = os.geteuid() == 0
        super().__init__(_short_folder("pg"), run_as=_unprivileged_user() if as_root else None)
        if self.run_as is not None:
            shutil.chown(self.folder, self.run_as)
        self.binaries = _postgres_binaries()
        subprocess.run(
            [self.binaries / "initdb", "-D", self.folder / "data", "-U", "postgres", "--auth=trust",
             "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8", "--wal-segsize=4", "--no-instructions"],
            check=True, stdout=subprocess.DEVNULL, cwd=self.folder, user=self.run_as,
        )  # fmt: skip
        self._templates: dict[str, str] = {}

    def command(self) -> list[str]:
        options = {
            "listen_addresses": "", "unix_socket_directories": str(self.folder), "max_connections": "200",
            "fsync": "off", "full_page_writes": "off", "shared_buffers": "32MB",
        }  # fmt: skip
        flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        return [str(self.binaries / "postgres"), "-D", str(self.folder / "data"), *flags]

    def answers(self) -> bool:
        try:
            self.administer("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def administer(self, *statements: str) -> None:
        """Run statements as the superuser, outside any test's database."""
        with psycopg.connect(
            f"host={self.folder} user=postgres dbname=postgres", autocommit=True
        ) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def url(self, name: str) -> str:
        """How SQLAlchemy reaches a database of this cluster."""
        return f"postgresql+psycopg://postgres@/{name}?host={self.folder}"

    def create(self, template: str = "template0") -> str:
        """A new database, a copy of ``template``; its name."""
        name = f"t{uuid.uuid4().hex}"
        self.administer(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, name: str) -> None:
        """Remove a database, whoever is still connected."""
        self.administer(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def copy_of(self, kind: str, fill: Callable[[str], None]) -> str:
        """A new database like the first of its ``kind``, which ``fill(url)`` makes, once."""
        if kind not in self._templates:
            template = self.create()
            fill(self.url(template))
            self._templates[kind] = template
        return self.create(self._templates[kind])


class Redis(Server):
    """A Redis of its own, keeping nothing on disk."""

    def __init__(self) -> None:
        super().__init__(_short_folder("redis"))
        self.program = program("redis-server", "redis-server")

    @property
    def url(self) -> str:
        return f"unix://{self.folder}/redis.sock"

    def command(self) -> list[str]:
        return [self.program, "--port", "0", "--unixsocket", f"{self.folder}/redis.sock",
                "--save", "", "--appendonly", "no", "--dir", str(self.folder)]  # fmt: skip

    def answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url) as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False

    def flush(self) -> None:
        """Forget everything."""
        with redis.Redis.from_url(self.url) as client:
            client.flushall()


def _short_folder(name: str) -> Path:
    # A unix socket's path may have 107 bytes: pytest's own folders can be longer.
    return Path(tempfile.mkdtemp(prefix=f"idp-{name}-"))


def _unprivileged_user() -> str:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise ServerMissing("no user to run PostgreSQL as: apt-get install postgresql")


def _postgres_binaries() -> Path:
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if debian:
        return debian[-1].parent
    return Path(program("initdb", "postgresql")).resolve().parent


def program(name: str, package: str) -> str:
    """Where a program is, that the Debian ``package`` brings."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin:/opt/homebrew/bin")
    if found is None:
        raise ServerMissing(f"{name} is not installed: apt-get install {package}")
    return found
