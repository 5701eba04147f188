"""An agency's or organisation's electronic identity (Decree 69/2024 Art. 6)."""

from dataclasses import dataclass, field
from datetime import date
from typing import Self

from idp.statute.tax_code import TaxCodeMalformed, parse_tax_code


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """Which body it is, and who files for it. ``name`` is the Vietnamese one."""

    name: str
    established_on: date
    head_office: str
    representative_name: str = field(repr=False)
    representative_number: str = field(repr=False)
    short_name: str | None = None
    foreign_name: str | None = None
    tax_code: str | None = None
    enterprise_code: str | None = None
    agency_code: str | None = None

    def stored(self) -> dict[str, str]:
        """As JSON members, for sealing; ``restored`` is its inverse."""
        members = {
            "name": self.name,
            "established_on": self.established_on.isoformat(),
            "head_office": self.head_office,
            "representative_name": self.representative_name,
            "representative_number": self.representative_number,
            "short_name": self.short_name,
            "foreign_name": self.foreign_name,
            "tax_code": self.tax_code,
            "enterprise_code": self.enterprise_code,
            "agency_code": self.agency_code,
        }
        return {key: value for key, value in members.items() if value is not None}

    @classmethod
    def restored(cls, members: dict[str, str]) -> Self:
        """From what ``stored`` gave."""
        return cls(
            name=members["name"],
            established_on=date.fromisoformat(members["established_on"]),
            head_office=members["head_office"],
            representative_name=members["representative_name"],
            representative_number=members["representative_number"],
            short_name=members.get("short_name"),
            foreign_name=members.get("foreign_name"),
            tax_code=members.get("tax_code"),
            enterprise_code=members.get("enterprise_code"),
            agency_code=members.get("agency_code"),
        )

    def claims(self, on: date) -> dict[str, object]:
        """The claims that this identity alone can give. Who represents it is not among them."""
        head_office = {"formatted": self.head_office, "country": "VN"}
        claims: dict[str, object] = {
            "name": self.name,
            "short_name": self.short_name,
            "foreign_name": self.foreign_name,
            "established_on": self.established_on.isoformat(),
            "head_office": head_office,
            "address": head_office,
            "tax_code": self._tax_code(),
            "enterprise_code": self.enterprise_code,
            "agency_code": self.agency_code,
            "locale": "vi-VN",
            "zoneinfo": "Asia/Ho_Chi_Minh",
        }
        return {name: value for name, value in claims.items() if value is not None}

    def _tax_code(self) -> dict[str, str] | None:
        """With whose it is: nobody should have to count digits. What is no tax code is not told as one."""
        try:
            code = parse_tax_code(self.tax_code) if self.tax_code else None
        except TaxCodeMalformed:
            return None
        return None if code is None else {"value": code.written, "type": code.payer.value}
