"""Accounts, registers, methods, messages."""

from collections.abc import Sequence
from functools import cached_property

from idp.accounts.account import Accounts
from idp.accounts.activation import ActivationCodes
from idp.accounts.applications import Applications
from idp.accounts.approvals import Approvals
from idp.accounts.chip_card.reading import ChipReadings
from idp.accounts.chip_card.trust_store import TrustStore
from idp.accounts.citizen_filing import CitizenFiling
from idp.accounts.coming_of_age import ComingOfAge
from idp.accounts.corrections import Corrections
from idp.accounts.dependant_filing import DependantFiling, ForeignDependantFiling
from idp.accounts.enrolment import Enrolment
from idp.accounts.enrolment_limits import Limits
from idp.accounts.evidence import EvidenceRecords
from idp.accounts.filing import Applying, Filing
from idp.accounts.foreigner_filing import ForeignerFiling
from idp.accounts.former_numbers import FormerNumbers
from idp.accounts.guardian_enrolment import GuardianEnrolment
from idp.accounts.guardians import Guardians
from idp.accounts.guardianship_end import GuardianshipEnd
from idp.accounts.handing_on import HandingOn
from idp.accounts.in_person import InPerson
from idp.accounts.kinds import Kind
from idp.accounts.legacy_links import LegacyLinks
from idp.accounts.lifecycle import Lifecycle
from idp.accounts.lock_requests import LockRequests
from idp.accounts.locks import Locks
from idp.accounts.mandate import Mandate
from idp.accounts.mandates import Mandates
from idp.accounts.notices import Notices
from idp.accounts.noticing import Noticing
from idp.accounts.officers import Officers
from idp.accounts.opening import Opening
from idp.accounts.organisation_attesting import OrganisationAttesting
from idp.accounts.organisation_enrolment import OrganisationEnrolment
from idp.accounts.organisation_opening import OrganisationOpening
from idp.accounts.organisation_steps import OrganisationSteps
from idp.accounts.owed_readings import OwedReadings
from idp.accounts.recent import Recent
from idp.accounts.self_enrolment import SelfEnrolment
from idp.assurance import level_of_factors
from idp.authenticators.addresses import Addresses, network_of
from idp.authenticators.attempts import Attempts
from idp.authenticators.authenticator import Authenticators
from idp.authenticators.breached import Breached
from idp.authenticators.password import Hashing, Password
from idp.authenticators.sms_otp import SmsOtp
from idp.authenticators.table import Methods
from idp.authenticators.totp import Totp
from idp.authenticators.totp_enrolment import TotpEnrolment
from idp.kernel.clock import Clock
from idp.notifications.channel import Channel
from idp.notifications.messages import Messages
from idp.notifications.outbox import Outbox
from idp.notifications.sms import SmsGateway
from idp.notifications.texts import Texts
from idp.outbound import Outbound
from idp.provider.bedrock import Bedrock
from idp.provider.registers import NEAR, registers_of
from idp.registers.following import Following
from idp.registers.refused_changes import RefusedChanges
from idp.registers.sample import Samples
from idp.settings import Settings


