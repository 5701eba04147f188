"""How an account is issued and activated (Decree 69/2024 Art. 10-13)."""

from collections.abc import Callable
from datetime import date
from typing import Protocol
from uuid import UUID

from idp.accounts.account import Account, AccountExists, Accounts, Status
from idp.accounts.activation import ActivationCodes, ActivationRefused
from idp.accounts.citizen import Citizen, parse_number, split_name
from idp.accounts.kinds import Kind
from idp.accounts.phone import parse_phone
from idp.assurance import Level
from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.kernel.clock import Clock
from idp.kernel.errors import Refused
from idp.kernel.ids import new_id
from idp.registers.register import CitizenRecord, PopulationRegister
from idp.statute.ages import day_in_vietnam
from idp.statute.law import STATUTE
from idp.statute.rules import Document


class NotInRegister(Refused):
    """The population register knows nobody of this number."""

    code = "not_in_register"


class Deceased(Refused):
    """The register has this person as deceased."""

    code = "holder_deceased"


class CardNeeded(Refused):
    """``reason`` is ``missing`` where no identity card was issued, ``expired`` where it is past its day."""

    code = "card_needed"

    def __init__(self, reason: str, article: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.article = article

    def facts(self) -> dict[str, object]:
        return {"reason": self.reason, "article": self.article}


class LevelNotHeld(Refused):
    """The law gives no account of this level to such a person."""

    code = "level_not_held"

    def __init__(self, level: str | None, article: str) -> None:
        super().__init__(level)
        self.level = level
        self.article = article

    def facts(self) -> dict[str, object]:
        return {"level": self.level, "article": self.article}


class GuardianNeeded(Refused):
    """Under 14, the guardian files; until mandates are known here, nobody can."""

    code = "guardian_needed"

    def __init__(self, article: str) -> None:
        super().__init__(article)
        self.article = article

    def facts(self) -> dict[str, object]:
        return {"article": self.article}


class Messages(Protocol):
    """What sends a code to a phone: ``notifications`` has it."""

    def send_code(self, to: str, code: str, purpose: str, lang: str, party: str | None) -> object:
        """Raises ``Unavailable`` when no channel takes it."""


class Enrolment:
    """Opens accounts for people whom the register confirms, and lets them activate what was opened.

    The password that the holder then chooses is set by the caller.
    """

    def __init__(
        self,
        accounts: Accounts,
        register: PopulationRegister,
        codes: ActivationCodes,
        audit: AuditLog,
        messages: Messages,
        clock: Clock,
    ) -> None:
        self._accounts = accounts
        self._register = register
        self._codes = codes
        self._audit = audit
        self._messages = messages
        self._clock = clock

    def open_citizen(
        self,
        number: str,
        phone: str,
        level: Level,
        opened_by: str,
        lang: str = "vi",
        email: str | None = None,
    ) -> Account:
        """Open a citizen's account and send its activation code to the phone.

        Args:
            number: as typed; spaces are forgiven.
            phone: as typed; Vietnamese unless it says otherwise.
            level: 02 only where somebody has seen the person, the card and the fingerprints.
            opened_by: an operator's account id, or ``cli``.
            email: as the holder gave it; nobody has verified it.

        Raises:
            NumberMalformed, PhoneMalformed, NotInRegister, Deceased, CardNeeded, LevelNotHeld,
            GuardianNeeded, AccountExists: nothing was opened.
            Unavailable: the register is silent, or the account stands and the code was not sent:
                ``send_code`` then sends one.
        """
        digits, phone = parse_number(number).digits, parse_phone(phone)
        try:
            account = self._opened(self._eligible(digits, level), phone, level, opened_by, email)
        except Refused as refusal:
            self._audit.record(Event.ACCOUNT_OPENING_REFUSED, reason=refusal.code, actor=opened_by)
            raise
        self._send(account, lang)
        return account

    def send_code(self, number: str, lang: str = "vi") -> None:
        """Send another activation code, five an hour. Says nothing of whether there is such an account.

        Raises:
            NumberMalformed, TooManyAttempts.
        """
        digits = parse_number(number).digits
        self._codes.spend_message(digits)
        account = self._accounts.by_number(digits)
        if account is not None and account.status == Status.ISSUED:
            self._send(account, lang)

    def activate(self, number: str, code: str, equip: Callable[[UUID], None]) -> Account:
        """The holder activates an account with the code sent to the phone.

        ``equip`` stores what the holder signs in with, in the same transaction: an account is never active
        without it.

        Raises:
            NumberMalformed, TooManyAttempts.
            ActivationRefused: wrong, spent or expired code, or no account that waits for one: all alike.
        """
        digits = parse_number(number).digits
        try:
            self._codes.redeem(digits, code)
            return self._activated(digits, equip)
        except ActivationRefused as refusal:
            self._audit.record(Event.ACCOUNT_ACTIVATION_REFUSED, attempts_left=refusal.attempts_left)
            raise

    def _eligible(self, number: str, level: Level) -> CitizenRecord:
        record = self._register.citizen(number)
        if record is None:
            raise NotInRegister
        if record.is_deceased:
            raise Deceased
        check_holder(record, level, day_in_vietnam(self._clock()))
        return record

    def _opened(
        self, record: CitizenRecord, phone: str, level: Level, opened_by: str, email: str | None
    ) -> Account:
        now = self._clock()
        account = Account(
            id=new_id(),
            kind=Kind.CITIZEN,
            level=level,
            status=Status.ISSUED,
            number=record.number,
            phone=phone,
            email=email,
            identity=citizen_of(record),
            opened_at=now,
            updated_at=now,
        )
        if self._accounts.by_number(record.number) is not None:
            raise AccountExists
        with self._accounts.database.transaction():
            self._accounts.add(account)
            self._audit.record(
                Event.ACCOUNT_OPENED,
                account_id=account.id,
                kind=account.kind.value,
                level=level.value,
                actor=opened_by,
            )
        return account

    def _activated(self, number: str, equip: Callable[[UUID], None]) -> Account:
        account = self._accounts.by_number(number)
        if account is None:
            raise ActivationRefused(0)
        with self._accounts.database.transaction():
            if not self._accounts.activate(account.id):
                raise ActivationRefused(0)
            equip(account.id)
            self._audit.record(Event.ACCOUNT_ACTIVATED, account_id=account.id)
            return self._accounts.the(account.id)

    def _send(self, account: Account, lang: str) -> None:
        code = self._codes.issue(account.number)
        self._messages.send_code(account.phone or "", code, "activation", lang, None)


def check_holder(record: CitizenRecord, level: Level, today: date) -> None:
    """Whether the law lets this citizen hold an account of this level. Pure.

    Raises:
        LevelNotHeld, GuardianNeeded, CardNeeded.
    """
    verdict = STATUTE.on(today).may_hold(Kind.CITIZEN, level, record.birth_date)
    if not verdict.is_allowed:
        raise LevelNotHeld(level, verdict.article)
    if not record.has_card:
        raise CardNeeded("missing", verdict.article)
    if verdict.document == Document.VALID_CARD and not record.has_valid_card(today):
        raise CardNeeded("expired", verdict.article)
    if verdict.needs_guardian:
        raise GuardianNeeded(verdict.article)


def citizen_of(record: CitizenRecord) -> Citizen:
    """The electronic identity that a register's record gives."""
    family_name, middle_name, given_name = split_name(record.name)
    return Citizen(
        name=record.name,
        family_name=family_name,
        middle_name=middle_name,
        given_name=given_name,
        birth_date=record.birth_date,
        sex=record.sex,
        province=record.province,
        address=record.address,
    )
