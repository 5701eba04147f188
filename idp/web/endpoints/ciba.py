"""POST /bc-authorize."""

from flask import Response
from flask.views import MethodView

from idp.oidc.authorization.ciba import BackchannelRequests
from idp.oidc.errors import InvalidRequest, InvalidRequestObject
from idp.oidc.tokens.resource import RESOURCE
from idp.web.endpoints.client_door import ClientDoor
from idp.web.http import as_json


class BackchannelAuthentication(MethodView):
    """A client asks a person who is not in front of it (CIBA Core 1.0 §7)."""

    init_every_request = False

    def __init__(self, door: ClientDoor, requests: BackchannelRequests) -> None:
        self._door = door
        self._requests = requests

    def post(self) -> Response:
        form, client, _ = self._door.enter(RESOURCE)
        try:
            return as_json(self._requests.open(form, client))
        except InvalidRequestObject as error:
            raise InvalidRequest(error.description) from None  # §13 has no word of its own for it
