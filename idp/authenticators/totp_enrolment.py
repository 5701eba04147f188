"""Adding a code app: its secret waits here until the app has shown that it holds it."""

from datetime import timedelta
from uuid import UUID

from idp.authenticators.authenticator import Authenticator
from idp.authenticators.totp import Totp, new_secret, uri
from idp.kernel.clock import Clock
from idp.kernel.errors import Refused, TooManyAttempts
from idp.keyring.seal import Seal
from idp.storage.ephemeral import Ephemeral, Space

TTL = timedelta(minutes=15)
TRIES = 10


class EnrolmentExpired(Refused):
    """The secret on the page is no longer waited for."""

    code = "enrolment_expired"


class TotpEnrolment:
    """One secret for each session, the same however often the page is loaded, until it is enrolled."""

    def __init__(self, totp: Totp, ephemeral: Ephemeral, seal: Seal, clock: Clock, issuer: str) -> None:
        self._totp = totp
        self._ephemeral = ephemeral
        self._seal = seal
        self._clock = clock
        self._issuer = issuer

    def begin(self, session_id: UUID) -> str:
        """The secret to show, in base32."""
        waiting = self._waiting(session_id)
        if waiting is not None:
            return waiting
        secret = new_secret()
        sealed = self._seal.seal(secret.encode(), _context(session_id))
        self._ephemeral.put(Space.ENROLMENT, _context(session_id), sealed, TTL)
        return secret

    def uri(self, secret: str, label: str) -> str:
        """What the QR code holds."""
        return uri(secret, label, self._issuer)

    def confirm(self, session_id: UUID, account_id: UUID, response: str, label: str) -> Authenticator:
        """Enrol the app that shows the right code.

        Raises:
            EnrolmentExpired: no secret waits.
            ProofRejected: a wrong code. TooManyAttempts: ten of them.
            AuthenticatorExists: an app of this label.
        """
        secret = self._waiting(session_id)
        if secret is None:
            raise EnrolmentExpired
        if self._ephemeral.increment(Space.ENROLMENT, f"tries:{session_id}", TTL) > TRIES:
            raise TooManyAttempts(TTL)
        app = self._totp.confirm_enrolment(account_id, secret, response, label, self._clock())
        self._ephemeral.take(Space.ENROLMENT, _context(session_id))
        return app

    def _waiting(self, session_id: UUID) -> str | None:
        entry = self._ephemeral.get(Space.ENROLMENT, _context(session_id))
        return self._seal.open(entry.value, _context(session_id)).decode() if entry else None


def _context(session_id: UUID) -> str:
    return f"totp_enrolment:{session_id}"
