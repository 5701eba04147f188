"""The demonstration really served, provider and portal, and invented people who sign in there."""

import csv
import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from idp.accounts.account import Account
from idp.assurance import Level
from idp.authenticators.totp import new_secret
from idp.demo.cast import PEOPLE
from idp.demo.show import settings_of
from idp.kernel.clock import utc_now
from idp.provider import Provider
from idp.registers.register import CitizenRecord
from idp.registers.sample import SAMPLE_PEOPLE
from idp.settings import Settings
from tests.bench.server import free_port
from tests.house import Person
from tests.waiting import until

READY_SECONDS = 60
COMMAND = [sys.executable, "-c", "from idp.cli import main; main()", "demo"]
ADULT_BEFORE = date(2000, 1, 1)


class World:
    """Where the pages are, and how to bring somebody new to them.

    Each test takes people of its own, for one-time codes work once, and consents and sessions stay.
    """

    def __init__(self, folder: Path, document: dict[str, Any]) -> None:
        self.issuer: str = document["issuer"]
        self.portal: str = document["pages"]["portal"]
        self.outbox: str = document["pages"]["outbox"]
        self.account: str = document["pages"]["account"]
        self.cast: dict[str, dict[str, Any]] = document["accounts"]
        told = settings_of(folder, self.issuer).items()
        self.provider = Provider(
            Settings(**{name.removeprefix("IDP_").lower(): value for name, value in told})
        )
        self._newcomers = _newcomers()
        self._phones = iter(range(100, 1000))

    def one_of_cast(self, name: str) -> Person:
        """Somebody whom demo.json names."""
        written = self.cast[name]
        account = self.provider.accounts.by_number(written["username"])
        assert account is not None
        return Person(account.id, account.number, written["password"], written["totp_secret"], utc_now)

    def citizen(
        self, level: Level = Level.TWO, *, has_totp: bool = True, number: str | None = None
    ) -> Person:
        """Somebody new, whose account is active; of the sample register's, whoever is told."""
        account = self.newcomer(level, number)
        password = f"nghe-mua-tren-la-{secrets.token_hex(3)}"
        secret = new_secret() if has_totp else None
        self.provider.password.set_password(account.id, password)
        if secret:
            self.provider.authenticators.add(account.id, "totp", secret.encode("ascii"), "")
        self.provider.accounts.activate(account.id)
        return Person(account.id, account.number, password, secret, utc_now)

    def unknown(self) -> CitizenRecord:
        """Somebody of the register who has no account yet."""
        record = self.provider.registers.population.find(next(self._newcomers))
        assert record is not None
        return record

    def new_phone(self) -> str:
        """As somebody types it, the phone of nobody else."""
        return f"0900 000 {next(self._phones)}"

    def newcomer(self, level: Level = Level.TWO, number: str | None = None) -> Account:
        """Somebody new, whose account still waits for its activation."""
        phone, number = f"+84900000{next(self._phones)}", number or next(self._newcomers)
        return self.provider.enrolment.open_citizen(number, phone, level, "browser test")

    def name_of(self, person: Person) -> str:
        record = self.provider.registers.population.find(person.username)
        assert record is not None
        return record.name

    def phone_of(self, account_id: UUID) -> str:
        account = self.provider.accounts.get(account_id)
        assert account is not None
        return account.phone or ""


def _newcomers() -> Iterator[str]:
    """Numbers of grown-up people of the sample register whom the demonstration does not use."""
    today = f"{utc_now():%Y-%m-%d}"
    taken = {part.number for part in PEOPLE.values()}
    with SAMPLE_PEOPLE.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            is_grown_up = date.fromisoformat(row["birth_date"]) < ADULT_BEFORE
            has_card = row["card_issued_on"] and (row["card_expires_on"] or "9999") > today
            if is_grown_up and has_card and row["deceased"] == "no" and row["number"] not in taken:
                yield row["number"]


@contextmanager
def served(folder: Path) -> Iterator[World]:
    """``idp demo`` on free ports, stopped at the end as Ctrl-C stops it."""
    printed = folder / "printed.log"
    ports = [f"--port={free_port()}", f"--portal-port={free_port()}", f"--data={folder / 'demo'}"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("IDP_")}
    with printed.open("wb") as output:
        process = subprocess.Popen([*COMMAND, *ports], stdout=output, stderr=output, env=environment)
    try:
        world = World(folder / "demo", _ready(process, folder / "demo" / "demo.json", printed))
        yield world
        world.provider.close()
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(READY_SECONDS)


def _ready(process: subprocess.Popen[bytes], file: Path, printed: Path) -> dict[str, Any]:
    until(file.exists, printed.read_text, process=process)
    document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return document
