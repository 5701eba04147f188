"""One string that names a grant or a session and proves it: codes, refresh tokens, cookies."""

import base64
import hmac
import os
from dataclasses import dataclass, field
from uuid import UUID

from idp.kernel.ids import digest, new_secret

_ID_LENGTH = 22  # 16 bytes in unpadded base64url
_HALF = 16  # bytes of a minted secret that are random; as many are its MAC


@dataclass(frozen=True, slots=True)
class Handle:
    """The id of what it belongs to (a grant, a session) and a secret, in one string.

    Naming the owner lets a used-up one be recognised, and its grant revoked, however long ago it was spent.
    """

    owner: UUID
    secret: str = field(repr=False)

    def __str__(self) -> str:
        head = base64.urlsafe_b64encode(self.owner.bytes).rstrip(b"=").decode()
        return head + self.secret

    @property
    def hash(self) -> bytes:
        return digest(self.secret)


def new_handle(owner: UUID) -> Handle:
    """A fresh secret (256 bits) for a grant or a session."""
    return Handle(owner, new_secret())


def read_handle(text: str) -> Handle | None:
    """What a string names; ``None`` if it has not our form."""
    if len(text) != _ID_LENGTH + 43 or not text.isascii():
        return None
    try:
        owner = UUID(bytes=base64.b64decode(text[:_ID_LENGTH] + "==", altchars=b"-_", validate=True))
    except ValueError:
        return None
    return Handle(owner, text[_ID_LENGTH:])


class Mint:
    """Makes handles that only we can have made: half of the secret is random, half a MAC over all the rest.

    So a spent one is told from one that somebody made up around an id that they know: only what we once
    gave out may end what it belongs to.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def new(self, owner: UUID, seed: bytes | None = None) -> Handle:
        """A handle for a grant: fresh, or the one that belongs to 16 secret bytes."""
        chosen = os.urandom(_HALF) if seed is None else seed
        return Handle(owner, _encoded(chosen + self._mac(owner, chosen)))

    def read(self, text: str) -> Handle | None:
        """What a string of ours names; ``None`` for any other."""
        handle = read_handle(text)
        if handle is None:
            return None
        try:
            secret = base64.b64decode(handle.secret + "=", altchars=b"-_", validate=True)
        except ValueError:
            return None
        expected = self.new(handle.owner, secret[:_HALF])
        return handle if hmac.compare_digest(str(expected), text) else None

    def _mac(self, owner: UUID, chosen: bytes) -> bytes:
        return hmac.digest(self._key, owner.bytes + chosen, "sha256")[:_HALF]


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
