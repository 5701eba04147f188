"""Makes ``sample_foreigners.csv`` and ``sample_organisations.csv``: invented, and always the same ones.

    python -m idp.registers.generate_others

Foreigners' passports are numbered X and then the serial, organisations have names put together from lists.
"""

import csv
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random

from idp.registers import business, immigration
from idp.registers.generate import AS_OF, SEED, STREETS, WARDS, address, is_adult_with_card, people
from idp.statute.assigned_number import new_assigned
from idp.statute.provinces import PROVINCES
from idp.statute.tax_code import check_digit

Row = dict[str, str]
Somebody = Callable[[Random], tuple[str, str]]
"""Draws a number and name of somebody who may represent an organisation."""

FOREIGNERS, ORGANISATIONS = 40, 24
FOREIGNER_COLUMNS = (*immigration.COLUMNS, *immigration.MAY_BE_LEFT_OUT)
CHILDREN = (7, 8)
NATIONALITIES = {
    "JPN": (("SATO", "TANAKA", "MORI", "ISHII"), ("HANA", "KEN", "YUI", "SOTA"), "Tokyo"),
    "KOR": (("KIM", "LEE", "PARK", "CHOI"), ("MIN JI", "SEO YEON", "JUN HO", "DO YUN"), "Seoul"),
    "FRA": (("MARTIN", "PETIT", "MOREAU", "ROUX"), ("CLAIRE", "HUGO", "LEA", "LOUIS"), "Paris"),
    "SWE": (("LINDBERG", "NYSTROM", "EK", "DAHL"), ("ANNA", "ERIK", "MAJA", "NILS"), "Stockholm"),
    "IND": (("SHARMA", "PATEL", "RAO", "DAS"), ("ANIKA", "ARJUN", "MEERA", "ROHAN"), "Mumbai"),
    "USA": (("MILLER", "REED", "COOPER", "HAYES"), ("EMMA", "JAMES", "OLIVIA", "NOAH"), "Boston"),
    "LAO": (("VONGSA", "PHOMMA", "KEO"), ("NOY", "SENG", "DAO"), "Vientiane"),
    "KHM": (("SOK", "CHEA", "NHEM"), ("BOPHA", "DARA", "SREY"), "Phnom Penh"),
}
TRADES = (
    "Thương mại",
    "Xây dựng",
    "Dịch vụ",
    "Vận tải",
    "Nông sản",
    "May mặc",
    "Phần mềm",
    "Du lịch",
    "Cơ khí",
)
FIELDS = ("Y tế", "Giáo dục", "Nội vụ", "Tài chính", "Xây dựng", "Nông nghiệp")
TITLES = ("Giám đốc", "Tổng giám đốc", "Chủ tịch hội đồng thành viên", "Phó tổng giám đốc")


def foreigners(count: int, seed: int = SEED) -> Iterator[Row]:
    """Rows for the immigration register. The first show, one after the other, what can be the matter."""
    random = Random(seed)  # noqa: S311 (invented people are no secret)
    for position in range(count):
        yield _foreigner(random, position)


def organisations(count: int, somebody: Somebody, seed: int = SEED) -> Iterator[Row]:
    """Rows for the business register, represented by people whom ``somebody`` draws."""
    random = Random(seed)  # noqa: S311
    main: Row | None = None
    for position in range(count):
        row = _organisation(random, position, somebody)
        if position % 12 == 9 and main is not None:  # noqa: PLR2004  # a branch of the one before
            row |= {"tax_code": f"{main['tax_code']}001", "enterprise_code": "", "agency_code": ""}
            row |= {"code": row["tax_code"], "name": f"Chi nhánh {main['name']}"}
        main = row if len(row["tax_code"]) == 10 else main  # noqa: PLR2004
        yield row


