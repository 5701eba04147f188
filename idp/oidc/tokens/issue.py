"""The token endpoint's answer (RFC 6749 §5.1)."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from idp.oidc.clients.client import Client
from idp.oidc.tokens.access_token import AccessTokens
from idp.oidc.tokens.acting import Acting
from idp.oidc.tokens.grant import Grant
from idp.oidc.tokens.handle import Handle, Mint
from idp.oidc.tokens.jwt_access_token import NO_LIMITS, Limits
from idp.storage.database import Database

T = TypeVar("T")


class Issue:
    """Composes token responses, and runs the recording of them as one transaction."""

    def __init__(
        self, database: Database, access_tokens: AccessTokens, acting: Acting, refresh_tokens: Mint
    ) -> None:
        self._database = database
        self._refresh_tokens = refresh_tokens
        self._access_tokens = access_tokens
        self._acting = acting

    def atomically(self, work: Callable[[], T]) -> T:
        return self._database.atomically(work)

    def refresh_for(self, client: Client, grant: Grant) -> Handle | None:
        """A refresh token, where the client may have one and ``offline_access`` was consented to (§11)."""
        if client.check_grant_type("refresh_token") and "offline_access" in grant.scope:
            return self._refresh_tokens.new(grant.id)
        return None

    def response(
        self,
        client: Client,
        grant: Grant,
        scope: tuple[str, ...],
        refresh: Handle | None,
        confirmation: Mapping[str, str] | None = None,
        audience: tuple[str, ...] = (),
        limits: Limits = NO_LIMITS,
    ) -> dict[str, Any]:
        """The body, short of an ID token.

        Args:
            confirmation: the key that the access token is bound to; see ``AccessTokens.issue``.
            audience: the resources that it is for.
            limits: in what else it is less than the grant.

        Raises:
            InvalidGrant: the mandate that the grant was made under has ended.
        """
        self._acting.hold(grant)
        body: dict[str, Any] = {
            "access_token": self._access_tokens.issue(client, grant, scope, confirmation, audience, limits),
            "token_type": "DPoP" if confirmation and "jkt" in confirmation else "Bearer",
            "expires_in": self._access_tokens.life(limits),
            "scope": " ".join(scope),
        }
        details = grant.details if limits.details is None else limits.details
        if details:
            body["authorization_details"] = list(details)  # RFC 9396 §7
        if refresh is not None:
            body["refresh_token"] = str(refresh)
        return body
