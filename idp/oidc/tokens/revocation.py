"""Revocation (RFC 7009): a client gives a token back, and its whole grant ends."""

from collections.abc import Mapping
from contextlib import suppress

from sqlalchemy.exc import IntegrityError

from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.oidc.clients.client import Client
from idp.oidc.errors import InvalidGrant, InvalidRequest, UnsupportedTokenType
from idp.oidc.tokens.grant import Grants
from idp.oidc.tokens.recognition import HINTS, Recognised, Recognition
from idp.storage.database import Database


class Revocation:
    """Ends grants by any of their tokens: access and refresh tokens die together (§2.1)."""

    def __init__(self, recognition: Recognition, grants: Grants, audit: AuditLog, database: Database) -> None:
        self._recognition = recognition
        self._grants = grants
        self._audit = audit
        self._database = database

    def revoke(self, form: Mapping[str, str], client: Client) -> None:
        """End the grant of ``token``. One that is unknown, expired or over is none to complain of (§2.2).

        Raises:
            InvalidRequest: no token.
            UnsupportedTokenType: it is no token that is revoked here, and the hint names another kind, as an
                ID token. A hint alone hinders nothing (§2.1).
                So it is with a token got in exchange: the grant is not that client's to end.
            InvalidGrant: the token was issued to another client; it stays in force.
        """
        token, hint = form.get("token"), form.get("token_type_hint")
        if not token:
            raise InvalidRequest("token: missing")
        found = self._recognition.recognise(token)
        if found is None:
            if hint and hint not in HINTS:
                raise UnsupportedTokenType(f"token_type_hint: expected one of {' '.join(HINTS)}")
            return
        if found.client_id != client.client_id:
            raise InvalidGrant("token: issued to another client")
        if found.client_id != found.grant.client_id:
            raise UnsupportedTokenType("token: got in exchange; it ends with what it was exchanged for")
        with suppress(IntegrityError):  # another request has ended it meanwhile
            self._database.atomically(lambda: self._end(found))

    def _end(self, found: Recognised) -> None:
        grant, access = found.grant, found.access
        if access is not None and access.is_own and grant.revoked_at is None:
            self._grants.add_dead(grant.id, grant.client_id, until=grant.expires_at)
        elif not self._grants.revoke(grant.id):
            return
        self._audit.record(
            Event.GRANT_REVOKED, account_id=grant.account_id, client_id=grant.client_id, reason="client"
        )
