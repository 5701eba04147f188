"""One string that names a grant or a session and proves it: codes, refresh tokens, cookies."""

import base64
from dataclasses import dataclass, field
from uuid import UUID

from idp.kernel.ids import digest, new_secret

_ID_LENGTH = 22  # 16 bytes in unpadded base64url


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
