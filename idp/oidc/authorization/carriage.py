"""Rules about how a request came: plain, pushed ahead (RFC 9126) or as a signed object (RFC 9101)."""

from idp.oidc.authorization.request import PUSHED, Draft
from idp.oidc.errors import InvalidRequest, InvalidRequestUri, OAuthError


def pushed_request_is_loaded(draft: Draft) -> None:
    """What stands beside the reference is ignored: only what was pushed counts (RFC 9126 §4)."""
    uri = draft.get("request_uri")
    if uri is None or not uri.startswith(PUSHED):
        return
    request = draft.find_pushed(uri)
    if request is None or request.client_id != draft.known_client.client_id:
        raise InvalidRequestUri("request_uri: unknown, expired, already used, or pushed by another client")
    draft.pushed = request


def request_uri_is_absent(draft: Draft) -> None:
    """What is pushed is no reference itself (RFC 9126 §2.1)."""
    if draft.get("request_uri") is not None:
        raise InvalidRequest("request_uri: not here; push the parameters themselves (RFC 9126 2.1)")


def request_object_is_verified(draft: Draft) -> None:
    """Where there is one, only what stands inside it counts (RFC 9101 §6.3)."""
    client, token, uri = draft.known_client, draft.get("request"), draft.get("request_uri")
    if token is not None and uri is not None:
        raise InvalidRequest("request, request_uri: expected one of them, not both")
    try:
        if token is not None:
            inside, is_signed = draft.read_request_object(client, token)
        elif uri is not None:
            inside, is_signed = draft.fetch_request_object(client, uri)
        else:
            return
    except OAuthError:
        _answer_outside(draft)
        raise
    draft.parameters, draft.is_signed = {**inside, "client_id": client.client_id}, is_signed


def request_object_is_absent(draft: Draft) -> None:
    """Instead, where none are read (OIDC Core 1.0 §3.1.2.6): to ignore one would be to believe the rest."""
    for name in ("request", "request_uri"):
        if draft.get(name) is not None:
            _answer_outside(draft)
            raise OAuthError(f"{name}: not supported here", f"{name}_not_supported")


def _answer_outside(draft: Draft) -> None:
    """Of an object that is refused nothing is believed; but a registered address beside it may be told."""
    uri, mode = draft.get("redirect_uri"), draft.get("response_mode")
    if uri is not None and draft.known_client.check_redirect_uri(uri):
        draft.redirect_uri = uri
        draft.response_mode = mode if mode in draft.response_modes else draft.response_mode


def request_was_signed(draft: Draft) -> None:
    """Where the client is registered, or bound by its profile, to sign."""
    client = draft.known_client.metadata
    is_required = client.limits.requires_signed_request or client.require_signed_request_object
    if is_required and not draft.is_signed:
        raise InvalidRequest("request: missing; this client is registered to sign its requests")


def request_was_pushed(draft: Draft) -> None:
    """Where the client is registered, or bound by its profile, to push; what was pushed never comes here."""
    client = draft.known_client.metadata
    if client.limits.requires_pushed_request or client.require_pushed_authorization_requests:
        raise InvalidRequest("request_uri: missing; this client is registered to push its requests to /par")
