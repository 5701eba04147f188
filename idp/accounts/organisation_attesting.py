"""What officers see of an organisation that the register cannot speak for (Decree 69/2024 Art. 12).

The register does not know it, or somebody represents it who has no number here to agree by. The statute says
what is to be seen, and by how many officers; each attests it by an act of their own.
"""

import json
from collections.abc import Sequence, Set
from datetime import date, datetime
from functools import partial
from uuid import UUID

from idp.accounts.account import Account, AccountExists, Accounts
from idp.accounts.application import Application, ApplicationMoved, State
from idp.accounts.applications import FIRST, Applications
from idp.accounts.approvals import Approvals, next_state
from idp.accounts.eligibility import organisation_of
from idp.accounts.evidence import Evidence, EvidenceGiven, seen_in_person
from idp.accounts.founding import Founding, FoundingMissing
from idp.accounts.in_person import OfficerIsHolder, check_seen
from idp.accounts.officers import Officer, Officers
from idp.accounts.opening import Check
from idp.accounts.organisation import Organisation
from idp.accounts.organisation_filing import OrganisationFiled
from idp.accounts.organisation_opening import Confirmed, OrganisationOpening
from idp.accounts.organisation_steps import CASES, OrganisationSteps
from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.kernel.clock import Clock
from idp.kernel.errors import NotFound
from idp.registers.register import BusinessRegister, OrganisationRecord
from idp.statute.ages import day_in_vietnam
from idp.statute.law import STATUTE
from idp.statute.rules import Attestation, Case

PAPERS = "registration_document"
BY_PAPERS = "organisation_papers"  # the statute's word
_Acts = dict[str, list[str]]  # an officer's office and moment, by the officer
REFUSALS = ("papers_insufficient", "not_established", "authority_unproven")


