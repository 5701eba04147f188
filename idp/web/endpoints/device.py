"""POST /device_authorization."""

from flask import Response
from flask.views import MethodView

from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.oidc.authorization.device import DeviceRequests
from idp.oidc.clients.authentication import ClientAuthentication
from idp.oidc.errors import InvalidClient
from idp.web.http import Presenting, as_json, read_form

VERIFICATION = "/device"


class DeviceAuthorization(MethodView):
    """A device asks to be allowed by a person at another one (RFC 8628 §3.1)."""

    init_every_request = False

    def __init__(
        self,
        clients: ClientAuthentication,
        requests: DeviceRequests,
        audit: AuditLog,
        presented: Presenting,
        issuer: str,
    ) -> None:
        self._clients = clients
        self._requests = requests
        self._audit = audit
        self._presented = presented
        self._verification_uri = issuer + VERIFICATION

    def post(self) -> Response:
        # RFC 8628 §3.1: parameters sent without a value are treated as if they were omitted.
        form = {name: value for name, value in read_form().items() if value}
        try:
            client = self._clients.authenticate(form, self._presented())
        except InvalidClient as error:
            self._audit.record(Event.CLIENT_REFUSED, error=error.error)
            raise
        return as_json(self._requests.open(form, client, self._verification_uri))
