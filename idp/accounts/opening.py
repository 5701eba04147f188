"""Opening an account: itself, what it stands on and the audit event in one transaction, then the code."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from idp.accounts.account import Account, AccountExists, Accounts, Status
from idp.accounts.activation import ActivationCodes
from idp.accounts.evidence import Evidence, EvidenceRecords
from idp.accounts.kinds import Identity, Kind
from idp.accounts.owed_readings import OwedReadings
from idp.assurance import Level
from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.kernel.clock import Clock
from idp.kernel.ids import new_id

Check = Callable[[UUID, datetime], Evidence]
"""Makes the evidence of one check, once it is known for which account and when."""


class Messages(Protocol):
    """What reaches a phone: ``notifications`` has it. Both raise ``Unavailable`` when no channel takes it."""

    def send_code(self, to: str, code: str, purpose: str, lang: str, party: str | None) -> object: ...

    def send_notice(self, to: str, kind: str, lang: str) -> object: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """The account that is to be opened. ``checks``: what was checked of its holder."""

    kind: Kind
    level: Level | None
    number: str = field(repr=False)
    phone: str = field(repr=False)
    email: str | None = field(default=None, repr=False)
    identity: Identity = field(repr=False)
    checks: tuple[Check, ...]


def nothing_else(_account: Account) -> None:
    """What else happens in the transaction that opens an account, where nothing does."""


class Opening:
    """Opens accounts."""

    def __init__(
        self,
        accounts: Accounts,
        evidence: EvidenceRecords,
        codes: ActivationCodes,
        owed: OwedReadings,
        messages: Messages,
        audit: AuditLog,
        clock: Clock,
    ) -> None:
        self._accounts = accounts
        self._evidence = evidence
        self._codes = codes
        self._owed = owed
        self._messages = messages
        self._audit = audit
        self._clock = clock

    def open(self, wish: Wish, by: str, also: Callable[[Account], None] = nothing_else) -> Account:
        """Open an account, which then waits for its activation. No message is sent.

        Args:
            by: who decided: an account's id, ``cli``, or ``law``.
            also: runs in the same transaction; what it raises undoes all.

        Raises:
            AccountExists: its number has one.
        """
        if self._accounts.by_number(wish.number) is not None:
            raise AccountExists
        now = self._clock()
        account = Account(
            id=new_id(),
            kind=wish.kind,
            level=wish.level,
            status=Status.ISSUED,
            number=wish.number,
            phone=wish.phone,
            email=wish.email,
            identity=wish.identity,
            opened_at=now,
            updated_at=now,
        )
        with self._accounts.database.transaction():
            self._accounts.add(account)
            self._audit.record(
                Event.ACCOUNT_OPENED,
                account_id=account.id,
                kind=account.kind.value,
                level=account.level and account.level.value,
                actor=by,
            )
            for check in wish.checks:
                self._evidence.add(check(account.id, now))
            if account.kind is not Kind.CITIZEN:  # papers run out, and representatives change
                self._owed.owe(account.id, now)
            also(account)
        return account

    def send_code(self, account: Account, lang: str) -> None:
        """Send a code that activates an account to its phone.

        Raises:
            Unavailable: no channel takes it.
        """
        code = self._codes.issue(account.number)
        self._messages.send_code(account.phone or "", code, "activation", lang, None)

    def tell(self, account: Account, kind: str, lang: str) -> None:
        """Send a notice to the phone of an account that nobody has activated.

        Raises:
            Unavailable: no channel takes it.
        """
        self._messages.send_notice(account.phone or "", kind, lang)

    def warn_holder(self, number: str, lang: str) -> None:
        """Tell whom a number belongs to that somebody asked for a second account; five times an hour.

        Raises:
            Unavailable, TooManyAttempts.
        """
        account = self._accounts.by_number(number)
        if account is None:
            return
        self._audit.record(Event.ACCOUNT_OPENING_REFUSED, account_id=account.id, reason=AccountExists.code)
        if account.phone:
            self._codes.spend_message(number)
            self._messages.send_notice(account.phone, "account_exists", lang)
