"""How an account's holder was identified, as the evidence kept with the account says; nothing is made up."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from idp.accounts.account import Account
from idp.accounts.claims import proven
from idp.accounts.evidence import Evidence, EvidenceKind
from idp.accounts.kinds import Kind
from idp.kernel.clock import Clock
from idp.oidc.clients.client import Client
from idp.oidc.tokens.fitting import answer
from idp.oidc.tokens.grant import Grant
from idp.oidc.tokens.subject import Subjects
from idp.oidc.tokens.verified_claims import PROVABLE, PROVEN, TRUST_FRAMEWORK, from_text
from idp.statute.ages import day_in_vietnam

# Words of the eKYC and Identity Assurance working group's list of identifiers.
RECORDS = {
    Kind.CITIZEN: "population_register",
    Kind.FOREIGNER: "immigration_register",
    Kind.ORGANISATION: "business_register",
}
DATA = "data"  # the claims agree with those of the record
CARD_INSPECTED = "vpip"  # the card was found genuine, in person
HOLDER_SEEN = "pvp"  # an officer compared the holder with the card's image, in person
CHIP_VERIFIED = "vcrypt"  # the signature of the state that issued the card was verified
# What an officer's act, or a chip, is called there; what has no word there is not told.
METHODS = {"card_seen": CARD_INSPECTED, "face_compared": HOLDER_SEEN, "chip_verified": CHIP_VERIFIED}
DOCUMENTS = ("idcard", "residence_permit", "passport")

# For discovery (IDA §8).
METADATA: dict[str, object] = {
    "verified_claims_supported": True,
    "trust_frameworks_supported": [TRUST_FRAMEWORK],
    "evidence_supported": ["electronic_record", "document"],
    "electronic_records_supported": list(RECORDS.values()),
    "documents_supported": list(DOCUMENTS),
    "documents_check_methods_supported": list(METHODS.values()),
    "claims_in_verified_claims_supported": list(PROVABLE),
}


def is_provable(account: Account) -> bool:
    """Whoever has an account was held against a register first; people then have a level."""
    return account.kind is Kind.ORGANISATION or account.level is not None


def proven_too(account: Account, available: Mapping[str, object]) -> dict[str, object]:
    """An account's claims, with those that it can prove once more under the names for that."""
    proven = PROVABLE if is_provable(account) else ()
    return {**available, **{PROVEN + name: available[name] for name in proven if name in available}}


def verification(account: Account, evidence: Sequence[Evidence], process: UUID) -> dict[str, Any] | None:
    """All that can be said of how the holder was identified (Identity Assurance Schema §5.4).

    ``None`` where no register confirmed them. ``time`` is that of the last check; each has its own.

    Args:
        evidence: what the account stands on, oldest first.
        process: what this identification is called towards this client; the checks' ids follow from it.
    """
    if not is_provable(account):
        return None
    if not any(each.kind is EvidenceKind.REGISTER for each in evidence):
        return None
    return {
        "trust_framework": TRUST_FRAMEWORK,
        **({} if account.level is None else {"assurance_level": account.level.value}),
        "time": _written(max(each.at for each in evidence)),
        "verification_process": str(process),
        "assurance_process": {"assurance_details": [_law(each, process) for each in evidence]},
        "evidence": [_entry(account.kind, each, process) for each in evidence],
    }


def _entry(kind: Kind, made: Evidence, process: UUID) -> dict[str, Any]:
    if made.kind is EvidenceKind.REGISTER:
        return {
            "type": "electronic_record",
            "check_details": [_check(DATA, made, process)],
            "time": _written(made.at),
            "record": {
                "type": RECORDS[kind],
                "source": {"name": made.source, "country_code": "VNM"},
            },
        }
    methods = [METHODS[fact] for fact in made.facts if fact in METHODS]
    return {
        "type": "document",
        "check_details": [_check(method, made, process) for method in methods],
        "time": _written(made.at),
        # Of who had no card yet, officers saw the person alone.
        **({"document_details": _document(made)} if made.document else {}),
    }


def _document(made: Evidence) -> dict[str, Any]:
    """Which kind; of a chip also whose signature it bears. Its number is nobody's concern."""
    if made.kind is EvidenceKind.CHIP_CARD:
        return {"type": made.document, "issuer": {"country_code": made.source}}
    return {"type": made.document}


def _check(method: str, made: Evidence, process: UUID) -> dict[str, str]:
    """One check: for whom the officer acted, never who they are; ``check_id`` leads us to them."""
    told = {"check_method": method, "check_id": _id(made, process), "time": _written(made.at)}
    if made.kind is EvidenceKind.IN_PERSON and made.source:
        told["organization"] = made.source
    return told


def _law(made: Evidence, process: UUID) -> dict[str, Any]:
    """By which article a check was made."""
    return {
        "assurance_type": made.kind.value,
        "assurance_classification": made.article,
        "evidence_ref": [{"check_id": _id(made, process)}],
    }


def _id(made: Evidence, process: UUID) -> str:
    return str(uuid5(process, str(made.id)))


def _written(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Verifications:
    """Answers what was consented to with proof."""

    def __init__(
        self, subjects: Subjects, evidence_of: Callable[[UUID], Sequence[Evidence]], clock: Clock
    ) -> None:
        self._subjects = subjects
        self._evidence_of = evidence_of
        self._clock = clock

    def claims(self, client: Client, grant: Grant, account: Account, place: str) -> dict[str, object]:
        """``verified_claims`` for the ID token or UserInfo, if anything answers what was asked there.

        The check is called differently at every sector, as the account is: or it would link the two.
        """
        texts = grant.claims.get(f"verified_{place}")
        if not texts:
            return {}
        subject = self._subjects.subject(client, account.id)
        process = uuid5(NAMESPACE_URL, f"{TRUST_FRAMEWORK}:{subject}")
        known = verification(account, self._evidence_of(account.id), process)
        if known is None:
            return {}
        now = self._clock()
        available = proven(account, day_in_vietnam(now))
        given = answer(map(from_text, texts), known, available, now)
        return {} if given is None else {"verified_claims": given}
