"""POST /revoke."""

from flask import Response
from flask.views import MethodView

from idp.oidc.tokens.revocation import Revocation
from idp.web.endpoints.client_door import ClientDoor


class Revoke(MethodView):
    """Give a token back (RFC 7009 §2)."""

    init_every_request = False

    def __init__(self, door: ClientDoor, tokens: Revocation) -> None:
        self._door = door
        self._tokens = tokens

    def post(self) -> Response:
        form, client, _ = self._door.enter()
        self._tokens.revoke(form, client)
        response = Response(status=200)  # §2.2: whatever the body held, clients would not read it
        response.headers["Cache-Control"] = "no-store"
        return response
