"""Relying parties: add, list, disable."""

import json
from pathlib import Path

import click
from pydantic import TypeAdapter, ValidationError
from rich.console import Console
from rich.table import Table

from idp.audit.events import Event
from idp.cli.house import opened
from idp.oidc.clients.metadata import ClientMetadata


@click.group()
def clients() -> None:
    """Relying parties."""


@clients.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--id", "client_id", help="Its client_id; made unless told.")
def add(file: Path, client_id: str | None) -> None:
    """Register the relying party that FILE (JSON, RFC 7591 members) describes; its secret is shown once."""
    try:
        details = TypeAdapter(ClientMetadata).validate_json(file.read_bytes())
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
        raise click.ClickException("\n".join(lines)) from None
    with opened() as provider:
        client, secret = provider.clients.register(details, client_id=client_id)
        provider.audit.record(Event.CLIENT_REGISTERED, client_id=client.client_id, actor="cli")
    click.echo(json.dumps({"client_id": client.client_id, "client_secret": secret}, indent=2))


@clients.command(name="list")
def list_() -> None:
    """Every relying party that may sign people in."""
    table = Table("client_id", "name", "domain", "authenticates by", "scope")
    with opened() as provider:
        for client in provider.clients.all():
            details = client.metadata
            method = details.token_endpoint_auth_method
            table.add_row(
                client.client_id, details.name("vi"), details.domain, method, " ".join(details.scope)
            )
    Console().print(table)


@clients.command()
@click.argument("client_id")
def disable(client_id: str) -> None:
    """Stop a relying party: no sign-in, no token, everywhere within five seconds."""
    with opened() as provider:
        if not provider.clients.disable(client_id):
            raise click.ClickException("no such client")
        provider.audit.record(Event.CLIENT_REMOVED, client_id=client_id, actor="cli")
