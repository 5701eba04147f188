"""Turns errors into JSON, a redirect or a page: the only place that picks the form."""

from flask import Response
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from idp.kernel.errors import IdpError, NotFound, Refused, TooManyAttempts, Unavailable
from idp.oidc.authorization.completion import Completion
from idp.oidc.clients.registration import REGISTER
from idp.oidc.error_guide import error_uri
from idp.oidc.errors import (
    UNAUTHORIZED,
    AuthorizationRefused,
    InsufficientScope,
    InsufficientUserAuthentication,
    InvalidClient,
    InvalidDpopProof,
    InvalidToken,
    NotEncryptable,
    OAuthError,
    TokenMisplaced,
    TokenMissing,
    UseDpopNonce,
    came,
)
from idp.oidc.tokens.dpop import ALGORITHMS
from idp.signin.interaction import InteractionExpired, InteractionForeign, InteractionMoved
from idp.telemetry import get_logger, request_id
from idp.web.http import as_json, incoming
from idp.web.surface import FormExpired, Surface

STATUS: dict[type[IdpError], int] = {
    NotFound: 404,
    TooManyAttempts: 429,
    Unavailable: 503,
    InteractionExpired: 410,
    InteractionForeign: 403,
    InteractionMoved: 409,
    FormExpired: 403,
    Refused: 400,
}
SERVER_ERROR = 500
REQUEST_ID = "X-Request-Id"
DPOP_ALGORITHMS = " ".join(ALGORITHMS)
_OF_TOKENS = InvalidToken | InsufficientScope | InsufficientUserAuthentication | TokenMisplaced
_OF_PROOFS = InvalidDpopProof | UseDpopNonce
ERROR = "idp.error"  # in the WSGI environment: what was refused, for the request's line in the log
SENTENCES = {404: "not_found", 405: "method_not_allowed", 413: "body_too_large"}


class Errors:
    """Answers what views raise. ``pages`` are the paths that people's browsers visit."""

    def __init__(
        self, surface: Surface, completion: Completion, api_paths: frozenset[str], issuer: str
    ) -> None:
        self._surface = surface
        self._issuer = issuer
        self._completion = completion
        self._api_paths = api_paths
        self._log = get_logger("idp.web.errors")

    def refused(self, error: IdpError) -> Response:
        """Any error of ours."""
        code = error.error.error if isinstance(error, AuthorizationRefused) else error.code
        incoming().environ[ERROR] = code
        if isinstance(error, AuthorizationRefused):
            try:
                return self._surface.answer(self._completion.refused(error))
            except NotEncryptable as unanswerable:
                error = unanswerable
        status = error.status if isinstance(error, OAuthError) else _status(error)
        if status >= SERVER_ERROR:
            self._log.error(
                "unavailable" if isinstance(error, Unavailable) else "error",
                error_code=error.code,
                what=str(error),
            )
        if incoming().path in self._api_paths:
            return self._json(error, status)
        return self._page(error.code, status, error)

    def http(self, error: HTTPException) -> Response:
        """Flask's own: no such page, method not allowed."""
        status = error.code or SERVER_ERROR
        code = incoming().environ[ERROR] = SENTENCES.get(status, "invalid_request")
        if incoming().path in self._api_paths:
            response = self._told("invalid_request", _of_http(error), status)
        else:
            response = self._page(code, status)
        response.headers.extend([header for header in error.get_headers() if header[0] == "Allow"])
        return response

    def unforeseen(self, error: Exception) -> Response:
        """What nobody raised on purpose: logged whole, told in one sentence."""
        reference, incoming().environ[ERROR] = request_id(), "internal_error"
        self._log.error("unforeseen", reference=reference, path=incoming().path, exc_info=error)
        if incoming().path in self._api_paths:
            return self._told("server_error", f"our fault; the reference is {reference}", SERVER_ERROR)
        return self._page("internal_error", SERVER_ERROR)

    def _told(self, name: str, description: str, status: int) -> Response:
        """An error in JSON, with where it is explained; its header is what the log knows it by."""
        body = {
            "error": name,
            "error_description": description,
            "error_uri": error_uri(self._issuer, name),
        }
        response = as_json(body, status)
        response.headers[REQUEST_ID] = request_id()
        return response

    def _json(self, error: IdpError, status: int) -> Response:
        name, description = _on_the_wire(error)
        response = self._told(name, description, status)
        if isinstance(error, InvalidClient):
            response.headers["WWW-Authenticate"] = 'Basic realm="token"'
        if isinstance(error, TokenMissing):
            response.headers["WWW-Authenticate"] = _invitation()
        elif isinstance(error, _OF_TOKENS) or (isinstance(error, _OF_PROOFS) and status == UNAUTHORIZED):
            response.headers["WWW-Authenticate"] = _challenge(error, name, description)
        if isinstance(error, UseDpopNonce):
            response.headers["DPoP-Nonce"] = error.nonce
        return _retry(response, error)

    def _page(self, code: str, status: int, error: IdpError | None = None) -> Response:
        reference = request_id()
        description = error.description if isinstance(error, OAuthError) else None
        self._log.info(
            "error_page", reference=reference, error_code=code, path=incoming().path, description=description
        )
        page = self._surface.show(
            "error.html",
            self._surface.caller(),
            status=status,
            party=None,
            error={"code": code, "facts": error.facts() if error else {}},
            reference=reference,
            description=description,
            return_url=None,
        )
        page.headers[REQUEST_ID] = reference
        return _retry(page, error)


def _of_http(error: HTTPException) -> str:
    if isinstance(error, MethodNotAllowed):
        return f"method: expected {' or '.join(sorted(error.valid_methods or ()))}{came(incoming().method)}"
    return f"the request cannot be answered: {error.name}"


def _invitation() -> str:
    """To whoever brought no token: bare, for no fault is to be told (RFC 6750 §3.1)."""
    if incoming().path == REGISTER:
        return 'Bearer realm="register"'  # what opens a registration is bound to no key
    return f'Bearer realm="userinfo", DPoP algs="{DPOP_ALGORITHMS}"'


def _challenge(error: IdpError, name: str, description: str) -> str:
    """In the scheme that the token came under, or should have (RFC 6750 §3, RFC 9449 §7.1)."""
    told = f'error="{name}", error_description="{description}"'
    if isinstance(error, InsufficientUserAuthentication):
        told += "".join(f', {member}="{value}"' for member, value in error.members.items())
    came = incoming().headers.get("Authorization", "").partition(" ")[0].lower()
    if came == "dpop" or isinstance(error, _OF_PROOFS):
        return f'DPoP {told}, algs="{DPOP_ALGORITHMS}"'
    return f"Bearer {told}"


def _status(error: IdpError) -> int:
    return next((status for kind, status in STATUS.items() if isinstance(error, kind)), SERVER_ERROR)


def _on_the_wire(error: IdpError) -> tuple[str, str]:
    if isinstance(error, OAuthError):
        return error.error, error.description
    if isinstance(error, Unavailable):
        return "temporarily_unavailable", "something we lean on is silent; try again"
    if isinstance(error, TooManyAttempts):
        return "invalid_request", "too many in this time; wait as long as Retry-After says"
    return ("invalid_request" if isinstance(error, Refused) else "server_error"), error.code


def _retry(response: Response, error: IdpError | None) -> Response:
    if isinstance(error, Unavailable | TooManyAttempts):
        response.headers["Retry-After"] = str(max(1, int(error.retry_after.total_seconds())))
    return response
