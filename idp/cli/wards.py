"""What an office does with accounts of adults under guardianship: place-under-guardian, hand-back."""

from uuid import UUID

import click

from idp.accounts.application import Application, State, spoken
from idp.cli.accounts import NUMBER, Private, of_number
from idp.cli.house import opened
from idp.cli.lock_requests import OFFICER


@click.command(name="place-under-guardian")
@NUMBER
@click.option("--guardian", type=Private(), required=True, help="The guardian's number.")
@OFFICER
@click.option(
    "--decision-seen",
    is_flag=True,
    help="A court's, in force: this guardian acts for the ward in everything.",
)
@click.option("--guardian-present", is_flag=True, help="The guardian was there, with their card.")
def place_under_guardian(number: str, guardian: str, officer: UUID, **seen: bool) -> None:
    """One officer's act towards passing an adult's own account to the guardian whom a court named.

    The population register has to have both as the decision does. The last officer's act ends the holder's
    own way in, their sessions and mandates; their phone is told.
    """
    with opened() as provider:
        account, other = of_number(provider, number), of_number(provider, guardian)
        application = provider.wards.place(account.id, other.id, officer, _seen(seen))
        provider.notices.send_due()
    _tell(application)


@click.command(name="hand-back")
@NUMBER
@click.option("--phone", type=Private(), required=True, help="The holder's own, where the code goes.")
@OFFICER
@click.option("--card-seen", is_flag=True, help="The card is genuine and the holder's.")
@click.option("--face-compared", is_flag=True, help="The face is that of the card and the register.")
def hand_back(number: str, phone: str, officer: UUID, **seen: bool) -> None:
    """One officer's act towards giving an account that guardians used to its holder, who acts alone now.

    The last officer's act sends the holder a code, by which they activate the account anew at level 01.
    """
    with opened() as provider:
        account = of_number(provider, number)
        application = provider.wards.give_back(account.id, phone, officer, _seen(seen))
        provider.notices.send_due()
    _tell(application)


def _seen(given: dict[str, bool]) -> frozenset[str]:
    return frozenset(name for name, is_seen in given.items() if is_seen)


def _tell(application: Application) -> None:
    waits = f": another officer attests it until {application.deadline.due_on}"
    more = waits if application.state is State.WAITING_IN_PERSON else ""
    click.echo(f"{spoken(application.reference)} {application.state.value.replace('_', ' ')}{more}")
