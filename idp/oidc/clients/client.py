"""Registered relying parties, parsed once and kept in the process."""

import hmac
import re
import threading
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from authlib.oauth2.rfc6749 import ClientMixin
from pydantic import TypeAdapter
from sqlalchemy import JSON, Column, LargeBinary, String, Table, bindparam, insert, select, update

from idp.kernel.clock import Clock
from idp.kernel.ids import digest, new_secret
from idp.oidc.clients.checks import check
from idp.oidc.clients.metadata import ClientMetadata, host_of
from idp.storage.database import Database, Instant, metadata
from idp.storage.prepared import Prepared

FRESH_SECONDS = 5.0  # a change is seen by every worker within this time
MAX_PORT = 65535
_LOOPBACK_URI = re.compile(
    r"http://(?P<host>localhost|127\.0\.0\.1|\[::1\])(:(?P<port>[1-9][0-9]{0,4}))?(?P<rest>[/?].*|)"
)
_CLIENT_ID = re.compile(r"[\x20-\x7e]{1,64}")  # RFC 6749 Appendix A.1
_METADATA: TypeAdapter[ClientMetadata] = TypeAdapter(ClientMetadata)

clients = Table(
    "clients",
    metadata,
    Column("client_id", String(64), primary_key=True),
    Column("secret_hash", LargeBinary(32)),
    Column("registration_hash", LargeBinary(32)),
    Column("metadata", JSON, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("disabled_at", Instant),
)
_FIND = Prepared(
    select(clients.c.secret_hash, clients.c.metadata, clients.c.disabled_at).where(
        clients.c.client_id == bindparam("client_id")
    )
)

_REGISTERED = select(clients.c.created_at, clients.c.registration_hash).where(
    clients.c.client_id == bindparam("id")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Client(ClientMixin):  # type: ignore[misc]
    """A relying party. The ``check_*`` methods are what Authlib asks of it."""

    client_id: str
    metadata: ClientMetadata
    secret_hash: bytes | None = field(default=None, repr=False)

    @property
    def is_public(self) -> bool:
        return self.metadata.token_endpoint_auth_method == "none"

    @property
    def sector(self) -> str:
        """The sector that pairwise subjects are made for (OIDC Core 1.0 §8.1)."""
        uri = self.metadata.sector_identifier_uri
        return (host_of(uri) if uri else "") or self.metadata.domain or self.client_id

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> str:
        return ""  # always to be named: OIDC Core 1.0 §3.1.2.1

    def get_allowed_scope(self, scope: str) -> str:
        return " ".join(word for word in (scope or "").split() if word in self.metadata.scope)

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Byte for byte; a native app's loopback port is free (RFC 8252 §7.3)."""
        if redirect_uri in self.metadata.redirect_uris:
            return True
        if self.metadata.application_type != "native":
            return False
        return any(_same_but_port(redirect_uri, known) for known in self.metadata.redirect_uris)

    def is_assured_at(self, redirect_uri: str) -> bool:
        """Whether nobody else can get its answers there, or use them (RFC 8252 §8.6).

        Any app may listen on a loopback address or claim a private scheme, and who is public proves nothing
        afterwards. A request without an address is answered where the person said so.
        """
        if not self.is_public or self.metadata.application_type != "native":
            return True
        return not redirect_uri or redirect_uri.startswith("https:")

    def check_client_secret(self, client_secret: str) -> bool:
        return self.secret_hash is not None and hmac.compare_digest(digest(client_secret), self.secret_hash)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == self.metadata.token_endpoint_auth_method

    def check_response_type(self, response_type: str) -> bool:
        return response_type in self.metadata.response_types

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in self.metadata.grant_types


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A client with what only its registration needs."""

    client: Client
    created_at: datetime
    registration_hash: bytes | None = field(default=None, repr=False)

    def is_managed_by(self, token: str) -> bool:
        """Whether a registration access token is this client's (RFC 7592 §3)."""
        known = self.registration_hash
        return known is not None and hmac.compare_digest(digest(token), known)


class Clients:
    """The registered clients."""

    def __init__(
        self, database: Database, clock: Clock, signing: Collection[str], details_types: Collection[str]
    ) -> None:
        """``signing`` and ``details_types`` are what a client may choose from: see ``checks.check``."""
        self._database = database
        self._clock = clock
        self._signing = signing
        self._details_types = details_types
        self._known: dict[str, tuple[float, Client]] = {}
        self._lock = threading.Lock()

    def find(self, client_id: str) -> Client | None:
        """A client that may be used; ``None`` for unknown and disabled ones."""
        known = self._known.get(client_id)
        if known is not None and time.monotonic() - known[0] < FRESH_SECONDS:
            return known[1]
        client = self._read(client_id)
        with self._lock:
            if client is None:
                self._known.pop(client_id, None)  # unknown ones are not kept: they cost nothing to invent
            else:
                self._known[client_id] = (time.monotonic(), client)
        return client

    def check(self, details: ClientMetadata) -> None:
        """Whether a client may be registered so. Raises ``InvalidClientMetadata``: see ``checks.check``."""
        check(details, self._signing, self._details_types)

    def register(
        self,
        details: ClientMetadata,
        *,
        client_id: str | None = None,
        secret: str | None = None,
        registration_hash: bytes | None = None,
    ) -> tuple[Client, str | None]:
        """Add a client; gives it and its secret, which is shown once and kept only as a digest.

        Raises:
            InvalidClientMetadata: see ``checks.check``.
        """
        self.check(details)
        secret = (secret or new_secret()) if _has_secret(details) else None
        client = Client(
            client_id=client_id or new_secret(128),
            metadata=details,
            secret_hash=digest(secret) if secret else None,
        )
        row = {
            "client_id": client.client_id,
            "secret_hash": client.secret_hash,
            "registration_hash": registration_hash,
            "metadata": _METADATA.dump_python(details, mode="json"),
            "created_at": self._clock(),
        }
        self._database.run(insert(clients), row)
        return client, secret

    def registered(self, client_id: str) -> Registered | None:
        """A client that may be used, with what belongs to its registration."""
        client = self._read(client_id)
        row = self._database.first(_REGISTERED, {"id": client_id})
        if client is None or row is None:
            return None
        return Registered(client=client, created_at=row.created_at, registration_hash=row.registration_hash)

    def change(self, client: Client, details: ClientMetadata, registration_hash: bytes) -> str | None:
        """Put other metadata in place; a new secret where its new method needs one and it had none.

        Raises:
            InvalidClientMetadata: see ``checks.check``.
        """
        self.check(details)
        secret = new_secret() if _has_secret(details) and client.secret_hash is None else None
        known = client.secret_hash if _has_secret(details) else None
        values = {
            "metadata": _METADATA.dump_python(details, mode="json"),
            "secret_hash": digest(secret) if secret else known,
            "registration_hash": registration_hash,
        }
        self._database.run(update(clients).where(clients.c.client_id == client.client_id).values(**values))
        self._known.pop(client.client_id, None)
        return secret

    def disable(self, client_id: str) -> bool:
        """Stop a client at once in this process, within ``FRESH_SECONDS`` in the others."""
        touched = self._database.run(
            update(clients).where(clients.c.client_id == client_id).values(disabled_at=self._clock())
        )
        self._known.pop(client_id, None)
        return touched == 1

    def is_known(self, client_id: str) -> bool:
        """Whether there is, or ever was, a client of this id: it is never given to another."""
        return self._database.first(_FIND, {"client_id": client_id}) is not None

    def all(self) -> list[Client]:
        """Every client that may be used."""
        found = self._database.all(select(clients.c.client_id).order_by(clients.c.client_id))
        return [client for (client_id,) in found if (client := self._read(client_id))]

    def sectors(self) -> dict[str, str]:
        """Every sector that clients are of, by its own name and by their ids; an id comes first."""
        everyone = self.all()
        return {client.sector: client.sector for client in everyone} | {
            client.client_id: client.sector for client in everyone
        }

    def _read(self, client_id: str) -> Client | None:
        if not _CLIENT_ID.fullmatch(client_id):
            return None  # PostgreSQL does not even take a NUL to compare with
        row = self._database.first(_FIND, {"client_id": client_id})
        if row is None or row.disabled_at is not None:
            return None
        return Client(
            client_id=client_id,
            metadata=_METADATA.validate_python(row.metadata),
            secret_hash=row.secret_hash,
        )


def _has_secret(details: ClientMetadata) -> bool:
    return details.token_endpoint_auth_method.startswith("client_secret_")


def _same_but_port(asked: str, known: str) -> bool:
    """Whether two loopback addresses are the same byte for byte, their ports aside.

    ``urlsplit`` would not do: it drops tabs, line ends and an empty query, and raises for ``http://[``.
    """
    a, b = _LOOPBACK_URI.fullmatch(asked), _LOOPBACK_URI.fullmatch(known)
    if a is None or b is None:
        return False
    return a["host"] == b["host"] and a["rest"] == b["rest"] and int(a["port"] or 0) <= MAX_PORT
