"""What the register says of guardians, once a dependant has an account: mandates follow it."""

from collections.abc import Set
from datetime import timedelta
from uuid import UUID

from idp.accounts.account import Account
from idp.accounts.delegation import AgentUnfit, Wish
from idp.accounts.former_numbers import FormerNumbers
from idp.accounts.guardianship import guardians_of, guardianship_ends_at, is_childs
from idp.accounts.mandate import Role
from idp.accounts.mandates import Mandates
from idp.accounts.notices import Notices
from idp.accounts.owed_readings import OwedReadings
from idp.kernel.clock import Clock
from idp.kernel.errors import NotFound
from idp.registers.register import CitizenRecord, ForeignerRecord
from idp.statute.ages import day_in_vietnam

# A guardian who cannot act yet is looked at again after this.
PATIENCE = timedelta(days=1)


class Guardians:
    """Ends the mandates of who is guardian no more, and sees that a dependant has somebody who acts."""

    def __init__(
        self, former: FormerNumbers, mandates: Mandates, notices: Notices, owed: OwedReadings, clock: Clock
    ) -> None:
        self._former = former
        self._mandates = mandates
        self._notices = notices
        self._owed = owed
        self._clock = clock

    def follow(self, account: Account, record: CitizenRecord | ForeignerRecord, actor: str) -> None:
        """Let the mandates be as the register has it. Within a transaction; the account is held.

        Whom the register adds beside a guardian who stays files for themself; who takes the place of
        another, or whose mandate fell with a lock, need not.
        """
        named = guardians_of(record, day_in_vietnam(self._clock()))
        held = {
            mandate.agent_id: mandate
            for mandate in self._mandates.of_principal(account.id)
            if mandate.role is Role.GUARDIAN
        }
        if not named and not held:
            return
        found = (self._former.holder(number) for number in named)
        now = {each.id for each in found if each is not None}
        for agent_id in sorted(held.keys() - now):
            self._mandates.revoke(held[agent_id].id, None, actor)
            self._notices.owe(agent_id, "mandate_ended")
        due = self._due(account, held.keys(), now)
        acting = (held.keys() & now) | {
            each for each in sorted(due) if self._appointed(account, record, each, actor)
        }
        if named and not acting:
            self._owed.owe(account.id, self._clock() + PATIENCE)

    def _due(self, account: Account, held: Set[UUID], now: Set[UUID]) -> Set[UUID]:
        """Who is to be given the mandate: all who are named, where others acted until now or nobody does."""
        if held - now or (not held and is_childs(account, self._clock())):
            return now - held
        return {each for each in now - held if account.id in self._mandates.lost_by_lock(each)}

    def _appointed(
        self, account: Account, record: CitizenRecord | ForeignerRecord, agent_id: UUID, actor: str
    ) -> bool:
        ends_at = guardianship_ends_at(record.birth_date, self._clock())
        wish = Wish(agent_id=agent_id, role=Role.GUARDIAN, ends_at=ends_at)
        try:
            self._mandates.appoint(account.id, wish, actor)
        except (AgentUnfit, NotFound):  # not found: the dependant's account is locked
            return False
        self._notices.owe(agent_id, "mandate_received")
        return True
