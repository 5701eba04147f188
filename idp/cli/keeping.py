"""What keeps the provider by a timer: sweep, deliver-logouts."""

from collections import Counter

import click

from idp.cli import enrol
from idp.cli.house import opened
from idp.oidc.sessions.deliveries import DeliveryState
from idp.storage.sweep import sweep as sweep_ephemeral


@click.command()
def sweep() -> None:
    """Remove state whose time is over, and try again what is due. For a timer, every few minutes."""
    with opened() as provider:
        database = provider.ephemeral_database
        removed = sweep_ephemeral(database, provider.clock()) if database is not None else 0
        for room in (
            provider.grants,
            provider.sessions,
            provider.invitations,
            provider.session_room.deliveries,
            provider.reads,
        ):
            removed += room.forget()
        tally = provider.session_room.back_channel.deliver_due()
        expired = provider.in_person.expire() + provider.wards.acts.expire()
        provider.guardianship_end.tell()
        told = provider.notices.send_due()
        removed += provider.notices.forget()
        resumed = enrol.resumed(provider)
    click.echo(f"{removed} removed")
    if tally:
        click.echo(_told(tally))
    if told:
        click.echo(f"notices: {told} sent")
    if resumed:
        click.echo(f"applications: {enrol.told(resumed)}")
    if expired:
        click.echo(f"{expired} applications expired")


@click.command()
def deliver_logouts() -> None:
    """Tell clients of ended sessions, where that is due: the tries that failed, and what a crash left."""
    with opened() as provider:
        tally = provider.session_room.back_channel.deliver_due()
    click.echo(_told(tally))


def _told(tally: Counter[DeliveryState]) -> str:
    counted = ", ".join(f"{tally[state]} {state.replace('_', ' ')}" for state in DeliveryState)
    return f"logouts: {counted}"
