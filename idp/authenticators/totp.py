"""Codes of an app, from the time and a shared secret (RFC 6238): six digits, thirty seconds."""

import hmac
from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

import pyotp

from idp.accounts.account import Account
from idp.assurance import Factor
from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.authenticators.attempts import ONE_TIME_CODE
from idp.authenticators.authenticator import Authenticator, Authenticators
from idp.authenticators.method import Method, Occasion, ProofRejected, Verified, digits_of

DIGITS = 6
STEP_SECONDS = 30
SECRET_LENGTH = 32  # characters of base32: 160 bits (RFC 4226 §4)


class Totp(Method):
    """Something the holder has: an app that shares a secret. A code is good once, an older one not at all."""

    name = "totp"
    budget = ONE_TIME_CODE
    factors = frozenset({Factor.POSSESSION})
    amr = ("otp",)

    def __init__(self, authenticators: Authenticators, audit: AuditLog) -> None:
        self._authenticators = authenticators
        self._audit = audit
        self._nobody = new_secret()

    def is_ready(self, account: Account, enrolled: Sequence[Authenticator]) -> bool:
        return any(known.method == self.name for known in enrolled)

    def verify(
        self,
        account: Account | None,
        enrolled: Sequence[Authenticator],
        response: str,
        occasion: Occasion,
        now: datetime,
    ) -> Verified:
        """See ``Method``. Spending takes the step, over all processes."""
        apps = [known for known in enrolled if known.method == self.name] if account else []
        if not apps:
            matching_step(self._nobody, response, now)
        for app in apps:
            step = matching_step(app.secret.decode("ascii"), response, now)
            if step is not None:
                return Verified(proof=self.proof(now, app.id), spend=self._spending(app.id, step, now))
        raise ProofRejected(self.name)

    def confirm_enrolment(
        self, account_id: UUID, secret: str, response: str, label: str, now: datetime
    ) -> Authenticator:
        """Enrol an app that has shown it holds the secret. The code it showed cannot be used again.

        Args:
            account_id: whose app it is.
            secret: from ``new_secret``, kept by the caller meanwhile where the browser cannot change it.
            response: what the app shows.
            label: the holder's own word for the app.
            now: aware UTC.

        Raises:
            ProofRejected: the code is not of this secret.
            AuthenticatorExists: an app of this label.
        """
        step = matching_step(secret, response, now)
        if step is None:
            raise ProofRejected(self.name)
        with self._authenticators.database.transaction():
            app = self._authenticators.add(account_id, self.name, secret.encode("ascii"), label)
            self._authenticators.spend_step(app.id, step, now)
            self._audit.record(
                Event.AUTHENTICATOR_ENROLLED,
                account_id=account_id,
                method=self.name,
                authenticator=str(app.id),
            )
        return app

    def _spending(self, app_id: UUID, step: int, now: datetime) -> Callable[[], bool]:
        return lambda: self._authenticators.spend_step(app_id, step, now)


def new_secret() -> str:
    """160 random bits, in base32."""
    return pyotp.random_base32(SECRET_LENGTH)


def uri(secret: str, label: str, issuer: str) -> str:
    """What the QR code holds. ``label`` names the account to its holder; never by an identity number."""
    return pyotp.TOTP(secret).provisioning_uri(name=label, issuer_name=issuer)


def code_at(secret: str, now: datetime) -> tuple[str, int]:
    """What an app shows now, and for how many more seconds it will."""
    this, passed = divmod(int(now.timestamp()), STEP_SECONDS)
    return pyotp.TOTP(secret, digits=DIGITS, interval=STEP_SECONDS).generate_otp(this), STEP_SECONDS - passed


def matching_step(secret: str, response: str, now: datetime) -> int | None:
    """The time step a code is of: this one, the one before or the one after. ``None``: of none of them."""
    code = digits_of(response, DIGITS) or ""
    app = pyotp.TOTP(secret, digits=DIGITS, interval=STEP_SECONDS)
    this = int(now.timestamp()) // STEP_SECONDS
    # All three are compared, whichever fits.
    fitting = [
        step for step in (this, this - 1, this + 1) if hmac.compare_digest(app.generate_otp(step), code)
    ]
    return fitting[0] if fitting else None
