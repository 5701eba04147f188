"""An adult's own account passes to the guardian whom a court named, and comes back (Civil Code Art. 22).

An office does both, by two officers (docs/decisions/0025): a register's one word does not tell how much of
their own affairs a court left to somebody, and whose sign-in ends can no longer object to it online.
"""

from collections.abc import Callable, Collection, Set
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from idp.accounts.account import Account, Accounts, Status
from idp.accounts.application import Application, State
from idp.accounts.coming_of_age import ComingOfAge
from idp.accounts.delegation import Wish as MandateWish
from idp.accounts.dependant_filing import fit_guardian
from idp.accounts.eligibility import Deceased, NotInRegister, citizen_of
from idp.accounts.evidence import register_match, seen_in_person
from idp.accounts.foreigner_filing import foreigner_of
from idp.accounts.former_numbers import FormerNumbers
from idp.accounts.guardians import Guardians
from idp.accounts.guardianship import check_dependant, is_dependant
from idp.accounts.in_person import DOCUMENTS
from idp.accounts.kinds import Kind
from idp.accounts.locks import Locks
from idp.accounts.mandate import EndGround, Role
from idp.accounts.mandates import Mandates
from idp.accounts.notices import Notices, lang_of
from idp.accounts.officers import Officers
from idp.accounts.officers_acts import OfficersActs, OfficersWish, Seen
from idp.accounts.opening import Check, Opening, Wish
from idp.accounts.phone import parse_phone
from idp.assurance import Level
from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.kernel.clock import Clock
from idp.kernel.errors import NotFound, Refused
from idp.registers.register import (
    CitizenRecord,
    ForeignerRecord,
    ImmigrationRegister,
    PopulationRegister,
    Registers,
)
from idp.statute.ages import day_in_vietnam
from idp.statute.law import STATUTE
from idp.statute.rules import Attestation, Case

Record = CitizenRecord | ForeignerRecord


class NotToBePlaced(Refused):
    """Not a holder's own account, issued or active: a guardian has it already, or it is locked or closed."""

    code = "not_to_be_placed"


