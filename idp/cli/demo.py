"""The demonstration: demo, code."""

from pathlib import Path

import click

from idp.demo.code import current_code
from idp.demo.run import demonstrate, port_for_certificates
from idp.demo.show import Show

# The portal has the next one unless told otherwise.
PORT = click.IntRange(1, 65534)
DATA = click.option(
    "--data",
    default=Path("var"),
    type=click.Path(file_okay=False, path_type=Path),
    show_default=True,
    help="Its folder.",
)


@click.command()
@click.option("--port", default=8000, type=PORT, show_default=True, help="The provider's port.")
@click.option("--portal-port", type=PORT, help="The portal's port; the next one unless told.")
@click.option("--no-portal", is_flag=True, help="The provider alone.")
@DATA
@click.option("--tls", is_flag=True, help="https, with a certificate made on the spot.")
@click.option("--mtls-port", type=PORT, help="With --tls: where clients show certificates.")
@click.option(
    "--workers", default=1, type=click.IntRange(1), show_default=True, help="Processes of the provider."
)
@click.option("--strict", is_flag=True, help="Under production's rules: no simulator.")
def demo(
    port: int,
    portal_port: int | None,
    no_portal: bool,
    data: Path,
    tls: bool,
    mtls_port: int | None,
    workers: int,
    strict: bool,
) -> None:
    """Show it all: sample people, sample relying parties, everything started. Not for real use.

    The provider is a simulator unless told otherwise: docs/conformance.md.
    """
    portal = None if no_portal else portal_port or port + 1
    if portal == port:
        raise click.UsageError("--port and --portal-port must differ")
    if mtls_port is not None and (not tls or mtls_port in (port, portal)):
        raise click.UsageError("--mtls-port needs --tls, and differs from the other ports")
    demonstrate(
        Show(
            data=data.absolute(),
            port=port,
            portal_port=portal,
            is_tls=tls,
            workers=workers,
            is_strict=strict,
            mtls_port=(mtls_port or port_for_certificates(port, portal)) if tls else None,
        )
    )


@click.command()
@click.argument("name")
@DATA
def code(name: str, data: Path) -> None:
    """Print the one-time code of a sample person: their app's, or of who has none, the last by SMS."""
    shown, seconds = current_code(data.absolute(), name)
    click.echo(shown)
    if seconds is not None:
        click.echo(f"for {seconds} s more", err=True)
