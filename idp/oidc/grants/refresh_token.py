"""Refresh tokens that rotate; one used again ends its whole family (RFC 6749 §6, RFC 9700 §4.14.2)."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from authlib.oauth2.rfc6749 import OAuth2Request
from authlib.oauth2.rfc6749.grants import RefreshTokenGrant

from idp.accounts.account import Standing
from idp.audit.events import Event
from idp.oidc.clients.client import Client
from idp.oidc.errors import InvalidGrant
from idp.oidc.grants.rooms import Rooms
from idp.oidc.tokens.confirmation import hold_refresh
from idp.oidc.tokens.grant import ROTATE, Grant, rotation
from idp.oidc.tokens.handle import Handle
from idp.oidc.tokens.id_token import IdTokenExtension
from idp.oidc.tokens.narrowing import audience_of, limits_of
from idp.oidc.tokens.purpose import redeemed

REFUSED = "refresh_token: unknown, expired, revoked, already used, or issued to another client"


class _Reused(Exception):
    """The token in force is another by now."""


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A refresh token that is in force, with the grant that it prolongs."""

    grant: Grant
    handle: Handle = field(repr=False)
    is_retry: bool = False  # spent a moment ago, and its successor was not used

    def check_client(self, client: Client) -> bool:
        return self.grant.client_id == client.client_id

    def get_scope(self) -> str:
        return " ".join(self.grant.scope)


class RefreshGrant(RefreshTokenGrant):  # type: ignore[misc]
    """``grant_type=refresh_token``. Authlib neither rotates by default nor notices a reuse."""

    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post", "none"]  # noqa: RUF012
    INCLUDE_NEW_REFRESH_TOKEN = True

    rooms: Rooms  # set on the subclass that grants/table.py makes

    def authenticate_refresh_token(self, refresh_token: str) -> RefreshToken:
        handle = self.rooms.refresh_tokens.read(refresh_token)
        grant = self.rooms.grants.find(handle.owner) if handle else None
        if handle is None or grant is None or grant.refresh_hash is None:
            raise InvalidGrant(REFUSED)
        if grant.client_id != self.request.client.client_id or not grant.is_live(self.rooms.clock()):
            raise InvalidGrant(REFUSED)
        is_spent = not hmac.compare_digest(grant.refresh_hash, handle.hash)
        if is_spent and not (self._may_retry() and self.rooms.successors.may_retry(grant, handle)):
            self._end_family(grant)
        hold_refresh(self.request.client, grant, self.request.confirmation)
        grant = redeemed(self.request.client, grant)
        if "offline_access" not in grant.scope:
            raise InvalidGrant(REFUSED)
        return RefreshToken(grant, handle, is_spent)

    def _may_retry(self) -> bool:
        return self.request.client.metadata.refresh_retry  # type: ignore[no-any-return]

    def create_token_response(self) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        # Whoever ends the mandate waits for the end of this, and who retries for its window.
        is_held = self.request.refresh_token.grant.mandate_id is not None or self._may_retry()
        try:
            return self.rooms.issue.atomically(self._answer) if is_held else self._answer()
        except _Reused:
            self._end_family(self.request.refresh_token.grant)
            raise AssertionError("unreachable") from None

    def _answer(self) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        """Everything is made first: the token stays in force until there is an answer to give."""
        self._next = self._successor(self.request.refresh_token)
        answer: tuple[int, dict[str, Any], list[tuple[str, str]]] = super().create_token_response()
        self._write(self.request.refresh_token)
        return answer

    def authenticate_user(self, refresh_token: RefreshToken) -> Standing:
        holder = refresh_token.grant.holder
        if holder is None or not holder.is_active:
            raise InvalidGrant(REFUSED)
        return holder

    def issue_token(self, user: Standing, refresh_token: RefreshToken) -> dict[str, Any]:
        client, grant = self.request.client, refresh_token.grant
        asked = self.request.payload.scope
        scope = tuple(asked.split()) if asked else grant.scope
        form, bound = self.request.form, self.request.confirmation
        audience, limits = audience_of(form, grant), limits_of(form, client, grant)
        return self.rooms.issue.response(client, grant, scope, self._next, bound, audience, limits)

    def _successor(self, token: RefreshToken) -> Handle:
        """The token that follows; with a retry the same one again."""
        # FAPI 2.0 §5.3.2.1: no rotation where only the client itself can use what it holds.
        if token.grant.confirmation and not self.request.client.is_public:
            return token.handle
        if self._may_retry():
            return self.rooms.successors.of(token.handle)
        return self.rooms.refresh_tokens.new(token.grant.id)

    def _write(self, token: RefreshToken) -> None:
        """Rotate, and say so; of what must not be lost, all that a refresh writes."""
        audit, account_id, client_id = self.rooms.audit, token.grant.account_id, token.grant.client_id
        if token.is_retry or self._next == token.handle:
            audit.record(Event.TOKEN_REFRESHED, account_id=account_id, client_id=client_id)
            return
        values = rotation(token.handle, self._next)
        if not audit.record_with(
            ROTATE, values, Event.TOKEN_REFRESHED, account_id=account_id, client_id=client_id
        ):
            raise _Reused
        if self._may_retry():
            self.rooms.successors.open_window(token.handle)

    def save_token(self, token: dict[str, Any]) -> None:
        """Nothing: it is rotated when all is made."""

    def revoke_old_credential(self, refresh_token: RefreshToken) -> None:
        """Nothing: rotating ends it."""

    def _end_family(self, grant: Grant) -> None:
        self.rooms.issue.atomically(lambda: self._revoke_and_tell(grant))
        raise InvalidGrant(REFUSED)

    def _revoke_and_tell(self, grant: Grant) -> None:
        self.rooms.grants.revoke(grant.id)
        self.rooms.audit.record(Event.REFRESH_REUSED, account_id=grant.account_id, client_id=grant.client_id)

    @classmethod
    def extensions(cls, rooms: Rooms) -> list[object]:
        """A fresh ID token, without the nonce of the first (OIDC Core 1.0 §12.2)."""

        def id_token(request: OAuth2Request, token: Mapping[str, Any]) -> str:
            grant = request.refresh_token.grant
            return rooms.id_tokens.issue(
                request.client, grant, request.user, nonce=None, access_token=token["access_token"]
            )

        return [IdTokenExtension(id_token)]
