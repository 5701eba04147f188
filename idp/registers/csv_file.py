"""A register's CSV file read line by line: UTF-8 only, every row checked, memory flat whatever its size."""

import codecs
import csv
import hashlib
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from io import TextIOWrapper
from typing import BinaryIO, Generic, Protocol, TextIO, TypeVar

from idp.kernel.errors import Refused
from idp.registers.encodings import guess_encoding
from idp.registers.fields import Reason, RowRefused

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
LONGEST_LINE = 8192
BLOCK = 1 << 16


class NotUtf8(Refused):
    """The file is in another encoding; ``encoding`` is what it looks like. Nothing of it was taken."""

    code = "file_not_utf8"

    def __init__(self, encoding: str) -> None:
        super().__init__(encoding)
        self.encoding = encoding

    def facts(self) -> dict[str, object]:
        return {"encoding": self.encoding}


class HeaderIncomplete(Refused):
    """The first line does not name every column. Nothing of the file was taken."""

    code = "file_header_incomplete"

    def __init__(self, missing: tuple[str, ...]) -> None:
        super().__init__(*missing)
        self.missing = missing

    def facts(self) -> dict[str, object]:
        return {"missing": ", ".join(self.missing)}


Row = tuple[int, R | Reason]


class Form(Protocol[R_co]):
    """What the rows of a file must hold."""

    @property
    def columns(self) -> tuple[str, ...]: ...

    @property
    def read_row(self) -> Callable[[Mapping[str, str], date], R_co]:
        """Raises ``RowRefused``."""


def checked_digest(file: BinaryIO) -> bytes:
    """The SHA-256 of a file that is UTF-8 from its first byte to its last.

    Raises:
        NotUtf8.
    """
    digest, decoder = hashlib.sha256(), codecs.getincrementaldecoder("utf-8")()
    try:
        while block := file.read(BLOCK):
            digest.update(block)
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise NotUtf8(guess_encoding(error.object)) from None
    return digest.digest()


class Rows(Generic[R]):
    """The rows of one file, in order, each with its line number, and the record or why it is refused.

    UTF-8, with or without a byte order mark. Every row is one line, so that an unclosed quotation mark
    spoils its own row only. Empty lines are passed over, columns we do not know are ignored. To be closed.

    Raises:
        NotUtf8, HeaderIncomplete: what was given so far must be thrown away.
    """

    def __init__(self, file: BinaryIO, form: Form[R], today: date, after: int = 0) -> None:
        """Read the header at once. Rows on lines up to ``after`` are passed over unread."""
        self._form, self._today, self._after = form, today, after
        self._text = TextIOWrapper(file, encoding="utf-8-sig", errors="strict")
        self._lines = _lines(self._text)
        self._header = self._read_header()

    def __iter__(self) -> Iterator[Row[R]]:
        try:
            for number, line in self._lines:
                if number > self._after:
                    yield from self._row(number, line)
        except UnicodeDecodeError as error:
            raise NotUtf8(guess_encoding(error.object)) from None

    def close(self) -> None:
        """Leave the file to its owner."""
        self._text.detach()

    def _read_header(self) -> list[str]:
        try:
            line = next(self._lines, (0, ""))[1]
        except UnicodeDecodeError as error:
            raise NotUtf8(guess_encoding(error.object)) from None
        if "\0" in (line or ""):  # plain letters in UTF-16 without its mark could be UTF-8 too
            raise NotUtf8("utf-16")
        header = [name.strip() for name in _fields(line) or ()]
        missing = tuple(column for column in self._form.columns if column not in header)
        if missing:
            raise HeaderIncomplete(missing)
        return header

    def _row(self, number: int, line: str | None) -> Iterator[Row[R]]:
        fields = _fields(line)
        if fields is None:
            yield number, Reason.ROW_MALFORMED
        elif len(fields) == len(self._header):
            yield number, self._record(dict(zip(self._header, fields, strict=True)))
        elif fields:
            yield number, Reason.COLUMNS_MISCOUNTED

    def _record(self, row: dict[str, str]) -> R | Reason:
        try:
            return self._form.read_row(row, self._today)
        except RowRefused as refusal:
            return refusal.reason


def _fields(line: str | None) -> list[str] | None:
    """The fields of a line; ``None`` if it cannot be taken apart, none at all if it is empty."""
    if line is None or not line.strip():
        return None if line is None else []
    try:
        return next(csv.reader([line], strict=True))
    except csv.Error:
        return None


def _lines(text: TextIO) -> Iterator[tuple[int, str | None]]:
    """Lines with their numbers; ``None`` for one that is too long, which is never held whole."""
    number, is_new = 0, True
    while piece := text.readline(LONGEST_LINE):
        is_whole = piece.endswith("\n") or len(piece) < LONGEST_LINE
        if is_new:
            number += 1
            yield number, piece if is_whole else None
        is_new = is_whole
