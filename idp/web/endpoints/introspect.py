"""POST /introspect."""

from flask import Response, request
from flask.views import MethodView

from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.oidc.clients.authentication import ClientAuthentication
from idp.oidc.errors import InvalidClient
from idp.oidc.tokens.introspection import TYPE, Introspection
from idp.web.http import Presenting, as_json, read_form

JWT = f"application/{TYPE}"


class Introspect(MethodView):
    """Ask what a token is good for (RFC 7662 §2); as a JWT for whoever accepts only that (RFC 9701 §4)."""

    init_every_request = False

    def __init__(
        self, clients: ClientAuthentication, tokens: Introspection, audit: AuditLog, presented: Presenting
    ) -> None:
        self._clients = clients
        self._tokens = tokens
        self._audit = audit
        self._presented = presented

    def post(self) -> Response:
        form = {name: value for name, value in read_form().items() if value}
        try:
            client = self._clients.authenticate(form, self._presented())
            answer = self._tokens.introspect(form, client)
        except InvalidClient as error:
            self._audit.record(Event.CLIENT_REFUSED, error=error.error)
            raise
        if request.accept_mimetypes.best_match(["application/json", JWT]) != JWT:
            return as_json(answer)
        response = Response(self._tokens.signed(answer, client), mimetype=JWT)
        response.headers["Cache-Control"] = "no-store"
        return response
