"""Officers: appoint, end, list."""

from uuid import UUID

import click

from idp.accounts.citizen import parse_number
from idp.cli.accounts import ACTOR, NUMBER
from idp.cli.house import opened
from idp.kernel.errors import NotFound


@click.group()
def officers() -> None:
    """Who may attest what they saw of others."""


@officers.command()
@NUMBER
@click.option("--office", required=True, help="In whose name, as relying parties may be told.")
def appoint(number: str, office: str) -> None:
    """Let the holder of an active account of level 02 attest for an office."""
    with opened() as provider:
        account = provider.accounts.by_number(parse_number(number).digits)
        if account is None:
            raise NotFound("account")
        officer = provider.officers.appoint(account.id, office, ACTOR)
    click.echo(f"{officer.account_id} {officer.office}")


@officers.command()
@click.argument("officer", type=click.UUID)
def end(officer: UUID) -> None:
    """Let somebody attest no more."""
    with opened() as provider:
        provider.officers.end(officer, ACTOR)
    click.echo(f"{officer} ended")


@officers.command(name="list")
def list_() -> None:
    """Those who are appointed."""
    with opened() as provider:
        for officer in provider.officers.serving():
            click.echo(f"{officer.account_id} {officer.office}")