class NotToBeReturned(Refused):
    """Not an account that guardians used: its holder signs in to it, or the register has a guardian still."""

    code = "not_to_be_returned"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSignIn:
    """What the floors above know of how holders sign in. Both run in the caller's transaction, if any.

    Args:
        is_there: whether an account has anything to sign in with.
        end: take all of it away; sessions and grants end with it.
    """

    is_there: Callable[[UUID], bool]
    end: Callable[[UUID], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wards:
    """Passes accounts to guardians, and back to their holders."""

    accounts: Accounts
    locks: Locks
    officers: Officers
    acts: OfficersActs
    registers: Registers
    former: FormerNumbers
    mandates: Mandates
    guardians: Guardians
    coming_of_age: ComingOfAge
    opening: Opening
    notices: Notices
    own_sign_in: OwnSignIn
    audit: AuditLog
    clock: Clock

    def place(self, account_id: UUID, guardian_id: UUID, officer_id: UUID, seen: Set[str]) -> Application:
        """One officer's act: they saw the decision that has the guardian act in everything.

        With the last one the holder's own way in, their sessions and all they gave or held end, the guardian
        acts, and the holder is told by the phone that stays theirs. Every ``sub`` stays.

        Raises:
            NotToBePlaced, NotInRegister, FilesAlone, NotGuardian, GuardianUnfit: nothing was recorded.
            NotAnOfficer, OfficerIsHolder, ActIncomplete, EvidenceGiven: nor here.
            LawSilent: the holder is not of age.
            Unavailable: the register is silent.
        """
        account, guardian = self.accounts.the(account_id), fit_guardian(self.accounts, guardian_id)
        record = self._record(account)
        today = day_in_vietnam(self.clock())
        article = STATUTE.on(today).attestation(Case.WARD_PLACED.value, record.birth_date).article
        is_named = self.former.names(record.guardians, guardian)
        check_dependant(record, article, today, is_named=is_named)
        self._check_own(account)
        wish = OfficersWish(
            case=Case.WARD_PLACED,
            account=account,
            birth_date=record.birth_date,
            details=(str(guardian.id),),
            concerned=(guardian.id,),
        )

        def then(acts: Collection[Seen], rule: Attestation) -> None:
            self._place(account.id, guardian.id, rule, str(list(acts)[-1].officer))

        return self.acts.attest(wish, officer_id, seen, then)

    def give_back(self, account_id: UUID, phone: str, officer_id: UUID, seen: Set[str]) -> Application:
        """One officer's act: they had the holder before them, who is under nobody's guardianship.

        With the last one the account waits for its activation by the holder, by a code to their own phone, at
        level 01. So it is where a child come of age has not been able to take it over online.

        Args:
            phone: as the holder says it. Officers who were told another attest another wish.

        Raises:
            PhoneMalformed, NotToBeReturned, NotInRegister, Deceased: nothing was recorded.
            NotAnOfficer, OfficerIsHolder, ActIncomplete, EvidenceGiven: nor here.
            Unavailable: the register is silent; or the account was given back and no channel took the code:
                ``Enrolment.send_code_for`` sends another.
        """
        account, number = self.accounts.the(account_id), parse_phone(phone)
        record = self._record(account)
        if record.is_deceased:
            raise Deceased
        if is_dependant(record, day_in_vietnam(self.clock())):
            raise NotToBeReturned
        self._check_guardians(account)
        wish = OfficersWish(
            case=Case.ACCOUNT_RETURNED, account=account, birth_date=record.birth_date, details=(number,)
        )

        def then(acts: Collection[Seen], rule: Attestation) -> None:
            self._give_back(account, record, number, acts, rule)

        application = self.acts.attest(wish, officer_id, seen, then)
        if application.state is State.ACCEPTED:
            self.opening.send_code(self.accounts.the(account.id), lang_of(account))
        return application

    def _register(self, account: Account) -> PopulationRegister | ImmigrationRegister:
        is_foreign = account.kind is Kind.FOREIGNER
        return self.registers.immigration if is_foreign else self.registers.population

    def _record(self, account: Account) -> Record:
        record = self._register(account).find(account.number)
        if record is None:
            raise NotInRegister
        return record

    def _check_own(self, account: Account) -> None:
        held = self.mandates.of_principal(account.id)
        is_open = account.status in (Status.ISSUED, Status.ACTIVE)
        if not is_open or any(mandate.role is Role.GUARDIAN for mandate in held):
            raise NotToBePlaced

    def _check_guardians(self, account: Account) -> None:
        """Nobody's own account is given to whoever comes with a card: their way in is theirs to renew."""
        ever = self.mandates.ever(account.id)
        was_used = any(each.role is Role.GUARDIAN and each.principal_id == account.id for each in ever)
        if account.status is not Status.ACTIVE or not was_used or self.own_sign_in.is_there(account.id):
            raise NotToBeReturned

    def _place(self, account_id: UUID, guardian_id: UUID, rule: Attestation, by: str) -> None:
        self.locks.hold(account_id)  # nobody signs in, or locks it, meanwhile
        self._check_own(self.accounts.the(account_id))
        self.mandates.end_all(account_id, EndGround.GUARDIANSHIP, by)
        with suppress(NotFound):
            self.officers.end(account_id, by)
        self.own_sign_in.end(account_id)
        self.accounts.activate(account_id)
        # From here on the guardian sees what happens.
        self.audit.record(Event.ACCOUNT_PLACED, account_id=account_id, article=rule.article, actor=by)
        self.mandates.appoint(account_id, MandateWish(agent_id=guardian_id, role=Role.GUARDIAN), by)
        self.notices.owe(account_id, "account_placed")
        self.notices.owe(guardian_id, "mandate_received")

    def _give_back(
        self,
        account: Account,
        record: Record,
        phone: str,
        acts: Collection[Seen],
        rule: Attestation,
    ) -> None:
        self.locks.hold(account.id)
        account, by = self.accounts.the(account.id), str(list(acts)[-1].officer)
        self._check_guardians(account)
        self.guardians.follow(account, record, by)
        wish = Wish(
            kind=account.kind,
            level=Level.ONE,
            number=account.number,
            phone=phone,
            identity=citizen_of(record) if isinstance(record, CitizenRecord) else foreigner_of(record),
            checks=(
                _matched(self._register(account).source, rule),
                *(_seen(act, rule, DOCUMENTS[account.kind]) for act in acts),
            ),
        )
        if self.coming_of_age.hand_over(account, wish, by) is None:
            raise NotToBeReturned


def _matched(source: str, rule: Attestation) -> Check:
    return lambda account_id, at: register_match(account_id, source, at, rule.article)


def _seen(act: Seen, rule: Attestation, document: str) -> Check:
    return lambda account_id, at: seen_in_person(
        account_id, at, str(act.officer), act.office, rule.article, rule.checks, document=document
    )
