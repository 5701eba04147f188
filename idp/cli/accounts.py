"""Accounts: open, send-code, show, lock, unlock, raise, lower, mark-deceased.

Arguments can be read by everybody on the host while a command runs: numbers and phones may be given as ``-``.
"""

import sys
from uuid import UUID

import click

from idp.accounts.account import Account, Status
from idp.accounts.application import State, spoken
from idp.accounts.lifecycle import LoweredFor
from idp.assurance import Level
from idp.audit.events import Event
from idp.cli.commands import Commands
from idp.cli.house import opened
from idp.kernel.errors import NotFound
from idp.provider import Provider
from idp.statute.assigned_number import parse_anyones
from idp.statute.law import STATUTE
from idp.statute.rules import Case, LockGround

ACTOR = "cli"


class Private(click.ParamType[str]):
    """Something about a person: itself, or ``-`` for the next line of standard input."""

    name = "text"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value != "-":
            return value
        name = param.human_readable_name if param else ""
        if sys.stdin.isatty():
            return str(click.prompt(name, err=True))
        line = sys.stdin.readline().strip()
        return line or self.fail(f"{name}: standard input has no such line", param, ctx)


NUMBER = click.argument("number", type=Private())
GROUNDS = click.Choice([ground.value for ground in LockGround])
# What an authority decides goes by its own request.
AT_ONCE = click.Choice([ground.value for ground in LockGround if ground is not LockGround.AUTHORITY])


@click.group(
    cls=Commands,
    found_in={
        "idp.cli.lock_requests": ("lock-requests",),
        "idp.cli.corrections": ("corrections",),
        "idp.cli.legacy": ("link-legacy", "unlink-legacy"),
        "idp.cli.wards": ("place-under-guardian", "hand-back"),
    },
)
def accounts() -> None:
    """People's accounts."""


@accounts.command(name="open")
@NUMBER
@click.option("--phone", type=Private(), required=True, help="Where the activation code goes.")
@click.option(
    "--level",
    type=click.Choice([level.value for level in Level]),
    default="01",
    show_default=True,
    help="Of the account.",
)
@click.option("--seen-at", "office", help="For level 02: the office that saw person, card and fingerprints.")
def open_(number: str, phone: str, level: str, office: str | None) -> None:
    """Open a citizen's account, after the population register. The holder activates it at /activate.

    Level 02 is for the first officers, whom no other can attest yet. Others are opened at 01 and raised.
    """
    if (level == Level.TWO.value) != bool(office):
        raise click.UsageError("--level 02 and --seen-at go together")
    with opened() as provider:
        account = provider.enrolment.open_citizen(number, phone, Level(level), ACTOR, office=office or "")
    click.echo(f"{account.id} opened at level {level}; the activation code went to {account.phone_hint}")


@accounts.command(name="send-code")
@NUMBER
def send_code(number: str) -> None:
    """Send an activation code to the phone of an account that was not activated in time, its holder asking.

    Past the law's term, holders get none at /activate any more: they call. Ask who they are first.
    """
    with opened() as provider:
        account = of_number(provider, number)
        provider.enrolment.send_code_for(account.id, ACTOR)
    click.echo(f"{account.id}: a code went to {account.phone_hint}")


@accounts.command()
@NUMBER
def show(number: str) -> None:
    """How an account stands; nothing of what is sealed. Its holder sees that somebody looked."""
    with opened() as provider:
        account = of_number(provider, number)
        provider.audit.record(Event.ACCOUNT_VIEWED, account_id=account.id, actor=ACTOR)
        term = STATUTE.at(provider.clock()).deadline(Case.ACTIVATION, account.opened_at)
    level = account.level.value if account.level else "-"
    more = f"to be activated until {term.due_on}" if account.status == Status.ISSUED else account.lock_ground
    click.echo(
        f"{account.id} {account.kind.value} level {level} {account.status.value} {more or ''}".rstrip()
    )


