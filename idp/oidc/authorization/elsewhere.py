"""Answers to requests that wait elsewhere: the pending request is marked, and no code is issued."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.oidc.authorization.response_modes import AuthorizationResponse
from idp.oidc.grants.pending import Pending, Pendings, Waiting
from idp.oidc.tokens.grant import Grant
from idp.storage.database import Database
from idp.storage.ephemeral import Space

# Where the person's browser goes once it has answered, with what was said.
LANDINGS = {Space.DEVICE_CODE: "/device/answered", Space.CIBA_REQUEST: "/account/requests"}
ALLOWED, REFUSED, LATE = "request_allowed", "request_refused", "request_late"


class Elsewhere:
    """Marks requests answered. ``tell`` lets the client know at the commit, where it asked to be told."""

    def __init__(
        self,
        pendings: Pendings,
        audit: AuditLog,
        database: Database,
        tell: Callable[[Pending], None],
    ) -> None:
        self._pendings = pendings
        self._audit = audit
        self._database = database
        self._tell = tell

    def allow(self, waiting: Waiting, grant: Grant) -> AuthorizationResponse:
        """The client may fetch tokens of ``grant``, which takes the request's id: once, whatever happens."""
        pending = self._pendings.allow(waiting, replace(grant, id=waiting.id))
        if pending is None:
            return _landing(waiting, LATE)
        with self._database.transaction():
            self._audit.record(Event.REQUEST_ALLOWED, account_id=grant.account_id, client_id=grant.client_id)
            self._tell(pending)
        return _landing(waiting, ALLOWED)

    def refuse(self, waiting: Waiting, actor: UUID | None = None) -> AuthorizationResponse:
        """The client learns that it was refused, not why.

        Args:
            actor: who said it, acting for the account that was asked.
        """
        pending = self._pendings.refuse(waiting)
        if pending is None:
            return _landing(waiting, LATE)
        with self._database.transaction():
            self._audit.record(
                Event.REQUEST_REFUSED,
                account_id=pending.account_id,
                client_id=pending.client_id,
                **({} if actor is None else {"actor": str(actor)}),
            )
            self._tell(pending)
        return _landing(waiting, REFUSED)


def _landing(waiting: Waiting, what: str) -> AuthorizationResponse:
    return AuthorizationResponse(redirect_uri=LANDINGS[waiting.space], parameters=(("done", what),))
