"""A citizen's electronic identity (Decree 69/2024 Art. 4)."""

from dataclasses import dataclass, field
from datetime import date
from typing import Self

from idp.statute.ages import age_on
from idp.statute.identity_number import (
    IdentityNumber,
    NumberMalformed,
    Sex,
    hint,
    parse_number,
)
from idp.statute.provinces import PROVINCES

__all__ = ["Citizen", "IdentityNumber", "NumberMalformed", "Sex", "hint", "parse_number", "split_name"]

PROVINCE_SCHEME = "2025"
COMMUNES = ("xã ", "phường ", "đặc khu ")


def split_name(name: str) -> tuple[str | None, str | None, str]:
    """Family, middle and given name of a Vietnamese name: first word, what is between, last word.

    A name of one word is a given name.
    """
    words = name.split()
    if len(words) < 2:  # noqa: PLR2004
        return None, None, name
    return words[0], " ".join(words[1:-1]) or None, words[-1]


def parts_of_address(line: str, province: str) -> dict[str, str]:
    """An address of the registers' form, ``Số 5, đường Hoa Sữa, phường Bình An, thành phố Hà Nội``, in parts.

    Since July 2025 a commune lies right below its province. A line that is not of this form stays whole: to
    guess would be to put words in the register's mouth.
    """
    *street, commune, last = ["", "", *line.split(", ")]
    is_of_form = commune.lower().startswith(COMMUNES) and last.lower().endswith(province.lower())
    if not is_of_form:
        return {}
    told = ", ".join(part for part in street if part)
    return {"locality": commune} | ({"street_address": told} if told else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Citizen:
    """Who a citizen is. ``province`` is of residence, a code of the 2025 scheme. All is personal data."""

    name: str = field(repr=False)
    family_name: str | None = field(repr=False)
    middle_name: str | None = field(repr=False)
    given_name: str = field(repr=False)
    birth_date: date = field(repr=False)
    sex: Sex = field(repr=False)
    province: str = field(repr=False)
    address: str = field(repr=False)
    nationality: str = field(default="VNM", repr=False)

    def stored(self) -> dict[str, str]:
        """As JSON members, for sealing; ``restored`` is its inverse."""
        members = {
            "name": self.name,
            "family_name": self.family_name,
            "middle_name": self.middle_name,
            "given_name": self.given_name,
            "birth_date": self.birth_date.isoformat(),
            "sex": self.sex.value,
            f"province_{PROVINCE_SCHEME}": self.province,
            "address": self.address,
            "nationality": self.nationality,
        }
        return {key: value for key, value in members.items() if value is not None}

    @classmethod
    def restored(cls, members: dict[str, str]) -> Self:
        """From what ``stored`` gave."""
        return cls(
            name=members["name"],
            family_name=members.get("family_name"),
            middle_name=members.get("middle_name"),
            given_name=members["given_name"],
            birth_date=date.fromisoformat(members["birth_date"]),
            sex=Sex(members["sex"]),
            province=members[f"province_{PROVINCE_SCHEME}"],
            address=members["address"],
            nationality=members["nationality"],
        )

    def claims(self, on: date) -> dict[str, object]:
        """The claims that this identity alone can give, on a day (OIDC Core 1.0 §5.1; ours for the rest)."""
        province = PROVINCES[self.province]
        age = age_on(self.birth_date, on)
        claims: dict[str, object] = {
            "name": self.name,
            "family_name": self.family_name,
            "middle_name": self.middle_name,
            "given_name": self.given_name,
            "birthdate": self.birth_date.isoformat(),
            "gender": self.sex.value,
            "address": {
                "formatted": self.address,
                **parts_of_address(self.address, province.name),
                "region": province.name,
                "country": "VN",
            },
            "province": {"scheme": PROVINCE_SCHEME, "code": province.code, "name": province.name},
            "nationalities": [self.nationality],
            "age_over_14": age >= 14,  # noqa: PLR2004
            "age_over_18": age >= 18,  # noqa: PLR2004
            "locale": "vi-VN",
            "zoneinfo": "Asia/Ho_Chi_Minh",
        }
        return {name: value for name, value in claims.items() if value is not None}
