"""Signed authorization responses (JARM): the answer as one JWT that only this client's answer can be."""

from collections.abc import Iterable
from datetime import timedelta

from idp.kernel.clock import Clock
from idp.keyring.keyring import Keyring
from idp.oidc.clients.client import Clients
from idp.oidc.tokens.encryption import Envelopes

TTL = timedelta(minutes=5)  # JARM §2.1 recommends at most ten
DEFAULT_ALGORITHM = "ES256"


class SignedResponses:
    """Signs authorization responses, each by the algorithm that its client registered, and encrypts them."""

    def __init__(
        self, issuer: str, keyring: Keyring, envelopes: Envelopes, clients: Clients, clock: Clock
    ) -> None:
        self._issuer = issuer
        self._keyring = keyring
        self._envelopes = envelopes
        self._clients = clients
        self._clock = clock

    def sign(self, client_id: str, answer: Iterable[tuple[str, str]]) -> str:
        """The parameter ``response``: the answer's own, and who gave it, for whom, until when (JARM §2.1).

        Raises:
            Unavailable: the keys are gone.
            NotEncryptable: it was to be encrypted, and the client's key is not to be had.
        """
        client = self._clients.find(client_id)  # disabled meanwhile, it is still answered
        alg = client.metadata.authorization_signed_response_alg if client else DEFAULT_ALGORITHM
        claims = {
            **dict(answer),
            "iss": self._issuer,
            "aud": client_id,
            "exp": int((self._clock() + TTL).timestamp()),
        }
        token = self._keyring.sign(claims, alg=alg)
        return self._envelopes.seal(token, client, "authorization") if client else token
