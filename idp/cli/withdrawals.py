"""Consents that were taken back: which clients still have to act on it, and that they did."""

from uuid import UUID

import click

from idp.cli.house import opened

ACTOR = "cli"


@click.group()
def withdrawals() -> None:
    """What people took back: clients have the law's term to stop using what they have."""


@withdrawals.command(name="list")
def list_() -> None:
    """What is not confirmed yet, soonest due first; `late` is past the law's term."""
    with opened() as provider:
        waiting, now = provider.consents.unconfirmed(), provider.clock()
    for record in waiting:
        if record.due_at is not None:
            late = " late" if now >= record.due_at else ""
            term = f"due {record.due_at.isoformat()} ({record.article})"
            click.echo(f"{record.id} {record.consent.client_id} {term}{late}")


@withdrawals.command()
@click.argument("consent", type=click.UUID)
def confirm(consent: UUID) -> None:
    """A client has said that it no longer uses what it was allowed; its holder sees it."""
    with opened() as provider:
        record = provider.consents.confirm(consent, ACTOR)
    click.echo(f"{record.id} {record.consent.client_id} confirmed")
