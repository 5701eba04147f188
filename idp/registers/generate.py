"""Makes ``sample_people.csv``: invented citizens, always the same ones.

    python -m idp.registers.generate [FILE]

Nobody here is real: names are put together from lists, and every number's six random digits begin with 99.
"""

import csv
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import TextIO

from idp.registers.population import COLUMNS
from idp.statute.ages import age_on
from idp.statute.identity_number import Sex, century_digit
from idp.statute.provinces import OLD_PROVINCES, PROVINCES

AS_OF = date(2026, 11, 1)
SEED = 692024
FIRST_CARDS = date(2021, 1, 4)
CHILDREN_CARDS = date(2024, 7, 1)
MILESTONES = (14, 25, 40, 60)
PREFIXES, CODES = tuple(OLD_PROVINCES), tuple(PROVINCES)
WARD_OF_AGE, ADULT = 14, 18
TRIES = 500

FAMILY = (
    *("Nguyễn",) * 9, *("Trần",) * 4, *("Lê",) * 3, *("Phạm",) * 3, *("Hoàng",) * 2, *("Phan",) * 2,
    "Vũ", "Võ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương", "Lý", "Đinh", "Mai", "Trịnh", "Đào", "Đoàn",
    "Lương", "Huỳnh", "Tạ", "Cao", "Châu", "Quách", "Nông", "Lò", "Vi", "Hà", "Kiều", "Thạch", "Tôn", "Ông",
)  # fmt: skip
MIDDLE = {
    Sex.MALE: ("Văn", "Đức", "Quốc", "Gia", "Hữu", "Đình", "Tiến", "Xuân", "Khắc", "Bá", "Thế", "Duy", "Anh"),
    Sex.FEMALE: ("Thị", "Ngọc", "Thu", "Minh", "Khánh", "Thanh", "Bích", "Diệu", "Hồng", "Mỹ", "Thị Kim"),
}  # fmt: skip
GIVEN = {
    Sex.MALE: (
        "An", "Bách", "Bình", "Cường", "Dũng", "Đạt", "Đông", "Hải", "Hậu", "Hiếu", "Hòa", "Hưng", "Khôi",
        "Kiên", "Long", "Lộc", "Nam", "Nghĩa", "Nhân", "Phúc", "Quang", "Quân", "Sơn", "Tài", "Thành",
        "Thịnh", "Toàn", "Trí", "Tùng", "Việt", "Vinh", "Vượng",
    ),
    Sex.FEMALE: (
        "Anh", "Ánh", "Châu", "Chi", "Diễm", "Dung", "Duyên", "Giang", "Hà", "Hạnh", "Hằng", "Hiền", "Hoa",
        "Huệ", "Hương", "Lan", "Liên", "Linh", "Loan", "Mai", "Nga", "Ngân", "Nhung", "Oanh", "Phượng",
        "Quỳnh", "Tâm", "Thảo", "Thơm", "Trang", "Tuyết", "Uyên", "Vân", "Xuyến", "Yến",
    ),
}  # fmt: skip
# Names of other peoples of Viet Nam do not follow the Kinh order, and have their own signs.
OTHER_NAMES = {
    Sex.MALE: ("Giàng A Pao", "Y Blơm Êban", "Ksor Nhăn", "Vàng Seo Phử", "Rơ Châm Đim", "Sùng A Dế"),
    Sex.FEMALE: ("H'Lum Êban", "Giàng Thị Súa", "Rơ Châm H'Bia", "Vàng Thị Mỉ", "Ksor H'Nhi", "Thào Thị Dợ"),
}  # fmt: skip
STREETS = (
    "Hoa Sữa", "Hoa Ban", "Bằng Lăng", "Phượng Vĩ", "Hàng Dừa", "Bến Thuyền", "Đồi Chè", "Lúa Vàng", "Cây Đa",
    "Giếng Nước", "Chợ Sớm", "Tre Xanh", "Hoa Gạo", "Suối Trong", "Vườn Cau", "Lò Gốm",
)  # fmt: skip
WARDS = (
    "Bình An", "Hòa Thuận", "Tân Lập", "Phú Hưng", "Đông Sơn", "Long Thịnh", "Mỹ Phước", "Yên Khê",
    "An Lạc", "Thanh Tân", "Vĩnh Phong", "Xuân Lộc",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A share of the people: ages from, below, and what is particular to them."""

    people: int
    from_age: int
    to_age: int
    card: str = "valid"
    deceased: bool = False


BANDS = (
    Band(people=16, from_age=0, to_age=6, card="none"),
    Band(people=18, from_age=1, to_age=6),
    Band(people=44, from_age=6, to_age=14),
    Band(people=6, from_age=6, to_age=14, card="none"),
    Band(people=34, from_age=14, to_age=18),
    Band(people=208, from_age=18, to_age=60),
    Band(people=6, from_age=18, to_age=60, card="none"),
    Band(people=9, from_age=25, to_age=27, card="expired"),
    Band(people=9, from_age=40, to_age=42, card="expired"),
    Band(people=36, from_age=60, to_age=80),
    Band(people=14, from_age=80, to_age=106),
    Band(people=6, from_age=30, to_age=60, deceased=True),
    Band(people=14, from_age=60, to_age=100, deceased=True),
)


def people() -> Iterator[dict[str, str]]:
    """The rows of the file, in the order of nothing in particular."""
    random = Random(SEED)  # noqa: S311 (invented people are no secret)
    bands = [band for band in BANDS for _ in range(band.people)]
    random.shuffle(bands)
    rows = [_person(random, position, band) for position, band in enumerate(bands)]
    return _with_guardians(rows)


def _with_guardians(rows: list[dict[str, str]]) -> Iterator[dict[str, str]]:
    """Children under 14 have one or two of the adults with a valid card as guardians, drawn apart."""
    random = Random(SEED + 1)  # noqa: S311
    adults = [row["number"] for row in rows if row["deceased"] == "no" and is_adult_with_card(row)]
    for row in rows:
        is_child = age_on(date.fromisoformat(row["birth_date"]), AS_OF) < WARD_OF_AGE
        guardians = random.sample(adults, random.randrange(1, 3)) if is_child else []
        yield row | {"guardians": ";".join(guardians)}


def is_adult_with_card(row: dict[str, str]) -> bool:
    """Whether a row is of somebody of age with a valid card."""
    is_adult = age_on(date.fromisoformat(row["birth_date"]), AS_OF) >= ADULT
    expires = row["card_expires_on"]
    return is_adult and bool(row["card_issued_on"]) and (not expires or expires >= AS_OF.isoformat())


def _person(random: Random, position: int, band: Band) -> dict[str, str]:
    return person(random, position, band, 990_000 + position * 37 % 10_000)


def person(random: Random, position: int, band: Band, serial: int) -> dict[str, str]:
    """One invented citizen's row; ``serial`` is the last six digits of the number."""
    sex = Sex.FEMALE if random.randrange(2) else Sex.MALE
    born = _birth_date(random, band)
    issued, expires = _card(random, born, band.card)
    # Every province of either scheme comes up, however many people there are beyond 63.
    prefix = PREFIXES[position % len(PREFIXES)]
    stays = random.randrange(3) > 0 or position < len(PREFIXES)
    province = OLD_PROVINCES[prefix].merged_into if stays else random.choice(CODES)
    row = (
        f"{prefix}{century_digit(born.year, sex)}{born.year % 100:02}{serial}",
        _name(random, sex),
        born.isoformat(),
        sex.value,
        province,
        address(random, province),
        issued.isoformat() if issued else "",
        expires.isoformat() if expires else "",
        "yes" if band.deceased else "no",
    )
    return dict(zip(COLUMNS, row, strict=True))


def _birth_date(random: Random, band: Band) -> date:
    """A day on which somebody was born who is of the band's age on ``AS_OF``."""
    while True:
        days = random.randrange(band.from_age * 365, band.to_age * 366)
        born = AS_OF - timedelta(days=days)
        if band.from_age <= age_on(born, AS_OF) < band.to_age:
            return born


def _card(random: Random, born: date, wanted: str) -> tuple[date | None, date | None]:
    if wanted == "none":
        return None, None
    is_child = age_on(born, AS_OF) < WARD_OF_AGE
    first = max(born, CHILDREN_CARDS if is_child else FIRST_CARDS)
    for _ in range(TRIES):
        issued = first + timedelta(days=random.randrange((AS_OF - first).days))
        expires = card_expiry(born, issued)
        if (expires is not None and expires < AS_OF) == (wanted == "expired"):
            break
    # Whose birthday is too near has a card of the other sort.
    return issued, expires


def card_expiry(born: date, issued: date) -> date | None:
    """When a card issued that day expires: at 14, 25, 40 or 60 years (Law on Identification 26/2023 Art. 21).

    One issued within two years before such a birthday holds until the next. From 60 it does not expire.
    """
    for age in MILESTONES:
        is_leap_day = (born.month, born.day) == (2, 29)
        birthday = date(born.year + age, born.month, 28 if is_leap_day else born.day)
        if issued < birthday - timedelta(days=2 * 365):
            return birthday
    return None


def _name(random: Random, sex: Sex) -> str:
    if random.randrange(25) == 0:
        return random.choice(OTHER_NAMES[sex])
    return f"{random.choice(FAMILY)} {random.choice(MIDDLE[sex])} {random.choice(GIVEN[sex])}"


def address(random: Random, code: str) -> str:
    """An invented address in a province of the 2025 scheme."""
    province = PROVINCES[code]
    if "hành phố" in province.name:
        place = province.name
    else:
        place = f"{'thành phố' if province.is_city else 'tỉnh'} {province.name}"
    ward = f"{'phường' if province.is_city else 'xã'} {random.choice(WARDS)}"
    return f"Số {random.randrange(1, 240)}, đường {random.choice(STREETS)}, {ward}, {place}"


def write(file: TextIO) -> None:
    """The whole file, header first."""
    writer = csv.DictWriter(file, (*COLUMNS, "guardians"), lineterminator="\n")
    writer.writeheader()
    writer.writerows(people())


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("sample_people.csv")
    with target.open("w", encoding="utf-8", newline="") as out:
        write(out)
