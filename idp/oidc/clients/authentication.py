"""How a client proves itself at the endpoints that it calls (RFC 6749 §2.3, OIDC Core 1.0 §9)."""

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote_plus

from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.oidc.clients.assertion import DOUBT, Assertions, claimant
from idp.oidc.clients.certificates import PKI, SELF_SIGNED, Certificates
from idp.oidc.clients.client import Client, Clients
from idp.oidc.clients.proof_checks import ASSERTION_ALGORITHMS
from idp.oidc.errors import InvalidClient, InvalidRequest

Form = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Presented:
    """What came with the request, besides the form, to prove the client.

    ``certificate`` is the client's, in DER, as the TLS layer or a configured proxy established it;
    ``dpop`` the DPoP header; ``method`` and ``url`` the request's own, as a DPoP proof must name them;
    ``alias`` is the same endpoint's address for clients with certificates (RFC 8705 §5).
    """

    authorization: str | None = None
    certificate: bytes | None = None
    dpop: str | None = None
    method: str = "POST"
    url: str = ""
    alias: str | None = None

    @property
    def urls(self) -> tuple[str, ...]:
        """The endpoint's addresses: a client may name either."""
        return (self.url, self.alias) if self.alias else (self.url,)


@dataclass(frozen=True, slots=True)
class _Claim:
    """A client's claim to be somebody: by which way of sending, who, and the proof that came along."""

    way: str
    client_id: str
    proof: str = field(default="", repr=False)


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
    claim = _Claim("basic", unquote_plus(client_id), unquote_plus(secret))
    if form.get("client_id") not in (None, claim.client_id):
        raise InvalidRequest("client_id in the body differs from the one in the Authorization header")
    return claim


def _post(form: Form, presented: Presented) -> _Claim | None:  # noqa: ARG001
    if "client_secret" not in form:
        return None
    return _Claim("post", form.get("client_id", ""), form["client_secret"])


def _assertion(form: Form, presented: Presented) -> _Claim | None:  # noqa: ARG001
    if "client_assertion" not in form and "client_assertion_type" not in form:
        return None
    claim = _Claim(
        "assertion",
        claimant(form.get("client_assertion_type"), form.get("client_assertion")),
        form["client_assertion"],
    )
    if form.get("client_id") not in (None, claim.client_id):  # RFC 7521 §4.2
        raise InvalidClient("client_id in the body differs from sub in client_assertion")
    return claim


def _named(form: Form, presented: Presented) -> _Claim | None:
    """Nothing but a name: for public clients, and those whose proof is their TLS certificate."""
    others = {"client_secret", "client_assertion", "client_assertion_type"}
    if presented.authorization or "client_id" not in form or not others.isdisjoint(form):
        return None
    return _Claim("named", form["client_id"])


WAYS: tuple[Callable[[Form, Presented], _Claim | None], ...] = (_basic, _post, _assertion, _named)
# Each method, and the way its proof is sent. Those by certificate come with ``Certificates``.
METHODS: dict[str, str] = {
    "client_secret_basic": "basic",
    "client_secret_post": "post",
    "private_key_jwt": "assertion",
    "none": "named",
}
# What discovery says of the methods that sign, at each endpoint that takes them (RFC 8414 §2).
SIGNING = {
    f"{endpoint}_endpoint_auth_signing_alg_values_supported": list(ASSERTION_ALGORITHMS)
    for endpoint in ("token", "introspection", "revocation")
}


class ClientAuthentication:
    """Proves clients by the one method each is registered for.

    Authlib tries every method in turn until one fits; RFC 6749 §2.3 allows a request only one.
    """

    def __init__(
        self,
        clients: Clients,
        assertions: Assertions,
        audit: AuditLog,
        certificates: Certificates | None = None,
    ) -> None:
        """``certificates``: ``None`` where we do not see any."""
        self._clients = clients
        self._assertions = assertions
        self._audit = audit
        self._certificates = certificates
        self.methods = METHODS | dict.fromkeys(certificates.methods if certificates else (), "named")

    def authenticate(self, form: Form, presented: Presented, *, is_public_let_in: bool = True) -> Client:
        """The client behind a request; who fails to be one is remembered.

        Args:
            is_public_let_in: whether a name alone may do, for clients registered so.

        Raises:
            InvalidClient: unknown client, wrong proof or another method than the registered one, in one
                wording; 401 with a challenge.
            InvalidRequest: two methods at once.
            Unavailable: the memory of spent assertions is silent.
        """
        try:
            client = self._claimed(form, presented)
            if client.is_public and not is_public_let_in:
                raise InvalidClient("a public client proves nothing, which is asked for here")
        except InvalidClient as error:
            self._audit.record(Event.CLIENT_REFUSED, error=error.error)
            raise
        return client

    def _claimed(self, form: Form, presented: Presented) -> Client:
        claims = [claim for read in WAYS if (claim := read(form, presented))]
        if len(claims) > 1:
            raise InvalidRequest("the client authenticates in two ways at once; use only one")
        if not claims:
            raise InvalidClient("no client authentication: send Basic, or client_id in the body")
        claim = claims[0]
        client = self._clients.find(claim.client_id)
        if client is None or self.methods.get(client.metadata.token_endpoint_auth_method) != claim.way:
            raise InvalidClient(_doubt(claim))
        self._prove(client, claim, presented)
        return client

    def _prove(self, client: Client, claim: _Claim, presented: Presented) -> None:
        if claim.way == "assertion":
            self._assertions.prove(client, claim.proof, presented.urls)
        elif self._certificates and client.metadata.token_endpoint_auth_method in (PKI, SELF_SIGNED):
            self._certificates.prove(client, presented.certificate)
        elif claim.way != "named" and not client.check_client_secret(claim.proof):
            raise InvalidClient(_doubt(claim))


def _doubt(claim: _Claim) -> str:
    """One wording for every reason that an attacker could learn from."""
    if claim.way == "assertion":
        return DOUBT
    method = next(name for name, way in METHODS.items() if way == claim.way)
    return f"unknown client, or not registered for {method}, or wrong secret"
