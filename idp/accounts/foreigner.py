"""A foreigner's electronic identity (Decree 69/2024 Art. 5)."""

from dataclasses import dataclass, field
from datetime import date
from typing import Self

from idp.statute.ages import age_on
from idp.statute.identity_number import Sex


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreigner:
    """Who a foreigner is, as in the passport. ``nationality`` has three letters (ICAO 9303)."""

    name: str = field(repr=False)
    birth_date: date = field(repr=False)
    sex: Sex = field(repr=False)
    nationality: str = field(repr=False)
    document_number: str = field(repr=False)
    document_type: str = field(repr=False)
    document_issued_on: date = field(repr=False)
    document_issued_at: str = field(repr=False)
    document_expires_on: date | None = field(default=None, repr=False)

    def stored(self) -> dict[str, str]:
        """As JSON members, for sealing; ``restored`` is its inverse."""
        members = {
            "name": self.name,
            "birth_date": self.birth_date.isoformat(),
            "sex": self.sex.value,
            "nationality": self.nationality,
            "document_number": self.document_number,
            "document_type": self.document_type,
            "document_issued_on": self.document_issued_on.isoformat(),
            "document_issued_at": self.document_issued_at,
            "document_expires_on": _written(self.document_expires_on),
        }
        return {key: value for key, value in members.items() if value is not None}

    @classmethod
    def restored(cls, members: dict[str, str]) -> Self:
        """From what ``stored`` gave; older rows know no expiry."""
        expiry = members.get("document_expires_on")
        return cls(
            name=members["name"],
            birth_date=date.fromisoformat(members["birth_date"]),
            sex=Sex(members["sex"]),
            nationality=members["nationality"],
            document_number=members["document_number"],
            document_type=members["document_type"],
            document_issued_on=date.fromisoformat(members["document_issued_on"]),
            document_issued_at=members["document_issued_at"],
            document_expires_on=date.fromisoformat(expiry) if expiry else None,
        )

    def claims(self, on: date) -> dict[str, object]:
        """The claims that this identity alone can give, on a day.

        ``travel_document`` has the member names of OpenID Connect for Identity Assurance for documents.
        """
        age = age_on(self.birth_date, on)
        return {
            "name": self.name,
            "birthdate": self.birth_date.isoformat(),
            "gender": self.sex.value,
            "nationalities": [self.nationality],
            "travel_document": self._document(),
            "age_over_14": age >= 14,  # noqa: PLR2004
            "age_over_18": age >= 18,  # noqa: PLR2004
            "zoneinfo": "Asia/Ho_Chi_Minh",
        }

    def _document(self) -> dict[str, str]:
        members = {
            "type": self.document_type,
            "document_number": self.document_number,
            "date_of_issuance": self.document_issued_on.isoformat(),
            "date_of_expiry": _written(self.document_expires_on),
            "place_of_issuance": self.document_issued_at,
        }
        return {name: value for name, value in members.items() if value is not None}


def _written(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
