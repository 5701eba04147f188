"""What the protocol refuses, in its own words (RFC 6749 §4.1.2.1 and §5.2, OIDC Core 1.0 §3.1.2.6)."""

import re
from collections.abc import Mapping

from authlib.oauth2 import OAuth2Error

from idp.kernel.errors import Refused

UNAUTHORIZED = 401
# RFC 6749 §5.2: %x20-21 / %x23-5B / %x5D-7E.
DESCRIBABLE = frozenset(chr(c) for c in range(0x20, 0x7F)) - {'"', "\\"}
SHOWN = 40  # characters of what came
# What Authlib says of these in words of its own.
_AUTHLIBS = {
    "Missing 'code' in request.": "code: missing",
    "Missing 'refresh_token' in request.": "refresh_token: missing",
    "The requested scope is invalid, unknown, or malformed.": "scope: expected no more than was allowed",
    "Invalid 'redirect_uri' in request.": "redirect_uri: expected the one of the authorization request",
}
_NOT_AUTHORIZED = re.compile(r"The client is not authorized to use 'grant_type=(.+)'")


class OAuthError(Refused):
    """An error answer to a client.

    ``description`` is ASCII English for the client's developer: which parameter, what was expected, what
    came. Never a secret, and never whether an account exists.
    """

    code = "invalid_request"
    status = 400

    def __init__(self, description: str, error: str | None = None, status: int | None = None) -> None:
        self.error = error or self.code
        if error is not None and type(self) is OAuthError:
            self.code = error
        self.description = "".join(c if c in DESCRIBABLE else "?" for c in description)
        self.status = status or self.status
        super().__init__(self.error)

    @classmethod
    def of(cls, error: OAuth2Error) -> "OAuthError":
        """Authlib's error as ours, in our words."""
        said = error.get_error_description() or error.error
        said = _AUTHLIBS.get(said) or _NOT_AUTHORIZED.sub(r"this client is not registered for \1", said)
        return cls(said, error.error, error.status_code)


def came(value: object) -> str:
    """The end of a description: what came, cut short. Never for what is secret."""
    return f"; came {str(value)[:SHOWN]}"


class InvalidRequest(OAuthError):
    code = "invalid_request"


class UnknownClient(OAuthError):
    """No such client. Shown on a page: there is nobody to redirect to."""

    code = "unknown_client"


class UntrustedRedirect(OAuthError):
    """The redirect_uri is missing or not registered: a page, never a redirect (RFC 6749 §4.1.2.1)."""

    code = "invalid_redirect_uri"


class InvalidRequestUri(OAuthError):
    """The reference leads to no request (RFC 9101 §7). A page: nobody knows yet where to redirect."""

    code = "invalid_request_uri"


class InvalidTarget(OAuthError):
    """A resource that the client may not ask tokens for (RFC 8707 §2)."""

    code = "invalid_target"


class InvalidAuthorizationDetails(OAuthError):
    """What is asked for in detail cannot be read, or may not be asked (RFC 9396 §5)."""

    code = "invalid_authorization_details"


class InvalidRequestObject(OAuthError):
    """The signed request is not what it must be (RFC 9101 §7)."""

    code = "invalid_request_object"


class NotEncryptable(OAuthError):
    """What the client registered to have encrypted cannot be, and is not sent in the clear.

    No specification has a word for it; that of RFC 7591 §3.2.2 says best whose fault it is.
    """

    code = "invalid_client_metadata"


class InvalidClient(OAuthError):
    """Client authentication failed. One wording for every reason that an attacker could learn from."""

    code = "invalid_client"
    status = UNAUTHORIZED


class InvalidGrant(OAuthError):
    code = "invalid_grant"


class InvalidScope(OAuthError):
    code = "invalid_scope"


class UnauthorizedClient(OAuthError):
    code = "unauthorized_client"


class UnsupportedGrantType(OAuthError):
    code = "unsupported_grant_type"


class UnsupportedTokenType(OAuthError):
    """Tokens of this kind are not revoked (RFC 7009 §2.2.1)."""

    code = "unsupported_token_type"


class UnsupportedResponseType(OAuthError):
    code = "unsupported_response_type"


class AuthorizationPending(OAuthError):
    """Nobody has answered yet (RFC 8628 §3.5)."""

    code = "authorization_pending"


class SlowDown(AuthorizationPending):
    """Nobody has answered yet, and the client asks too often (RFC 8628 §3.5)."""

    code = "slow_down"


class ExpiredToken(OAuthError):
    """Nobody answered in time (RFC 8628 §3.5)."""

    code = "expired_token"


class AccessDenied(OAuthError):
    """The person refused (RFC 8628 §3.5)."""

    code = "access_denied"


class UnknownUserId(OAuthError):
    """The hint is of no form that could name anybody (CIBA Core 1.0 §13)."""

    code = "unknown_user_id"


class InvalidBindingMessage(OAuthError):
    """The binding message cannot be shown (CIBA Core 1.0 §13)."""

    code = "invalid_binding_message"


class InvalidToken(OAuthError):
    """The access token does not open the door (RFC 6750 §3.1)."""

    code = "invalid_token"
    status = UNAUTHORIZED


class TokenMissing(InvalidToken):
    """No access token came at all: the challenge then names no error (RFC 6750 §3.1)."""


class TokenMisplaced(InvalidRequest):
    """An access token came where none may, or twice (RFC 6750 §2)."""


class InvalidDpopProof(OAuthError):
    """The request does not prove the key that tokens are, or are to be, bound to (RFC 9449 §5, §7.1)."""

    code = "invalid_dpop_proof"

    def __init__(self, description: str, status: int | None = None) -> None:
        super().__init__(description, status=status)


class UseDpopNonce(OAuthError):
    """The proof is to be made again, with ``nonce`` in it (RFC 9449 §8, §9)."""

    code = "use_dpop_nonce"

    def __init__(self, description: str, nonce: str, status: int | None = None) -> None:
        super().__init__(description, status=status)
        self.nonce = nonce


class InsufficientScope(OAuthError):
    code = "insufficient_scope"
    status = 403


class InsufficientUserAuthentication(OAuthError):
    """The sign-in behind a token is not what the resource asks for; ``members`` say what is (RFC 9470 §3)."""

    code = "insufficient_user_authentication"
    status = UNAUTHORIZED

    def __init__(self, description: str, members: Mapping[str, str]) -> None:
        super().__init__(description)
        self.members = members


class AuthorizationRefused(Refused):
    """An authorization request refused after its redirect_uri was trusted: goes back to the client."""

    code = "authorization_refused"

    def __init__(
        self, error: OAuthError, client_id: str, redirect_uri: str, state: str | None, response_mode: str
    ) -> None:
        super().__init__(error.error)
        self.error = error
        self.client_id = client_id
        self.redirect_uri = redirect_uri
        self.state = state
        self.response_mode = response_mode
