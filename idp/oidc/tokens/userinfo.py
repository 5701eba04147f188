"""UserInfo (OIDC Core 1.0 §5.3): claims about the account, for the bearer of an access token."""

from collections.abc import Sequence
from typing import Any

from idp.accounts.account import Account, Accounts
from idp.kernel.clock import Clock
from idp.keyring.keyring import Keyring
from idp.oidc.clients.authentication import Presented
from idp.oidc.clients.client import Client, Clients
from idp.oidc.clients.encryption import encryption_of
from idp.oidc.errors import InsufficientScope, InvalidToken
from idp.oidc.tokens.access_token import AccessTokens
from idp.oidc.tokens.acting import Acting
from idp.oidc.tokens.confirmation import Confirmations
from idp.oidc.tokens.disclosure import Disclosure
from idp.oidc.tokens.encryption import Envelopes
from idp.oidc.tokens.grant import Grant, Grants
from idp.oidc.tokens.jwt_access_token import AccessToken
from idp.oidc.tokens.purpose import allowed_scope, serves_purpose
from idp.oidc.tokens.reads import Reads
from idp.oidc.tokens.step_up import Demand, hold
from idp.oidc.tokens.subject import Subjects

ANY = Demand()


class UserInfo:
    """Answers for live tokens only: account, grant and client are looked at on every call."""

    def __init__(
        self,
        issuer: str,
        access_tokens: AccessTokens,
        confirmations: Confirmations,
        grants: Grants,
        accounts: Accounts,
        clients: Clients,
        subjects: Subjects,
        acting: Acting,
        disclosure: Disclosure,
        reads: Reads,
        keyring: Keyring,
        envelopes: Envelopes,
        clock: Clock,
    ) -> None:
        self._issuer = issuer
        self._access_tokens = access_tokens
        self._confirmations = confirmations
        self._grants = grants
        self._accounts = accounts
        self._clients = clients
        self._subjects = subjects
        self._acting = acting
        self._disclosure = disclosure
        self._reads = reads
        self._keyring = keyring
        self._envelopes = envelopes
        self._clock = clock

    def answer(
        self, token: str, came: Presented, scheme: str = "bearer", demand: Demand = ANY
    ) -> dict[str, object] | str:
        """The claims that the token's scope and the account's consent release; a JWT of them for a client
        registered so (§5.3.2).

        Args:
            came: the request that brought the token: a bound one needs its holder's key.
            scheme: ``bearer`` or ``dpop``, as the token came.
            demand: what is asked of the sign-in behind the token.

        Raises:
            InvalidToken: not ours, expired, revoked, not its holder's or not for us, or its account or
                client may no longer act.
            InvalidDpopProof: a token bound to a key comes without a good proof; ``UseDpopNonce`` likewise.
            InsufficientUserAuthentication: the sign-in is not what is asked for.
            InsufficientScope: it is all in order, but without ``openid``, or for no account.
            NotEncryptable: the answer was to be encrypted, and the client's key is not to be had.
        """
        presented = self._access_tokens.read(token)
        if presented is None:
            raise InvalidToken("the access token is malformed, expired or not ours")
        grant, columns = self._live(presented)
        client = self._clients.find(grant.client_id)
        if client is None or not serves_purpose(client, grant):
            raise InvalidToken("the access token is no longer valid")
        self._confirmations.hold(client, token, presented, came, scheme)
        is_for_us = not presented.audience or self._issuer in presented.audience
        if not is_for_us or presented.actor is not None:
            raise InvalidToken("the access token is for other resources than UserInfo")
        hold(grant, demand, self._clock())
        account = self._account(grant, columns)
        scope = allowed_scope(client, presented.scope)
        if "openid" not in scope:
            raise InsufficientScope("UserInfo asks for the scope openid")
        told = self._disclosure.told(client, grant, account, "userinfo", scope)
        if told:
            self._reads.note(account.id, client.client_id)
        claims = {
            **told,
            **self._acting.told(client, grant, {}),
            "sub": self._subjects.subject(client, account.id),
        }
        return self._as_registered(claims, client)

    def _as_registered(self, claims: dict[str, object], client: Client) -> dict[str, object] | str:
        """Signed, encrypted, signed and then encrypted, or as they are (§5.3.2)."""
        alg = client.metadata.userinfo_signed_response_alg
        is_encrypted = encryption_of(client.metadata, "userinfo") is not None
        if alg is None and not is_encrypted:
            return claims
        addressed = {**claims, "iss": self._issuer, "aud": client.client_id}
        if alg is None:
            return self._envelopes.seal_claims(addressed, client, "userinfo")
        return self._envelopes.seal(self._keyring.sign(addressed, alg=alg), client, "userinfo")

    def _live(self, presented: AccessToken) -> tuple[Grant, Sequence[Any] | None]:
        found = self._grants.find_with_account(presented.grant_id)
        if found is None and (own := presented.own) is not None:
            found = own, None
        if found is None or not found[0].is_live(self._clock()):
            raise InvalidToken("the access token is no longer valid")
        return found

    def _account(self, grant: Grant, columns: Sequence[Any] | None) -> Account:
        if grant.account_id is None:
            raise InsufficientScope("the access token stands for a client, not for an account")
        account = self._accounts.restored(columns) if columns else None
        if account is None or not account.is_active or not self._acting.stands(grant):
            raise InvalidToken("the access token is no longer valid")
        return account
