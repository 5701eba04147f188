"""POST /revoke."""

from flask import Response
from flask.views import MethodView

from idp.oidc.tokens.revocation import Revocation
from idp.web.endpoints.client_door import ClientDoor
from idp.web.http import nothing

OK = 200


class Revoke(MethodView):
    """Give a token back (RFC 7009 §2)."""

    init_every_request = False

    def __init__(self, door: ClientDoor, tokens: Revocation) -> None:
        self._door = door
        self._tokens = tokens

    def post(self) -> Response:
        form, client, _ = self._door.enter()
        self._tokens.revoke(form, client)
        return nothing(OK)  # §2.2: whatever the body held, clients would not read it
