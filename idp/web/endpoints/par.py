"""POST /par."""

from flask import Response
from flask.views import MethodView

from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.oidc.authorization.core import RequestReader
from idp.oidc.clients.authentication import ClientAuthentication
from idp.oidc.errors import InvalidClient, InvalidDpopProof, InvalidRequest, UntrustedRedirect
from idp.oidc.tokens.dpop import DpopProofs
from idp.oidc.tokens.resource import RESOURCE
from idp.web.http import Presenting, as_json, read_form

CREATED = 201


class PushedAuthorization(MethodView):
    """Take an authorization request ahead of the browser (RFC 9126 §2)."""

    init_every_request = False

    def __init__(
        self,
        reader: RequestReader,
        clients: ClientAuthentication,
        audit: AuditLog,
        presented: Presenting,
        proofs: DpopProofs,
    ) -> None:
        self._reader = reader
        self._clients = clients
        self._audit = audit
        self._presented = presented
        self._proofs = proofs

    def post(self) -> Response:
        form = {name: value for name, value in read_form(RESOURCE).items() if value}
        presented = self._presented()
        try:
            client = self._clients.authenticate(form, presented)
        except InvalidClient as error:
            self._audit.record(Event.CLIENT_REFUSED, error=error.error)
            raise
        if presented.dpop is not None:  # RFC 9449 §10.1: as good as the parameter
            jkt = self._proofs.thumbprint(presented)
            if form.setdefault("dpop_jkt", jkt) != jkt:
                raise InvalidDpopProof("DPoP: the proof is by another key than the one of dpop_jkt")
        try:
            uri, expires_in = self._reader.push(form, client)
        except UntrustedRedirect as error:
            raise InvalidRequest(error.description) from None  # RFC 9126 §2.3 has no word of its own for it
        response = as_json({"request_uri": uri, "expires_in": expires_in}, CREATED)
        if presented.dpop is not None:
            response.headers["DPoP-Nonce"] = self._proofs.nonce()
        return response
