"""Starting and keeping the provider: init, serve, demo, sweep."""

import base64
import os
import secrets
from pathlib import Path

import click

from idp.cli.house import opened
from idp.demo.run import Demonstration, demonstrate
from idp.migrations import is_current, migrate
from idp.serving import Serving, run
from idp.settings import load
from idp.storage.sweep import sweep as sweep_ephemeral


@click.command()
def init() -> None:
    """Create or update the database and make the signing keys. Safe to run again.

    Without IDP_SECRET it only makes one and tells what to do with it.
    """
    if not os.environ.get("IDP_SECRET"):
        secret = base64.urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b"=").decode()
        click.echo(
            "IDP_SECRET is not set. Keep this one where your secrets are kept, set it, and run again:\n"
        )
        click.echo(f"IDP_SECRET={secret}")
        raise SystemExit(1)
    settings = load()
    if settings.database_url.startswith("sqlite:///"):
        Path(settings.database_url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    with opened() as provider:
        migrate(provider.database)
        made = provider.keyring.initialise()
    click.echo(f"database is current; {len(made)} signing keys made")


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, help="Port to listen on.")
@click.option("--workers", default=None, type=int, help="Processes; as many as there are cores unless told.")
@click.option("--threads", default=8, show_default=True, help="Threads of each process.")
@click.option("--tls-cert", type=click.Path(exists=True, path_type=Path), help="Certificate chain, PEM.")
@click.option("--tls-key", type=click.Path(exists=True, path_type=Path), help="Private key, PEM.")
def serve(
    host: str, port: int, workers: int | None, threads: int, tls_cert: Path | None, tls_key: Path | None
) -> None:
    """Serve until stopped. Ctrl-C or SIGTERM lets requests finish."""
    if (tls_cert is None) != (tls_key is None):
        raise click.UsageError("--tls-cert and --tls-key go together")
    with opened() as provider:
        if not is_current(provider.database):
            raise click.ClickException("the database is not current: run `idp init`")
        if not provider.keyring.list():
            raise click.ClickException("there are no signing keys: run `idp init`")
    run(Serving(host, port, workers or len(os.sched_getaffinity(0)), threads, tls_cert, tls_key))


@click.command()
@click.option("--port", default=8000, show_default=True, help="The provider's port.")
@click.option("--portal-port", default=None, type=int, help="The portal's port; the next one unless told.")
@click.option("--no-portal", is_flag=True, help="The provider alone.")
@click.option(
    "--data", default=Path("var"), type=click.Path(path_type=Path), show_default=True, help="Its folder."
)
@click.option("--tls", is_flag=True, help="https, with a certificate made on the spot.")
@click.option("--workers", default=1, show_default=True, help="Processes of the provider.")
def demo(port: int, portal_port: int | None, no_portal: bool, data: Path, tls: bool, workers: int) -> None:
    """Show it all: sample people, sample relying parties, everything started. Not for real use."""
    portal = None if no_portal else portal_port or port + 1
    demonstrate(
        Demonstration(data=data.absolute(), port=port, portal_port=portal, is_tls=tls, workers=workers)
    )


@click.command()
def sweep() -> None:
    """Remove short-lived state whose time is over. For a timer, every few minutes."""
    with opened() as provider:
        database = provider.ephemeral_database
        removed = sweep_ephemeral(database, provider.clock()) if database is not None else 0
    click.echo(f"{removed} removed")
