"""A client's own right, without an account (RFC 6749 §4.4)."""

from typing import Any

from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant as AuthlibClientCredentialsGrant

from idp.audit.events import Event
from idp.kernel.ids import new_id
from idp.oidc.clients.client import Client
from idp.oidc.errors import InvalidAuthorizationDetails, InvalidScope
from idp.oidc.grants.rooms import Rooms
from idp.oidc.tokens.claims import SCOPES
from idp.oidc.tokens.own_right import own_right
from idp.oidc.tokens.rar import DETAILS
from idp.oidc.tokens.resource import RESOURCE, read_resources


class ClientCredentialsGrant(AuthlibClientCredentialsGrant):  # type: ignore[misc]
    """``grant_type=client_credentials``: never a scope that speaks of a person."""

    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post"]  # noqa: RUF012

    rooms: Rooms  # set on the subclass that grants/table.py makes

    def validate_requested_scope(self) -> None:
        allowed = _own_scope(self.request.client)
        if not allowed:
            raise InvalidScope("scope: nothing is registered for this client's own use")
        for word in (self.request.payload.scope or "").split():
            if word not in allowed:
                raise InvalidScope(f"scope: {word} is not registered for this client's own use")

    def generate_token(self, **_: object) -> dict[str, Any]:
        client, now = self.request.client, self.rooms.clock()
        asked = tuple((self.request.payload.scope or "").split())
        if self.request.form.get(DETAILS) is not None:
            # RFC 9396 §5: refused, not left out. All types there are speak of what a person allows.
            raise InvalidAuthorizationDetails("authorization_details: none without a person to allow them")
        resources = read_resources(self.request.form.get(RESOURCE), client.metadata.resources)
        grant = own_right(
            new_id(),
            client.client_id,
            asked or _own_scope(client),
            created_at=now,
            expires_at=now + self.rooms.access_tokens.ttl,
            confirmation=self.request.confirmation,
            resources=resources,
        )
        body = self.rooms.issue.response(client, grant, grant.scope, None, grant.confirmation, resources)
        # Last, and all that is written: no token leaves without it.
        self.rooms.audit.record(Event.TOKEN_ISSUED, client_id=client.client_id, grant_type=self.GRANT_TYPE)
        return body

    def save_token(self, token: dict[str, Any]) -> None:
        """Nothing: the token says all there is (docs/decisions/0022)."""

    @classmethod
    def extensions(cls, _rooms: Rooms) -> list[object]:
        return []


def _own_scope(client: Client) -> tuple[str, ...]:
    return tuple(word for word in client.metadata.scope if word not in SCOPES)
