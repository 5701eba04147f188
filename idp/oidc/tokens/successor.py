"""The retry window of refresh tokens: a client that lost an answer may fetch the same successor again.

Only for clients registered for it (``refresh_retry``); see docs/decisions/0011.
"""

import hmac
from datetime import timedelta

from idp.oidc.tokens.grant import Grant
from idp.oidc.tokens.handle import Handle, Mint
from idp.storage.ephemeral import Ephemeral, Space

WINDOW = timedelta(seconds=10)


class Successors:
    """Makes the successor of a refresh token from the token itself, by a MAC.

    So the successor need not be kept to be given again, every retry gives the same one, and there is never
    a second branch of the family to use.
    """

    def __init__(self, key: bytes, mint: Mint, ephemeral: Ephemeral) -> None:
        self._key = key
        self._mint = mint
        self._ephemeral = ephemeral

    def of(self, token: Handle) -> Handle:
        """The one token that follows this one."""
        return self._mint.new(token.owner, hmac.digest(self._key, str(token).encode(), "sha256")[:16])

    def open_window(self, spent: Handle) -> None:
        """Let the successor of a token be fetched again for ``WINDOW``."""
        self._ephemeral.put(Space.REFRESH_RETRY, str(spent), b"1", WINDOW)

    def may_retry(self, grant: Grant, spent: Handle) -> bool:
        """Whether a spent token's successor is unused, and was first given within ``WINDOW``."""
        if grant.refresh_hash is None or not hmac.compare_digest(grant.refresh_hash, self.of(spent).hash):
            return False
        return self._ephemeral.get(Space.REFRESH_RETRY, str(spent)) is not None
