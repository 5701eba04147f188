"""What every way to prove who you are looks like, and what it is told and tells."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from idp.accounts.account import Account
from idp.assurance import Factor, Proof
from idp.authenticators.authenticator import Authenticator
from idp.kernel.errors import Refused

ASCII_DIGITS = frozenset("0123456789")


class ProofRejected(Refused):
    """The response does not prove anything. Never says why, nor whether there is such an account."""

    code = "proof_rejected"

    def __init__(self, method: str, attempts_left: int | None = None) -> None:
        super().__init__(method)
        self.method = method
        self.attempts_left = attempts_left

    def facts(self) -> dict[str, object]:
        return {"method": self.method, "attempts_left": self.attempts_left}


class MethodUnusable(Refused):
    """The method is not switched on, or this account cannot use it now."""

    code = "method_unusable"

    def __init__(self, method: str) -> None:
        super().__init__(method)
        self.method = method

    def facts(self) -> dict[str, object]:
        return {"method": self.method}


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """Why somebody is asked to prove who they are. A code sent on one occasion is worth nothing on another.

    ``binding`` is the id of the interaction or session the proof is for; ``party`` the registered name of
    who asks, as the person shall read it.
    """

    purpose: str = "sign_in"
    binding: str = ""
    party: str | None = None
    client_id: str | None = None
    lang: str = "vi"


SIGN_IN = Occasion()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """A right response, still unspent.

    ``spend`` is quick, may write, and is called once, inside a transaction. False: somebody used the same
    response first, and there is no proof. ``None``: it is right as often as it is given, as a password is.
    """

    proof: Proof
    spend: Callable[[], bool] | None


class Method(Protocol):
    """One way to prove who you are.

    ``budget`` names the tries it counts against (``attempts.BUDGETS``), shared by the methods of that name.
    A method is made from this class: what has a body here need not be said again.
    """

    @property
    def name(self) -> str: ...

    @property
    def budget(self) -> str: ...

    @property
    def factors(self) -> frozenset[Factor]: ...

    @property
    def amr(self) -> tuple[str, ...]: ...

    def is_ready(self, account: Account, enrolled: Sequence[Authenticator]) -> bool:
        """Whether this account could use it now."""

    def begin(self, account: Account, occasion: Occasion, now: datetime) -> bool:
        """Do what the person waits for, as sending a code. False: there is nothing to do, as with most.

        Raises:
            TooManyAttempts: asked for too often.
            Unavailable: what sends is silent.
        """
        return False

    def proof(self, now: datetime, authenticator_id: UUID | None = None) -> Proof:
        """What a right response to this method proves."""
        return Proof(
            method=self.name,
            factors=self.factors,
            amr=self.amr,
            at=now,
            authenticator_id=authenticator_id,
        )

    def verify(
        self,
        account: Account | None,
        enrolled: Sequence[Authenticator],
        response: str,
        occasion: Occasion,
        now: datetime,
    ) -> Verified:
        """Check a response, as long for no account, or none enrolled, as for a wrong response.

        May be slow: never called inside a transaction.

        Raises:
            ProofRejected: it proves nothing.
            Unavailable: it could not be checked.
        """


def digits_of(response: str, length: int) -> str | None:
    """The code a person typed, its spaces left out; ``None`` when it is none.

    Only ASCII digits: ``str.isdigit`` takes those of every script, and so would give one code many forms.
    """
    # A longer answer is not worth walking through.
    code = "".join(response.split()) if len(response) <= length * 4 else ""
    return code if len(code) == length and ASCII_DIGITS.issuperset(code) else None
