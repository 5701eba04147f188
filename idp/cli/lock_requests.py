"""What authorities ask: file, forward, decide, list."""

from uuid import UUID

import click

from idp.accounts.lock_requests import LockRequest, Turn
from idp.cli.accounts import NUMBER, of_number
from idp.cli.house import opened

REQUEST = click.argument("request", type=click.UUID)
OFFICER = click.option(
    "--officer", type=click.UUID, required=True, help="Account id, as `idp officers list` has it."
)


@click.group(name="lock-requests")
def lock_requests() -> None:
    """Locks that an authority asks for: one working day to forward, two to decide, by different officers."""


@lock_requests.command()
@NUMBER
@click.option("--authority", required=True, help="Who asks, by its name.")
@click.option("--document", required=True, help="The authority's number for its letter.")
@click.option("--unlock", is_flag=True, help="It asks for the end of the lock.")
@OFFICER
def file(number: str, authority: str, document: str, officer: UUID, *, unlock: bool) -> None:
    """Take an authority's request in."""
    with opened() as provider:
        turn = Turn.UNLOCK if unlock else Turn.LOCK
        account = of_number(provider, number)
        request = provider.lock_requests.file(account.id, turn, authority, document, officer)
    _tell(request)


@lock_requests.command()
@REQUEST
@OFFICER
def forward(request: UUID, officer: UUID) -> None:
    """Pass a request on to whoever decides."""
    with opened() as provider:
        forwarded = provider.lock_requests.forward(request, officer)
    _tell(forwarded)


@lock_requests.command()
@REQUEST
@OFFICER
@click.option("--grant/--refuse", required=True, help="What is decided.")
@click.option("--reason", default="", help="Why it is refused.")
def decide(request: UUID, officer: UUID, reason: str, *, grant: bool) -> None:
    """Decide a request; what is granted is done at once."""
    with opened() as provider:
        account = provider.locking.decide(request, officer, is_granted=grant, reason=reason)
        provider.register_reading.catch_up()
        provider.notices.send_due()
    click.echo(f"{request} {'granted' if grant else 'refused'}: {account.id} {account.status.value}")


@lock_requests.command(name="list")
def list_() -> None:
    """What waits for an officer, oldest first; `late` is past the law's term."""
    with opened() as provider:
        waiting, now = provider.lock_requests.waiting(), provider.clock()
    for request in waiting:
        _tell(request, " late" if request.deadline and request.deadline.has_passed(now) else "")


def _tell(request: LockRequest, late: str = "") -> None:
    deadline = request.deadline
    term = f" due {deadline.due_on} ({deadline.article})" if deadline else ""
    click.echo(f"{request.id} {request.turn.value} {request.stage.value}{term}{late}")
