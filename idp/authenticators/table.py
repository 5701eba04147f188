"""The methods that are switched on, and the one way in to all of them."""

from collections.abc import Collection, Iterable, Mapping
from contextlib import nullcontext
from types import MappingProxyType
from uuid import UUID

from idp.accounts.account import Account
from idp.assurance import Proof
from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.authenticators.attempts import Attempts, Reservation
from idp.authenticators.authenticator import Authenticators
from idp.authenticators.method import SIGN_IN, Method, MethodUnusable, Occasion, ProofRejected, Verified
from idp.kernel.clock import Clock
from idp.kernel.errors import Corrupt, Unavailable

# The browser that everybody comes with who is never locked out.
SPARED_DEVICE = "spared"
# Looked up where there is no account, that the database is asked as much.
NOBODY = UUID(int=0)


class Methods:
    """Every proof, on every path, is given here: so one budget counts, and one status is asked.

    ``methods`` come in order of preference; the first is what an account nobody knows is asked for too.
    ``spared`` are identity numbers whose wrong tries cost nothing: a simulator's people, and nobody else.
    """

    def __init__(
        self,
        methods: Iterable[Method],
        attempts: Attempts,
        authenticators: Authenticators,
        audit: AuditLog,
        clock: Clock,
        spared: Collection[str] = (),
    ) -> None:
        self.by_name: Mapping[str, Method] = MappingProxyType({method.name: method for method in methods})
        self._attempts = attempts
        self._authenticators = authenticators
        self._audit = audit
        self._clock = clock
        self._spared = frozenset(spared)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.by_name)

    def available(self, account: Account | None) -> tuple[str, ...]:
        """The methods an account could use now, in order of preference.

        Ask for the first one before showing that there are others: they tell that there is an account.
        """
        if account is None or not account.is_active:
            return self.names[:1]
        enrolled = self._authenticators.of(account.id)
        return tuple(name for name, method in self.by_name.items() if method.is_ready(account, enrolled))

    def begin(self, method_name: str, account: Account | None, occasion: Occasion = SIGN_IN) -> None:
        """Do what the person waits for, as sending a code. Nothing for an account that may not sign in.

        Raises:
            MethodUnusable: no such method.
            TooManyAttempts: asked for too often.
            Unavailable: what sends is silent; another method may do.
        """
        method = self._method(method_name)
        if account is None or not account.is_active or not method.begin(account, occasion, self._clock()):
            return
        self._audit.record(
            Event.MESSAGE_SENT,
            account_id=account.id,
            client_id=occasion.client_id,
            method=method_name,
            purpose=occasion.purpose,
        )

    def prove(
        self,
        method_name: str,
        account: Account | None,
        subject: str,
        response: str,
        address: str,
        *,
        occasion: Occasion = SIGN_IN,
        device: str | None = None,
    ) -> Proof:
        """Check what somebody answered, against the budgets, once, and remember it.

        Must not be called inside a transaction: hashing would hold it open.

        Args:
            account: of any status; one that is not active is treated as none.
            subject: the number as typed, which has a budget where there is no account.
            address: the caller's network address.
            occasion: what the proof is for; the same that was given to ``begin``.
            device: id of a browser that has signed in to this account before, if its cookie proves that.

        Raises:
            MethodUnusable: no such method.
            TooManyAttempts: before anything was looked at.
            ProofRejected: a wrong response, or there is no such account.
            Unavailable: it could not be checked; the try is given back.
        """
        method = self._method(method_name)
        if self._authenticators.database.in_transaction:
            raise Corrupt("proof_inside_transaction")
        key = str(account.id) if account else f"typed:{''.join(subject.split())}"
        is_spared = account is not None and account.number in self._spared
        reservation = self._attempts.reserve(
            method.budget, key, address, SPARED_DEVICE if is_spared else device
        )
        holder = account if account and account.is_active else None
        try:
            enrolled = self._authenticators.of(holder.id if holder else NOBODY)
            verified = method.verify(holder, enrolled, response, occasion, self._clock())
            self._spend(verified, holder, address, occasion)
        except ProofRejected:
            left = self._refuse(method_name, account, reservation, occasion, is_spared)
            raise ProofRejected(method_name, left) from None
        except Unavailable:
            self._attempts.refund(reservation)
            raise
        self._attempts.succeed(reservation)
        return verified.proof

    def hold(self, account_id: UUID, proofs: Iterable[Proof]) -> bool:
        """Whether what gave these proofs is still enrolled: a password changed since proves nothing more.

        If so, whoever takes it away waits for the end of the open transaction.
        """
        used = {proof.authenticator_id for proof in proofs if proof.authenticator_id is not None}
        return not used or self._authenticators.hold(account_id, used)

    def remove(self, account: Account, authenticator_id: UUID) -> bool:
        """Take an authenticator from its account. False: this account has no such one."""
        with self._authenticators.database.transaction():
            if not self._authenticators.remove(account.id, authenticator_id):
                return False
            self._audit.record(
                Event.AUTHENTICATOR_REMOVED, account_id=account.id, authenticator=str(authenticator_id)
            )
            return True

    def _method(self, name: str) -> Method:
        if name not in self.by_name:
            raise MethodUnusable(name)
        return self.by_name[name]

    def _spend(self, verified: Verified, holder: Account | None, address: str, occasion: Occasion) -> None:
        proof = verified.proof
        if holder is None:
            raise ProofRejected(proof.method)
        # Where nothing is spent, the audit row is all that is written, and needs no transaction around it.
        with self._authenticators.database.transaction() if verified.spend else nullcontext():
            if verified.spend and not verified.spend():
                raise ProofRejected(proof.method)
            self._audit.record(
                Event.SIGN_IN_PROOF_GIVEN,
                account_id=holder.id,
                client_id=occasion.client_id,
                method=proof.method,
                purpose=occasion.purpose,
                address=address,
            )

    def _refuse(
        self,
        method_name: str,
        account: Account | None,
        reservation: Reservation,
        occasion: Occasion,
        is_spared: bool,
    ) -> int:
        if is_spared:
            self._attempts.refund(reservation)
            left = reservation.attempts_left
        else:
            left = self._attempts.fail(reservation)
        account_id = account.id if account else None
        with self._authenticators.database.transaction():
            for event in (Event.SIGN_IN_PROOF_REFUSED, Event.SIGN_IN_LOCKED_OUT)[: 1 if left else 2]:
                self._audit.record(
                    event,
                    account_id=account_id,
                    client_id=occasion.client_id,
                    method=method_name,
                    purpose=occasion.purpose,
                    address=reservation.address,
                )
        return left
