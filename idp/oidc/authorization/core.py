"""Reads authorization requests by the table of rules."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from idp.kernel.errors import Refused
from idp.keyring.keyring import Keyring
from idp.oidc.authorization.jar import RequestObjects
from idp.oidc.authorization.par import PushedRequests
from idp.oidc.authorization.request import At, AuthorizationRequest, Draft
from idp.oidc.authorization.response_modes import CARRIERS, RESPONSE_MODES
from idp.oidc.authorization.rules import rules
from idp.oidc.clients.client import Client, Clients
from idp.oidc.errors import AuthorizationRefused, InvalidDpopProof, InvalidRequest, OAuthError
from idp.oidc.features import ALL, Features
from idp.oidc.tokens.encryption import Envelopes

LONGEST_QUERY = 4096  # bytes; browsers, proxies and we take them in an address, with cookies beside
# Form members that prove the client; what is pushed is the rest.
_PROOF = frozenset({"client_secret", "client_assertion", "client_assertion_type"})


class RequestReader:
    """Turns parameters into a request that every rule has passed.

    ``redirect_uri`` is settled before anything else is looked at, and before Authlib sees the request.
    """

    def __init__(
        self,
        issuer: str,
        clients: Clients,
        keyring: Keyring,
        envelopes: Envelopes,
        pushed_requests: PushedRequests,
        request_objects: RequestObjects,
        default_level: int,
        features: Features = ALL,
    ) -> None:
        self._issuer = issuer
        self._clients = clients
        self._keyring = keyring
        self._envelopes = envelopes
        self._pushed_requests = pushed_requests
        self._request_objects = request_objects
        self._default_level = default_level
        self._rules = rules(features)
        self._modes = RESPONSE_MODES if "jarm" in features else tuple(CARRIERS)

    def read(self, parameters: Mapping[str, str]) -> AuthorizationRequest:
        """The request.

        Raises:
            OAuthError: before the redirect_uri could be trusted: to be shown on a page.
            AuthorizationRefused: after it: to be sent back to the client.
        """
        draft = self.draft(parameters)
        try:
            for rule in self._rules[At.AUTHORIZE]:
                rule(draft)
                if draft.pushed is not None:  # it passed them all when it was pushed
                    return draft.pushed
        except OAuthError as error:
            if draft.redirect_uri is None:
                raise
            raise AuthorizationRefused(
                error,
                draft.known_client.client_id,
                draft.redirect_uri,
                draft.get("state"),
                draft.response_mode,
            ) from None
        return draft.finished()

    def carried(self, parameters: Mapping[str, str]) -> Mapping[str, str]:
        """The parameters of a query by which ``read`` gives the same request.

        Those of a long one are read now, and what they said is kept as if it had been pushed.

        Raises:
            OAuthError, AuthorizationRefused: a long one is refused, as by ``read``.
        """
        if len(urlencode(parameters)) <= LONGEST_QUERY:
            return parameters
        request = self.read(parameters)
        uri = request.request_uri or self._pushed_requests.push(request)
        return {"client_id": request.client_id, "request_uri": uri}

    def push(self, form: Mapping[str, str], client: Client, jkt: str | None = None) -> tuple[str, int]:
        """Keep a request of a proven client (RFC 9126 §2); gives its reference and its life in seconds.

        Args:
            jkt: the key that was proven beside it: as good as ``dpop_jkt``, signed or not (RFC 9449 §10.1).

        Raises:
            OAuthError: what the request would have been refused for at the authorization endpoint.
            InvalidDpopProof: it names another key.
        """
        if form.get("client_id", client.client_id) != client.client_id:
            raise InvalidRequest("client_id: expected the client that authenticates")
        sent = {name: value for name, value in form.items() if name not in _PROOF}
        draft = self.draft({**sent, "client_id": client.client_id})
        for rule in self._rules[At.PAR]:
            rule(draft)
        request = draft.finished()
        if jkt is not None and request.dpop_jkt not in (None, jkt):
            raise InvalidDpopProof("DPoP: the proof is by another key than the one of dpop_jkt")
        uri = self._pushed_requests.push(replace(request, dpop_jkt=request.dpop_jkt or jkt))
        return uri, int(self._pushed_requests.ttl.total_seconds())

    def read_elsewhere(
        self, form: Mapping[str, str], client: Client, at: At
    ) -> tuple[AuthorizationRequest, Mapping[str, str]]:
        """A request of a proven client that fetches the answer itself: nobody is redirected.

        With it come all parameters, of a signed request those inside.

        Raises:
            OAuthError: what the rules for ``at`` refuse.
        """
        if form.get("client_id", client.client_id) != client.client_id:
            raise InvalidRequest("client_id: expected the client that authenticates")
        draft = self.draft({**form, "client_id": client.client_id}, at)
        draft.redirect_uri = ""
        for rule in self._rules[at]:
            rule(draft)
        return draft.finished(), draft.parameters

    def draft(self, parameters: Mapping[str, str], at: At = At.AUTHORIZE) -> Draft:
        """A request of which nothing is established yet."""
        objects = self._request_objects
        return Draft(
            parameters=parameters,
            find_client=self._clients.find,
            subject_of_hint=self._subject_of_hint,
            default_level=self._default_level,
            response_modes=self._modes,
            find_pushed=self._pushed_requests.find,
            read_request_object=objects.read_backchannel if at is At.CIBA else objects.read,
            fetch_request_object=objects.fetch,
            check_encryptable=self._envelopes.check,
        )

    def _subject_of_hint(self, hint: str, client: Client) -> str:
        """The subject of an ID token of ours; an old one will do (OIDC Core 1.0 §3.1.2.1)."""
        return str(self._hinted(hint, client)["sub"])

    def session_of_hint(self, hint: str, client: Client) -> tuple[UUID | None, str]:
        """The session that an ID token of ours was issued in, and its subject."""
        claims = self._hinted(hint, client)
        return (UUID(claims["sid"]) if "sid" in claims else None), str(claims["sub"])

    def _hinted(self, hint: str, client: Client) -> dict[str, Any]:
        try:
            claims = self._keyring.verify(self._keyring.unwrapped(hint), "JWT")
        except Refused:
            raise InvalidRequest("id_token_hint: expected an ID token that this provider issued") from None
        if (claims.get("iss"), claims.get("aud")) != (self._issuer, client.client_id) or "acr" not in claims:
            raise InvalidRequest("id_token_hint: expected an ID token issued to this client")
        return claims
