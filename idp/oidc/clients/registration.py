"""Clients that register themselves (RFC 7591, RFC 7592, OIDC Registration 1.0)."""

import json
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.kernel.errors import Refused, TooManyAttempts
from idp.kernel.ids import digest, new_secret
from idp.oidc.clients.checks import InvalidClientMetadata
from idp.oidc.clients.client import Client, Clients, Registered
from idp.oidc.clients.encryption import algorithms_to
from idp.oidc.clients.invitations import Invitations
from idp.oidc.clients.keys import ClientKeys, KeysUnreachable, NoKeyToEncryptTo
from idp.oidc.clients.metadata import ClientMetadata
from idp.oidc.clients.wire import OURS, read, write
from idp.oidc.errors import InvalidToken, OAuthError, TokenMissing
from idp.storage.database import Database
from idp.storage.ephemeral import Ephemeral, Space

# Without the identity number: an operator grants that.
USUAL_SCOPE = ("openid", "profile", "email", "address", "phone", "offline_access")
REGISTER = "/register"
# Whom only a simulator lets in: suites for certification, which know no PKCE, type no one-time codes, and
# send request objects that nobody signed (docs/decisions/0017).
UNINVITED: Mapping[str, Any] = MappingProxyType(
    {"require_pkce": False, "default_level": 1, "unsigned_requests": True}
)
OPEN = 300  # registrations without an invitation: a conformance suite makes some fifty
WINDOW = timedelta(minutes=10)
MANAGED = frozenset(
    {
        "registration_access_token",
        "registration_client_uri",
        "client_secret_expires_at",
        "client_id_issued_at",
    }
)


