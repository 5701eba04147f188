"""The arithmetic of the audit chain: what each row's code covers, and how ends are sealed."""

import hmac
from datetime import datetime
from typing import NamedTuple
from uuid import UUID


class Record(NamedTuple):
    """What one row tells, as stored; ``facts`` is the very text in the table."""

    at: datetime
    event: str
    account_id: UUID | None
    client_id: str | None
    facts: str


class Chain:
    """Message authentication codes (HMAC-SHA256) over rows and ends. Without the key none can be made.

    Each row's code covers the row and the code before it. A lane's end is sealed apart: with the codes in
    the rows alone one could cut rows off and call an earlier row the last.

    Args:
        key: at least 32 random bytes.
    """

    def __init__(self, key: bytes) -> None:
        self._rows = hmac.digest(key, b"audit rows", "sha256")
        self._ends = hmac.digest(key, b"audit ends", "sha256")
        self._starts = hmac.digest(key, b"audit starts", "sha256")
        self._papers = hmac.digest(key, b"audit checkpoints", "sha256")

    def start(self, lane: int) -> bytes:
        """What the first row of a lane follows."""
        return hmac.digest(self._starts, b"%d" % lane, "sha256")

    def link(self, before: bytes, lane: int, seq: int, record: Record) -> bytes:
        """The code of the row at ``seq`` that follows the code ``before``."""
        at, event, account_id, client_id, facts = record
        account = "-" if account_id is None else account_id.hex
        client_size = "-" if client_id is None else len(client_id)
        # Parts of free length follow their lengths, so that no two rows share these characters.
        row = (
            f"{lane} {seq} {at.isoformat()} {account} {len(event)} {client_size} "
            f"{event}{client_id or ''}{facts}"
        )
        # A row altered behind our back may hold what UTF-8 cannot: it must be found, not stop the finder.
        return hmac.digest(self._rows, before + row.encode(errors="surrogatepass"), "sha256")

    def seal(self, lane: int, seq: int, mac: bytes) -> bytes:
        """The seal of a lane whose last row is ``seq`` with the code ``mac``."""
        return hmac.digest(self._ends, b"%d %d " % (lane, seq) + mac, "sha256")

    def seal_of_register(self, count: int) -> bytes:
        """The seal of the register: so many lanes were ever opened."""
        return hmac.digest(self._ends, b"lanes %d" % count, "sha256")

    def sign(self, paper: str) -> bytes:
        """The code of a checkpoint's text."""
        return hmac.digest(self._papers, paper.encode(), "sha256")
