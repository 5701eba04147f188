"""The two axes of assurance, and the policy that joins them (Decree 69/2024 Art. 7, 20).

Account level: how well the person was proven when the account was opened (``Level``).
Authentication level: what was proven at this sign-in, 1 to 4, computed from proofs. Never one number.
"""

from collections.abc import Iterable, Set
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

ACR_PREFIX = "urn:dinhdanh:aal:"


class Level(StrEnum):
    """How well a person was proven when the account was opened. Organisations have none."""

    ONE = "01"
    TWO = "02"


class Factor(StrEnum):
    """What kind of thing a proof rests on (NIST SP 800-63-4)."""

    KNOWLEDGE = "knowledge"
    POSSESSION = "possession"
    BIOMETRIC = "biometric"


@dataclass(frozen=True, slots=True)
class Proof:
    """One successful verification, with its time.

    ``amr`` are words of RFC 8176. ``authenticator_id`` is absent where nothing is enrolled, as with a code
    sent to the registered phone.
    """

    method: str
    factors: frozenset[Factor]
    amr: tuple[str, ...]
    at: datetime
    authenticator_id: UUID | None = None


def authentication_level(proofs: Iterable[Proof]) -> int:
    """The level that proofs add up to, 0 for none (Decree 69/2024 Art. 20).

    1: one factor. 2: two different factors. 3: two or more, one a biometric. 4: all three.
    """
    return level_of_factors({factor for proof in proofs for factor in proof.factors})


def level_of_factors(factors: Set[Factor]) -> int:
    """The level of a set of factors."""
    if Factor.BIOMETRIC in factors:
        return {1: 1, 2: 3, 3: 4}[len(factors)]
    return len(factors)


def acr_of(level: int) -> str:
    """The wire form of an authentication level (OIDC Core 1.0 §2, ``acr``)."""
    return f"{ACR_PREFIX}{level}"


def level_of(acr: str) -> int | None:
    """The authentication level an ``acr`` names; ``None`` for any other string."""
    rest = acr.removeprefix(ACR_PREFIX)
    return int(rest) if rest != acr and rest in ("1", "2", "3", "4") else None


def amr_of(proofs: Iterable[Proof]) -> list[str]:
    """The ``amr`` of a set of proofs, with ``mfa`` where more than one factor was shown (RFC 8176)."""
    kept = list(proofs)
    words = sorted({word for proof in kept for word in proof.amr})
    factors = frozenset().union(*(proof.factors for proof in kept))
    return [*words, "mfa"] if len(factors) > 1 else words
