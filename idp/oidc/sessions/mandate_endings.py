"""The end of mandates: what was allowed under them ends in the same transaction, and clients are told."""

from collections.abc import Sequence

from sqlalchemy import update

from idp.accounts.mandate import Mandate
from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.kernel.clock import Clock
from idp.oidc.sessions.back_channel import BackChannel
from idp.oidc.sessions.courier import Courier
from idp.oidc.tokens.grant import grants
from idp.storage.database import Database


class MandateEndings:
    """Hears of ended mandates from ``Mandates``.

    A client hears that the principal is signed out there, in the session of the browser where somebody
    acted; whoever acted stays signed in, and so do they for themself.
    """

    def __init__(
        self, database: Database, back_channel: BackChannel, courier: Courier, audit: AuditLog, clock: Clock
    ) -> None:
        self._database = database
        self._back_channel = back_channel
        self._courier = courier
        self._audit = audit
        self._clock = clock

    def hear(self, ended: Sequence[Mandate]) -> None:
        """Revoke the grants of ended mandates, and set out to tell their clients once that stands."""
        now = self._clock()
        statement = (
            update(grants)
            .where(
                grants.c.mandate_id.in_([mandate.id for mandate in ended]),
                grants.c.revoked_at.is_(None),
                grants.c.expires_at > now,
            )
            .values(revoked_at=now)
            .returning(grants.c.client_id, grants.c.account_id, grants.c.session_id, grants.c.scope)
        )
        born = self._database.all(statement)
        for grant in born:
            self._audit.record(
                Event.GRANT_REVOKED,
                account_id=grant.account_id,
                client_id=grant.client_id,
                reason="mandate_ended",
            )
        known = {
            (grant.client_id, grant.account_id, grant.session_id)
            for grant in born
            if grant.session_id is not None and "openid" in grant.scope.split()
        }
        if self._back_channel.owe_these(known):
            self._courier.after_commit()