class OrganisationAttesting:
    """Takes officers' acts, and accepts or refuses. Of two at once each counts, or the second is told."""

    def __init__(
        self,
        accounts: Accounts,
        applications: Applications,
        approvals: Approvals,
        officers: Officers,
        register: BusinessRegister,
        opening: OrganisationOpening,
        steps: OrganisationSteps,
        audit: AuditLog,
        clock: Clock,
    ) -> None:
        self._accounts = accounts
        self._applications = applications
        self._approvals = approvals
        self._officers = officers
        self._register = register
        self._opening = opening
        self._steps = steps
        self._audit = audit
        self._clock = clock

    def waiting(self) -> Sequence[Application]:
        """What waits for officers, oldest first."""
        return list(self._applications.all_standing(State.WAITING_OFFICER, CASES))

    def the(self, application_id: UUID) -> Application:
        """An organisation's application.

        Raises:
            NotFound.
        """
        found = self._applications.get(application_id)
        if found is None or found.case not in CASES:
            raise NotFound("application")
        return found

    def attest(
        self, application_id: UUID, officer_id: UUID, seen: Set[str], founding: Founding | None = None
    ) -> Application:
        """One officer's act: they saw what is in ``seen``.

        Args:
            founding: what the papers say of an organisation that no register knows: of the first officer.
                Who comes after confirms it; who read it otherwise begins anew.

        Returns:
            The application as it then stands: accepted, refused, or waiting for another officer.

        Raises:
            NotAnOfficer, OfficerIsHolder, ActIncomplete, FoundingMissing, FoundingUnfit, EvidenceGiven,
                ApplicationMoved: nothing was recorded.
            Unavailable: the register is silent that has to be asked once more.
        """
        officer = self._officers.the(officer_id)
        rule = self._rule()
        check_seen(rule.checks, seen, rule.article)
        read = founding.read(day_in_vietnam(self._clock())) if founding else None
        found = self.the(application_id)
        record = self._register.find(found.number or "")
        database = self._applications.database
        work = partial(self._attested, found.id, officer, rule, read, record)
        try:
            opened = database.atomically(work)
        except AccountExists:  # by another application, in this very moment: now it is seen
            opened = database.atomically(work)
        if opened is not None:
            self._opening.send_code(opened, OrganisationFiled.restored(found.details).language)
        return self.the(application_id)

    def refuse(self, application_id: UUID, officer_id: UUID, reason: str) -> Application:
        """An officer refuses, with a reason of ``REFUSALS``.

        Raises:
            NotAnOfficer, OfficerIsHolder, ApplicationMoved, NotFound.
        """
        officer = self._officers.the(officer_id)
        if reason not in REFUSALS:
            raise NotFound("reason")

        def refused() -> None:
            held = self._held(application_id, officer)
            article = self._rule().article
            self._steps.decide(held, State.REFUSED, str(officer.account_id), reason, article)

        self._applications.database.atomically(refused)
        return self.the(application_id)

    def _attested(
        self,
        application_id: UUID,
        officer: Officer,
        rule: Attestation,
        founding: dict[str, str] | None,
        record: OrganisationRecord | None,
    ) -> Account | None:
        held = self._held(application_id, officer)
        details = dict(held.details)
        acts: _Acts = json.loads(details.get("acts", "{}"))
        if str(officer.account_id) in acts:
            raise EvidenceGiven
        mine = {str(officer.account_id): [officer.office, self._clock().isoformat()]}
        acts |= mine
        if record is None and held.case is Case.ORGANISATION_NOT_ON_FILE:
            if "founding" not in details and founding is None:
                raise FoundingMissing
            if founding is not None:
                acts = _read_alike(details, founding, acts, mine)
        details["acts"] = json.dumps(acts, ensure_ascii=False)
        self._audit.record(
            Event.APPLICATION_ATTESTED,
            account_id=held.applicant_id,
            application=str(held.id),
            article=rule.article,
            actor=str(officer.account_id),
        )
        self._applications.amend(held, details, held.case, State.WAITING_OFFICER)
        if len(acts) < rule.officers:
            return None
        return self._completed(self._applications.hold(held.id), acts, rule, record, str(officer.account_id))

    def _completed(
        self,
        held: Application,
        acts: _Acts,
        rule: Attestation,
        record: OrganisationRecord | None,
        by: str,
    ) -> Account | None:
        filed = OrganisationFiled.restored(held.details)
        filer = self._accounts.the(held.applicant_id or FIRST)
        was_found = held.case is Case.ORGANISATION_ON_FILE
        refusal = self._steps.objection(record, filed, filer, was_found=was_found)
        if refusal is not None:
            self._steps.refuse(held, refusal, by)
            return None
        checks = [_seen(officer, office, at, rule) for officer, (office, at) in acts.items()]
        if record is None:
            identity = _founded(held, filed, filer)
        else:
            _, filed = self._steps.ask(held, filed, filer, record)
            if next_state(self._approvals.of(held.id), filed.role) is State.WAITING_APPROVALS:
                # The register names somebody new, who has to agree first; the papers are seen again then.
                kept = {name: value for name, value in held.details.items() if name != "acts"}
                self._applications.amend(held, kept, held.case, State.WAITING_APPROVALS)
                return None
            identity = organisation_of(record)
            checks.append(self._steps.match)
        return self._opening.accept(held, filed, Confirmed(identity=identity, checks=tuple(checks), by=by))

    def _held(self, application_id: UUID, officer: Officer) -> Application:
        held = self._applications.hold(application_id)
        number = self._accounts.the(officer.account_id).number
        if held.applicant_id == officer.account_id or any(
            each.number == number for each in self._approvals.of(held.id)
        ):
            raise OfficerIsHolder
        if held.state is not State.WAITING_OFFICER:
            raise ApplicationMoved(held.state)
        return held

    def _rule(self) -> Attestation:
        now = self._clock()
        return STATUTE.at(now).attestation(BY_PAPERS, day_in_vietnam(now))


def _seen(officer: str, office: str, at: str, rule: Attestation) -> Check:
    def check(account_id: UUID, _now: datetime) -> Evidence:
        return seen_in_person(
            account_id,
            datetime.fromisoformat(at),
            officer,
            office,
            rule.article,
            rule.checks,
            document=PAPERS,
        )

    return check


def _read_alike(details: dict[str, str], read: dict[str, str], acts: _Acts, mine: _Acts) -> _Acts:
    """Keep what an officer read; the acts that are for this very reading.

    Who read something else attested something else: of that nothing counts any more.
    """
    is_alike = json.loads(details.get("founding", "null")) in (None, read)
    details["founding"] = json.dumps(read, ensure_ascii=False)
    return acts if is_alike else mine


def _founded(held: Application, filed: OrganisationFiled, filer: Account) -> Organisation:
    """What the officers read in the founding papers; who files signs."""
    founding = json.loads(held.details["founding"])
    is_agency = any(character.isalpha() for character in filed.code)
    return Organisation(
        name=founding["name"],
        established_on=date.fromisoformat(founding["established_on"]),
        head_office=founding["head_office"],
        representative_name=filer.identity.name,
        representative_number=filer.number,
        tax_code=None if is_agency else filed.code,
        agency_code=filed.code if is_agency else None,
    )
