"""Applications for accounts: resume, overdue."""

from collections import Counter

import click

from idp.accounts.application import State, spoken
from idp.cli.house import opened
from idp.provider import Provider


@click.group()
def enrol() -> None:
    """Applications for accounts."""


@enrol.command()
def resume() -> None:
    """Take up what waits for a register that was silent. `idp sweep` does it too."""
    with opened() as provider:
        tally = resumed(provider)
    click.echo(told(tally) or "nothing waits for a register")


@enrol.command()
def overdue() -> None:
    """List what the law's term has passed over, the latest first."""
    with opened() as provider:
        late = provider.applications.overdue()
    for application in late:
        deadline = application.deadline
        click.echo(
            f"{spoken(application.reference)} {application.case.value} {application.state.value} "
            f"due {deadline.due_on} ({deadline.article})"
        )
    click.echo(f"{len(late)} overdue", err=True)


def resumed(provider: Provider) -> Counter[State]:
    """Take up what waits for a register, of every kind; how many now stand where."""
    return provider.self_enrolment.resume() + provider.in_person.resume()


def told(tally: Counter[State]) -> str:
    """How many applications stand where, in one line; empty where there are none."""
    return ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in sorted(tally.items()))
