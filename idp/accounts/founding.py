"""What officers read in founding papers, where no register knows an organisation (Decree 69/2024 Art. 12)."""

from dataclasses import dataclass
from datetime import date

from idp.kernel.errors import Refused
from idp.registers.fields import LONGEST_ADDRESS, LONGEST_NAME, Reason, RowRefused, read_text


class FoundingMissing(Refused):
    """No officer has said yet what the founding papers of an organisation say that no register knows."""

    code = "founding_missing"


class FoundingUnfit(Refused):
    """What was written down cannot stand in papers. ``reason``: as of a register's row."""

    code = "founding_unfit"

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason

    def facts(self) -> dict[str, object]:
        return {"reason": self.reason.value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Founding:
    """What the founding papers say: name, day and head office."""

    name: str
    established_on: date
    head_office: str

    def read(self, today: date) -> dict[str, str]:
        """As JSON members, held to what a register's row is held to.

        Raises:
            FoundingMissing: something is empty.
            FoundingUnfit.
        """
        if not (self.name.strip() and self.head_office.strip()):
            raise FoundingMissing
        if self.established_on > today:
            raise FoundingUnfit(Reason.ESTABLISHED_MALFORMED)
        try:
            return {
                "name": read_text(self.name, LONGEST_NAME, Reason.NAME_MALFORMED),
                "established_on": self.established_on.isoformat(),
                "head_office": read_text(self.head_office, LONGEST_ADDRESS, Reason.ADDRESS_MALFORMED),
            }
        except RowRefused as refusal:
            raise FoundingUnfit(refusal.reason) from None
