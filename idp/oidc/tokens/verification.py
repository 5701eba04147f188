"""How an account's holder was identified, as the account and its level say it; nothing is made up."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from idp.accounts.account import Account
from idp.accounts.claims import claims as claims_of
from idp.accounts.kinds import Kind
from idp.assurance import Level
from idp.kernel.clock import Clock
from idp.oidc.clients.client import Client
from idp.oidc.tokens.fitting import answer
from idp.oidc.tokens.grant import Grant
from idp.oidc.tokens.subject import Subjects
from idp.oidc.tokens.verified_claims import PROVABLE, PROVEN, TRUST_FRAMEWORK, from_text
from idp.statute.ages import day_in_vietnam

# Words of the eKYC and Identity Assurance working group's list of identifiers.
RECORD = "population_register"
DOCUMENT = "idcard"
DATA = "data"  # the claims agree with those of the record
CARD_INSPECTED = "vpip"  # the card was found genuine, in person
HOLDER_SEEN = "pvp"  # an officer compared the holder with the card's image, in person

# For discovery (IDA §8).
METADATA: dict[str, object] = {
    "verified_claims_supported": True,
    "trust_frameworks_supported": [TRUST_FRAMEWORK],
    "evidence_supported": ["electronic_record", "document"],
    "electronic_records_supported": [RECORD],
    "documents_supported": [DOCUMENT],
    "documents_check_methods_supported": [CARD_INSPECTED, HOLDER_SEEN],
    "claims_in_verified_claims_supported": list(PROVABLE),
}


def is_provable(account: Account) -> bool:
    """Only citizens are held against a register so far."""
    return account.kind == Kind.CITIZEN and account.level is not None


def proven_too(account: Account, available: Mapping[str, object]) -> dict[str, object]:
    """An account's claims, with those that it can prove once more under the names for that."""
    proven = PROVABLE if is_provable(account) else ()
    return {**available, **{PROVEN + name: available[name] for name in proven if name in available}}


def verification(account: Account, source: str, process: str) -> dict[str, Any] | None:
    """All that can be said of how the holder was identified (Identity Assurance Schema §5.4).

    ``None`` where nothing can. Times are those of the opening, when the register was asked: level 02 may
    have come later, so the evidence for it has no time, and ``max_age`` counts from the earlier day.

    Args:
        source: which register it was.
        process: what this check is called towards this client.
    """
    if not is_provable(account) or account.level is None:
        return None
    opened = _written(account.opened_at)
    evidence: list[dict[str, Any]] = [
        {
            "type": "electronic_record",
            "check_details": [{"check_method": DATA}],
            "time": opened,
            "record": {"type": RECORD, "source": {"name": source, "country_code": "VNM"}},
        }
    ]
    if account.level == Level.TWO:
        # Level 02 is given only where somebody saw the person with the card (Decree 69/2024 Art. 10).
        evidence.append(
            {
                "type": "document",
                "check_details": [{"check_method": CARD_INSPECTED}, {"check_method": HOLDER_SEEN}],
                "document_details": {"type": DOCUMENT},
            }
        )
    return {
        "trust_framework": TRUST_FRAMEWORK,
        "assurance_level": account.level.value,
        "time": opened,
        "verification_process": process,
        "evidence": evidence,
    }


def _written(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Verifications:
    """Answers what was consented to with proof."""

    def __init__(self, subjects: Subjects, source: str, clock: Clock) -> None:
        self._subjects = subjects
        self._source = source
        self._clock = clock

    def claims(self, client: Client, grant: Grant, account: Account, place: str) -> dict[str, object]:
        """``verified_claims`` for the ID token or UserInfo, if anything answers what was asked there.

        The check is called differently at every sector, as the account is: or it would link the two.
        """
        texts = grant.claims.get(f"verified_{place}")
        if not texts:
            return {}
        subject = self._subjects.subject(client, account.id)
        process = str(uuid5(NAMESPACE_URL, f"{TRUST_FRAMEWORK}:{subject}"))
        known = verification(account, self._source, process)
        if known is None:
            return {}
        now = self._clock()
        available = claims_of(account, day_in_vietnam(now))
        given = answer(map(from_text, texts), known, available, now)
        return {} if given is None else {"verified_claims": given}
