"""Starting the provider: init, serve."""

import base64
import os
import secrets
from functools import partial
from pathlib import Path
from wsgiref.types import WSGIApplication

import click
from flask import Flask
from werkzeug.wrappers import Request

from idp.app import create_app
from idp.cli.house import opened
from idp.cli.keys import initialise
from idp.migrations.upgrade import migrate
from idp.serving import THREADS, Serving, run
from idp.settings import load
from idp.telemetry import configure_logging
from idp.web.bodies import BodiesFirst
from idp.web.http import Addresses

PORT = click.IntRange(1, 65535)
# What a simulator needs, where the settings do not say otherwise; workers inherit it.
SIMULATOR = {"IDP_IS_DEMO": "true", "IDP_SMS_CHANNEL": "outbox"}
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
def init() -> None:
    """Create or update the database and make the keys. Safe to run again.

    Without IDP_SECRET it only makes one and tells what to do with it.
    """
    if not os.environ.get("IDP_SECRET"):
        secret = base64.urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b"=").decode()
        click.echo(
            "IDP_SECRET is not set. Keep this one where your secrets are kept, set it, and run again:\n",
            err=True,
        )
        click.echo(f"IDP_SECRET={secret}")
        raise SystemExit(1)
    with opened(is_new=True) as provider:
        migrate(provider.database)
        made = initialise(provider)
    click.echo(f"database is current; {len(made)} keys made")


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8000, type=PORT, envvar="IDP_PORT", show_default=True, help="Port to listen on."
)
@click.option("--workers", type=click.IntRange(1), help="Processes; as many as there are cores unless told.")
@click.option(
    "--threads", default=THREADS, type=click.IntRange(1), show_default=True, help="Of each process."
)
@click.option("--tls-cert", type=FILE, envvar="IDP_TLS_CERT", help="Certificate chain, PEM.")
@click.option("--tls-key", type=FILE, envvar="IDP_TLS_KEY", help="Its private key, PEM (PKCS#8).")
@click.option("--mtls-port", type=PORT, envvar="IDP_MTLS_PORT", help="Where clients show certificates.")
@click.option("--simulator", is_flag=True, help="For developers: invented people, steered by URL.")
def serve(
    host: str,
    port: int,
    workers: int | None,
    threads: int,
    tls_cert: Path | None,
    tls_key: Path | None,
    mtls_port: int | None,
    *,
    simulator: bool,
) -> None:
    """Serve until stopped. Ctrl-C or SIGTERM lets requests finish.

    A simulator (docs/conformance.md) does not start beside settings of a real provider.
    """
    if simulator:
        for name, value in SIMULATOR.items():
            os.environ.setdefault(name, value)
        os.environ["IDP_IS_SIMULATOR"] = "true"
    if (tls_cert is None) != (tls_key is None):
        raise click.UsageError("--tls-cert and --tls-key go together")
    if mtls_port is not None:
        _ask_for_certificates(mtls_port, port, has_tls=tls_cert is not None)
    with opened() as provider:
        is_simulator = provider.is_simulator
        if lacking := provider.keyring.lacks():
            raise click.ClickException(f"there are no keys for {', '.join(lacking)}: run `idp init`")
    cores = len(os.sched_getaffinity(0))
    serving = Serving(
        host,
        port,
        workers or cores,
        threads,
        tls_cert,
        tls_key,
        mtls_port,
        # Whoever tests a simulator may know of no second address: it asks browsers too (decision 20).
        asks_everywhere=is_simulator and mtls_port is not None,
    )
    run(serving, partial(application, port, threads))


def _ask_for_certificates(mtls_port: int, port: int, *, has_tls: bool) -> None:
    """Have all workers know of it."""
    if not has_tls or mtls_port == port:
        raise click.UsageError(
            "--mtls-port (IDP_MTLS_PORT) needs --tls-cert and --tls-key, and differs from --port"
        )
    os.environ["IDP_MTLS_PORT"] = str(mtls_port)


def application(port: int, threads: int) -> WSGIApplication:
    """What each worker serves."""
    app = begun()
    provider = app.extensions["provider"]
    addresses = Addresses(provider.settings.trusted_proxies)
    served = BodiesFirst(
        app,
        threads,
        provider.database.put_back,
        lambda environ: addresses.of(Request(environ, populate_request=False)),
    )
    served.watch(port)
    return served


def begun() -> Flask:
    """The provider's doors, its log where the settings say; it takes up what earlier processes still owed."""
    settings = load()
    configure_logging(settings.log_file)
    app = create_app(settings)
    app.extensions["provider"].session_room.courier.begin()
    return app
