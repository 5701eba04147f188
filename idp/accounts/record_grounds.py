"""What a register's record says by itself of a lock: which grounds it gives, and which are gone. Pure."""

from datetime import date

from idp.registers.business import Status
from idp.registers.register import CitizenRecord, ForeignerRecord, OrganisationRecord
from idp.statute.rules import LockGround

Record = CitizenRecord | ForeignerRecord | OrganisationRecord
# After these nothing goes on: nobody is appointed, and no day is waited for.
FINAL = frozenset({LockGround.DEATH, LockGround.DISSOLVED})


def grounds_of(record: Record, today: date) -> frozenset[LockGround]:
    """The grounds for a lock that a record bears out on a day, whether or not an event told of them."""
    return frozenset(ground for ground, stands in _told(record, today).items() if stands)


def grounds_gone(record: Record, today: date) -> frozenset[LockGround]:
    """The grounds for a lock that a record refutes on a day."""
    return frozenset(ground for ground, stands in _told(record, today).items() if stands is False)


def last_days(record: ForeignerRecord) -> list[tuple[date, LockGround]]:
    """The last day of each paper that has one, and on which ground its end locks."""
    days = [(record.document_expires_on, LockGround.DOCUMENT_EXPIRED)]
    if record.residence_expires_on is not None:
        days.append((record.residence_expires_on, LockGround.RESIDENCE_EXPIRED))
    return days


def _told(record: Record, today: date) -> dict[LockGround, bool | None]:
    """Of each ground whether it stands; ``None``: the record does not tell.

    Without a card it does not tell one that was revoked from one that is still to come (Decree 69/2024
    Art. 13.2); and a body that is suspended is neither dissolved nor at work.
    """
    match record:
        case CitizenRecord():
            return {
                LockGround.DEATH: record.is_deceased,
                LockGround.CARD_REVOKED: False if record.has_valid_card(today) else None,
            }
        case ForeignerRecord():
            return {
                LockGround.DEATH: record.is_deceased,
                LockGround.RESIDENCE_EXPIRED: not record.may_reside(today),
                LockGround.DOCUMENT_EXPIRED: not record.has_valid_document(today),
            }
        case OrganisationRecord():
            is_suspended = record.status is Status.SUSPENDED
            return {LockGround.DISSOLVED: None if is_suspended else not record.is_active}
