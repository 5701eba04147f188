"""The authorization code: given once, redeemed once (RFC 6749 §4.1, OIDC Core 1.0 §3.1)."""

import hmac
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from authlib.oauth2.rfc6749 import OAuth2Request
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc7636 import CodeChallenge, create_s256_code_challenge
from pydantic import TypeAdapter
from sqlalchemy.exc import IntegrityError

from idp.accounts.account import Account, Accounts
from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.oidc.clients.client import Client
from idp.oidc.errors import InvalidGrant
from idp.oidc.tokens.grant import Grant, Grants
from idp.oidc.tokens.handle import Handle, new_handle, read_handle
from idp.oidc.tokens.id_token import IdTokenExtension, IdTokens
from idp.oidc.tokens.issue import Issue
from idp.storage.ephemeral import Ephemeral, Space

REFUSED = "code: unknown, expired, already used, or issued to another client"


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """What a code stands for: the grant to be, and what must come back with the code."""

    grant: Grant
    redirect_uri: str
    code_challenge: str
    nonce: str | None = None
    hash: bytes | None = field(default=None, repr=False)

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return " ".join(self.grant.scope)

    @property
    def code_challenge_method(self) -> str:
        return "S256"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRooms:
    """What redeeming a code needs."""

    codes: Codes
    grants: Grants
    accounts: Accounts
    id_tokens: IdTokens
    issue: Issue
    audit: AuditLog


class CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc]
    """``grant_type=authorization_code``: Authlib's checks around our storage."""

    rooms: CodeRooms  # set on the subclass that grants/table.py makes

    def query_authorization_code(self, code: str, client: Client) -> Code:
        return self.rooms.codes.take(code, client)

    def create_token_response(self) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        code: Code = self.request.authorization_code
        try:
            return self.rooms.issue.atomically(super().create_token_response)  # type: ignore[no-any-return]
        except IntegrityError:
            # The store gave a spent code again (a restored or flushed Redis): the database remembers.
            self.rooms.grants.revoke(code.grant.id)
            raise InvalidGrant(REFUSED) from None

    def authenticate_user(self, code: Code) -> Account | None:
        """The account, if it may still act: it may have been locked since the code was given."""
        account = self.rooms.accounts.get(code.grant.account_id) if code.grant.account_id else None
        return account if account is not None and account.is_active else None

    def generate_token(self, **_: object) -> dict[str, Any]:
        code: Code = self.request.authorization_code
        refresh = self.rooms.issue.refresh_for(self.request.client, code.grant)
        grant = replace(code.grant, code_hash=code.hash, refresh_hash=refresh.hash if refresh else None)
        self.rooms.grants.add(grant)
        self.rooms.audit.record(
            Event.TOKEN_ISSUED,
            account_id=grant.account_id,
            client_id=grant.client_id,
            grant_type=self.GRANT_TYPE,
        )
        return self.rooms.issue.response(grant, grant.scope, refresh)

    def save_token(self, token: dict[str, Any]) -> None:
        """Nothing: the grant is recorded in ``generate_token``, access tokens are not stored."""

    def delete_authorization_code(self, authorization_code: Code) -> None:
        """Nothing: it was taken."""

    @classmethod
    def extensions(cls, rooms: CodeRooms) -> list[object]:
        """PKCE, and the ID token beside the access token."""

        def id_token(request: OAuth2Request, token: dict[str, Any]) -> str:
            code: Code = request.authorization_code
            return rooms.id_tokens.issue(
                request.client, code.grant, request.user, nonce=code.nonce, access_token=token["access_token"]
            )

        return [Pkce(), IdTokenExtension(id_token)]


def _matches(verifier: str, challenge: str) -> bool:
    return hmac.compare_digest(create_s256_code_challenge(verifier), challenge)


class Pkce(CodeChallenge):  # type: ignore[misc]
    """PKCE by S256 for every client (RFC 7636 §4.6, RFC 9700 §2.1.1).

    Authlib asks it of public clients only and takes ``plain``. That there is a challenge at all is a rule of
    the authorization request; here is its other half.
    """

    DEFAULT_CODE_CHALLENGE_METHOD = "S256"
    SUPPORTED_CODE_CHALLENGE_METHOD = ["S256"]  # noqa: RUF012
    CODE_CHALLENGE_METHODS = {"S256": _matches}  # noqa: RUF012
