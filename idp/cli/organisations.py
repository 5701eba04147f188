"""Organisations that the register cannot speak for: list, show, attest, refuse."""

import json
from datetime import datetime
from uuid import UUID

import click

from idp.accounts.application import Application, spoken
from idp.accounts.founding import Founding
from idp.accounts.organisation_attesting import REFUSALS
from idp.cli.house import opened
from idp.cli.lock_requests import OFFICER

APPLICATION = click.argument("application", type=click.UUID)
SEEN = ("registration_seen", "authority_seen")


@click.group()
def organisations() -> None:
    """Applications of organisations that wait for officers, who see the papers (TK02)."""


@organisations.command(name="list")
def list_() -> None:
    """What waits for officers, oldest first; `late` is past the law's term."""
    with opened() as provider:
        waiting, now = provider.organisation_attesting.waiting(), provider.clock()
    for application in waiting:
        _tell(application, " late" if application.is_overdue(now) else "")


@organisations.command()
@APPLICATION
def show(application: UUID) -> None:
    """What was filed, and what officers have seen so far: for whoever has the papers in hand."""
    with opened() as provider:
        found = provider.organisation_attesting.the(application)
        filer = provider.accounts.the(found.applicant_id) if found.applicant_id else None
    _tell(found)
    details = found.details
    click.echo(f"code {found.number or '-'}")
    click.echo(f"filed by {filer.identity.name if filer else '-'} as {details.get('role', '-')}")
    if "ends_at" in details:
        click.echo(f"until {datetime.fromisoformat(details['ends_at']).isoformat()}")
    for name, value in json.loads(details.get("founding", "{}")).items():
        click.echo(f"{name} {value}")
    for officer, (office, at) in json.loads(details.get("acts", "{}")).items():
        click.echo(f"seen by {officer} ({office}) at {at}")


@organisations.command()
@APPLICATION
@OFFICER
@click.option("--seen", multiple=True, type=click.Choice(SEEN), help="What was seen; each is needed.")
@click.option("--name", help="As the founding papers have it, where no register knows the organisation.")
@click.option("--established", type=click.DateTime(["%Y-%m-%d"]), help="Day of establishment.")
@click.option("--head-office", help="In one line.")
def attest(
    application: UUID,
    officer: UUID,
    seen: tuple[str, ...],
    name: str | None,
    established: datetime | None,
    head_office: str | None,
) -> None:
    """One officer has seen the papers; when enough have, the account is opened."""
    founding = None
    if name and established and head_office:
        founding = Founding(name=name, established_on=established.date(), head_office=head_office)
    with opened() as provider:
        stands = provider.organisation_attesting.attest(application, officer, frozenset(seen), founding)
        provider.notices.send_due()
    _tell(stands)


@organisations.command()
@APPLICATION
@OFFICER
@click.option("--reason", type=click.Choice(REFUSALS), required=True, help="What the applicant is told.")
def refuse(application: UUID, officer: UUID, reason: str) -> None:
    """The papers do not do."""
    with opened() as provider:
        stands = provider.organisation_attesting.refuse(application, officer, reason)
        provider.notices.send_due()
    _tell(stands)


def _tell(application: Application, late: str = "") -> None:
    deadline = application.deadline
    term = "" if application.is_decided else f" due {deadline.due_on} ({deadline.article})"
    click.echo(
        f"{application.id} {spoken(application.reference)} {application.case.value} "
        f"{application.state.value}{term}{late}"
    )
