"""Runs the demonstration: prepares its folder once, starts provider and portal, stops both on Ctrl-C."""

import base64
import json
import os
import secrets
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import click

from idp.demo.prepare import add_portal, prepare, write_private
from idp.demo.tls import make_certificate
from idp.migrations import migrate
from idp.provider import Provider
from idp.settings import load

Certificate = tuple[Path, Path, Path]  # of the authority, of the server, and its key

READY_WITHIN_SECONDS = 30
STOP_WITHIN_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Demonstration:
    """Where and how to show it. ``portal_port`` is ``None`` without a portal."""

    data: Path
    port: int
    portal_port: int | None
    is_tls: bool
    workers: int

    @property
    def issuer(self) -> str:
        return f"{'https' if self.is_tls else 'http'}://localhost:{self.port}"

    @property
    def portal_url(self) -> str | None:
        return f"http://localhost:{self.portal_port}" if self.portal_port else None


def demonstrate(show: Demonstration) -> None:
    """Serve until Ctrl-C or SIGTERM."""
    _refuse_taken_ports(show)
    show.data.mkdir(parents=True, exist_ok=True)
    certificate = make_certificate(show.data / "tls") if show.is_tls else None
    os.environ.update(_environment(show))
    told = _told(show, certificate)
    write_private(show.data / "demo.json", json.dumps(told, indent=2, ensure_ascii=False))
    processes = [_start_provider(show, certificate)]
    if show.portal_url is not None:
        processes.append(_start_portal(show, told, certificate))
    _stop_on_signals()
    try:
        _wait_until_ready(show, processes, certificate)
        _announce(show, told)
        while all(process.poll() is None for process in processes):
            time.sleep(0.5)
        click.echo("idp: a process ended by itself; see the log", err=True)
        raise SystemExit(1)
    except KeyboardInterrupt:
        click.echo("\nstopping")
    finally:
        _stop(processes)


def _environment(show: Demonstration) -> dict[str, str]:
    """The provider's settings. The secret is made once for the folder, and readable by its owner only."""
    secret = show.data / "secret"
    if not secret.exists():
        write_private(secret, base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("="))
    return {
        "IDP_ISSUER": show.issuer,
        "IDP_SECRET": secret.read_text().strip(),
        "IDP_DATABASE_URL": os.environ.get("IDP_DATABASE_URL", f"sqlite:///{show.data / 'idp.db'}"),
        "IDP_KEYS_DIR": str(show.data / "keys"),
        "IDP_LOG_FILE": str(show.data / "idp.log"),
        "IDP_IS_DEMO": "true",
        "IDP_SMS_CHANNEL": "outbox",
    }


def _told(show: Demonstration, certificate: Certificate | None) -> dict[str, Any]:
    """What demo.json says: of a folder filled before, the same people and clients again."""
    path = show.data / "demo.json"
    provider = Provider(load())
    try:
        if path.exists():
            migrate(provider.database)
            told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            known = told["clients"].get("portal")
            if show.portal_url and (known is None or known["redirect_uri"] != f"{show.portal_url}/callback"):
                told["clients"]["portal"] = add_portal(provider, show.portal_url)
        else:
            click.echo("filling the house with sample people")
            told = prepare(provider, show.portal_url)
    finally:
        provider.close()
    pages = {"account": f"{show.issuer}/account", "outbox": f"{show.issuer}/outbox"}
    if show.portal_url is not None:
        pages["portal"] = show.portal_url
    names = ("idp.log", "portal.log") if show.portal_url else ("idp.log",)
    people = {name: told[name] for name in ("clients", "accounts", "operators")}
    where = {"issuer": show.issuer, "pages": pages, "logs": [str(show.data / name) for name in names]}
    return where | people | ({"ca_file": str(certificate[0])} if certificate else {})


def _start_provider(show: Demonstration, certificate: Certificate | None) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", "from idp.cli import main; main()", "serve"]
    command += ["--port", str(show.port), "--workers", str(show.workers)]
    if certificate is not None:
        command += ["--tls-cert", str(certificate[1]), "--tls-key", str(certificate[2])]
    return subprocess.Popen(command, start_new_session=True)  # noqa: S603 - our own command


def _start_portal(
    show: Demonstration, told: Mapping[str, Any], certificate: Certificate | None
) -> subprocess.Popen[bytes]:
    client = told["clients"]["portal"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("IDP_")} | {
        "PORTAL_ISSUER": show.issuer,
        "PORTAL_CLIENT_ID": client["client_id"],
        "PORTAL_CLIENT_SECRET": client["client_secret"],
        "PORTAL_URL": str(show.portal_url),
        "PORTAL_SECRET_KEY": secrets.token_urlsafe(32),
    }
    if certificate is not None:
        environment["REQUESTS_CA_BUNDLE"] = str(certificate[0])
    with (show.data / "portal.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "clients.portal"],
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _wait_until_ready(
    show: Demonstration,
    processes: list[subprocess.Popen[bytes]],
    certificate: Certificate | None,
) -> None:
    context = ssl.create_default_context(cafile=str(certificate[0])) if certificate else None
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    for url in [f"{show.issuer}/health", *([f"{show.portal_url}/"] if show.portal_url else [])]:
        while not _answers(url, context if url.startswith("https") else None):
            if time.monotonic() > deadline or any(process.poll() is not None for process in processes):
                raise click.ClickException(f"{url} does not answer; see {show.data}")
            time.sleep(0.1)


def _answers(url: str, context: ssl.SSLContext | None) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2, context=context) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)  # noqa: PLR2004
    except OSError:
        return False


def _announce(show: Demonstration, told: Mapping[str, Any]) -> None:
    click.echo(
        "\nĐịnh Danh is ready: a demonstration with invented people, on this machine only.\n"
        f"\n  provider  {show.issuer}"
    )
    for name, url in told["pages"].items():
        click.echo(f"  {name:<9} {url}")
    click.echo("\n  sample people (identity number, password):")
    for name, person in told["accounts"].items():
        app = "code app" if person["totp_secret"] else "SMS only"
        click.echo(
            f"  {name:<9} {person['username']}  {person['password']:<28} level {person['level']}, {app}"
        )
    click.echo("\n  One-time codes: choose SMS on the page and read them at the outbox, or `idp code NAME`.")
    click.echo(f"  For programs: {show.data / 'demo.json'}\n\nCtrl-C stops it.")


def _stop_on_signals() -> None:
    def stop(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)


def _stop(processes: list[subprocess.Popen[bytes]]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    for process in processes:
        if process.poll() is None:
            process.terminate()
    for process in processes:
        try:
            process.wait(STOP_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def _refuse_taken_ports(show: Demonstration) -> None:
    for port in filter(None, (show.port, show.portal_port)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                raise click.ClickException(f"port {port} is taken; choose another with --port") from None
