"""Which of our tokens a string is: for the endpoints that clients hand tokens to."""

import hmac
from dataclasses import dataclass

from idp.oidc.tokens.access_token import AccessTokens
from idp.oidc.tokens.grant import Grant, Grants
from idp.oidc.tokens.handle import read_handle
from idp.oidc.tokens.jwt_access_token import AccessToken

HINTS = ("access_token", "refresh_token")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """A token of ours with its grant, be that over or not. Without ``access`` it is a refresh token."""

    grant: Grant
    access: AccessToken | None = None

    @property
    def client_id(self) -> str:
        """Whose token it is: the grant's client's, or that client's which exchanged one of them."""
        return (self.access.client_id if self.access else None) or self.grant.client_id


class Recognition:
    """Looks at the token itself: access and refresh tokens cannot be mistaken, so no hint is needed."""

    def __init__(self, access_tokens: AccessTokens, grants: Grants) -> None:
        self._access_tokens = access_tokens
        self._grants = grants

    def recognise(self, text: str) -> Recognised | None:
        """The token; ``None`` if it is not ours, has expired, or is a refresh token no longer in force."""
        access = self._access_tokens.read(text)
        if access is not None:
            grant = self._grants.find(access.grant_id) or access.own
            return None if grant is None else Recognised(grant=grant, access=access)
        handle = read_handle(text)
        grant = self._grants.find(handle.owner) if handle else None
        if handle is None or grant is None or grant.refresh_hash is None:
            return None
        return Recognised(grant=grant) if hmac.compare_digest(grant.refresh_hash, handle.hash) else None
