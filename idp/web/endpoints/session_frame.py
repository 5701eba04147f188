"""The frame in which clients watch for a sign-out (Session Management 1.0 §3.3)."""

from flask import Response
from flask.views import MethodView

from idp.web.surface import BROWSER_STATE, Surface

# The one page of ours that others may frame; it shows nothing and takes no input but messages.
POLICY = "default-src 'none'; script-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors *"


class SessionFrame(MethodView):
    """GET /session/check."""

    init_every_request = False

    def __init__(self, surface: Surface) -> None:
        script = surface.pages.static("check_session.js")
        self._page = (
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Session</title>\n'
            f'<script src="{script}" data-cookie="{surface.cookies.name(BROWSER_STATE)}"></script>\n'
            "</head>\n<body></body>\n</html>\n"
        )

    def get(self) -> Response:
        response = Response(self._page, mimetype="text/html")
        response.headers["Content-Security-Policy"] = POLICY
        return response
