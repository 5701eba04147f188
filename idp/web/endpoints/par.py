"""POST /par."""

from flask import Response
from flask.views import MethodView

from idp.oidc.authorization.core import RequestReader
from idp.oidc.errors import InvalidRequest, UntrustedRedirect
from idp.oidc.tokens.dpop import DpopProofs
from idp.oidc.tokens.resource import RESOURCE
from idp.web.endpoints.client_door import ClientDoor
from idp.web.http import as_json

CREATED = 201


class PushedAuthorization(MethodView):
    """Take an authorization request ahead of the browser (RFC 9126 §2)."""

    init_every_request = False

    def __init__(self, door: ClientDoor, reader: RequestReader, proofs: DpopProofs) -> None:
        self._door = door
        self._reader = reader
        self._proofs = proofs

    def post(self) -> Response:
        form, client, presented = self._door.enter(RESOURCE)
        jkt = self._proofs.thumbprint(client.metadata, presented) if presented.dpop is not None else None
        try:
            uri, expires_in = self._reader.push(form, client, jkt)
        except UntrustedRedirect as error:
            raise InvalidRequest(error.description) from None  # RFC 9126 §2.3 has no word of its own for it
        response = as_json({"request_uri": uri, "expires_in": expires_in}, CREATED)
        if jkt is not None:
            response.headers["DPoP-Nonce"] = self._proofs.nonce()
        return response
