"""Children and wards of the tests' registers, and what a guardian files for them."""

import csv
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from idp.accounts.application import Application
from idp.accounts.kinds import Kind
from idp.registers.register import POPULATION, ChangeKind, CitizenRecord, ForeignerRecord, RegisterName, Shape
from idp.registers.sample import SampleRegister
from idp.statute.identity_number import Sex, century_digit
from tests.house import House, Person
from tests.people import a_record

CARD_FROM = date(2024, 7, 1)
TEN = date(2016, 6, 5)
FROM = "203.0.113.7"


def a_child(*guardians: Person | str, born: date = TEN, serial: int = 700_001, **given: Any) -> CitizenRecord:
    """Somebody of the population register, with a card that is valid for long."""
    numbers = tuple(each if isinstance(each, str) else each.username for each in guardians)
    usual = {
        "number": f"001{century_digit(born.year, Sex.FEMALE)}{born.year % 100:02}{serial:06}",
        "name": "Nông Bích Ngân",
        "birth_date": born,
        "card_issued_on": max(born + timedelta(days=1), CARD_FROM),
        "card_expires_on": date(2049, 1, 1),
        "guardians": numbers,
    }
    return a_record(**{**usual, **given})


def enrolled(house: House, *records: CitizenRecord) -> None:
    """Have the population register know them, as they are told now."""
    written(house, house.provider.samples.population, POPULATION, *records)


def written(house: House, register: SampleRegister[Any], shape: Shape[Any], *records: Any) -> None:
    path = Path(house.settings.keys_dir).parent / f"{shape.name.value}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, shape.columns + shape.may_be_left_out, lineterminator="\n")
        writer.writeheader()
        writer.writerows(shape.write_row(record) for record in records)
    report = register.import_csv(path)
    assert report.refused_count == 0, report


def file_for(
    house: House, guardian: Person, record: CitizenRecord | ForeignerRecord, **typed: str
) -> Application:
    """What a guardian files who types what the register has, but for ``typed``."""
    account = house.provider.accounts.the(guardian.account_id)
    form = {"username": record.number, "name": record.name, "birth_date": record.birth_date.isoformat()}
    kind = Kind.CITIZEN if isinstance(record, CitizenRecord) else Kind.FOREIGNER
    return house.provider.guardian_enrolment.file_for(account, kind, form | typed, FROM, "vi")


def guardian_changed(house: House, record: CitizenRecord, *guardians: Person) -> CitizenRecord:
    """The register names others, tells of it, and is followed."""
    to = ";".join(each.username for each in guardians)
    today = house.clock().date()
    house.provider.samples.population.change(ChangeKind.GUARDIAN_CHANGED, record.number, today, to)
    followed(house)
    return replace(record, guardians=tuple(each.username for each in guardians))


def followed(house: House) -> None:
    """The population register's news are acted on, and what is owed a reading is read."""
    provider, name = house.provider, RegisterName.POPULATION
    provider.following.follow(name, provider.registers.by_name(name), provider.register_changes.of(name))
    provider.register_reading.catch_up()
