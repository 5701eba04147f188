"""POST /backchannel-logout: the provider says that somebody is signed out (Back-Channel Logout 1.0 §2.5)."""

import logging

from flask import request
from werkzeug.wrappers import Response

from clients.portal.relying_party import NoticeRefused, RelyingParty
from clients.portal.visits import Visits

log = logging.getLogger(__name__)


class Notices:
    """The door for the provider's server. It brings no cookie: what it says is signed."""

    def __init__(self, provider: RelyingParty, visits: Visits) -> None:
        self._provider = provider
        self._visits = visits

    def hear(self) -> Response | tuple[dict[str, str], int]:
        """End the visits that began in the session that is named."""
        try:
            subject, session_id = self._provider.read_notice(request.form.get("logout_token", ""))
        except NoticeRefused as refused:
            log.warning("sign-out notice refused: %s", refused)
            return {"error": "invalid_request"}, 400
        self._visits.end_in(subject, session_id)
        return Response(status=200)
