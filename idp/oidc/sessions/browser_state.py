"""What a client may watch to learn that somebody signed in or out (Session Management 1.0)."""

import base64
import hmac
from hashlib import sha256
from urllib.parse import urlsplit
from uuid import UUID

from idp.kernel.ids import new_secret

SALT_BITS = 96
_USUAL_PORTS = {"https": 443, "http": 80}


class BrowserStates:
    """The browser's state: another at each session, and nothing without one.

    It stands in a cookie that scripts can read, so it is made from the session's id by HMAC and gives
    nothing away.
    """

    def __init__(self, key: bytes, *, is_on: bool = True) -> None:
        """``is_on``: whether clients may watch at all."""
        self._key = key
        self.is_on = is_on

    def of(self, session_id: UUID) -> str:
        """The cookie's value while a session lasts."""
        return (
            base64.urlsafe_b64encode(hmac.digest(self._key, session_id.bytes, "sha256")).rstrip(b"=").decode()
        )

    def session_state(self, client_id: str, redirect_uri: str, session_id: UUID) -> str | None:
        """The authorization response's ``session_state`` (§2); ``None`` for an app, which has no frames.

        ``static/check_session.js`` computes the same in the browser.
        """
        origin = origin_of(redirect_uri)
        if origin is None or not self.is_on:
            return None
        salt = new_secret(SALT_BITS)
        return f"{sha256(f'{client_id} {origin} {self.of(session_id)} {salt}'.encode()).hexdigest()}.{salt}"


def origin_of(address: str) -> str | None:
    """The origin of a web page as browsers write it; ``None`` for other addresses."""
    parts = urlsplit(address)
    if parts.scheme not in _USUAL_PORTS or not parts.hostname:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = "" if parts.port in (None, _USUAL_PORTS[parts.scheme]) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"
