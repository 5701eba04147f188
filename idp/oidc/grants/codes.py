"""Authorization codes in flight: given once, taken once."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

from pydantic import TypeAdapter

from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.oidc.clients.client import Client
from idp.oidc.errors import InvalidGrant
from idp.oidc.tokens.grant import Grant, Grants
from idp.oidc.tokens.handle import Handle, new_handle, read_handle
from idp.storage.ephemeral import Ephemeral, Space

REFUSED = "code: unknown, expired, already used, or issued to another client"


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """What a code stands for: the grant to be, and what must come back with the code."""

    grant: Grant
    redirect_uri: str
    code_challenge: str
    nonce: str | None = None
    dpop_jkt: str | None = None
    hash: bytes | None = field(default=None, repr=False)

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return " ".join(self.grant.scope)


_CODE: TypeAdapter[Code] = TypeAdapter(Code)


class Codes:
    """Authorization codes in flight."""

    def __init__(self, ephemeral: Ephemeral, grants: Grants, audit: AuditLog, ttl: timedelta) -> None:
        self._ephemeral = ephemeral
        self._grants = grants
        self._audit = audit
        self._ttl = ttl

    def issue(self, code: Code) -> str:
        """A code string for what was allowed; good for ``ttl`` and for one use."""
        handle = new_handle(code.grant.id)
        self._ephemeral.put(Space.CODE, str(handle), _CODE.dump_json(code), self._ttl)
        self._audit.record(
            Event.CODE_ISSUED, account_id=code.grant.account_id, client_id=code.grant.client_id
        )
        return str(handle)

    def take(self, text: str, client: Client) -> Code:
        """What a code stands for, spending it, whoever asks.

        Authlib queries, saves and deletes, which lets one code be redeemed twice. Here it is taken in one
        step; a second presentation ends the grant that the first gave birth to (RFC 6749 §4.1.2).

        Raises:
            InvalidGrant: unknown, expired, used, or another client's.
        """
        handle = read_handle(text)
        raw = self._ephemeral.take(Space.CODE, text) if handle else None
        if handle is None:
            raise InvalidGrant(REFUSED)
        if raw is None:
            self._end_replayed(handle)
            raise InvalidGrant(REFUSED)
        code = replace(_CODE.validate_json(raw), hash=handle.hash)
        if code.grant.client_id != client.client_id:
            raise InvalidGrant(REFUSED)
        return code

    def _end_replayed(self, handle: Handle) -> None:
        grant = self._grants.revoke_replayed(handle)
        if grant is not None:
            self._audit.record(Event.CODE_REPLAYED, account_id=grant.account_id, client_id=grant.client_id)
