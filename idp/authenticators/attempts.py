"""How many tries there are: reserved before a response is looked at, so that parallel ones gain nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from idp.authenticators.addresses import Addresses
from idp.kernel.clock import Clock
from idp.kernel.errors import TooManyAttempts
from idp.storage.ephemeral import Ephemeral, Space

PASSWORD: Final = "password"
ONE_TIME_CODE: Final = "one_time_code"

LONGEST_DELAY = timedelta(minutes=60)
# Wrong tries are remembered for a day, not for the quarter of an hour in which five of them close the gate:
# four tries every quarter of an hour would be 384 a day, for ever.
MEMORY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """``tries`` in a row, then one after each delay: ``first_delay``, twice that, and so on to an hour."""

    tries: int
    first_delay: timedelta

    def delay(self, stage: int) -> timedelta:
        """How long the gate stays shut the ``stage``-th time, from 1."""
        doublings: int = min(stage - 1, 10)
        return min(self.first_delay * (1 << doublings), LONGEST_DELAY)


# A right password says nothing about the code that follows, so neither clears the other's: whoever has
# stolen a password still has ten guesses at the code.
BUDGETS: Mapping[str, Budget] = {
    PASSWORD: Budget(tries=5, first_delay=timedelta(minutes=1)),
    ONE_TIME_CODE: Budget(tries=10, first_delay=timedelta(minutes=10)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """One try, paid for. ``count`` is how many there were with it; ``everyone`` the account's own key."""

    budget: str
    key: str
    everyone: str
    address: str
    count: int

    @property
    def attempts_left(self) -> int:
        return max(0, BUDGETS[self.budget].tries - self.count)

    @property
    def has_shut_gate(self) -> bool:
        return self.count >= BUDGETS[self.budget].tries

    @property
    def is_known_device(self) -> bool:
        return self.key != self.everyone


class Attempts:
    """Budgets of tries, per subject and per address.

    A subject is an account, or what was typed where there is none: both are counted alike. A device that
    has completed a sign-in to the account before has a budget of its own, so that a stranger who wastes
    the account's keeps its holder out nowhere that the holder is known; its wrong tries count for the
    account's too.

    A try costs one operation, a right one a second, a wrong one a second (third from a known device);
    past the budget it is two or three. Every method raises ``Unavailable`` when the store is silent.
    """

    def __init__(self, ephemeral: Ephemeral, clock: Clock, addresses: Addresses) -> None:
        self._ephemeral = ephemeral
        self._clock = clock
        self._addresses = addresses

    def reserve(self, budget: str, subject: str, address: str, device: str | None = None) -> Reservation:
        """Pay for one try, before any work is done for it.

        Args:
            budget: a key of ``BUDGETS``.
            subject: the account's id, or what was typed.
            address: the caller's, as the door has established it.
            device: id of a browser known to the account, proven by the caller; it alone passes where the
                address has failed too often.

        Raises:
            TooManyAttempts: the subject's or the address's tries are spent.
        """
        everyone = f"{budget}:{subject}"
        key = everyone
        if device is None:
            self._addresses.check(address)
        else:
            key = f"{everyone}:{device}"
        count = self._ephemeral.increment(Space.ATTEMPTS, key, MEMORY)
        self._pass_gate(BUDGETS[budget], key, count)
        return Reservation(budget=budget, key=key, everyone=everyone, address=address, count=count)

    def fail(self, reservation: Reservation) -> int:
        """The response was wrong. Gives how many tries are left before the gate shuts."""
        self._addresses.fail(reservation.address)
        if reservation.is_known_device:
            count = self._ephemeral.increment(Space.ATTEMPTS, reservation.everyone, MEMORY)
            budget = BUDGETS[reservation.budget]
            if count == budget.tries:
                self._shut(budget, reservation.everyone)
        return reservation.attempts_left

    def succeed(self, reservation: Reservation) -> None:
        """The response was right: its own tries are forgotten, no other budget's, and not the address's."""
        if reservation.has_shut_gate:
            self._ephemeral.take(Space.ATTEMPTS, _gate(reservation.key))
        self._ephemeral.take(Space.ATTEMPTS, reservation.key)

    def refund(self, reservation: Reservation) -> None:
        """The response was never looked at: give the try back."""
        self._ephemeral.increment(Space.ATTEMPTS, reservation.key, MEMORY, by=-1)

    def _pass_gate(self, budget: Budget, key: str, count: int) -> None:
        if count < budget.tries:
            return
        if count == budget.tries:
            # Shut before the last try is looked at: whatever happens to that one, the delay has begun.
            self._shut(budget, key)
            return
        now = self._clock()
        entry = self._ephemeral.get(Space.ATTEMPTS, _gate(key))
        if entry is None:
            # The one who counted to the limit is between its two steps, or died there.
            self._shut(budget, key)
            raise TooManyAttempts(budget.delay(1))
        stage, opens_at = _read(entry.value)
        if opens_at > now:
            raise TooManyAttempts(opens_at - now)
        stage += 1
        # Of all who wait at the open gate one gets through, and shuts it behind for longer.
        opens_at = now + budget.delay(stage)
        if not self._ephemeral.replace(
            Space.ATTEMPTS, _gate(key), _written(stage, opens_at), entry.version, MEMORY
        ):
            raise TooManyAttempts(budget.delay(stage))

    def _shut(self, budget: Budget, key: str) -> None:
        entry = self._ephemeral.get(Space.ATTEMPTS, _gate(key))
        now = self._clock()
        stage, opens_at = (0, now) if entry is None else _read(entry.value)
        if opens_at > now:
            return  # one of the next tries was quicker
        stage += 1
        opens_at = now + budget.delay(stage)
        self._ephemeral.put(Space.ATTEMPTS, _gate(key), _written(stage, opens_at), MEMORY)


def _gate(key: str) -> str:
    return f"gate:{key}"


def _written(stage: int, opens_at: datetime) -> bytes:
    return f"{stage} {opens_at.isoformat()}".encode()


def _read(value: bytes) -> tuple[int, datetime]:
    stage, opens_at = value.decode().split(" ")
    return int(stage), datetime.fromisoformat(opens_at)
