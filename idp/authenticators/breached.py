"""Passwords that guessers try first: a short list of our own, and a downloaded one where there is one.

The downloaded one is a folder in the k-anonymity range format of Have I Been Pwned: for each first five
hexadecimal digits of a SHA-1, a file of that name in capitals, with or without ``.txt``, holding a line
``<remaining 35 digits>:<times seen>`` for each password. It is read here, and nobody is asked.
"""

import hashlib
import unicodedata
from pathlib import Path

from idp.kernel.errors import Unavailable

COMMON = Path(__file__).with_name("common_passwords.txt")
PREFIX = 5


class Breached:
    """Whether a password is known to guessers: ``password in breached``.

    Raises:
        Unavailable: the folder of ranges was named and is not there.
    """

    def __init__(self, ranges: Path | None = None, common: Path = COMMON) -> None:
        if ranges is not None and not ranges.is_dir():
            raise Unavailable("breached_passwords")
        self._ranges = ranges
        lines = common.read_text(encoding="utf-8").splitlines()
        self._common = frozenset(_folded(line) for line in lines if line and not line.startswith("# "))

    def __contains__(self, password: str) -> bool:
        return _folded(password) in self._common or self._is_in_ranges(password)

    def _is_in_ranges(self, password: str) -> bool:
        if self._ranges is None:
            return False
        # The format's hash, which protects nothing here.
        name = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()
        for file in (self._ranges / name[:PREFIX], self._ranges / f"{name[:PREFIX]}.txt"):
            if file.is_file():
                wanted = f"{name[PREFIX:]}:"
                with file.open(encoding="ascii") as lines:
                    return any(line.upper().startswith(wanted) for line in lines)
        return False


def _folded(password: str) -> str:
    """Without capitals and spaces: ``Mat Khau 123`` is ``matkhau123`` to any guesser."""
    return "".join(unicodedata.normalize("NFC", password).casefold().split())