class People(Bedrock):
    """Who has an account, and how they prove it."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        super().__init__(settings, clock)
        self.outbox = Outbox(self.database, self.seal, self.clock)
        self.samples = Samples(self.database, self.seal, self.clock)
        self.refused_changes = RefusedChanges(self.database, self.clock)
        self.following = Following(self.database, self.refused_changes, self.clock)
        self.accounts = Accounts(self.database, self.seal, self.clock)
        self.locks = Locks(self.database, self.clock)
        self.owed_readings = OwedReadings(self.database, self.clock)
        noticing = Noticing(self.accounts, self.locks, self.owed_readings, self.clock)
        self.registers = noticing.over(registers_of(settings, self.samples, self.clock))
        self.register = self.registers.population
        self.legacy_links = LegacyLinks(self.database, self.seal, self.audit, self.clock)
        self.authenticators = Authenticators(self.database, self.seal, self.clock)
        self.mandates = Mandates(self.database, self.audit, self.clock, self._mandates_ended)
        self.handing_on = HandingOn(self.accounts, self.mandates, self.ephemeral)
        self.password = Password(self.authenticators, self.audit, Hashing(), Breached())
        self.totp = Totp(self.authenticators, self.audit)
        channel = _channel(settings, self.outbox)
        messages = Messages(channel, Texts()) if channel else None
        sms = [SmsOtp(messages, self.ephemeral, self.seal)] if messages else []
        self.addresses = Addresses(self.ephemeral, self.clock)
        attempts = Attempts(self.ephemeral, self.clock, self.addresses)
        self.methods = Methods(
            [self.password, self.totp, *sms],
            attempts,
            self.authenticators,
            self.audit,
            self.clock,
            settings.simulator_spared,
        )
        self.totp_enrolment = TotpEnrolment(self.totp, self.ephemeral, self.seal, self.clock, "Định Danh")
        written = messages or Messages(self.outbox, Texts())
        self._lifecycle(written)
        self._enrolment(written)

    def _lifecycle(self, messages: Messages) -> None:
        """How accounts stop and go on."""
        self.notices = Notices(self.database, self.accounts, messages, self.audit, self.clock)
        self.former_numbers = former = FormerNumbers(self.database, self.seal, self.accounts)
        self.guardians = Guardians(former, self.mandates, self.notices, self.owed_readings, self.clock)
        self.guardianship_end = GuardianshipEnd(self.database, self.accounts, self.notices, self.clock)
        self.officers = Officers(self.database, self.accounts, self.audit, self.clock)
        self.lock_requests = LockRequests(
            self.database, self.accounts, self.officers, self.locks, self.audit, self.clock
        )
        self.corrections = Corrections(
            self.database,
            self.seal,
            self.accounts,
            self.officers,
            self.owed_readings,
            self.notices,
            self.audit,
            self.clock,
        )
        self.lifecycle = Lifecycle(self.accounts, self.locks, self.notices, self.audit, self.clock)

    def _enrolment(self, messages: Messages) -> None:
        """How accounts are opened."""
        codes = ActivationCodes(self.ephemeral, self.seal)
        self.evidence = EvidenceRecords(self.database, self.seal, self.audit)
        self.applications = Applications(self.database, self.seal, self.audit, self.clock)
        limits = Limits(self.ephemeral, self.seal, self.addresses, network_of)
        accounts, owed, audit, clock = self.accounts, self.owed_readings, self.audit, self.clock
        self.opening = opening = Opening(accounts, self.evidence, codes, owed, messages, audit, clock)
        self.enrolment = Enrolment(accounts, self.register, opening, codes, owed, limits, audit, clock)
        self.chip_readings = ChipReadings(
            self.accounts, self.evidence, TrustStore(self.settings.csca_dir), self.clock
        )
        self.recent = Recent(self.ephemeral)
        filings: dict[Kind, Filing] = {
            Kind.CITIZEN: CitizenFiling(self.registers.population, self.clock),
            Kind.FOREIGNER: ForeignerFiling(self.registers.immigration, self.clock),
        }
        self.in_person = InPerson(
            self.accounts,
            self.applications,
            self.evidence,
            self.officers,
            filings,
            self.notices,
            self.audit,
            self.clock,
        )
        coming_of_age = ComingOfAge(self.accounts, self.evidence, self.audit, self.clock)
        self.self_enrolment = SelfEnrolment(
            self.applications, filings, opening, limits, coming_of_age, self.audit
        )
        self._dependants(opening, limits, coming_of_age)
        self._organisations(opening, codes, limits)

    def _dependants(self, opening: Opening, limits: Limits, coming_of_age: ComingOfAge) -> None:
        """How guardians open accounts for whom they act for."""
        registers, accounts, former = self.registers, self.accounts, self.former_numbers
        clock = self.clock
        filings: dict[Kind, Applying] = {
            Kind.CITIZEN: DependantFiling(accounts, former, registers.population, clock),
            Kind.FOREIGNER: ForeignDependantFiling(accounts, former, registers.immigration, clock),
        }
        self.guardian_enrolment = GuardianEnrolment(
            accounts,
            self.applications,
            filings,
            opening,
            self.evidence,
            self.mandates,
            self.notices,
            limits,
            coming_of_age,
            self.audit,
            clock,
        )

    def _organisations(self, opening: Opening, codes: ActivationCodes, limits: Limits) -> None:
        """How organisations get theirs."""
        database, clock, accounts, audit = self.database, self.clock, self.accounts, self.audit
        applications, register = self.applications, self.registers.business
        self.approvals = approvals = Approvals(database, self.seal, clock)
        self.organisation_opening = opened = OrganisationOpening(
            accounts, applications, approvals, opening, codes, self.mandates, self.notices, audit, clock
        )
        self.organisation_steps = steps = OrganisationSteps(
            accounts, applications, approvals, register, opened, self.notices, clock
        )
        self.organisation_enrolment = OrganisationEnrolment(
            accounts, applications, approvals, steps, limits, audit, clock
        )
        self.organisation_attesting = OrganisationAttesting(
            accounts, applications, approvals, self.officers, register, opened, steps, audit, clock
        )

    def _mandates_ended(self, ended: Sequence[Mandate]) -> None:
        """Hears of each mandate's end, in its transaction. The floor above has more to do than nothing."""

    @cached_property
    def levels(self) -> tuple[int, ...]:
        """The authentication levels that the methods at hand can reach, together."""
        factors = frozenset().union(*(method.factors for method in self.methods.by_name.values()))
        return tuple(range(1, level_of_factors(factors) + 1))


def _channel(settings: Settings, outbox: Outbox) -> Channel | None:
    """How texts reach people; ``None``: they do not, and no method leans on it."""
    if settings.sms_channel == "gateway" and settings.sms_url and settings.sms_token:
        outbound = Outbound(NEAR, settings.outbound_ca_file)
        return SmsGateway(settings.sms_url, settings.sms_token.get_secret_value(), outbound)
    return outbox if settings.sms_channel == "outbox" else None
