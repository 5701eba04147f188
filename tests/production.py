"""The production shape on this machine: two providers really served, behind nginx with the shipped file."""

import json
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from shutil import copytree
from typing import Any, Self
from urllib.parse import urlencode

from idp.demo.tls import Certificates
from idp.migrations.upgrade import migrate
from idp.storage.database import Database
from tests.bench.server import Server, free_port
from tests.certificates import Held
from tests.demonstration import COMMAND, ROOT
from tests.house import SECRET, House, TestClock
from tests.servers import program

SHIPPED = ROOT / "nginx.conf"
PEOPLE, CLIENTS = "localhost", "mtls.id.example"  # the names of its two servers
ALARM = 30
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


@dataclass(frozen=True, slots=True)
class Told:
    """An answer."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Nginx(Server):
    """The shipped file, but for what a machine decides: ports, files, and where the providers are."""

    def __init__(
        self, folder: Path, certificates: Certificates, port: int, upstream: tuple[int, int]
    ) -> None:
        folder.mkdir()
        self.port, self.folder, self.certificates = port, folder, certificates
        file = folder / "nginx.conf"
        file.write_text(self._placed(SHIPPED.read_text(encoding="utf-8"), upstream), encoding="utf-8")
        command = [program("nginx", "nginx-light"), "-e", "stderr", "-c", str(file), "-g", "daemon off;"]
        super().__init__(command, self.port, folder / "log")

    def __enter__(self) -> Self:
        self.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _placed(self, text: str, upstream: tuple[int, int]) -> str:
        temporary = "".join(f" {name}_temp_path {self.folder}/{name};" for name in TEMPORARY)
        for shipped, here in {
            "/run/nginx.pid": str(self.folder / "pid"),
            "http {": f"http {{{temporary}",
            "listen 443 ": f"listen 127.0.0.1:{self.port} ",
            "/etc/nginx/tls/fullchain.pem": str(self.certificates.server.certificate),
            "/etc/nginx/tls/privkey.pem": str(self.certificates.server.key),
            "provider-1:8000": f"127.0.0.1:{upstream[0]}",
            "provider-2:8000": f"127.0.0.1:{upstream[1]}",
        }.items():
            assert shipped in text
            text = text.replace(shipped, here)
        return text

    def context(self, name: str = PEOPLE, held: Held | None = None) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.certificates.authority)
        context.check_hostname = name == PEOPLE  # the certificate has no other name
        if held is not None:
            held.show_in(context, self.folder)
        return context

    def connect(
        self,
        name: str,
        context: ssl.SSLContext | None = None,
        source: str = "127.0.0.1",
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLSocket:
        """TLS to one of the two names, from one of this machine's addresses."""
        raw = socket.create_connection(("127.0.0.1", self.port), ALARM, (source, 0))
        return (context or self.context(name)).wrap_socket(raw, server_hostname=name, session=session)

    def ask(
        self,
        name: str,
        path: str,
        form: Mapping[str, str] | None = None,
        *,
        held: Held | None = None,
        headers: Mapping[str, str] | None = None,
        source: str = "127.0.0.1",
    ) -> Told:
        """GET, or POST where there is a form."""
        connection = HTTPConnection(name)
        connection.sock = self.connect(name, self.context(name, held), source)
        body = None if form is None else urlencode(form)
        connection.request(
            "GET" if body is None else "POST", path, body, (FORM if body else {}) | dict(headers or {})
        )
        answer = connection.getresponse()
        told = Told(answer.status, answer.getheaders(), answer.read())
        connection.close()
        return told


class Production:
    """Two providers over the same stores, nginx in front, and a house over those stores that registers."""

    def __init__(
        self, folder: Path, certificates: Certificates, keys: Path, database_url: str, redis_url: str
    ) -> None:
        self.folder, self.ports, port = folder, (free_port(), free_port()), free_port()
        self.issuer = f"https://{PEOPLE}:{port}"
        database = Database(database_url)
        migrate(database)
        database.close()
        self._settings = {
            "issuer": self.issuer,
            "secret": SECRET,
            "database_url": database_url,
            "redis_url": redis_url,
            "client_ca_file": str(certificates.client_authority.certificate),
            "mtls_origin": f"https://{CLIENTS}",
            "trusted_proxies": "127.0.0.1",
            "client_certificates": "true",
        }
        copytree(keys, folder / "keys")
        self.house = House(
            folder,
            folder / "keys",
            TestClock(datetime.now(UTC)),
            is_demo=False,
            sms_channel="none",
            **(self._settings | {"trusted_proxies": ("127.0.0.1",)}),
        )
        self.nginx = Nginx(folder / "in-front", certificates, port, self.ports)
        self.providers = [self._start(port) for port in self.ports]
        for server in (*self.providers, self.nginx):
            server.wait()

    def logged(self) -> list[dict[str, Any]]:
        """The lines of both providers' logs."""
        logs = [self._log(port).read_text(encoding="utf-8") for port in self.ports]
        return [json.loads(line) for log in logs for line in log.splitlines()]

    def close(self) -> None:
        for server in (self.nginx, *self.providers):
            server.stop()
        self.house.close()

    def _start(self, port: int) -> Server:
        settings = self._settings | {"keys_dir": str(self.folder / "keys"), "log_file": str(self._log(port))}
        environment = {f"IDP_{name.upper()}": value for name, value in settings.items()}
        command = [*COMMAND, "serve", "--workers=1", f"--port={port}"]
        return Server(command, port, self.folder / f"{port}.printed", environment=environment)

    def _log(self, port: int) -> Path:
        return self.folder / f"{port}.log"