class Registration:
    """Registers clients by invitation, or whoever comes where it ``is_open``; lets them see to their own.

    A registration access token opens one client's registration and is kept only as a digest. Each change
    gives a new one (RFC 7592 §3).
    """

    def __init__(
        self,
        issuer: str,
        clients: Clients,
        invitations: Invitations,
        keys: ClientKeys,
        fetch: Callable[[str], bytes],
        grant_types: Collection[str],
        auth_methods: Collection[str],
        audit: AuditLog,
        database: Database,
        ephemeral: Ephemeral,
        *,
        is_open: bool,
    ) -> None:
        """``fetch`` gives the body behind an address, or raises ``Refused``."""
        self._issuer = issuer
        self._clients = clients
        self._invitations = invitations
        self._keys = keys
        self._fetch = fetch
        self._grant_types = grant_types
        self._auth_methods = auth_methods
        self._audit = audit
        self._database = database
        self._ephemeral = ephemeral
        self._is_open = is_open

    def register(self, members: Mapping[str, Any], token: str | None, address: str) -> dict[str, Any]:
        """A new client, as RFC 7591 §3.2.1 answers it: with its secret and its token, shown once.

        Raises:
            TooManyAttempts: without an invitation, more than ``OPEN`` in ``WINDOW`` from one address.
            TokenMissing, InvalidToken: no invitation came, or none that is good.
            OAuthError: ``invalid_redirect_uri`` or ``invalid_client_metadata``.
        """
        with self._database.transaction():
            allowed = self._scope_of(token, address)
            details = self._checked(self._read(members, allowed, UNINVITED if token is None else {}))
            manager = new_secret()
            client, secret = self._clients.register(details, registration_hash=digest(manager))
            self._audit.record(Event.CLIENT_REGISTERED, client_id=client.client_id)
            found = self._clients.registered(client.client_id)
        return self._answer(_there(found), manager, secret)

    def read(self, client_id: str, token: str | None) -> dict[str, Any]:
        """What is registered (RFC 7592 §2.1). Raises ``InvalidToken``, whatever is wrong."""
        return self._answer(self._managed(client_id, token), token or "")

    def update(self, client_id: str, token: str | None, members: Mapping[str, Any]) -> dict[str, Any]:
        """Put another registration in its place; what is left out has its default (RFC 7592 §2.2).

        Raises:
            InvalidToken: the token is not this client's.
            OAuthError: as in ``register``, or the client is named otherwise.
        """
        with self._database.transaction():
            found = self._managed(client_id, token)
            self._check_named(found.client, members)
            known = found.client.metadata
            kept = {name: getattr(known, name) for name in OURS}
            details = self._checked(
                self._read(members, tuple(dict.fromkeys([*USUAL_SCOPE, *known.scope])), kept)
            )
            if known.profile not in (None, details.profile):
                # A token for a registration, found or stolen, must not take a client's guards away.
                raise _refusal("profile", f"{known.profile} as before; an operator may end it")
            manager = new_secret()
            secret = self._clients.change(found.client, details, digest(manager))
            self._audit.record(Event.CLIENT_CHANGED, client_id=client_id)
            changed = _there(self._clients.registered(client_id))
        return self._answer(changed, manager, secret)

    def remove(self, client_id: str, token: str | None) -> None:
        """Stop the client for good (RFC 7592 §2.3). Raises ``InvalidToken``."""
        with self._database.transaction():
            self._managed(client_id, token)
            self._clients.disable(client_id)
            self._audit.record(Event.CLIENT_REMOVED, client_id=client_id)

    def _scope_of(self, token: str | None, address: str) -> tuple[str, ...]:
        if token is None:
            if self._is_open:
                if self._ephemeral.increment(Space.REGISTRATIONS, address, WINDOW) > OPEN:
                    raise TooManyAttempts(WINDOW)
                return USUAL_SCOPE
            raise TokenMissing("registration needs an initial access token: send Authorization: Bearer")
        scope = self._invitations.spend(token)
        if scope is None:
            raise InvalidToken("the initial access token is unknown, used up or expired")
        return scope

    def _managed(self, client_id: str, token: str | None) -> Registered:
        if token is None:
            raise TokenMissing("no registration access token: send Authorization: Bearer")
        found = self._clients.registered(client_id)
        if found is None or not found.is_managed_by(token):
            raise InvalidToken("the registration access token does not open a client of this id")
        return found

    def _check_named(self, client: Client, members: Mapping[str, Any]) -> None:
        if members.get("client_id") != client.client_id:
            raise _refusal("client_id", "the one that is registered")
        if not MANAGED.isdisjoint(members):
            raise _refusal(sorted(MANAGED & set(members))[0], "not to be sent (RFC 7592 2.2)")
        secret = members.get("client_secret")
        if secret is not None and not (isinstance(secret, str) and client.check_client_secret(secret)):
            raise _refusal("client_secret", "the present one, or none")

    def _read(
        self,
        members: Mapping[str, Any],
        allowed: tuple[str, ...],
        kept: Mapping[str, Any] = MappingProxyType({}),
    ) -> ClientMetadata:
        if members.get("software_statement") is not None:
            # RFC 7591 §3.2.2: nobody's statements are approved here.
            raise OAuthError("software_statement: none is taken here", "unapproved_software_statement")
        try:
            return read(members, allowed, **kept)
        except InvalidClientMetadata as error:
            raise _refusal(error.field, error.expected) from None

    def _checked(self, details: ClientMetadata) -> ClientMetadata:
        """What no dataclass can tell: what this house offers, and what the sector says."""
        if unknown := set(details.grant_types) - set(self._grant_types):
            raise _refusal("grant_types", f"without {' '.join(sorted(unknown))}")
        if details.response_types != ("code",) and not (
            details.response_types == () and "authorization_code" not in details.grant_types
        ):
            raise _refusal("response_types", "code")
        if details.token_endpoint_auth_method not in self._auth_methods:
            raise _refusal("token_endpoint_auth_method", f"one of {' '.join(self._auth_methods)}")
        try:
            self._clients.check(details)
        except InvalidClientMetadata as error:
            raise _refusal(error.field, error.expected) from None
        if details.sector_identifier_uri is not None:
            self._check_sector(details, details.sector_identifier_uri)
        self._check_published(details)
        return details

    def _check_published(self, details: ClientMetadata) -> None:
        """A client that wants something encrypted publishes a key to encrypt it to."""
        if details.jwks_uri is None:
            return  # what is registered itself has been looked at
        for alg, member in algorithms_to(details).items():
            try:
                self._keys.to_encrypt(details, alg)
            except NoKeyToEncryptTo:
                raise _refusal(member, f"a public key for {alg} behind jwks_uri") from None
            except KeysUnreachable as error:
                raise _refusal("jwks_uri", f"a JWK Set that can be fetched; came {error.reason}") from None

    def _check_sector(self, details: ClientMetadata, uri: str) -> None:
        """Every redirect_uri stands in the sector's list (OIDC Registration 1.0 §5)."""
        try:
            listed = json.loads(self._fetch(uri))
        except (Refused, ValueError, RecursionError):
            raise _refusal("sector_identifier_uri", "a JSON array that can be fetched") from None
        if not isinstance(listed, list) or not set(details.redirect_uris) <= {
            x for x in listed if isinstance(x, str)
        }:
            raise _refusal("sector_identifier_uri", "a JSON array that holds every redirect_uri")

    def _answer(self, found: Registered, manager: str, secret: str | None = None) -> dict[str, Any]:
        client = found.client
        shown: dict[str, Any] = {"client_secret": secret} if secret is not None else {}
        if client.secret_hash is not None:
            shown["client_secret_expires_at"] = 0
        return {
            "client_id": client.client_id,
            "client_id_issued_at": int(found.created_at.timestamp()),
            **shown,
            "registration_access_token": manager,
            "registration_client_uri": f"{self._issuer}{REGISTER}?client_id={client.client_id}",
            **write(client.metadata),
        }


def _refusal(field: str, expected: str) -> OAuthError:
    code = "invalid_redirect_uri" if field == "redirect_uris" else "invalid_client_metadata"
    return OAuthError(f"{field}: expected {expected.removeprefix('Input should be ')}", code)


def _there(found: Registered | None) -> Registered:
    if found is None:
        raise InvalidToken("the client is gone")
    return found
