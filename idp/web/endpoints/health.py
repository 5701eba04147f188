"""GET /health: whether this worker can serve people now."""

from collections.abc import Callable

from flask import Response
from flask.views import MethodView

from idp.web.http import as_json


class Health(MethodView):
    """Asks the database, the short-lived store and the keys. Silence of one is 503."""

    init_every_request = False

    def __init__(self, check: Callable[[], None]) -> None:
        self._check = check

    def get(self) -> Response:
        self._check()
        return as_json({"status": "ok"})
