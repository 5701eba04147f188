"""Grants that a client polls for while somebody answers elsewhere."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from authlib.oauth2.rfc6749 import OAuth2Request
from authlib.oauth2.rfc6749.grants import BaseGrant, TokenEndpointMixin
from authlib.oauth2.rfc6749.hooks import hooked

from idp.accounts.account import Standing
from idp.audit.events import Event
from idp.oidc.errors import InvalidGrant, InvalidRequest, UnauthorizedClient
from idp.oidc.grants.rooms import Rooms
from idp.oidc.tokens.grant import Grant
from idp.oidc.tokens.id_token import IdTokenExtension
from idp.oidc.tokens.narrowing import audience_of, limits_of
from idp.oidc.tokens.purpose import redeemed
from idp.storage.ephemeral import Space


class AnsweredGrant(BaseGrant, TokenEndpointMixin):  # type: ignore[misc]
    """What the device grant and CIBA have in common.

    Authlib's own device grant looks at what was approved and deletes it after, which lets parallel polls
    succeed together, and knows no slow_down of its own.
    """

    PARAMETER: str
    SPACE: Space

    rooms: Rooms  # set on the subclass that grants/table.py makes

    def validate_token_request(self) -> None:
        if not self.request.client.check_grant_type(self.GRANT_TYPE):
            raise UnauthorizedClient(f"this client is not registered for {self.GRANT_TYPE}")
        text = self.request.form.get(self.PARAMETER)
        if text is None:
            raise InvalidRequest(f"{self.PARAMETER}: missing")
        pending = self.rooms.pendings.redeem(self.SPACE, text, self.request.client)
        if pending.grant is None:
            raise AssertionError("only an allowed request is redeemed")
        self.request.credential = redeemed(self.request.client, pending.grant)
        self.request.user = self._account(pending.grant)

    def _account(self, grant: Grant) -> Standing:
        """The account, if it may still act: since the yes it, or its session, may have ended."""
        account = self.rooms.accounts.standing(grant.account_id) if grant.account_id else None
        is_held = grant.session_id is None or self.rooms.hold_session(grant.session_id)
        if account is None or not account.is_active or not is_held:
            raise InvalidGrant(f"{self.PARAMETER}: what was allowed has ended since")
        return account

    def create_token_response(self) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        return self.rooms.issue.atomically(self._respond)  # type: ignore[no-any-return]

    @hooked(before="before_create_token_response", after="after_create_token_response")  # type: ignore[untyped-decorator]
    def _respond(self) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        client, allowed = self.request.client, self.request.credential
        refresh = self.rooms.issue.refresh_for(client, allowed)
        bound = self.request.confirmation
        grant = replace(allowed, refresh_hash=refresh.hash if refresh else None, confirmation=bound)
        self.rooms.grants.add(grant)
        self.rooms.audit.record(
            Event.TOKEN_ISSUED,
            account_id=grant.account_id,
            client_id=grant.client_id,
            grant_type=self.GRANT_TYPE,
        )
        form = self.request.form
        audience, limits = audience_of(form, grant), limits_of(form, client, grant)
        body = self.rooms.issue.response(client, grant, grant.scope, refresh, bound, audience, limits)
        return 200, body, self.TOKEN_RESPONSE_HEADER

    @classmethod
    def extensions(cls, rooms: Rooms) -> list[object]:
        """An ID token beside the access token; there was no nonce to repeat."""

        def id_token(request: OAuth2Request, token: Mapping[str, Any]) -> str:
            return rooms.id_tokens.issue(
                request.client,
                request.credential,
                request.user,
                nonce=None,
                access_token=token["access_token"],
            )

        return [IdTokenExtension(id_token)]


class DeviceGrant(AnsweredGrant):
    """``grant_type=urn:ietf:params:oauth:grant-type:device_code`` (RFC 8628 §3.4)."""

    GRANT_TYPE = "urn:ietf:params:oauth:grant-type:device_code"
    PARAMETER = "device_code"
    SPACE = Space.DEVICE_CODE


class CibaGrant(AnsweredGrant):
    """``grant_type=urn:openid:params:grant-type:ciba``, by poll and by ping (CIBA Core 1.0 §10.1)."""

    GRANT_TYPE = "urn:openid:params:grant-type:ciba"
    PARAMETER = "auth_req_id"
    SPACE = Space.CIBA_REQUEST
