"""Token exchange (RFC 8693): a back end that was called passes a person's right on, narrowed.

Delegation only: the new token says who acts (``act``), stands on the first token's grant and dies with it.
Who may take what where is an operator's to say (docs/decisions/0015).
"""

from collections.abc import Mapping
from typing import Any

from authlib.oauth2.rfc6749.grants import BaseGrant, TokenEndpointMixin
from authlib.oauth2.rfc6749.hooks import hooked

from idp.audit.events import Event
from idp.oidc.clients.client import Client
from idp.oidc.errors import InvalidDpopProof, InvalidRequest, InvalidScope, InvalidTarget, UnauthorizedClient
from idp.oidc.grants.rooms import Rooms
from idp.oidc.tokens.grant import Grant
from idp.oidc.tokens.jwt_access_token import AccessToken, Limits
from idp.oidc.tokens.purpose import serves_purpose, token_within_purpose, within_purpose
from idp.oidc.tokens.rar import DETAILS, Details, narrowed_details
from idp.oidc.tokens.resource import AUDIENCE, MAX_RESOURCES, RESOURCE

ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
JWT = "urn:ietf:params:oauth:token-type:jwt"
LONGEST_CHAIN = 3  # back ends between the person's client and the last one
BAD_SUBJECT = "subject_token: not a live access token of a person's that is addressed to this client"


