"""How a client proves itself at the endpoints that it calls (RFC 6749 §2.3, OIDC Core 1.0 §9)."""

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote_plus

from idp.oidc.clients.client import Client, Clients
from idp.oidc.errors import InvalidClient, InvalidRequest

Form = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Presented:
    """What came with the request, besides the form, to prove the client.

    ``certificate`` is the client's, in DER, as the TLS layer or a configured proxy established it;
    ``dpop`` the DPoP header; ``method`` and ``url`` the request's own, as a DPoP proof must name them.
    """

    authorization: str | None = None
    certificate: bytes | None = None
    dpop: str | None = None
    method: str = "POST"
    url: str = ""


@dataclass(frozen=True, slots=True)
class _Claim:
    """A client's claim to be somebody: by which method, who, and the secret to check."""

    method: str
    client_id: str
    secret: str | None = None


def _basic(form: Form, presented: Presented) -> _Claim | None:
    """``client_secret_basic``: both halves are form-urlencoded before base64 (RFC 6749 §2.3.1)."""
    scheme, _, encoded = (presented.authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        raise InvalidClient(
            "the Authorization header is not Basic with base64(client_id:client_secret)"
        ) from None
    client_id, colon, secret = decoded.partition(":")
    if not colon:
        raise InvalidClient("the Authorization header is not Basic with base64(client_id:client_secret)")
    claim = _Claim("client_secret_basic", unquote_plus(client_id), unquote_plus(secret))
    if form.get("client_id") not in (None, claim.client_id):
        raise InvalidRequest("client_id in the body differs from the one in the Authorization header")
    return claim


def _post(form: Form, presented: Presented) -> _Claim | None:  # noqa: ARG001
    if "client_secret" not in form:
        return None
    return _Claim("client_secret_post", form.get("client_id", ""), form["client_secret"])


def _none(form: Form, presented: Presented) -> _Claim | None:
    if "client_secret" in form or presented.authorization or "client_id" not in form:
        return None
    return _Claim("none", form["client_id"])


METHODS: dict[str, Callable[[Form, Presented], _Claim | None]] = {
    "client_secret_basic": _basic,
    "client_secret_post": _post,
    "none": _none,
}


class ClientAuthentication:
    """Proves clients by the one method each is registered for.

    Authlib tries every method in turn until one fits; RFC 6749 §2.3 allows a request only one.
    """

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def authenticate(self, form: Form, presented: Presented) -> Client:
        """The client behind a request.

        Raises:
            InvalidClient: unknown client, wrong secret or another method than the registered one, in one
                wording; 401 with a challenge.
            InvalidRequest: two methods at once.
        """
        claims = [claim for read in METHODS.values() if (claim := read(form, presented))]
        if len(claims) > 1:
            raise InvalidRequest("the client authenticates in two ways at once; use only one")
        if not claims:
            raise InvalidClient("no client authentication: send Basic, or client_id in the body")
        claim = claims[0]
        client = self._clients.find(claim.client_id)
        if client is None or not client.check_endpoint_auth_method(claim.method, "token"):
            raise InvalidClient(f"unknown client, or not registered for {claim.method}, or wrong secret")
        if claim.secret is not None and not client.check_client_secret(claim.secret):
            raise InvalidClient(f"unknown client, or not registered for {claim.method}, or wrong secret")
        return client