@accounts.command()
@NUMBER
@click.option(
    "--ground",
    type=AT_ONCE,
    default=LockGround.HOLDER_ASKED.value,
    show_default=True,
    help="Of those that the statute has for this kind of account.",
)
def lock(number: str, ground: str) -> None:
    """Lock an account: its sessions, grants and mandates end in the same transaction.

    What an authority asks for goes by `accounts lock-requests`.
    """
    with opened() as provider:
        account = of_number(provider, number)
        provider.locking.lock(account.id, LockGround(ground), ACTOR)
        provider.notices.send_due()
    click.echo(f"{account.id} locked")


@accounts.command()
@NUMBER
@click.option("--ground", type=GROUNDS, help="Which has ended, where there are several.")
def unlock(number: str, ground: str | None) -> None:
    """End a lock, its ground having gone or its holder asking after checks.

    What it ended stays ended, but for the mandates that the law gives: registers are read again at once.
    """
    with opened() as provider:
        opened_again = provider.locking.unlock(
            of_number(provider, number).id, ACTOR, None if ground is None else LockGround(ground)
        )
        provider.register_reading.catch_up()
        provider.notices.send_due()
        account = provider.accounts.the(opened_again.id)  # a register may have locked it once more
    click.echo(f"{account.id} {account.status.value} {account.lock_ground or ''}".rstrip())


@accounts.command(name="mark-deceased")
@NUMBER
def mark_deceased(number: str) -> None:
    """Lock an account on the ground of death."""
    with opened() as provider:
        account = of_number(provider, number)
        provider.locking.lock(account.id, LockGround.DEATH, ACTOR)
        provider.notices.send_due()
    click.echo(f"{account.id} locked")


@accounts.command()
@NUMBER
@click.option(
    "--reason", type=click.Choice([reason.value for reason in LoweredFor]), required=True, help="Why."
)
def lower(number: str, reason: str) -> None:
    """Take level 02 back: the account has 01 from now on, and its holder is told. `raise` leads up."""
    with opened() as provider:
        account = provider.lifecycle.lower(of_number(provider, number).id, LoweredFor(reason), ACTOR)
        provider.notices.send_due()
    click.echo(f"{account.id} level 01")


@accounts.command(name="raise")
@NUMBER
@click.option("--officer", type=click.UUID, required=True, help="Account id, as `idp officers list` has it.")
@click.option("--card-seen", is_flag=True, help="The card is genuine and the holder's.")
@click.option("--face-compared", is_flag=True, help="The face is that of the card and the register.")
@click.option("--fingerprints-taken", is_flag=True, help="They were taken and agree.")
@click.option("--guardian-present", is_flag=True, help="For a child: the guardian was there and agreed.")
def raise_(number: str, officer: UUID, **seen: bool) -> None:
    """One officer's act towards level 02, the holder being there.

    The statute says how many it takes, and what of: today one for citizens from 14 on, two for foreigners
    and for children. Each officer gives the command once; the last act raises the account.
    """
    with opened() as provider:
        found = frozenset(name for name, is_seen in seen.items() if is_seen)
        application = provider.in_person.attest(of_number(provider, number).id, officer, found)
    reason = f", {application.reason}" if application.reason else ""
    if application.state is State.WAITING_IN_PERSON:
        reason = f": another officer attests it until {application.deadline.due_on}, or it expires"
    if application.state is State.WAITING_CARD:
        reason = f": the register has no valid card yet; it is looked for until {application.deadline.due_on}"
    click.echo(f"{spoken(application.reference)} {application.state.value.replace('_', ' ')}{reason}")
    if application.state is State.REFUSED:
        raise SystemExit(1)


def of_number(provider: Provider, number: str) -> Account:
    """The account of anybody's number, an agency's code too.

    Raises:
        NumberMalformed, NotFound.
    """
    account = provider.accounts.by_number(parse_anyones(number))
    if account is None:
        raise NotFound("account")
    return account
