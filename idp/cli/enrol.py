"""Applications for accounts: waiting, resume, overdue; chips of cards."""

from collections import Counter
from pathlib import Path

import click

from idp.accounts.application import WAITING, Application, State, spoken
from idp.accounts.chip_card.passive import Chip
from idp.cli.accounts import ACTOR, NUMBER, of_number
from idp.cli.commands import Commands
from idp.cli.house import opened
from idp.provider import Provider

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group(cls=Commands, found_in={"idp.cli.organisations": ("organisations",)})
def enrol() -> None:
    """Applications for accounts."""


@enrol.command()
def waiting() -> None:
    """List what waits for a register, for people or for an officer: until when, and by which article."""
    with opened() as provider:
        for state in sorted(WAITING):
            for application in provider.applications.all_standing(state):
                click.echo(_line(application))


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
        click.echo(_line(application))
    click.echo(f"{len(late)} overdue", err=True)


@enrol.command()
@NUMBER
@click.option("--sod", type=FILE, required=True, help="EF.SOD, as it was read.")
@click.option(
    "--data-group", "groups", type=(click.IntRange(1, 16), FILE), multiple=True, help="As `1 FILE`."
)
def chip(number: str, sod: Path, groups: tuple[tuple[int, Path], ...]) -> None:
    """Keep as evidence that the chip of a holder's card or passport is genuine (ICAO Doc 9303 part 11)."""
    read = Chip(
        security_object=sod.read_bytes(), data_groups={name: file.read_bytes() for name, file in groups}
    )
    with opened() as provider:
        account = of_number(provider, number)
        made = provider.chip_readings.add(account.id, read, ACTOR)
    click.echo(f"{made.document} of {made.source}: {' '.join(made.facts)}")


def resumed(provider: Provider) -> Counter[State]:
    """Take up what waits for a register, of every kind; how many now stand where."""
    return (
        provider.self_enrolment.resume()
        + provider.guardian_enrolment.resume()
        + provider.in_person.resume()
        + provider.organisation_steps.resume()
    )


def _line(application: Application) -> str:
    deadline = application.deadline
    return (
        f"{spoken(application.reference)} {application.case.value} {application.state.value} "
        f"due {deadline.due_on} ({deadline.article})"
    )


def told(tally: Counter[State]) -> str:
    """How many applications stand where, in one line; empty where there are none."""
    return ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in sorted(tally.items()))
