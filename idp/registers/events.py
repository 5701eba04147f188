"""What an event makes of a sample register's record. Pure."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from idp.kernel.errors import Refused
from idp.registers.business import Status, read_representatives
from idp.registers.fields import RowRefused, read_guardians
from idp.registers.register import ChangeKind, RegisterName, Shape

Record = Any
ONE_DAY = timedelta(days=1)


class ChangeRefused(Refused):
    """It cannot happen: not in this register, not to this record, or not without saying what to."""

    code = "register_change_refused"


def changed(shape: Shape[Any], record: Record, kind: ChangeKind, happened_on: date, to: str | None) -> Record:
    """The record after an event. ``to`` is what it leads to: a new number, representatives, guardians.

    Raises:
        ChangeRefused.
    """
    if kind not in shape.changes:
        raise ChangeRefused(kind.value)
    try:
        if kind is ChangeKind.NUMBER_REISSUED:
            return _renumbered(shape, record, to)
        after = _after(record, kind, happened_on, to)
        # What comes of it must be a record like any other.
        return shape.read_row(shape.write_row(after), date.max)
    except RowRefused:
        raise ChangeRefused(kind.value) from None


def _after(record: Record, kind: ChangeKind, happened_on: date, to: str | None) -> Record:
    match kind:
        case ChangeKind.DEATH:
            return replace(record, is_deceased=True)
        case ChangeKind.CARD_REVOKED:
            return replace(record, card_issued_on=None, card_expires_on=None)
        case ChangeKind.RESIDENCE_EXPIRED if record.residence_kind is not None:
            return replace(record, residence_expires_on=happened_on - ONE_DAY)
        case ChangeKind.REPRESENTATIVE_CHANGED:
            return replace(record, representatives=read_representatives(to or ""))
        case ChangeKind.GUARDIAN_CHANGED if to is not None:  # empty: nobody any more
            return replace(record, guardians=read_guardians(to, record.number))
        case ChangeKind.ORGANISATION_DISSOLVED:
            return replace(record, status=Status.DISSOLVED)
        case ChangeKind.RECORD_CHANGED | ChangeKind.CARD_HELD | ChangeKind.CARD_RETURNED:
            return record  # whose hands a card is in, no record says
        case _:
            raise ChangeRefused(kind.value)


def _renumbered(shape: Shape[Any], record: Record, to: str | None) -> Record:
    row = shape.write_row(record)
    number = shape.number_of(record)
    if not to or to == number:
        raise ChangeRefused(ChangeKind.NUMBER_REISSUED.value)
    if shape.name is RegisterName.BUSINESS:
        # The code is one of the three others, and changes with it.
        row = {column: to if value == number else value for column, value in row.items()}
    else:
        row["number"] = to
    return shape.read_row(row, date.max)
