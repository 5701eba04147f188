"""POST /introspect."""

from flask import Response
from flask.views import MethodView

from idp.oidc.tokens.introspection import TYPE, Introspection
from idp.web.endpoints.client_door import ClientDoor
from idp.web.http import as_json, incoming

JWT = f"application/{TYPE}"


class Introspect(MethodView):
    """Ask what a token is good for (RFC 7662 §2); as a JWT for whoever accepts only that (RFC 9701 §4)."""

    init_every_request = False

    def __init__(self, door: ClientDoor, tokens: Introspection) -> None:
        self._door = door
        self._tokens = tokens

    def post(self) -> Response:
        form, client, _ = self._door.enter(is_public_let_in=False)
        answer = self._tokens.introspect(form, client)
        if incoming().accept_mimetypes.best_match(["application/json", JWT]) != JWT:
            return as_json(answer)
        response = Response(self._tokens.signed(answer, client), mimetype=JWT)
        response.headers["Cache-Control"] = "no-store"
        return response
