"""POST /bc-authorize."""

from flask import Response
from flask.views import MethodView

from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.oidc.authorization.ciba import BackchannelRequests
from idp.oidc.clients.authentication import ClientAuthentication
from idp.oidc.errors import InvalidClient, InvalidRequest, InvalidRequestObject
from idp.web.http import Presenting, as_json, read_form


class BackchannelAuthentication(MethodView):
    """A client asks a person who is not in front of it (CIBA Core 1.0 §7)."""

    init_every_request = False

    def __init__(
        self,
        clients: ClientAuthentication,
        requests: BackchannelRequests,
        audit: AuditLog,
        presented: Presenting,
    ) -> None:
        self._clients = clients
        self._requests = requests
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
            return as_json(self._requests.open(form, client))
        except InvalidRequestObject as error:
            raise InvalidRequest(error.description) from None  # §13 has no word of its own for it
