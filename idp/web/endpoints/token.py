"""POST /token."""

from flask import Response
from flask.views import MethodView

from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.oidc.clients.authentication import ClientAuthentication
from idp.oidc.errors import AuthorizationPending, InvalidClient, OAuthError
from idp.oidc.grants.table import Redemption
from idp.oidc.tokens.confirmation import Confirmations
from idp.oidc.tokens.resource import RESOURCE
from idp.web.http import Presenting, as_json, read_form


class Token(MethodView):
    """Redeem a grant (RFC 6749 §3.2)."""

    init_every_request = False

    def __init__(
        self,
        clients: ClientAuthentication,
        grants: Redemption,
        audit: AuditLog,
        presented: Presenting,
        confirmations: Confirmations,
    ) -> None:
        self._clients = clients
        self._grants = grants
        self._audit = audit
        self._presented = presented
        self._confirmations = confirmations

    def post(self) -> Response:
        # RFC 6749 §3.2: parameters sent without a value are treated as if they were omitted.
        form = {name: value for name, value in read_form(RESOURCE).items() if value}
        presented = self._presented()
        try:
            client = self._clients.authenticate(form, presented)
        except InvalidClient as error:
            self._audit.record(Event.CLIENT_REFUSED, error=error.error)
            raise
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
