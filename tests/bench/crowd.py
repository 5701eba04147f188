"""A crowd: as many accounts as a town or a country has, each with a password to sign in by."""

import argparse
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

from argon2 import PasswordHasher

from idp.accounts.account import INSERT as ACCOUNT
from idp.accounts.account import Account, Status
from idp.accounts.citizen import Citizen
from idp.accounts.kinds import Kind
from idp.assurance import Level
from idp.authenticators.authenticator import INSERT as AUTHENTICATOR
from idp.authenticators.authenticator import _context
from idp.demo.show import settings_of
from idp.kernel.ids import new_id
from idp.provider import Provider as House
from idp.settings import Settings
from idp.statute.identity_number import Sex
from tests.bench.browser import Person
from tests.bench.course import Course
from tests.bench.figures import Figures
from tests.bench.operations import Provider
from tests.bench.server import Server

PASSWORD = "tre-lua-song-nui-0042"
SAMPLED = 400  # of a crowd, spread over it, sign in
AT_ONCE = 5000
FEWEST, MOST = 10**3, 10**6
# One hash for all of them, as cheap as tests/bench/light_hash makes the provider's own.
HASHED = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD).encode()


def number_of(serial: int) -> str:
    """A number that nobody of the sample people has."""
    return f"096077{serial:06}"


def house_of(data: Path, issuer: str, stores: Mapping[str, str]) -> House:
    """The house of a demonstration that runs in a folder, to write into its database beside it."""
    told = settings_of(data, issuer) | dict(stores)
    return House(
        Settings(
            issuer=issuer,
            secret=told["IDP_SECRET"],
            database_url=told["IDP_DATABASE_URL"],
            keys_dir=told["IDP_KEYS_DIR"],
            is_demo=True,
            sms_channel="outbox",
        )
    )


class Crowd:
    """The accounts of one provider beside its sample people; it only grows."""

    def __init__(self, provider: House) -> None:
        self._provider = provider
        self.size = 0
        self.close = provider.close

    def grow_to(self, size: int) -> list[Person]:
        """Add accounts up to ``size``; gives some of all there are."""
        provider = self._provider
        for first in range(self.size, size, AT_ONCE):
            accounts = [self._account(serial) for serial in range(first, min(first + AT_ONCE, size))]
            rows = [provider.accounts._columns(account) for account in accounts]
            passwords = [self._password(account) for account in accounts]
            with provider.database.transaction():
                provider.database.run(ACCOUNT, rows)
                provider.database.run(AUTHENTICATOR, passwords)
        self.size = size
        step = max(1, size // SAMPLED)
        return [Person(username=number_of(serial), password=PASSWORD) for serial in range(0, size, step)]

    def _account(self, serial: int) -> Account:
        now = self._provider.clock()
        return Account(
            id=new_id(),
            kind=Kind.CITIZEN,
            level=Level.TWO,
            status=Status.ACTIVE,
            number=number_of(serial),
            phone=f"+849{serial:08}",
            identity=Citizen(
                name="Trần Thị Thu Hà",
                family_name="Trần",
                middle_name="Thị Thu",
                given_name="Hà",
                birth_date=date(1977, 1 + serial % 12, 1 + serial % 28),
                sex=Sex.MALE,
                province="01",
                address=f"Số {serial}, đường Hoa Sữa, phường Bình An, thành phố Hà Nội",
            ),
            opened_at=now,
            activated_at=now,
            updated_at=now,
        )

    def _password(self, account: Account) -> dict[str, Any]:
        authenticator_id = new_id()
        return {
            "id": authenticator_id,
            "account_id": account.id,
            "method": "password",
            "secret_sealed": self._provider.seal.seal(HASHED, _context(authenticator_id)),
            "label": "",
            "created_at": account.opened_at,
            "last_used_at": None,
            "last_step": None,
        }


def growth(server: Server, told: Provider, crowd: Crowd, asked: argparse.Namespace) -> Iterator[Figures]:
    """What a sign-in costs at each size, the smallest first."""
    for size in sorted({FEWEST, *(min(size, MOST) for size in asked.accounts)}):
        told.people = crowd.grow_to(size)
        course = Course(server, Figures(f"{size:,}"), told.signing_in("").make, asked.connections)
        course.warm(asked.seconds / asked.rounds)
        for _ in range(asked.rounds):
            course.run(asked.seconds / asked.rounds)
        yield course.figures


def growth_table(rows: Sequence[Figures]) -> Iterable[str]:
    """Markdown; the last column is the figure to look at: flat means that it stays near 1."""
    yield "| accounts | sign-ins/s | p95 ms | CPU-ms/sign-in | × the fewest | faults |"
    yield "|--:|--:|--:|--:|--:|--:|"
    for row in rows:
        rate, ratio = f"{median(row.rates):.0f}", f"{row.cost / rows[0].cost:.2f}"
        yield (
            f"| {row.name} | {rate} | {row.milliseconds(95):.0f} | {row.cost:.2f} | {ratio} "
            f"| {len(row.faults)} |"
        )
