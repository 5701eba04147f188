"""POST /token."""

from flask import Response
from flask.views import MethodView

from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.oidc.errors import AuthorizationPending, OAuthError
from idp.oidc.grants.table import Redemption
from idp.oidc.tokens.confirmation import Confirmations
from idp.oidc.tokens.resource import AUDIENCE, RESOURCE
from idp.web.endpoints.client_door import ClientDoor
from idp.web.http import as_json


class Token(MethodView):
    """Redeem a grant (RFC 6749 §3.2)."""

    init_every_request = False

    def __init__(
        self,
        door: ClientDoor,
        grants: Redemption,
        audit: AuditLog,
        confirmations: Confirmations,
    ) -> None:
        self._door = door
        self._grants = grants
        self._audit = audit
        self._confirmations = confirmations

    def post(self) -> Response:
        form, client, presented = self._door.enter(RESOURCE, AUDIENCE)
        try:
            confirmation = self._confirmations.establish(client, presented)
            response = as_json(self._grants.redeem(form, client, confirmation))
        except AuthorizationPending:
            raise  # asked again and again: nothing to remember
        except OAuthError as error:
            self._audit.record(Event.TOKEN_REFUSED, client_id=client.client_id, error=error.error)
            raise
        if presented.dpop is not None:
            response.headers["DPoP-Nonce"] = self._confirmations.proofs.nonce()
        return response
