"""Authorization codes in flight: given once, taken once."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

from pydantic import TypeAdapter
from sqlalchemy.exc import IntegrityError

from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.oidc.clients.client import Client
from idp.oidc.errors import InvalidGrant
from idp.oidc.tokens.grant import Grant, Grants
from idp.oidc.tokens.handle import Handle, Mint
from idp.storage.database import Database
from idp.storage.ephemeral import Ephemeral, Space

REFUSED = "code: unknown, expired, already used, or issued to another client"


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """What a code stands for: the grant to be, and what must come back with the code."""

    grant: Grant
    redirect_uri: str
    code_challenge: str  # empty: a client excused from PKCE sent none
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

    def __init__(
        self,
        mint: Mint,
        ephemeral: Ephemeral,
        grants: Grants,
        database: Database,
        audit: AuditLog,
        ttl: timedelta,
    ) -> None:
        self._mint = mint
        self._ephemeral = ephemeral
        self._grants = grants
        self._database = database
        self._audit = audit
        self._ttl = ttl

    def issue(self, code: Code) -> str:
        """A code string for what was allowed; good for ``ttl`` and for one use."""
        handle = self._mint.new(code.grant.id)
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
        handle = self._mint.read(text)
        if handle is None:
            raise InvalidGrant(REFUSED)
        raw = self._ephemeral.take(Space.CODE, text)
        if raw is None:
            self._end_replayed(handle, client)
            raise InvalidGrant(REFUSED)
        code = replace(_CODE.validate_json(raw), hash=handle.hash)
        if code.grant.client_id != client.client_id:
            raise InvalidGrant(REFUSED)
        return code

    def end_born_twice(self, grant: Grant) -> None:
        """End a grant whose code was redeemed before, or came again while it was: its id is taken."""
        self._database.atomically(lambda: self._end(grant))

    def _end_replayed(self, handle: Handle, client: Client) -> None:
        """End what a spent code gave birth to, or is about to.

        The first redemption may have taken the code and not written its grant yet. A grant that was dead
        from the start then stands in its way, under the id that both would have.
        """
        if self._found_and_ended(handle):
            return
        try:
            self._grants.add_dead(handle.owner, client.client_id, handle.hash)
        except IntegrityError:  # the first was written just now
            self._found_and_ended(handle)

    def _found_and_ended(self, handle: Handle) -> bool:
        def end() -> bool:
            grant = self._grants.born_of(handle)
            if grant is not None and grant.account_id is not None:  # not a dead one of ours
                self._end(grant)
            return grant is not None

        return self._database.atomically(end)

    def _end(self, grant: Grant) -> None:
        self._grants.revoke(grant.id)
        self._audit.record(Event.CODE_REPLAYED, account_id=grant.account_id, client_id=grant.client_id)
