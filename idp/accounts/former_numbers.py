"""Numbers that holders had before theirs were issued anew: a register may name somebody by one for long.

Only what registers say of others, guardians and representatives, is looked up so. Nobody signs in by one.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Column, LargeBinary, Table, Uuid, bindparam, delete, select

from idp.accounts.account import Account, Accounts
from idp.keyring.seal import Seal
from idp.storage.database import Database, metadata

INDEX = "former_numbers.number"

former_numbers = Table(
    "former_numbers",
    metadata,
    Column("number_index", LargeBinary(32), primary_key=True),
    Column("account_id", Uuid, nullable=False),
)

_ONE = former_numbers.c.number_index == bindparam("index")
OF = select(former_numbers.c.account_id).where(_ONE)
FORGET = delete(former_numbers).where(_ONE)
INSERT = former_numbers.insert()


class FormerNumbers:
    """Remembers them, by a keyed index alone: which they were cannot be read here."""

    def __init__(self, database: Database, seal: Seal, accounts: Accounts) -> None:
        self._database = database
        self._seal = seal
        self._accounts = accounts

    def remember(self, number: str, account_id: UUID) -> None:
        """That an account had this number until now. Within a transaction, the account being held."""
        place = self._place(number)
        self._database.run(FORGET, place)
        self._database.run(INSERT, {"number_index": place["index"], "account_id": account_id})

    def holder(self, number: str) -> Account | None:
        """Whom a register means by a number: who has it, or else who had it before theirs was changed."""
        account = self._accounts.by_number(number)
        if account is not None:
            return account
        row = self._database.first(OF, self._place(number))
        return None if row is None else self._accounts.get(row.account_id)

    def names(self, numbers: Iterable[str], account: Account) -> bool:
        """Whether a register means this account by one of the numbers that it names.

        A number that somebody else has by now means them, whoever had it before.
        """
        return any(number == account.number or self._means(number, account) for number in numbers)

    def _means(self, number: str, account: Account) -> bool:
        meant = self.holder(number)
        return meant is not None and meant.id == account.id

    def _place(self, number: str) -> dict[str, Any]:
        return {"index": self._seal.index(number, INDEX)}
