"""Codes that activate an account: six digits, ten minutes, once, and few tries."""

import hmac
import secrets
from datetime import timedelta

from idp.kernel.errors import Refused, TooManyAttempts
from idp.keyring.seal import Seal
from idp.storage.ephemeral import Ephemeral, Space

LIFETIME = timedelta(minutes=10)
# From one address; from all together there are more, and each address's first of the day is counted apart, so
# that strangers at a few shut out no holder elsewhere. Few enough for a million codes: the day's leave one in
# three thousand.
TRIES, TRIES_WITHIN = 10, timedelta(minutes=10)
DAY = timedelta(days=1)
FIRST_TRIES = ((100, DAY),)
FURTHER_TRIES = ((30, timedelta(minutes=10)), (200, DAY))
MESSAGES, MESSAGES_WITHIN = 5, timedelta(hours=1)
DIGITS = 6


class ActivationRefused(Refused):
    """A wrong, spent or expired code, or nothing to activate: it is not said which."""

    code = "activation_refused"

    def __init__(self, attempts_left: int) -> None:
        super().__init__(attempts_left)
        self.attempts_left = attempts_left

    def facts(self) -> dict[str, object]:
        return {"attempts_left": self.attempts_left}


class ActivationCodes:
    """Makes and redeems codes by identity number, known or not, so that both are answered alike.

    A store's copy tells neither numbers nor codes: both are kept as keyed digests.
    """

    def __init__(self, ephemeral: Ephemeral, seal: Seal) -> None:
        self._ephemeral = ephemeral
        self._seal = seal

    def issue(self, number: str) -> str:
        """A new code; the one before is worth nothing any more."""
        code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
        key = self._key(number)
        self._ephemeral.put(Space.ACTIVATION, key, self._digest(key, code), LIFETIME)
        return code

    def spend_message(self, number: str) -> None:
        """Count a message that a holder asks for.

        Raises:
            TooManyAttempts: after five in an hour.
        """
        self._spend(f"sent:{self._key(number)}", MESSAGES, MESSAGES_WITHIN)

    def redeem(self, number: str, code: str, network: str = "") -> None:
        """Spend a code. Of any number of callers with the right one, one succeeds.

        Args:
            network: what counts as one caller, where anybody may try.

        Raises:
            TooManyAttempts: after ten tries in ten minutes from there, right or wrong; or too many from all.
            ActivationRefused: with the tries that are left.
        """
        key = self._key(number)
        here = self._key(f"{number} {network}")
        tries = self._spend(f"tried:{here}", TRIES, TRIES_WITHIN)
        is_first = self._ephemeral.increment(Space.ENROLMENT, f"today:{here}", DAY) == 1
        kind, budgets = ("first", FIRST_TRIES) if is_first else ("tried", FURTHER_TRIES)
        for most, within in budgets:
            self._spend(f"{kind}:{int(within.total_seconds())}:{key}", most, within)
        given = self._digest(key, code.strip())
        entry = self._ephemeral.get(Space.ACTIVATION, key)
        if entry is None or not hmac.compare_digest(entry.value, given):
            raise ActivationRefused(TRIES - tries)
        taken = self._ephemeral.take(Space.ACTIVATION, key)
        if taken is None or not hmac.compare_digest(taken, given):
            raise ActivationRefused(TRIES - tries)

    def _spend(self, key: str, limit: int, within: timedelta) -> int:
        spent = self._ephemeral.increment(Space.ENROLMENT, key, within)
        if spent > limit:
            raise TooManyAttempts(within)
        return spent

    def _key(self, number: str) -> str:
        return self._seal.index(number, "activation.number").hex()

    def _digest(self, key: str, code: str) -> bytes:
        return self._seal.index(f"{key}:{code}", "activation.code")
