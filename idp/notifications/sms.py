"""The channel of production: an SMS gateway that takes JSON over HTTPS."""

from datetime import timedelta

import requests

from idp.kernel.errors import Unavailable

TIMEOUT_SECONDS = 3.0
RETRY_AFTER = timedelta(seconds=30)
OK = range(200, 300)


class SmsGateway:
    """Posts ``{"to": "+84…", "text": "…"}`` with a bearer token. Follows no redirect: texts hold codes."""

    name = "sms"

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._token = token

    def send(self, to: str, text: str) -> None:
        """See ``Channel``. Errors tell the status only: a gateway may echo what it was sent."""
        try:
            answer = requests.post(
                self._url,
                json={"to": to, "text": text},
                headers={"Authorization": f"Bearer {self._token}"},
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
            )
        except requests.RequestException:
            raise Unavailable("sms_gateway", RETRY_AFTER) from None
        if answer.status_code not in OK:
            raise Unavailable("sms_gateway", RETRY_AFTER, answered=answer.status_code)
