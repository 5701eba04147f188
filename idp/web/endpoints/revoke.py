"""POST /revoke."""

from flask import Response
from flask.views import MethodView

from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.oidc.clients.authentication import ClientAuthentication
from idp.oidc.errors import InvalidClient
from idp.oidc.tokens.revocation import Revocation
from idp.web.http import Presenting, read_form


class Revoke(MethodView):
    """Give a token back (RFC 7009 §2)."""

    init_every_request = False

    def __init__(
        self, clients: ClientAuthentication, tokens: Revocation, audit: AuditLog, presented: Presenting
    ) -> None:
        self._clients = clients
        self._tokens = tokens
        self._audit = audit
        self._presented = presented

    def post(self) -> Response:
        form = {name: value for name, value in read_form().items() if value}
        try:
            client = self._clients.authenticate(form, self._presented())
        except InvalidClient as error:
            self._audit.record(Event.CLIENT_REFUSED, error=error.error)
            raise
        self._tokens.revoke(form, client)
        response = Response(status=200)  # §2.2: whatever the body held, clients would not read it
        response.headers["Cache-Control"] = "no-store"
        return response
