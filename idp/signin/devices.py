"""Browsers that an account has signed in from: a stranger's wrong tries then shut out strangers only."""

import base64
import hmac
from datetime import datetime, timedelta
from uuid import UUID

from idp.kernel.clock import Clock
from idp.kernel.ids import new_id

LIFE = timedelta(days=180)
_LENGTH = 16 + 16 + 8
_MAC_BYTES = 32


class Devices:
    """Makes and reads the cookie that a browser gets once two factors were shown in it.

    It proves nothing of who sits there: only that guesses from here have a budget of their own. It is a MAC
    over a device's id, an account and the time; nothing is stored.
    """

    def __init__(self, key: bytes, clock: Clock) -> None:
        self._key = key
        self._clock = clock

    def issue(self, account_id: UUID) -> str:
        """A cookie for the browser that an account has just signed in from."""
        issued = int(self._clock().timestamp()).to_bytes(8, "big")
        body = new_id().bytes + account_id.bytes + issued
        return base64.urlsafe_b64encode(body + self._mac(body)).decode()

    def known(self, cookie: str | None, account_id: UUID) -> str | None:
        """The device's id if the cookie is ours, of this account, and not too old."""
        try:
            raw = base64.b64decode(cookie or "", altchars=b"-_", validate=True)
        except ValueError:
            return None
        body, mac = raw[:_LENGTH], raw[_LENGTH:]
        if len(mac) != _MAC_BYTES or not hmac.compare_digest(mac, self._mac(body)):
            return None
        issued = datetime.fromtimestamp(int.from_bytes(body[32:], "big"), self._clock().tzinfo)
        is_known = body[16:32] == account_id.bytes and self._clock() < issued + LIFE
        return body[:16].hex() if is_known else None

    def _mac(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, "sha256")
