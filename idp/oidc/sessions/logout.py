"""Sign-out that a client asks for (OIDC RP-Initiated Logout 1.0)."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from idp.kernel.errors import Refused
from idp.keyring.keyring import Keyring
from idp.oidc.clients.client import Client, Clients
from idp.oidc.errors import InvalidRequest


class InvalidLogout(InvalidRequest):
    """A logout request that cannot be trusted: always a page, never a redirect (§4)."""

    code = "invalid_logout"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogoutRequest:
    """A logout request that holds together. ``session_id`` is the ``sid`` its hint names."""

    client: Client | None
    session_id: UUID | None
    redirect_uri: str | None
    state: str | None

    def needs_confirmation(self, session_id: UUID | None) -> bool:
        """A person is asked first, unless the hint proves that the client knows this very session."""
        return session_id is not None and self.session_id != session_id

    @property
    def location(self) -> str | None:
        """Where to go once signed out."""
        if self.redirect_uri is None or self.state is None:
            return self.redirect_uri
        separator = "&" if urlsplit(self.redirect_uri).query else "?"
        return self.redirect_uri + separator + urlencode({"state": self.state})


class LogoutReader:
    """Reads logout requests. Authlib takes any JWT of ours for a hint, and never its client from it."""

    def __init__(self, issuer: str, clients: Clients, keyring: Keyring) -> None:
        self._issuer = issuer
        self._clients = clients
        self._keyring = keyring

    def read(self, parameters: Mapping[str, str]) -> LogoutRequest:
        """The request.

        Raises:
            InvalidLogout: a hint that is not an ID token of ours or not of ``client_id``; an unknown
                client; an address to return to that is not registered, or that nobody vouches for.
        """
        hint = parameters.get("id_token_hint") or None
        claims = self._read_hint(hint) if hint else {}
        client_id = parameters.get("client_id") or None
        if claims and client_id not in (None, claims["aud"]):
            raise InvalidLogout("client_id: not the client that the id_token_hint was issued to")
        client_id = client_id or (str(claims["aud"]) if claims else None)
        client = self._clients.find(client_id) if client_id else None
        if client_id is not None and client is None:
            raise InvalidLogout("client_id: not registered here")
        redirect_uri = parameters.get("post_logout_redirect_uri") or None
        if redirect_uri is not None and (
            client is None or redirect_uri not in client.metadata.post_logout_redirect_uris
        ):
            raise InvalidLogout(
                "post_logout_redirect_uri: not registered for a client named by hint or client_id"
            )
        return LogoutRequest(
            client=client,
            session_id=_uuid(claims.get("sid")),
            redirect_uri=redirect_uri,
            state=parameters.get("state") or None,
        )

    def _read_hint(self, hint: str) -> dict[str, object]:
        """The claims of an ID token of ours; an expired one will do (§2)."""
        try:
            claims = self._keyring.verify(self._keyring.unwrapped(hint), "JWT")
        except Refused:
            raise InvalidLogout("id_token_hint: expected an ID token that this provider issued") from None
        if claims.get("iss") != self._issuer or not isinstance(claims.get("aud"), str) or "acr" not in claims:
            raise InvalidLogout("id_token_hint: expected an ID token that this provider issued")
        return claims


def _uuid(text: object) -> UUID | None:
    try:
        return UUID(str(text)) if text is not None else None
    except ValueError:
        return None
