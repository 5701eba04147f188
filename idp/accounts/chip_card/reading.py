"""A holder's chip, read and kept as evidence of their account."""

from uuid import UUID

from idp.accounts.account import Account, Accounts
from idp.accounts.chip_card.passive import Chip, Genuine, authenticate
from idp.accounts.chip_card.refusal import ChipRefused, Flaw
from idp.accounts.chip_card.trust_store import TrustStore
from idp.accounts.citizen import Citizen
from idp.accounts.evidence import Evidence, EvidenceKind, EvidenceRecords
from idp.accounts.foreigner import Foreigner
from idp.accounts.matching import zone_fits
from idp.kernel.clock import Clock
from idp.kernel.ids import new_id
from idp.statute.ages import day_in_vietnam

VIET_NAM = "VNM"
ARTICLE = "69/2024 Art. 10.1"


class ChipReadings:
    """Holds chips to their states and to their holders."""

    def __init__(
        self, accounts: Accounts, evidence: EvidenceRecords, trust: TrustStore, clock: Clock
    ) -> None:
        self._accounts = accounts
        self._evidence = evidence
        self._trust = trust
        self._clock = clock

    def add(self, account_id: UUID, chip: Chip, by: str) -> Evidence:
        """Keep as evidence that a genuine chip of this account's holder was read.

        The level stays: a chip's data can be copied, and nobody saw who held it.

        Args:
            by: who read it: an account's id, or ``cli``.

        Raises:
            ChipRefused: nothing is kept.
            NotFound: there is no such account.
        """
        account = self._accounts.the(account_id)
        now = self._clock()
        genuine = authenticate(chip, self._trust, now)
        if genuine.zone.is_expired(day_in_vietnam(now)):
            raise ChipRefused(Flaw.EXPIRED)
        if not is_of_holder(genuine, account):
            raise ChipRefused(Flaw.HOLDER)
        made = Evidence(
            id=new_id(),
            account_id=account.id,
            kind=EvidenceKind.CHIP_CARD,
            at=now,
            source=genuine.zone.issuer,
            document="idcard" if isinstance(account.identity, Citizen) else "passport",
            officer=by,
            facts=("chip_verified", *(f"data_group_{number}" for number in genuine.data_groups)),
            article=ARTICLE,
        )
        self._evidence.add(made)
        return made


def is_of_holder(genuine: Genuine, account: Account) -> bool:
    """Whether the chip's zone is that of the account's holder. Pure."""
    identity, zone = account.identity, genuine.zone
    if not isinstance(identity, Citizen | Foreigner):
        return False
    if zone.birth_date != identity.birth_date or zone.sex not in (None, identity.sex):
        return False
    if not zone_fits(identity.name, zone.surname, zone.given_names, len(genuine.zone_text)):
        return False
    if isinstance(identity, Citizen):
        return zone.issuer == VIET_NAM and genuine.personal_number == account.number
    return zone.number == identity.document_number
