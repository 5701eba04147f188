"""The channel of production: an SMS gateway that takes JSON over HTTPS."""

import json
from datetime import timedelta

from idp.kernel.errors import Unavailable
from idp.outbound import Outbound, OutboundFailed

RETRY_AFTER = timedelta(seconds=30)
OK = range(200, 300)


class SmsGateway:
    """Posts ``{"to": "+84…", "text": "…"}`` with a bearer token. Follows no redirect: texts hold codes."""

    name = "sms"

    def __init__(self, url: str, token: str, outbound: Outbound) -> None:
        self._url = url
        self._token = token
        self._outbound = outbound

    def send(self, to: str, text: str) -> None:
        """See ``Channel``. Errors tell the status only: a gateway may echo what it was sent."""
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._token}"}
        try:
            answer = self._outbound.post(self._url, json.dumps({"to": to, "text": text}).encode(), headers)
        except OutboundFailed:
            raise Unavailable("sms_gateway", RETRY_AFTER) from None
        if answer.status not in OK:
            raise Unavailable("sms_gateway", RETRY_AFTER, answered=answer.status)
