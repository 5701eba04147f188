"""POST /par."""

from flask import Response
from flask.views import MethodView

from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.oidc.authorization.core import RequestReader
from idp.oidc.clients.authentication import ClientAuthentication
from idp.oidc.errors import InvalidClient, InvalidRequest, UntrustedRedirect
from idp.web.http import Presenting, as_json, read_form

CREATED = 201


class PushedAuthorization(MethodView):
    """Take an authorization request ahead of the browser (RFC 9126 §2)."""

    init_every_request = False

    def __init__(
        self, reader: RequestReader, clients: ClientAuthentication, audit: AuditLog, presented: Presenting
    ) -> None:
        self._reader = reader
        self._clients = clients
        self._audit = audit
        self._presented = presented

    def post(self) -> Response:
        form = {name: value for name, value in read_form().items() if value}
        try:
            client = self._clients.authenticate(form, self._presented())
        except InvalidClient as error:
            self._audit.record(Event.CLIENT_REFUSED, error=error.error)
            raise
        try:
            uri, expires_in = self._reader.push(form, client)
        except UntrustedRedirect as error:
            raise InvalidRequest(error.description) from None  # RFC 9126 §2.3 has no word of its own for it
        return as_json({"request_uri": uri, "expires_in": expires_in}, CREATED)
