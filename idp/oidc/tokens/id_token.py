"""ID tokens (OIDC Core 1.0 §2), on Authlib's hook for them."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from authlib.oauth2.rfc6749 import OAuth2Request
from authlib.oidc.core import OpenIDCode

from idp.accounts.account import Accounts, Standing
from idp.assurance import acr_of
from idp.kernel.clock import Clock
from idp.keyring.jose import half_hash
from idp.keyring.keyring import Keyring
from idp.oidc.clients.client import Client
from idp.oidc.errors import NotEncryptable
from idp.oidc.tokens.acting import Acting
from idp.oidc.tokens.disclosure import Disclosure
from idp.oidc.tokens.encryption import Envelopes
from idp.oidc.tokens.grant import Grant
from idp.oidc.tokens.subject import Subjects


class IdTokens:
    """Composes and signs ID tokens, and encrypts them for clients that want that."""

    def __init__(
        self,
        issuer: str,
        keyring: Keyring,
        envelopes: Envelopes,
        subjects: Subjects,
        acting: Acting,
        disclosure: Disclosure,
        accounts: Accounts,
        clock: Clock,
        ttl: timedelta,
    ) -> None:
        self._issuer = issuer
        self._keyring = keyring
        self._envelopes = envelopes
        self._subjects = subjects
        self._acting = acting
        self._disclosure = disclosure
        self._accounts = accounts
        self._clock = clock
        self._ttl = ttl

    def issue(
        self, client: Client, grant: Grant, holder: Standing, *, nonce: str | None, access_token: str
    ) -> str:
        """A signed ID token for one client about one sign-in.

        Claims of the account never overwrite the protocol's: they are written first.

        Raises:
            NotEncryptable: it was to be encrypted, and the client's key is not to be had.
        """
        now = self._clock()
        alg = client.metadata.id_token_signed_response_alg
        token = self._keyring.sign(
            {
                **self._asked(client, grant),
                **self._acting.told(client, grant, self._facts(client, grant, holder, now)),
                **({"nonce": nonce} if nonce is not None else {}),
                "at_hash": half_hash(access_token, alg),
            },
            alg=alg,
        )
        return self._envelopes.seal(token, client, "id_token")

    def prepare(self, client: Client) -> None:
        """See to it, before a transaction begins, that ``issue`` need not fetch the client's keys in it."""
        with suppress(NotEncryptable):  # told by ``issue``, where there is an ID token at all
            self._envelopes.check(client, "id_token")

    def _asked(self, client: Client, grant: Grant) -> dict[str, object]:
        """What was consented to for the ID token itself: seldom anything, for UserInfo has the rest."""
        is_asked = grant.claims.get("id_token") or grant.claims.get("verified_id_token")
        if grant.account_id is None or not is_asked:
            return {}
        return self._disclosure.told(client, grant, self._accounts.the(grant.account_id), "id_token")

    def _facts(self, client: Client, grant: Grant, holder: Standing, now: datetime) -> dict[str, object]:
        facts: dict[str, object] = {
            "iss": self._issuer,
            "sub": self._subjects.subject(client, holder.id),
            "aud": client.client_id,
            "iat": int(now.timestamp()),
            "exp": int((now + self._ttl).timestamp()),
            "acr": acr_of(grant.level),
            "amr": list(grant.amr),
        }
        if grant.auth_time is not None:
            facts["auth_time"] = int(grant.auth_time.timestamp())
        if grant.session_id is not None:
            facts["sid"] = str(grant.session_id)
        if holder.level is not None:
            facts["account_level"] = holder.level.value
        return facts


class IdTokenExtension(OpenIDCode):  # type: ignore[misc]
    """Authlib's extension, with our ID tokens.

    Authlib's own lets what an account holds overwrite ``iss``, ``aud`` and ``exp``, takes ``auth_time``
    for now when it does not know it, names no ``kid``, and leaves ``at_hash`` out for Ed25519.
    """

    def __init__(self, issue: Callable[[OAuth2Request, Mapping[str, Any]], str]) -> None:
        super().__init__()
        self._issue = issue

    def __call__(self, grant: Any) -> None:
        grant.register_hook("after_create_token_response", self.process_token)

    def encode_id_token(self, token: Mapping[str, Any], request: OAuth2Request) -> str:
        return self._issue(request, token)
