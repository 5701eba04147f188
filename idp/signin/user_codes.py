"""The codes that devices show: looked up for whoever types one, throttled (RFC 8628 §5.1)."""

from datetime import timedelta

from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.authenticators.addresses import Addresses
from idp.kernel.errors import Refused, TooManyAttempts
from idp.oidc.authorization.device import DeviceRequests
from idp.oidc.authorization.request import AuthorizationRequest
from idp.storage.ephemeral import Ephemeral, Space

WINDOW = timedelta(minutes=15)
# Over all addresses. With a thousand devices waiting, one guess in a billion hits a code of 43 bits.
WRONG_CODES = 10_000
COUNTER = "user_code"


class UserCodeUnknown(Refused):
    """No device waits under this code: mistyped, answered, or expired."""

    code = "user_code_unknown"


class UserCodes:
    """Looks codes up. Wrong ones count against the address, with its wrong passwords, and over all."""

    def __init__(
        self, requests: DeviceRequests, addresses: Addresses, ephemeral: Ephemeral, audit: AuditLog
    ) -> None:
        self._requests = requests
        self._addresses = addresses
        self._ephemeral = ephemeral
        self._audit = audit

    def find(self, typed: str, address: str) -> AuthorizationRequest:
        """The request that waits under a code.

        Raises:
            UserCodeUnknown: there is none.
            TooManyAttempts: too many wrong ones came from this address, or from everywhere.
        """
        self._addresses.check(address)
        wrong = self._ephemeral.get(Space.ATTEMPTS, COUNTER)
        if wrong is not None and int(wrong.value) >= WRONG_CODES:
            raise TooManyAttempts(WINDOW)
        request = self._requests.find(typed)
        if request is None:
            self._addresses.fail(address)
            self._ephemeral.increment(Space.ATTEMPTS, COUNTER, WINDOW)
            self._audit.record(Event.USER_CODE_UNKNOWN, address=address)
            raise UserCodeUnknown
        return request
