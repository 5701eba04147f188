"""Runs the demonstration: prepares its folder once, starts provider and portal, stops both on Ctrl-C."""

import fcntl
import os
import secrets
import socket
import ssl
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import click

from idp.demo.files import write_private, write_private_json
from idp.demo.prepare import prepared
from idp.demo.processes import Processes, ignore_signals, stopping_on_signals
from idp.demo.show import OVER_TLS, Show, document_of, for_shells, over_tls, settings_of
from idp.demo.tls import Certificates, make_certificates
from idp.provider import Provider
from idp.serving import PortTaken, refuse_taken
from idp.settings import load

READY_WITHIN_SECONDS = 30
# Browsers take `localhost` for either of them.
LOOPBACK = ("127.0.0.1", "::1")


class FolderInUse(Exception):
    """Another demonstration runs in the same folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.folder = folder


class NotReady(Exception):
    """A process ended, or did not answer in time; ``log`` is where it may have said why."""

    def __init__(self, name: str, log: Path) -> None:
        super().__init__(name, log)
        self.name = name
        self.log = log


def demonstrate(show: Show) -> None:
    """Serve until Ctrl-C or SIGTERM.

    Raises:
        PortTaken, FolderInUse, CastLost, NotReady: what stands in the way.
        Misconfigured: a setting in the environment does not go with a demonstration.
    """
    show.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with stopping_on_signals(), _alone_in(show.data):
        processes = Processes()
        try:
            for port in show.ports:
                _refuse_taken(port)
            _run(show, processes)
        except KeyboardInterrupt:
            click.echo("\nstopping")
        finally:
            ignore_signals()
            processes.stop()


def _run(show: Show, processes: Processes) -> None:
    show.document.unlink(missing_ok=True)  # of an earlier run, perhaps at other addresses
    certificates = make_certificates(show.data / "tls") if show.is_tls else None
    settings = settings_of(show.data, show.issuer, is_simulator=not show.is_strict)
    settings |= {"IDP_PORT": str(show.port)} | over_tls(show, certificates)
    for name in OVER_TLS.difference(settings):  # of another demonstration, taken in from its idp.env
        os.environ.pop(name, None)
    os.environ.update(settings)
    write_private(show.environment, for_shells(settings))
    click.echo(f"preparing {show.data}")
    provider = Provider(load())
    try:
        cast = prepared(provider, show.data / "cast.json", show.portal_url)
    finally:
        provider.close()
    document = document_of(show, cast, certificates)
    _start_provider(show, processes)
    if show.portal_url is not None:
        _start_portal(show, processes, document["clients"]["portal"], certificates)
    _wait_until_ready(show, processes, certificates)
    write_private_json(show.document, document)
    _announce(show, document)
    while (ended := processes.ended()) is None:
        time.sleep(0.5)
    raise NotReady(ended, _log_of(show, ended))


def _start_provider(show: Show, processes: Processes) -> None:
    command = ["-c", "from idp.cli import main; main()", "serve", f"--workers={show.workers}"]
    processes.start("provider", command, os.environ, show.server_log)


def _start_portal(
    show: Show, processes: Processes, client: Mapping[str, Any], certificates: Certificates | None
) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("IDP_")} | {
        "PORTAL_ISSUER": show.issuer,
        "PORTAL_CLIENT_ID": client["client_id"],
        "PORTAL_CLIENT_SECRET": client["client_secret"],
        "PORTAL_URL": str(show.portal_url),
        "PORTAL_SECRET_KEY": secrets.token_urlsafe(32),
        "NO_PROXY": "localhost,127.0.0.1",
    }
    if certificates is not None:
        environment["REQUESTS_CA_BUNDLE"] = str(certificates.authority)
    processes.start("portal", ["-m", "clients.portal"], environment, show.portal_log)


def _wait_until_ready(show: Show, processes: Processes, certificates: Certificates | None) -> None:
    context = ssl.create_default_context(cafile=certificates.authority if certificates else None)
    # Without a proxy, whatever the environment says: this is our own machine.
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
    )
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    waited_for = {"provider": f"{show.issuer}/health"}
    if show.mtls_origin is not None:
        waited_for["provider, for clients with certificates,"] = f"{show.mtls_origin}/health"
    if show.portal_url is not None:
        waited_for["portal"] = f"{show.portal_url}/"
    for name, url in waited_for.items():
        while not _answers(opener, url):
            ended = processes.ended()
            if ended or time.monotonic() > deadline:
                raise NotReady(ended or name, _log_of(show, ended or name))
            time.sleep(0.05)


def _answers(opener: urllib.request.OpenerDirector, url: str) -> bool:
    try:
        with opener.open(url, timeout=2) as answer:
            return bool(answer.status == 200)  # noqa: PLR2004
    except OSError:
        return False


def _announce(show: Show, document: Mapping[str, Any]) -> None:
    rules = "under production's rules" if show.is_strict else "a simulator, steered by URL"
    click.echo(
        f"\nĐịnh Danh is ready: a demonstration with invented people, on this machine only; {rules}.\n"
        f"\n  provider  {show.issuer}"
    )
    for name, url in document["pages"].items():
        click.echo(f"  {name:<9} {url}")
    if show.mtls_origin is not None:
        click.echo(f"  {'mtls':<9} {show.mtls_origin}, where clients show certificates")
    click.echo("\n  sample people (identity number, password):")
    for name, person in document["accounts"].items():
        if person["password"] is None:
            continue
        app = "code app" if person["totp_secret"] else "SMS only"
        click.echo(
            f"  {name:<9} {person['username']}  {person['password']:<28} level {person['level']}, {app}"
        )
    click.echo("\n  who acts for whom, where a site lets them choose:")
    for held in document["mandates"]:
        limit = f", up to {held['limit']:,} VND" if held["limit"] else ""
        click.echo(f"  {held['agent']:<9} {held['role']} of {held['principal']}{limit}")
    click.echo(
        f"\n  One-time codes: `{_command(show)}`, or choose SMS on the page and read the outbox."
        f"\n  For programs: {show.document}"
        f"\n  Other commands on it: `. {show.environment}` in another terminal, then `idp officers list`."
        "\n\nCtrl-C stops it."
    )


def _command(show: Show) -> str:
    """What to type for a code, called as this process was: the environment may not be on the path."""
    called = sys.argv[0] if Path(sys.argv[0]).name == "idp" else "idp"
    is_usual = show.data == Path("var").absolute()
    return f"{called} code NAME" if is_usual else f"{called} code NAME --data {show.data}"


def _log_of(show: Show, name: str) -> Path:
    return show.portal_log if name == "portal" else show.server_log


def _refuse_taken(port: int) -> None:
    for host in LOOPBACK:
        try:
            refuse_taken(host, port)
        except OSError:
            continue  # a machine without IPv6


def port_for_certificates(port: int, taken: int | None) -> int:
    """The port after the portal's usual one, or another where that is not to be had."""
    wished = port + 2
    try:
        if wished != taken:
            _refuse_taken(wished)
            return wished
    except (PortTaken, OverflowError):
        pass
    with closing(socket.socket()) as probe:
        probe.bind((LOOPBACK[0], 0))
        found: int = probe.getsockname()[1]
        return found


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderInUse(folder) from None
        yield
