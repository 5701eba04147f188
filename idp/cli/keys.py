"""Keys that sign, and keys that others encrypt to: init, list, rotate, retire."""

import click
from rich.console import Console
from rich.table import Table

from idp.audit.events import Event
from idp.cli.house import opened
from idp.keyring.key_store import StoredKey
from idp.keyring.keyring import OPENING, SIGNING
from idp.provider import Provider

ALGORITHMS = (*SIGNING, *OPENING)


@click.group()
def keys() -> None:
    """Keys that sign, and keys that others encrypt to."""


@keys.command()
def init() -> None:
    """Make the current and the next key of every algorithm that lacks one."""
    with opened() as provider:
        made = initialise(provider)
    click.echo(f"{len(made)} made")


@keys.command(name="list")
def list_() -> None:
    """Every key, with its state. Never the key itself."""
    table = Table("kid", "alg", "state", "created", "activated", "retired")
    with opened() as provider:
        for key in provider.keyring.list():
            moments = (key.created_at, key.activated_at, key.retired_at)
            told = (moment.isoformat(timespec="seconds") if moment else "" for moment in moments)
            table.add_row(key.kid, key.alg, key.state.value, *told)
    Console().print(table)


@keys.command()
@click.option("--alg", type=click.Choice(ALGORITHMS), help="One algorithm; all unless told.")
@click.option("--force", is_flag=True, help="Even if the next key was published less than 24 hours ago.")
def rotate(alg: str | None, force: bool) -> None:
    """The next key is used from now on; the current one retires; a new next one is made."""
    with opened() as provider:
        current = provider.keyring.rotate(alg, force=force)
        _record(provider, Event.KEY_ROTATED, current)
    for key in current:
        click.echo(f"{key.alg} {key.kid} is current")


@keys.command()
@click.argument("kid", required=False)
@click.option("--force", is_flag=True, help="A retired key that may still be needed: what it signed dies.")
def retire(kid: str | None, force: bool) -> None:
    """Destroy a retired key, or all that nothing unexpired is signed with or encrypted to."""
    with opened() as provider:
        dropped = provider.keyring.retire(kid, force=force)
        _record(provider, Event.KEY_RETIRED, dropped)
    click.echo(f"{len(dropped)} destroyed")


def initialise(provider: Provider) -> tuple[StoredKey, ...]:
    """Make the keys that are missing, and an audit event of each."""
    made = provider.keyring.initialise()
    _record(provider, Event.KEY_CREATED, made)
    return made


def _record(provider: Provider, event: Event, keys_: tuple[StoredKey, ...]) -> None:
    for key in keys_:
        provider.audit.record(event, kid=key.kid, alg=key.alg, actor="cli")
