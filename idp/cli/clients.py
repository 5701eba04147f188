"""Relying parties: add, invite, list, disable, see how they were told of sign-outs."""

import json
from dataclasses import fields
from datetime import timedelta
from pathlib import Path

import click
from pydantic import TypeAdapter, ValidationError
from rich.console import Console
from rich.table import Table

from idp.audit.events import Event
from idp.cli.commands import Commands
from idp.cli.house import opened
from idp.oidc.clients.metadata import ClientMetadata
from idp.oidc.clients.registration import USUAL_SCOPE


@click.group(cls=Commands, found_in={"idp.cli.withdrawals": ("withdrawals",)})
def clients() -> None:
    """Relying parties."""


@clients.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--id", "client_id", help="Its client_id; made unless told.")
def add(file: Path, client_id: str | None) -> None:
    """Register the relying party that FILE (JSON, RFC 7591 members) describes; its secret is shown once."""
    details = read_registration(file)
    with opened() as provider, provider.database.transaction():
        if client_id is not None and provider.clients.is_known(client_id):
            raise click.ClickException(f"there is, or was, a client {client_id}")
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
    with opened() as provider, provider.database.transaction():
        if not provider.clients.disable(client_id):
            raise click.ClickException(f"no client {client_id} that may sign people in")
        provider.audit.record(Event.CLIENT_REMOVED, client_id=client_id, actor="cli")


@clients.command()
@click.option("--uses", type=click.IntRange(1, 1000), default=1, show_default=True, help="Registrations.")
@click.option("--days", type=click.IntRange(1, 365), default=7, show_default=True, help="Until it expires.")
@click.option("--scope", default=" ".join(USUAL_SCOPE), show_default=True, help="All they may ask for.")
def token(uses: int, days: int, scope: str) -> None:
    """An initial access token: leave to register at /register (RFC 7591). It is shown once."""
    with opened() as provider, provider.database.transaction():
        made = provider.invitations.issue(tuple(scope.split()), uses, timedelta(days=days))
        provider.audit.record(Event.CLIENT_INVITED, count=uses, scope=scope, actor="cli")
    click.echo(made)


@clients.command()
@click.argument("client_id", required=False)
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="The newest.")
def deliveries(client_id: str | None, limit: int) -> None:
    """The ledger of back-channel logout: who was told of ended sessions, and with what answer."""
    table = Table()
    for heading in ("since", "client_id", "session", "state", "tries", "answer", "next try"):
        table.add_column(heading, overflow="fold")
    with opened() as provider:
        for delivery in provider.session_room.deliveries.recent(limit, client_id):
            table.add_row(
                f"{delivery.created_at:%Y-%m-%d %H:%M:%SZ}",
                delivery.client_id,
                str(delivery.session_id),
                delivery.state.value,
                str(delivery.tries),
                delivery.answer or "",
                f"{delivery.next_at:%Y-%m-%d %H:%M:%SZ}" if delivery.next_at else "",
            )
    Console().print(table)


def read_registration(file: Path) -> ClientMetadata:
    """What the file says; a member we do not know is a typing error, and refused as one."""
    try:
        members = json.loads(file.read_bytes())
        unknown = set(members) - {field.name for field in fields(ClientMetadata)}
        if unknown:
            raise click.ClickException(f"unknown: {', '.join(sorted(unknown))}")
        if isinstance(members.get("scope"), str):  # as RFC 7591 §2 writes it
            members["scope"] = members["scope"].split()
        return TypeAdapter(ClientMetadata).validate_python(members, strict=False)
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
        raise click.ClickException("\n".join(lines)) from None
    except (ValueError, TypeError, AttributeError):
        raise click.ClickException(f"{file}: not one JSON object") from None