def _foreigner(random: Random, position: int) -> Row:
    nationality = random.choice(tuple(NATIONALITIES))
    surnames, given_names, city = NATIONALITIES[nationality]
    case = position % 10
    age = 3 if case == 7 else 9 if case == 8 else random.randrange(20, 66)  # noqa: PLR2004
    born = AS_OF - timedelta(days=age * 366 + random.randrange(300))
    issued = AS_OF - timedelta(days=random.randrange(30, 900))
    expires = AS_OF - timedelta(days=3) if case == 5 else issued + timedelta(days=3652)  # noqa: PLR2004
    kind = {3: "", 1: "permanent"}.get(case, "temporary")
    until = AS_OF + timedelta(days=-5 if case == 4 else random.randrange(60, 1000))  # noqa: PLR2004
    row = (
        _number(position),
        f"{random.choice(surnames)} {random.choice(given_names)}",
        born.isoformat(),
        random.choice(("male", "female")),
        nationality,
        "passport" if case != 6 else "travel_document",  # noqa: PLR2004
        f"X{position:07}",
        max(born, issued).isoformat(),
        expires.isoformat(),
        city,
        kind,
        f"TRC{position:07}" if kind else "",
        until.isoformat() if kind == "temporary" else "",
        address(random, random.choice(tuple(PROVINCES))) if kind else "",
        "no" if case in (2, 3) else "yes",
        "yes" if case == 9 else "no",  # noqa: PLR2004
        # Both children of ten live with the grown-up before them.
        _number(position - case + 6) if case in CHILDREN else "",
    )
    return dict(zip(FOREIGNER_COLUMNS, row, strict=True))


def _number(position: int) -> str:
    return new_assigned("foreigner", lambda below: (position * 7_919 + 990_000_000) % below)


def _organisation(random: Random, position: int, somebody: Somebody) -> Row:
    case = position % 12
    is_agency = case == 8  # noqa: PLR2004
    province = random.choice(tuple(PROVINCES))
    code = "" if is_agency else _tax_code(position)
    agency = f"H{province}.{position:05}" if is_agency else ""
    place = PROVINCES[province].name
    name = f"Sở {random.choice(FIELDS)} {place}" if is_agency else _company(random)
    row = (
        code or agency,
        code,
        code,
        agency,
        name,
        "" if is_agency else name.rsplit(maxsplit=2)[-2] + str(position),
        "",
        date(1995 + random.randrange(30), 1 + random.randrange(12), 1 + random.randrange(28)).isoformat(),
        address(random, province),
        {10: "suspended", 11: "dissolved"}.get(case, "active"),
        _representatives(random, case, somebody),
    )
    return dict(zip(business.COLUMNS, row, strict=True))


def _company(random: Random) -> str:
    form = random.choice(("Công ty TNHH", "Công ty Cổ phần", "Công ty TNHH một thành viên"))
    return f"{form} {random.choice(TRADES)} {random.choice(STREETS)} {random.choice(WARDS)}"


def _representatives(random: Random, case: int, somebody: Somebody) -> str:
    """One of them, two, three; a foreigner with a number, a foreigner who has none yet."""
    if case == 6:  # noqa: PLR2004
        (foreigner,) = foreigners(1)
        return f"{foreigner['number']}/{foreigner['name']}/Giám đốc"
    if case == 7:  # noqa: PLR2004
        return "SWE:X9000001/EK ANNA/Giám đốc"
    found: dict[str, str] = {}
    while len(found) < {3: 2, 4: 3, 5: 3}.get(case, 1):
        number, name = somebody(random)
        found[number] = f"{number}/{name}/{TITLES[len(found)]}"
    return ";".join(found.values())


def _tax_code(position: int) -> str:
    """The next code whose check digit exists: about one in eleven does not."""
    nine = 900_000_000 + position * 2
    digit = check_digit(str(nine)) or check_digit(str(nine + 1))
    return f"{nine if check_digit(str(nine)) else nine + 1}{digit}"


def adult_of(rows: list[Row]) -> Somebody:
    """Draws adults alive with a valid card."""
    fit = [
        (row["number"], row["name"]) for row in rows if row["deceased"] == "no" and is_adult_with_card(row)
    ]
    return lambda random: random.choice(fit)


def write(path: Path, columns: tuple[str, ...], rows: Iterator[Row]) -> None:
    """A whole file, header first."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    here = Path(__file__)
    write(here.with_name("sample_foreigners.csv"), FOREIGNER_COLUMNS, foreigners(FOREIGNERS))
    write(
        here.with_name("sample_organisations.csv"),
        business.COLUMNS,
        organisations(ORGANISATIONS, adult_of(list(people()))),
    )
