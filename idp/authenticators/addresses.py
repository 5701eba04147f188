"""Wrong tries per network address, over all accounts: what stops one guess at each of many."""

import ipaddress
from datetime import datetime, timedelta
from threading import Lock

from idp.kernel.clock import Clock
from idp.kernel.errors import TooManyAttempts
from idp.storage.ephemeral import Ephemeral, Space

WRONG_TRIES = 50
WINDOW = timedelta(minutes=15)
REMEMBERED = 10_000
IPV6_SITE = 64  # bits: one household or machine is given all addresses below


class Addresses:
    """Counts wrong tries in the shared store, and remembers in this process which addresses have too many.

    So a right try costs nothing here. The price: beyond the limit each process looks at the tries it has
    in hand, and at one more. Thousands of phones stand behind one address of a mobile network, so only
    wrong tries count, and a device known to its account is not asked.
    """

    def __init__(self, ephemeral: Ephemeral, clock: Clock, wrong_tries: int = WRONG_TRIES) -> None:
        self._ephemeral = ephemeral
        self._clock = clock
        self._wrong_tries = wrong_tries
        self._shut_until: dict[str, datetime] = {}
        self._changing = Lock()

    def check(self, address: str) -> None:
        """Let an address try, or not.

        Raises:
            TooManyAttempts: 50 wrong tries came from it in 15 minutes.
        """
        if not self._shut_until:
            return
        until = self._shut_until.get(network_of(address))
        now = self._clock()
        if until is not None and until > now:
            raise TooManyAttempts(until - now)

    def fail(self, address: str) -> None:
        """A wrong try came from this address."""
        network = network_of(address)
        count = self._ephemeral.increment(Space.ATTEMPTS, f"address:{network}", WINDOW)
        if count >= self._wrong_tries:
            self._shut(network)

    def _shut(self, network: str) -> None:
        now = self._clock()
        with self._changing:
            if len(self._shut_until) >= REMEMBERED:
                self._shut_until = {key: until for key, until in self._shut_until.items() if until > now}
            if len(self._shut_until) < REMEMBERED:
                self._shut_until.setdefault(network, now + WINDOW)
                if self._shut_until[network] <= now:
                    self._shut_until[network] = now + WINDOW


def network_of(address: str) -> str:
    """What counts as one caller: an IPv4 address, or the /64 that an IPv6 address lies in."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:IPV6_SITE]
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, IPV6_SITE), strict=False))
