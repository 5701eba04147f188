"""Reads authorization requests by the table of rules."""

from collections.abc import Mapping

from idp.kernel.errors import Refused
from idp.keyring.keyring import Keyring
from idp.oidc.authorization.request import AuthorizationRequest, Draft
from idp.oidc.authorization.rules import RULES
from idp.oidc.clients.client import Client, Clients
from idp.oidc.errors import AuthorizationRefused, InvalidRequest, OAuthError


class RequestReader:
    """Turns parameters into a request that every rule has passed.

    ``redirect_uri`` is settled before anything else is looked at, and before Authlib sees the request.
    """

    def __init__(self, issuer: str, clients: Clients, keyring: Keyring, default_level: int) -> None:
        self._issuer = issuer
        self._clients = clients
        self._keyring = keyring
        self._default_level = default_level

    def read(self, parameters: Mapping[str, str]) -> AuthorizationRequest:
        """The request.

        Raises:
            OAuthError: before the redirect_uri could be trusted: to be shown on a page.
            AuthorizationRefused: after it: to be sent back to the client.
        """
        draft = Draft(
            parameters=parameters,
            find_client=self._clients.find,
            subject_of_hint=self._subject_of_hint,
            default_level=self._default_level,
        )
        try:
            for rule in RULES:
                rule(draft)
        except OAuthError as error:
            if draft.redirect_uri is None:
                raise
            raise AuthorizationRefused(
                error, draft.redirect_uri, draft.get("state"), draft.response_mode
            ) from None
        return draft.finished()

    def _subject_of_hint(self, hint: str, client: Client) -> str:
        """The subject of an ID token of ours; an old one will do (OIDC Core 1.0 §3.1.2.1)."""
        try:
            claims = self._keyring.verify(hint, "JWT")
        except Refused:
            raise InvalidRequest("id_token_hint: expected an ID token that this provider issued") from None
        if (claims.get("iss"), claims.get("aud")) != (self._issuer, client.client_id) or "acr" not in claims:
            raise InvalidRequest("id_token_hint: expected an ID token issued to this client")
        return str(claims["sub"])