class TokenExchangeGrant(BaseGrant, TokenEndpointMixin):  # type: ignore[misc]
    """``grant_type=urn:ietf:params:oauth:grant-type:token-exchange``. Authlib has none of its own."""

    GRANT_TYPE = "urn:ietf:params:oauth:grant-type:token-exchange"

    rooms: Rooms  # set on the subclass that grants/table.py makes

    def validate_token_request(self) -> None:
        """Check the request, short of what it asks for.

        Raises:
            UnauthorizedClient: no operator registered the client for this.
            InvalidRequest: a token is not what it must be (§2.2.2 has no other word for it).
            InvalidDpopProof: what is bound to a key would come out unbound.
        """
        client, form = self.request.client, self.request.form
        if client.is_public or not client.check_grant_type(self.GRANT_TYPE):
            raise UnauthorizedClient("this client is not registered for token exchange")
        if form.get("requested_token_type", ACCESS_TOKEN) != ACCESS_TOKEN:
            raise InvalidRequest(f"requested_token_type: expected {ACCESS_TOKEN}")
        subject = self._read("subject_token")
        if subject is None:
            raise InvalidRequest("subject_token: missing")
        self.request.credential, self.request.subject_token = self._standing(subject, client)
        self._check_actor(client)
        if subject.confirmation and not self.request.confirmation:
            raise InvalidDpopProof(
                "DPoP: missing; the subject token is bound to a key, so what it is exchanged for must be too"
            )

    def create_token_response(self) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        return self.rooms.issue.atomically(self._respond)  # type: ignore[no-any-return]

    @hooked(before="before_create_token_response", after="after_create_token_response")  # type: ignore[untyped-decorator]
    def _respond(self) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        client, grant, subject = self.request.client, self.request.credential, self.request.subject_token
        scope, audience = self._scope(subject), self._audience(client)
        limits = Limits(
            actor=_chained(client, subject.actor or grant.actor),
            until=min(subject.expires_at, grant.expires_at),
            details=self._details(client, grant.details if subject.details is None else subject.details),
        )
        self.rooms.audit.record(
            Event.TOKEN_EXCHANGED,
            account_id=grant.account_id,
            client_id=client.client_id,
            source=subject.client_id or grant.client_id,
            audience=" ".join(audience),
            scope=" ".join(scope),
        )
        body = self.rooms.issue.response(
            client, grant, scope, None, self.request.confirmation, audience, limits
        )
        return 200, body | {"issued_token_type": ACCESS_TOKEN}, self.TOKEN_RESPONSE_HEADER

    def _read(self, name: str) -> AccessToken | None:
        """One of the two tokens; ``None``: it was not sent."""
        text, kind = self.request.form.get(name), self.request.form.get(f"{name}_type")
        if text is None:
            if kind is not None:
                raise InvalidRequest(f"{name}_type: came without {name}")
            return None
        # Ours are JWTs for some clients; then both names are true (§3).
        if kind != ACCESS_TOKEN and not (kind == JWT and "." in text):
            raise InvalidRequest(f"{name}_type: expected {ACCESS_TOKEN}")
        token = self.rooms.access_tokens.read(text)
        if token is None:
            raise InvalidRequest(f"{name}: malformed, expired, or no access token of ours")
        return token

    def _standing(self, subject: AccessToken, client: Client) -> tuple[Grant, AccessToken]:
        """The grant and the token, if all that it rests on still stands and the client may exchange it."""
        grant = self.rooms.grants.find(subject.grant_id)
        if grant is None or not grant.has_active_holder or not grant.is_live(self.rooms.clock()):
            raise InvalidRequest(BAD_SUBJECT)
        holder = self.rooms.clients.find(subject.client_id or grant.client_id)
        giver = self.rooms.clients.find(grant.client_id)
        if holder is None or giver is None:
            raise InvalidRequest(BAD_SUBJECT)
        if not serves_purpose(giver, grant) or not self.rooms.acting.stands(grant):
            raise InvalidRequest(BAD_SUBJECT)
        if {client.client_id, *client.metadata.serves}.isdisjoint(subject.audience):
            raise InvalidRequest(BAD_SUBJECT)
        if holder.metadata.may_act not in (None, client.client_id):
            raise InvalidRequest("subject_token: its may_act names another client")
        return within_purpose(giver, grant), token_within_purpose(giver, subject)

    def _check_actor(self, client: Client) -> None:
        """Who acts is the client, which has proven itself; a token about that may come, and say the same."""
        actor = self._read("actor_token")
        if actor is None:
            return
        grant = self.rooms.grants.find(actor.grant_id) or actor.own
        is_own = grant is not None and grant.account_id is None and grant.client_id == client.client_id
        if grant is None or not is_own or not grant.is_live(self.rooms.clock()):
            raise InvalidRequest("actor_token: expected one that this client got for itself, still live")
        if actor.confirmation and dict(actor.confirmation) != dict(self.request.confirmation or {}):
            raise InvalidRequest("actor_token: bound to a key whose proof did not come")

    def _scope(self, subject: AccessToken) -> tuple[str, ...]:
        asked = tuple(dict.fromkeys(self.request.form.get("scope", "").split()))
        for word in asked:
            if word not in subject.scope:
                raise InvalidScope(f"scope: {word[:80]}: the subject token has not got it")
        return asked or subject.scope

    def _details(self, client: Client, allowed: Details) -> Details:
        asked = self.request.form.get(DETAILS)
        return allowed if asked is None else narrowed_details(asked, client, allowed)

    def _audience(self, client: Client) -> tuple[str, ...]:
        """Where the new token is good, all of it by an operator's leave.

        Raises:
            InvalidRequest: nothing named; a token for everywhere is never given.
            InvalidTarget: one of them is not among the client's ``exchange_audiences``.
        """
        sent = " ".join(self.request.form.get(name, "") for name in (RESOURCE, AUDIENCE))
        named = tuple(dict.fromkeys(sent.split()))
        if not named:
            raise InvalidRequest("resource or audience: missing; name where the token is to be used")
        if len(named) > MAX_RESOURCES:
            raise InvalidTarget(f"resource and audience: expected at most {MAX_RESOURCES}")
        for name in named:
            if name not in client.metadata.exchange_audiences:
                raise InvalidTarget(f"resource or audience: {name[:80]}: not one that this client may reach")
        return named

    @classmethod
    def extensions(cls, _rooms: Rooms) -> list[object]:
        return []


def _chained(client: Client, before: Mapping[str, Any] | None) -> dict[str, Any]:
    """The client as actor, and whoever acted before it inside (§4.1).

    Raises:
        InvalidRequest: too many hands already.
    """
    depth, link = 1, before
    while link is not None:
        depth, link = depth + 1, link.get("act")
    if depth > LONGEST_CHAIN:
        raise InvalidRequest(f"subject_token: passed on {LONGEST_CHAIN} times already")
    return {"sub": client.client_id} | ({"act": dict(before)} if before else {})
