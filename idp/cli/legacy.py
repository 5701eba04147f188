"""Old identifiers of portals: link a file of them, take a wrong one back."""

from pathlib import Path
from typing import TextIO

import click

from idp.cli.accounts import ACTOR, Private
from idp.cli.house import opened
from idp.cli.importing import FILE, REFUSED, bar, tell


@click.command(name="link-legacy")
@FILE
@REFUSED
def link_legacy(file: Path, refused: TextIO | None) -> None:
    """Link portals' old identifiers to accounts: CSV in UTF-8 with columns sector, legacy_id, number.

    SECTOR is a client_id, or the host that the clients of a sector share. Every good row is taken; run again,
    it continues where it broke off.
    """
    with opened() as provider:
        with bar(file) as progress:
            sectors = provider.clients.sectors()
            report = provider.legacy_links.import_csv(file, sectors, progress, ACTOR)
        tell(report, refused)


@click.command(name="unlink-legacy")
@click.argument("sector")
@click.argument("legacy_id", type=Private())
def unlink_legacy(sector: str, legacy_id: str) -> None:
    """Take a wrong link back; `-` reads the identifier from standard input."""
    with opened() as provider:
        within = provider.clients.sectors().get(sector, sector)
        account_id = provider.legacy_links.unlink(within, legacy_id, ACTOR)
    click.echo(f"{account_id} unlinked")
