"""How often somebody may file an application, or ask after one: counted alike whoever has an account."""

from collections.abc import Callable
from datetime import timedelta
from typing import Protocol

from idp.kernel.errors import TooManyAttempts
from idp.keyring.seal import Seal
from idp.storage.ephemeral import Ephemeral, Space

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# One number from one address: who types somebody else's spends what is theirs, and nothing of its owner's.
OF_NUMBER = ((5, HOUR), (10, DAY))
# Who names the holder rightly may be guessing at what only their papers tell. Each caller's first look is
# counted apart from the others: who wastes looks from a few places takes nothing from a holder elsewhere.
# Sixteen a day, from however many places, leave a card's day of issue unfound for months.
OF_CALLER = 5
FIRST_LOOKS = ((10, DAY),)
FURTHER_LOOKS = ((6, DAY),)
# A commune's helpers file for many behind one address; nobody fills the table from it.
OF_ADDRESS = ((300, HOUR),)
QUESTIONS = ((10, timedelta(minutes=10)),)


class WrongTries(Protocol):
    """Counts wrong tries per address, over all that is done there: ``authenticators`` has it."""

    def check(self, address: str) -> None:
        """Raises ``TooManyAttempts``."""

    def fail(self, address: str) -> None: ...


class Limits:
    """Counts before anything is looked at. The store sees keyed digests, never numbers."""

    def __init__(
        self, ephemeral: Ephemeral, seal: Seal, addresses: WrongTries, network_of: Callable[[str], str]
    ) -> None:
        self._ephemeral = ephemeral
        self._seal = seal
        self._addresses = addresses
        self._network_of = network_of

    def spend_filing(self, number: str, address: str) -> None:
        """Pay for one application.

        Raises:
            TooManyAttempts: too many from this address, for this number or for all.
        """
        self._addresses.check(address)
        network = self._network_of(address)
        self._spend("from", network, OF_ADDRESS)
        self._spend("filed", f"{number} {network}", OF_NUMBER)

    def spend_guess(self, number: str, caller: str) -> None:
        """Pay for one look at a holder's papers: name and birth date were theirs.

        Args:
            caller: who looks, as ``network`` has it.

        Raises:
            TooManyAttempts: by this caller, or by all. Whoever tells it apart from a mismatch tells a
                stranger that the name and the birth date are right.
        """
        looks = self._count("looked", f"{number} {caller}", DAY)
        if looks > OF_CALLER:
            raise TooManyAttempts(DAY)
        if looks == 1:
            self._spend("looked_first", number, FIRST_LOOKS)
        else:
            self._spend("looked_again", number, FURTHER_LOOKS)

    def spend_filing_for_others(self, filer: str, address: str) -> None:
        """Pay for one application that somebody signed in files for another.

        Raises:
            TooManyAttempts: too many by this person, or from this address.
        """
        self._addresses.check(address)
        self._spend("from", self._network_of(address), OF_ADDRESS)
        self._spend("filed_for_others", filer, OF_NUMBER)

    def spend_message(self, address: str) -> None:
        """Pay for a message to a phone that somebody else may hold.

        Raises:
            TooManyAttempts: too many from this address.
        """
        self._addresses.check(address)
        self._spend("sent", self._network_of(address), OF_ADDRESS)

    def network(self, address: str) -> str:
        """What counts as one caller: all that its owner can take an address from."""
        return self._network_of(address)

    def check(self, address: str) -> None:
        """Let an address try what is guessed at, or not: before anything costly is done for it.

        Raises:
            TooManyAttempts: too many wrong tries came from it.
        """
        self._addresses.check(address)

    def spend_question(self, reference: str, address: str) -> None:
        """Pay for one question after an application.

        Raises:
            TooManyAttempts.
        """
        self._addresses.check(address)
        self._spend("asked", reference, QUESTIONS)

    def was_wrong(self, address: str) -> None:
        """What was filed, asked or typed did not fit."""
        self._addresses.fail(address)

    def _spend(self, what: str, whom: str, budgets: tuple[tuple[int, timedelta], ...]) -> None:
        for most, within in budgets:
            if self._count(what, whom, within) > most:
                raise TooManyAttempts(within)

    def _count(self, what: str, whom: str, within: timedelta) -> int:
        key = self._seal.index(whom, f"enrolment.{what}").hex()
        lapse = f"{what}:{int(within.total_seconds())}:{key}"
        return self._ephemeral.increment(Space.ENROLMENT, lapse, within)
