"""Provinces in both schemes. A bare code is ambiguous: 31 is Hải Phòng in one, and no prefix in the other.

``provinces_2004.csv``: the 63 provinces whose codes begin identity numbers, each with the province of 2025
that it became a part of [? that column]. ``provinces_2025.csv``: the 34 provinces since 1 July 2025.
"""

import csv
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True, slots=True, kw_only=True)
class Province:
    """A province of the 2025 scheme: two digits, its Vietnamese name, and whether it is a city."""

    code: str
    name: str
    is_city: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OldProvince:
    """A province of the 2004 scheme: the three digits that begin identity numbers, and what it became."""

    prefix: str
    name: str
    merged_into: str


def _rows(file: str) -> list[dict[str, str]]:
    text = resources.files("idp.statute").joinpath(file).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


PROVINCES = {
    row["code"]: Province(code=row["code"], name=row["name_vi"], is_city=row["is_city"] == "1")
    for row in _rows("provinces_2025.csv")
}
"""The 34 provinces since 1 July 2025, by code."""

OLD_PROVINCES = {
    row["id_number_prefix"]: OldProvince(
        prefix=row["id_number_prefix"], name=row["name_vi"], merged_into=row["merged_into_2025"]
    )
    for row in _rows("provinces_2004.csv")
}
"""The 63 provinces of before, by the prefix they gave to identity numbers."""
