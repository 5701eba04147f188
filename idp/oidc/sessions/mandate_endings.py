"""The end of mandates: what was allowed under them ends in the same transaction, and clients are told."""

from collections.abc import Sequence

from idp.accounts.mandate import Mandate
from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.oidc.sessions.back_channel import BackChannel
from idp.oidc.sessions.courier import Courier
from idp.oidc.tokens.grant import Grants


class MandateEndings:
    """Hears of ended mandates from ``Mandates``.

    A client hears that the principal is signed out there, in the session of the browser where somebody
    acted; whoever acted stays signed in, and so do they for themself.
    """

    def __init__(self, grants: Grants, back_channel: BackChannel, courier: Courier, audit: AuditLog) -> None:
        self._grants = grants
        self._back_channel = back_channel
        self._courier = courier
        self._audit = audit

    def hear(self, ended: Sequence[Mandate]) -> None:
        """Revoke the grants of ended mandates, and set out to tell their clients once that stands."""
        born = self._grants.revoke_mandated([mandate.id for mandate in ended])
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
            if grant.account_id is not None and grant.session_id is not None and "openid" in grant.scope
        }
        if self._back_channel.owe_these(known):
            self._courier.after_commit()
