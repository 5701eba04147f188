"""Logout tokens (Back-Channel Logout 1.0 §2.4)."""

from datetime import timedelta
from uuid import UUID

from idp.kernel.clock import Clock
from idp.kernel.ids import new_id
from idp.keyring.keyring import Keyring
from idp.oidc.clients.client import Client
from idp.oidc.tokens.encryption import Envelopes
from idp.oidc.tokens.subject import Subjects

TYPE = "logout+jwt"
EVENT = "http://schemas.openid.net/event/backchannel-logout"
TTL = timedelta(minutes=2)  # §4: short, as it is made for each try


class LogoutTokens:
    """Composes logout tokens, signed and encrypted as the client's ID tokens are."""

    def __init__(
        self, issuer: str, keyring: Keyring, envelopes: Envelopes, subjects: Subjects, clock: Clock
    ) -> None:
        self._issuer = issuer
        self._keyring = keyring
        self._envelopes = envelopes
        self._subjects = subjects
        self._clock = clock

    def issue(self, client: Client, account_id: UUID, session_id: UUID) -> str:
        """A token for one client about one session.

        It always names the session, whether the client requires that or not: without ``sid`` it would end
        all the person's sessions there, on other devices too.

        Raises:
            Unavailable: the signing keys are gone.
            NotEncryptable: it was to be encrypted, and the client's key is not to be had.
        """
        now = self._clock()
        claims = {
            "iss": self._issuer,
            "sub": self._subjects.subject(client, account_id),
            "aud": client.client_id,
            "iat": int(now.timestamp()),
            "exp": int((now + TTL).timestamp()),
            "jti": str(new_id()),
            "events": {EVENT: {}},
            "sid": str(session_id),
        }
        token = self._keyring.sign(claims, alg=client.metadata.id_token_signed_response_alg, typ=TYPE)
        return self._envelopes.seal(token, client, "id_token")
