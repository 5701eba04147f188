"""The arithmetic of the audit chain: what each row's code covers, and how ends are sealed."""

import hmac

# What one row tells, as the database keeps it: at (UTC, "2026-11-02 01:00:00.000000"), event, account id in
# 32 hexadecimal digits, client id, facts. In bytes, for a row altered behind our back may hold anything.
Told = tuple[bytes, bytes, bytes | None, bytes | None, bytes]


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

    def link(self, before: bytes, lane: int, seq: int, told: Told) -> bytes:
        """The code of the row at ``seq`` that follows the code ``before``."""
        at, event, account_id, client_id, facts = told
        account, client = account_id or b"", client_id or b""
        client_size = -1 if client_id is None else len(client)
        # The parts follow their lengths, so that no two rows share these bytes.
        row = b"%d %d %d %d %d %d %d %b%b%b%b%b" % (
            *(lane, seq, len(at), len(event), len(account), client_size, len(facts)),
            *(at, event, account, client, facts),
        )
        return hmac.digest(self._rows, before + row, "sha256")

    def seal(self, lane: int, seq: int, mac: bytes) -> bytes:
        """The seal of a lane whose last row is ``seq`` with the code ``mac``."""
        return hmac.digest(self._ends, b"%d %d " % (lane, seq) + mac, "sha256")

    def seal_of_register(self, count: int) -> bytes:
        """The seal of the register: so many lanes were ever opened."""
        return hmac.digest(self._ends, b"lanes %d" % count, "sha256")

    def sign(self, paper: str) -> bytes:
        """The code of a checkpoint's text."""
        return hmac.digest(self._papers, paper.encode(), "sha256")
