"""How an account is issued and activated (Decree 69/2024 Art. 10-13)."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from idp.accounts.account import Account, Accounts, Status
from idp.accounts.activation import ActivationCodes, ActivationRefused
from idp.accounts.citizen import parse_number
from idp.accounts.eligibility import NotInRegister, check_holder, citizen_of
from idp.accounts.enrolment_limits import Limits
from idp.accounts.evidence import Evidence, register_match, seen_in_person
from idp.accounts.kinds import Kind
from idp.accounts.notices import lang_of
from idp.accounts.opening import Opening, Wish
from idp.accounts.owed_readings import OwedReadings
from idp.accounts.phone import parse_phone
from idp.assurance import Level
from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.kernel.clock import Clock
from idp.kernel.errors import Refused
from idp.registers.register import PopulationRegister
from idp.statute.ages import day_in_vietnam
from idp.statute.assigned_number import parse_persons
from idp.statute.law import STATUTE
from idp.statute.rules import Case

Equip = Callable[[UUID], None]


class NotToBeActivated(Refused):
    """The account does not wait for its activation."""

    code = "not_to_be_activated"


class Enrolment:
    """Opens accounts for people whom the register confirms, and lets them activate what was opened.

    The password that the holder then chooses is set by the caller.
    """

    def __init__(
        self,
        accounts: Accounts,
        register: PopulationRegister,
        opening: Opening,
        codes: ActivationCodes,
        owed: OwedReadings,
        limits: Limits,
        audit: AuditLog,
        clock: Clock,
    ) -> None:
        self._accounts = accounts
        self._register = register
        self._opening = opening
        self._codes = codes
        self._owed = owed
        self._limits = limits
        self._audit = audit
        self._clock = clock

    def open_citizen(
        self,
        number: str,
        phone: str,
        level: Level,
        opened_by: str,
        lang: str = "vi",
        email: str | None = None,
        office: str = "",
    ) -> Account:
        """Open a citizen's account and send its activation code to the phone.

        Args:
            number: as typed; spaces are forgiven.
            phone: as typed; Vietnamese unless it says otherwise.
            level: 02 only where somebody has seen the person, the card and the fingerprints.
            opened_by: an operator's account id, or ``cli``.
            email: as the holder gave it; nobody has verified it.
            office: where they were seen, for level 02.

        Raises:
            NumberMalformed, PhoneMalformed, NotInRegister, Deceased, CardNeeded, LevelNotHeld,
            GuardianNeeded, AccountExists: nothing was opened.
            Unavailable: the register is silent, or the account stands and the code was not sent:
                ``send_code`` then sends one.
        """
        digits, phone = parse_number(number).digits, parse_phone(phone)
        try:
            wish = self._wish(digits, phone, level, opened_by, email, office)
            account = self._opening.open(wish, opened_by)
        except Refused as refusal:
            self._audit.record(Event.ACCOUNT_OPENING_REFUSED, reason=refusal.code, actor=opened_by)
            raise
        self._opening.send_code(account, lang)
        return account

    def send_code(self, number: str, address: str, lang: str = "vi") -> None:
        """Send another activation code, five an hour. Says nothing of whether there is such an account.

        Once the law's term is over, the phone is told instead whom to ask (Decree 69/2024 Art. 14.1): by then
        it may be somebody else's.

        Raises:
            NumberMalformed, TooManyAttempts.
        """
        kept_by, account = self._persons(number)
        self._limits.spend_message(address)
        self._codes.spend_message(kept_by)
        if account is None or account.status != Status.ISSUED:
            return
        term = STATUTE.at(self._clock()).deadline(Case.ACTIVATION, account.opened_at)
        if term.has_passed(self._clock()):
            self._opening.tell(account, "activation_over", lang)
        else:
            self._opening.send_code(account, lang)

    def send_code_for(self, account_id: UUID, by: str) -> None:
        """Send an activation code because an operator asks, to whom the holder has said who they are.

        Raises:
            NotToBeActivated: it is active already, or stands otherwise.
            Unavailable: no channel takes it.
        """
        account = self._accounts.the(account_id)
        if account.status != Status.ISSUED:
            raise NotToBeActivated
        self._opening.send_code(account, lang_of(account))
        self._audit.record(Event.MESSAGE_SENT, account_id=account_id, kind="activation", actor=by)

    def activate(self, number: str, code: str, address: str, prepare: Callable[[], Equip]) -> Account:
        """The holder activates an account with the code sent to the phone.

        ``prepare`` looks at what the holder chose to sign in with, before the code is spent. What it gives
        stores that, in the same transaction: an account is never active without it.

        Raises:
            NumberMalformed, TooManyAttempts.
            ActivationRefused: wrong, spent or expired code, or no account that waits for one: all alike.
        """
        kept_by, account = self._persons(number)
        self._limits.check(address)
        equip = prepare()
        try:
            self._codes.redeem(kept_by, code, self._limits.network(address))
            return self._activated(account, equip)
        except ActivationRefused as refusal:
            self._limits.was_wrong(address)
            self._audit.record(Event.ACCOUNT_ACTIVATION_REFUSED, attempts_left=refusal.attempts_left)
            raise

    def _persons(self, typed: str) -> tuple[str, Account | None]:
        """By what a person's code is kept, and whose it is.

        An organisation's is not to be tried here, for whoever acts for it activates it, signed in: it is
        answered like a number that nobody has.
        """
        number = parse_persons(typed)
        account = self._accounts.by_number(number)
        if account is not None and account.kind is Kind.ORGANISATION:
            return f"nobody's {number}", None
        return number, account

    def _wish(
        self, number: str, phone: str, level: Level, opened_by: str, email: str | None, office: str
    ) -> Wish:
        record = self._register.find(number)
        if record is None:
            raise NotInRegister
        verdict = check_holder(record, level, day_in_vietnam(self._clock()))

        def found(account_id: UUID, at: datetime) -> Evidence:
            return register_match(account_id, self._register.source, at, verdict.article)

        def seen(account_id: UUID, at: datetime) -> Evidence:
            return seen_in_person(account_id, at, opened_by, office, verdict.article)

        return Wish(
            kind=Kind.CITIZEN,
            level=level,
            number=record.number,
            phone=phone,
            email=email,
            identity=citizen_of(record),
            checks=(found, seen) if level is Level.TWO else (found,),
        )

    def _activated(self, account: Account | None, equip: Equip) -> Account:
        if account is None:
            raise ActivationRefused(0)
        with self._accounts.database.transaction():
            if not self._accounts.activate(account.id):
                raise ActivationRefused(0)
            equip(account.id)
            self._owed.owe(account.id)  # what befell the holder since it was opened, no event may have told
            self._audit.record(Event.ACCOUNT_ACTIVATED, account_id=account.id)
            return self._accounts.the(account.id)
