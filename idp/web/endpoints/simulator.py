"""/simulator/...: what the simulator does by URL, for developers and conformance runs. Nowhere else."""

from flask import Response, request
from flask.views import MethodView

from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.keyring.keyring import Keyring
from idp.web.endpoints.userinfo import UserInfo
from idp.web.http import as_json

ACTOR = "simulator"
INTERACTION = "x-fapi-interaction-id"


class RotateKeys(MethodView):
    """The next keys sign from now on. By GET as well, so that a test plan can name the address."""

    init_every_request = False

    def __init__(self, keyring: Keyring, audit: AuditLog) -> None:
        self._keyring = keyring
        self._audit = audit

    def get(self) -> Response:
        return self.post()

    def post(self) -> Response:
        current = self._keyring.rotate(force=True)
        for key in current:
            self._audit.record(Event.KEY_ROTATED, kid=key.kid, alg=key.alg, actor=ACTOR)
        return as_json({"current": [{"kid": key.kid, "alg": key.alg} for key in current]})


class Resource(UserInfo):
    """A protected resource, open to whom UserInfo is: to bearers, and holders of keys and certificates."""

    def _answer(self, token: str, scheme: str) -> Response:
        response = super()._answer(token, scheme)
        if INTERACTION in request.headers:  # as FAPI resource servers hand it back
            response.headers[INTERACTION] = request.headers[INTERACTION]
        return response
