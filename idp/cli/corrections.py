"""What holders say is wrong with their identity: list, show, acknowledge, decide."""

from uuid import UUID

import click

from idp.accounts.correction import Correction
from idp.audit.events import Event
from idp.cli.house import opened

CORRECTION = click.argument("correction", type=click.UUID)
OFFICER = click.option(
    "--officer", type=click.UUID, required=True, help="Account id, as `idp officers list` has it."
)


@click.group()
def corrections() -> None:
    """Requests to correct what is kept: two working days to acknowledge, then the law's term to decide."""


@corrections.command(name="list")
def list_() -> None:
    """What waits for an officer, oldest first; `late` is past the law's term. Nothing of what is sealed."""
    with opened() as provider:
        waiting, now = provider.corrections.waiting(), provider.clock()
    for correction in waiting:
        deadline = correction.deadline
        _tell(correction, " late" if deadline and deadline.has_passed(now) else "")


@corrections.command()
@CORRECTION
@OFFICER
def show(correction: UUID, officer: UUID) -> None:
    """What the holder says is right, and why. The holder sees that you looked."""
    with opened() as provider:
        provider.officers.the(officer)
        asked = provider.corrections.find(correction)
        provider.audit.record(
            Event.ACCOUNT_VIEWED, account_id=asked.account_id, actor=str(officer), reason="correction"
        )
    _tell(asked)
    click.echo(f"right: {asked.right}\nreason: {asked.reason}")


@corrections.command()
@CORRECTION
@OFFICER
def acknowledge(correction: UUID, officer: UUID) -> None:
    """Tell the holder that the request was received."""
    with opened() as provider:
        asked = provider.corrections.acknowledge(correction, officer)
        provider.notices.send_due()
    _tell(asked)


@corrections.command()
@CORRECTION
@OFFICER
@click.option("--register-corrected/--refuse", "is_corrected", required=True, help="What is decided.")
@click.option("--reason", default="", help="What the holder is told; needed to refuse.")
def decide(correction: UUID, officer: UUID, reason: str, *, is_corrected: bool) -> None:
    """Decide a request. Corrected is the register, which is then read again; nothing is changed by hand."""
    with opened() as provider:
        asked = provider.corrections.decide(correction, officer, is_corrected=is_corrected, answer=reason)
        if is_corrected:
            provider.register_reading.catch_up()
        provider.notices.send_due()
    _tell(asked)


def _tell(correction: Correction, late: str = "") -> None:
    deadline = correction.deadline
    term = f" due {deadline.due_on} ({deadline.article})" if deadline else ""
    click.echo(f"{correction.id} {correction.member} {correction.stage.value}{term}{late}")
