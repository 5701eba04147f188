"""A code sent to the registered phone: six digits, ten minutes, once, for one account and one occasion."""

import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from idp.accounts.account import Account
from idp.assurance import Factor
from idp.authenticators.attempts import ONE_TIME_CODE
from idp.authenticators.authenticator import Authenticator
from idp.authenticators.method import Method, MethodUnusable, Occasion, ProofRejected, Verified, digits_of
from idp.kernel.errors import TooManyAttempts, Unavailable
from idp.keyring.seal import Seal
from idp.notifications.messages import Messages
from idp.storage.ephemeral import Ephemeral, Space

DIGITS = 6
VALID = timedelta(minutes=10)
MOST_MESSAGES = 5
MESSAGES_WINDOW = timedelta(hours=1)


class SmsOtp(Method):
    """Something the holder has: the phone of the registered number.

    A later code replaces the earlier one of the same occasion. What is stored is a keyed hash over code,
    phone, account and occasion: it opens nothing, and a code moved elsewhere fits nothing.
    """

    name = "sms_otp"
    budget = ONE_TIME_CODE
    factors = frozenset({Factor.POSSESSION})
    amr = ("otp", "sms")

    def __init__(self, messages: Messages, ephemeral: Ephemeral, seal: Seal) -> None:
        self._messages = messages
        self._ephemeral = ephemeral
        self._seal = seal

    def is_ready(self, account: Account, enrolled: Sequence[Authenticator]) -> bool:
        return account.phone is not None

    def begin(self, account: Account, occasion: Occasion, now: datetime) -> bool:
        """Send a code. At most five an hour for an account.

        Raises:
            MethodUnusable: the account has no phone.
            TooManyAttempts: five were sent in this hour.
            Unavailable: the channel did not take it; it is not counted.
        """
        if account.phone is None:
            raise MethodUnusable(self.name)
        sent = f"sms:{account.id}"
        if self._ephemeral.increment(Space.ATTEMPTS, sent, MESSAGES_WINDOW) > MOST_MESSAGES:
            raise TooManyAttempts(MESSAGES_WINDOW)
        code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
        self._ephemeral.put(Space.SMS_OTP, _key(account, occasion), self._mac(account, occasion, code), VALID)
        try:
            self._messages.send_code(account.phone, code, occasion.purpose, occasion.lang, occasion.party)
        except Unavailable:
            self._ephemeral.increment(Space.ATTEMPTS, sent, MESSAGES_WINDOW, by=-1)
            raise
        return True

    def verify(
        self,
        account: Account | None,
        enrolled: Sequence[Authenticator],
        response: str,
        occasion: Occasion,
        now: datetime,
    ) -> Verified:
        """See ``Method``. A wrong code leaves the right one in place; the budget bounds the tries."""
        stored = self._ephemeral.get(Space.SMS_OTP, _key(account, occasion))
        mac = self._mac(account, occasion, digits_of(response, DIGITS) or "")
        if account is None or stored is None or not hmac.compare_digest(stored.value, mac):
            raise ProofRejected(self.name)
        return Verified(proof=self.proof(now), spend=lambda: self._take(account, occasion, mac))

    def _take(self, account: Account, occasion: Occasion, mac: bytes) -> bool:
        taken = self._ephemeral.take(Space.SMS_OTP, _key(account, occasion))
        return taken is not None and hmac.compare_digest(taken, mac)

    def _mac(self, account: Account | None, occasion: Occasion, code: str) -> bytes:
        phone = account.phone if account else None
        return self._seal.index(f"{_key(account, occasion)}\0{phone}\0{code}", "sms_otp.code")


def _key(account: Account | None, occasion: Occasion) -> str:
    return f"{account.id if account else ''}\0{occasion.purpose}\0{occasion.binding}"
