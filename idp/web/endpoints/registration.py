"""/register: clients register themselves, and see to their registration."""

from flask import Response
from flask.views import MethodView

from idp.oidc.clients.registration import Registration
from idp.web.http import Addresses, as_json, bearer, incoming, nothing, read_json, read_query

CREATED = 201
NO_CONTENT = 204


class Register(MethodView):
    """POST registers (RFC 7591 §3); the rest is for the client named in the query (RFC 7592 §2)."""

    init_every_request = False

    def __init__(self, registration: Registration, addresses: Addresses) -> None:
        self._registration = registration
        self._addresses = addresses

    def post(self) -> Response:
        return as_json(
            self._registration.register(read_json(), bearer(), self._addresses.of(incoming())), CREATED
        )

    def get(self) -> Response:
        return as_json(self._registration.read(_client_id(), bearer()))

    def put(self) -> Response:
        return as_json(self._registration.update(_client_id(), bearer(), read_json()))

    def delete(self) -> Response:
        self._registration.remove(_client_id(), bearer())
        return nothing(NO_CONTENT)


def _client_id() -> str:
    return read_query().get("client_id", "") if incoming().query_string else ""
