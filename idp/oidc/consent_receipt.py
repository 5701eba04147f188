"""Consent receipts: what somebody allowed whom, in words of their own to keep (docs/decisions/0023)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idp.kernel.clock import Clock
from idp.keyring.keyring import Keyring
from idp.oidc.clients.client import Clients
from idp.oidc.consent import TERMS, ConsentRecord
from idp.oidc.tokens.claims import by_scope
from idp.oidc.tokens.subject import Subjects

TYPE = "consent-receipt+jwt"
VERSION = "KI-CR-v1.1.0"
JURISDICTION = "VN"
METHOD = "consent page of the identity provider"


@dataclass(frozen=True, slots=True)
class Receipts:
    """Writes receipts in the words of Kantara's Consent Receipt 1.1 (ISO/IEC TS 27560), as signed JWTs.

    A receipt is signed when it is fetched, by the key of that day: those of years ago are no longer
    published. What it says was written down with the consent.
    """

    issuer: str
    keyring: Keyring
    clients: Clients
    subjects: Subjects
    clock: Clock

    def signed(self, record: ConsentRecord, language: str) -> str:
        """The receipt as a JWT, verified by the keys at ``jwks_uri``.

        Raises:
            Unavailable: the signing keys are gone.
        """
        return self.keyring.sign(self.claims(record, language), typ=TYPE)

    def claims(self, record: ConsentRecord, language: str) -> dict[str, Any]:
        """What a receipt says."""
        client = self.clients.find(record.consent.client_id)
        subject = None if client is None else self.subjects.subject(client, record.account_id)
        terms, consent = self.terms(record), record.consent
        given_at = consent.given_at
        told = {
            "iss": self.issuer,
            "iat": int(self.clock().timestamp()),
            "jti": str(record.id),
            "sub": subject,
            "version": VERSION,
            "jurisdiction": JURISDICTION,
            "consentTimestamp": None if given_at is None else int(given_at.timestamp()),
            "collectionMethod": METHOD,
            "consentReceiptID": str(record.id),
            "language": language,
            "piiPrincipalId": subject,
            "piiControllers": [
                {
                    "piiController": _in(terms["client_name"], language),
                    "piiControllerUrl": terms["client_uri"],
                }
            ],
            "policyUrl": terms["policy_uri"],
            "services": [_service(record, terms, language)],
            "sensitive": False,
            "spiCat": [],
            "scope": " ".join(sorted(consent.scope)),
            "legal_basis": terms["legal_basis"],
            "retention": terms["retention"],
            "terms_as_registered": "then" if record.terms is not None else "now",
            "withdrawal": {"at": f"{self.issuer}/account/consents", **_end(record)},
        }
        return {name: value for name, value in told.items() if value is not None}

    def terms(self, record: ConsentRecord) -> Mapping[str, Any]:
        """What was told of the client; where that was not kept, what is registered now."""
        if record.terms is not None:
            return record.terms
        client = self.clients.find(record.consent.client_id)
        now = {name: None if client is None else getattr(client.metadata, name) for name in TERMS}
        return now | {"client_name": now["client_name"] or {"en": record.consent.client_id}}


def shared(record: ConsentRecord) -> list[str]:
    """The claims that were allowed, by name."""
    consent = record.consent
    named = dict.fromkeys([*by_scope(sorted(consent.scope)), *sorted(consent.claims)])
    return [name for name in named if name not in consent.lacked]


def _service(record: ConsentRecord, terms: Mapping[str, Any], language: str) -> dict[str, Any]:
    purpose = {
        "purpose": record.consent.purpose or _in(terms["purpose"], language),
        "consentType": "EXPLICIT",
        "piiCategory": shared(record),
        "primaryPurpose": True,
        "termination": terms["retention"],
        "thirdPartyDisclosure": False,
    }
    return {"service": record.consent.client_id, "purposes": [purpose]}


def _end(record: ConsentRecord) -> dict[str, Any]:
    if record.ended_at is None:
        return {"state": "given"}
    told: dict[str, Any] = {"ended": int(record.ended_at.timestamp())}
    if record.due_at is None:
        return told | {"state": "replaced"}
    told |= {"due": int(record.due_at.timestamp()), "article": record.article}
    if record.confirmed_at is None:
        return told | {"state": "withdrawn"}
    return told | {"state": "confirmed", "confirmed": int(record.confirmed_at.timestamp())}


def _in(by_language: Mapping[str, str] | None, language: str) -> str | None:
    if not by_language:
        return None
    return by_language.get(language) or next(iter(by_language.values()))
