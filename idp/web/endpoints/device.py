"""POST /device_authorization."""

from flask import Response
from flask.views import MethodView

from idp.oidc.authorization.device import DeviceRequests
from idp.oidc.tokens.resource import RESOURCE
from idp.web.endpoints.client_door import ClientDoor
from idp.web.http import as_json

VERIFICATION = "/device"


class DeviceAuthorization(MethodView):
    """A device asks to be allowed by a person at another one (RFC 8628 §3.1)."""

    init_every_request = False

    def __init__(self, door: ClientDoor, requests: DeviceRequests, issuer: str) -> None:
        self._door = door
        self._requests = requests
        self._verification_uri = issuer + VERIFICATION

    def post(self) -> Response:
        form, client, _ = self._door.enter(RESOURCE)
        return as_json(self._requests.open(form, client, self._verification_uri))
