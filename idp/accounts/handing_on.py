"""A person gives a mandate to somebody whom they name: by number and name, as both stand on the card."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from idp.accounts.account import Accounts
from idp.accounts.delegation import AGENTS_ACCOUNT, AgentUnfit, Wish
from idp.accounts.mandate import Mandate
from idp.accounts.mandates import Mandates
from idp.accounts.matching import same_name
from idp.kernel.errors import TooManyAttempts
from idp.kernel.ids import new_id
from idp.storage.ephemeral import Ephemeral, Space

WINDOW = timedelta(hours=1)
TRIES = 20
NOBODY = new_id()  # stands in a wish until its agent is found


class HandingOn:
    """Finds the agent and gives the mandate. Nobody learns by it who has an account, or under which name."""

    def __init__(self, accounts: Accounts, mandates: Mandates, ephemeral: Ephemeral) -> None:
        self._accounts = accounts
        self._mandates = mandates
        self._ephemeral = ephemeral

    def give(self, giver_id: UUID, under: UUID, number: str, name: str, wish: Wish) -> Mandate:
        """As ``Mandates.grant``; the wish's own agent is not looked at.

        Args:
            number: digits only.

        Raises:
            TooManyAttempts: this giver has named people too often within an hour.
            AgentUnfit: nobody of this number and name may act for others; in the same words for every reason.
            MandateRefused: as ``Mandates.grant``.
        """
        if self._ephemeral.increment(Space.ATTEMPTS, f"mandate:{giver_id}", WINDOW) > TRIES:
            raise TooManyAttempts(WINDOW)
        account = self._accounts.by_number(number)
        if account is None or not same_name(account.identity.name, name):
            raise AgentUnfit("", AGENTS_ACCOUNT)
        return self._mandates.grant(giver_id, under, replace(wish, agent_id=account.id))
