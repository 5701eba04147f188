"""A register's CSV file read line by line: UTF-8 only, every row checked, memory flat whatever its size."""

import csv
from collections.abc import Iterator
from datetime import date
from io import TextIOWrapper
from typing import BinaryIO, TextIO

from idp.kernel.errors import Refused
from idp.registers.encodings import guess_encoding
from idp.registers.register import CitizenRecord
from idp.registers.rows import COLUMNS, Reason, RowRefused, read_row

LONGEST_LINE = 8192


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


Row = tuple[int, CitizenRecord | Reason]


def read_citizens(file: BinaryIO, today: date) -> Iterator[Row]:
    """Each row's line number, and the citizen or why the row is refused.

    UTF-8, with or without a byte order mark. Every row is one line, so that an unclosed quotation mark
    spoils its own row only. Empty lines are passed over, columns we do not know are ignored.

    Raises:
        NotUtf8, HeaderIncomplete: what was given so far must be thrown away.
    """
    text = TextIOWrapper(file, encoding="utf-8-sig", errors="strict")
    try:
        yield from _rows(text, today)
    except UnicodeDecodeError as error:
        raise NotUtf8(guess_encoding(error.object)) from None
    finally:
        text.detach()


def _rows(text: TextIO, today: date) -> Iterator[Row]:
    lines = _lines(text)
    header = [name.strip() for name in _fields(next(lines, (0, ""))[1]) or ()]
    missing = tuple(column for column in COLUMNS if column not in header)
    if missing:
        raise HeaderIncomplete(missing)
    for number, line in lines:
        fields = _fields(line)
        if fields is None:
            yield number, Reason.ROW_MALFORMED
        elif len(fields) == len(header):
            yield number, _citizen(dict(zip(header, fields, strict=True)), today)
        elif fields:
            yield number, Reason.COLUMNS_MISCOUNTED


def _citizen(row: dict[str, str], today: date) -> CitizenRecord | Reason:
    try:
        return read_row(row, today)
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
