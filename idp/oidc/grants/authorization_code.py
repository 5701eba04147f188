"""The authorization code grant (RFC 6749 §4.1, OIDC Core 1.0 §3.1)."""

import hmac
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from authlib.oauth2.rfc6749 import OAuth2Request
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc7636 import CodeChallenge, create_s256_code_challenge
from sqlalchemy.exc import IntegrityError

from idp.accounts.account import Standing
from idp.audit.events import Event
from idp.oidc.clients.client import Client
from idp.oidc.errors import InvalidDpopProof, InvalidGrant, InvalidRequest
from idp.oidc.grants.codes import REFUSED, Code
from idp.oidc.grants.rooms import Rooms
from idp.oidc.tokens.grant import Grant
from idp.oidc.tokens.id_token import IdTokenExtension
from idp.oidc.tokens.narrowing import audience_of, limits_of
from idp.oidc.tokens.purpose import redeemed

_VERIFIER = re.compile(r"[A-Za-z0-9\-._~]{43,128}")  # RFC 7636 §4.1


class _Redeemed(Exception):
    """The code was redeemed before, whatever the store says."""


class CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc]
    """``grant_type=authorization_code``: Authlib's checks around our storage."""

    rooms: Rooms  # set on the subclass that grants/table.py makes
    _is_overtaken = False  # the id of the grant to be was taken meanwhile

    def query_authorization_code(self, code: str, client: Client) -> Code:
        taken = self.rooms.codes.take(code, client)
        return replace(taken, grant=redeemed(client, taken.grant))

    def create_token_response(self) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        try:
            return self.rooms.issue.atomically(super().create_token_response)  # type: ignore[no-any-return]
        except IntegrityError:
            self._is_overtaken = True
        try:
            return self.rooms.issue.atomically(super().create_token_response)  # type: ignore[no-any-return]
        except _Redeemed:
            # The store gave a spent code again, as a restored Redis does.
            self.rooms.codes.end_born_twice(self.request.authorization_code.grant)
            raise InvalidGrant(REFUSED) from None

    def authenticate_user(self, code: Code) -> Standing:
        """The account, if it may still act: since the code was given it, or its session, may have ended."""
        # RFC 9449 §10: the request named the key that its tokens would be bound to.
        if code.dpop_jkt is not None and code.dpop_jkt != (self.request.confirmation or {}).get("jkt"):
            raise InvalidDpopProof("DPoP: expected a proof by the key of the request's dpop_jkt")
        if code.grant.session_id is not None and not self.rooms.hold_session(code.grant.session_id):
            raise InvalidGrant(REFUSED)
        account = self.rooms.accounts.standing(code.grant.account_id) if code.grant.account_id else None
        if account is None or not account.is_active:
            raise InvalidGrant(REFUSED)
        return account

    def generate_token(self, **_: object) -> dict[str, Any]:
        code: Code = self.request.authorization_code
        client, bound = self.request.client, self.request.confirmation
        refresh = self.rooms.issue.refresh_for(client, code.grant)
        grant = replace(
            code.grant,
            code_hash=code.hash,
            refresh_hash=refresh.hash if refresh else None,
            confirmation=bound,
        )
        self._record(grant)
        self.rooms.audit.record(
            Event.TOKEN_ISSUED,
            account_id=grant.account_id,
            client_id=grant.client_id,
            grant_type=self.GRANT_TYPE,
        )
        form = self.request.form
        audience, limits = audience_of(form, grant), limits_of(form, client, grant)
        return self.rooms.issue.response(client, grant, grant.scope, refresh, bound, audience, limits)

    def _record(self, grant: Grant) -> None:
        """Write the grant; where its code came again meanwhile, over the dead one that stands in its place.

        This redemption was the one that took the code, so it is answered. Its tokens are dead, as they would
        be had the code come again a moment later.
        """
        if not self._is_overtaken:
            self.rooms.grants.add(grant)
        elif self.rooms.grants.write_over_dead(grant):
            self.rooms.audit.record(
                Event.CODE_REPLAYED, account_id=grant.account_id, client_id=grant.client_id
            )
        else:
            raise _Redeemed

    def save_token(self, token: dict[str, Any]) -> None:
        """Nothing: the grant is recorded in ``generate_token``, access tokens are not stored."""

    def delete_authorization_code(self, authorization_code: Code) -> None:
        """Nothing: it was taken."""

    @classmethod
    def extensions(cls, rooms: Rooms) -> list[object]:
        """PKCE, and the ID token beside the access token."""

        def id_token(request: OAuth2Request, token: Mapping[str, Any]) -> str:
            code: Code = request.authorization_code
            return rooms.id_tokens.issue(
                request.client, code.grant, request.user, nonce=code.nonce, access_token=token["access_token"]
            )

        return [Pkce(), IdTokenExtension(id_token)]


class Pkce(CodeChallenge):  # type: ignore[misc]
    """PKCE by S256 (RFC 7636 §4.6, RFC 9700 §2.1.1).

    Authlib asks it of public clients only and takes ``plain``. Whether there must be a challenge is a rule of
    the authorization request; here is its other half.
    """

    def validate_code_verifier(self, grant: CodeGrant, _result: object) -> None:
        code: Code = grant.request.authorization_code
        verifier = grant.request.form.get("code_verifier")
        if not code.code_challenge:
            if verifier is not None:  # RFC 9700 §4.8.2: somebody took the challenge out of the request
                raise InvalidGrant("code_verifier: the request came without a code_challenge")
            return
        if verifier is None:  # §4.6: as for one that does not fit
            raise InvalidGrant("code_verifier: missing; the request came with a code_challenge")
        if not _VERIFIER.fullmatch(verifier):
            raise InvalidRequest("code_verifier: expected 43 to 128 unreserved characters")
        if not hmac.compare_digest(create_s256_code_challenge(verifier), code.code_challenge):
            raise InvalidGrant("code_verifier: does not belong to the code_challenge of the request")
