"""The grants there are, in one table, and the endpoint's engine: Authlib's server without a framework."""

from collections.abc import Mapping
from typing import Any

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import AuthorizationServer, OAuth2Request
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload

from idp.oidc.clients.client import Client
from idp.oidc.errors import InvalidRequest, OAuthError, UnsupportedGrantType
from idp.oidc.features import ALL, Features
from idp.oidc.grants.answered import CibaGrant, DeviceGrant
from idp.oidc.grants.authorization_code import CodeGrant
from idp.oidc.grants.client_credentials import ClientCredentialsGrant
from idp.oidc.grants.refresh_token import RefreshGrant
from idp.oidc.grants.rooms import Rooms
from idp.oidc.grants.token_exchange import TokenExchangeGrant
from idp.oidc.tokens.confirmation import Confirmation

# A new grant is a file beside this one and a line here; discovery reads the line too.
GRANTS: tuple[type[Any], ...] = (
    CodeGrant,
    RefreshGrant,
    ClientCredentialsGrant,
    DeviceGrant,
    CibaGrant,
    TokenExchangeGrant,
)
GRANT_TYPES: tuple[str, ...] = tuple(grant.GRANT_TYPE for grant in GRANTS)
# Those that clients get only from an operator.
NOT_SELF_REGISTERED = frozenset({TokenExchangeGrant.GRANT_TYPE})


class TokenRequest(OAuth2Request):  # type: ignore[misc]
    """A form as Authlib wants to see it, its client already proven."""

    def __init__(
        self, uri: str, form: Mapping[str, str], client: Client, confirmation: Confirmation | None = None
    ) -> None:
        super().__init__("POST", uri)
        self.payload = BasicOAuth2Payload(dict(form))
        self.client = client
        self.confirmation = confirmation

    @property
    def form(self) -> Mapping[str, str]:
        return self.payload.data  # type: ignore[no-any-return]


class Redemption(AuthorizationServer):  # type: ignore[misc]
    """Redeems grants: Authlib finds the grant and runs its checks, values go in and come out."""

    # Authlib refuses a request whose address is not https; ours has been at the door already.
    _ADDRESS = "https://idp.invalid/token"

    def __init__(self, rooms: Rooms, features: Features = ALL) -> None:
        super().__init__()
        self._id_tokens = rooms.id_tokens
        self._types = features.grant_types(GRANT_TYPES)
        for grant in (grant for grant in GRANTS if grant.GRANT_TYPE in self._types):
            bound = type(grant.__name__, (grant,), {"rooms": rooms})
            self.register_grant(bound, grant.extensions(rooms))

    def redeem(
        self, form: Mapping[str, str], client: Client, confirmation: Confirmation | None = None
    ) -> dict[str, Any]:
        """Exchange a grant for tokens (RFC 6749 §4.1.3, §4.4, §6).

        Args:
            confirmation: the keys that the client has proven to hold, for its tokens to be bound to.

        Raises:
            OAuthError: what RFC 6749 §5.2 names, with a description for the developer.
        """
        if "grant_type" not in form:
            raise InvalidRequest(f"grant_type: missing; expected one of {' '.join(self._types)}")
        if form["grant_type"] not in self._types:
            raise UnsupportedGrantType(f"grant_type: expected one of {' '.join(self._types)}")
        self._id_tokens.prepare(client)
        request = TokenRequest(self._ADDRESS, form, client, confirmation)
        return self.create_token_response(request)  # type: ignore[no-any-return]

    def create_oauth2_request(self, request: TokenRequest) -> TokenRequest:
        return request

    def authenticate_client(
        self, request: TokenRequest, methods: list[str], endpoint: str = "token"
    ) -> Client:
        """The client that the door has proven."""
        request.auth_method = request.client.metadata.token_endpoint_auth_method
        return request.client

    def handle_response(self, status: int, body: dict[str, Any], headers: object) -> dict[str, Any]:
        return body

    def handle_error_response(self, request: TokenRequest, error: OAuth2Error) -> dict[str, Any]:
        raise OAuthError.of(error)

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """Nothing: what happened is an audit event."""
