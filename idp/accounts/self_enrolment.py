"""People who ask for an account by themselves (Decree 69/2024 Art. 10-11): filed, checked, decided.

A silent register leaves an application waiting; its term runs, and ``resume`` takes it up again.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from uuid import UUID

from idp.accounts.account import Account, AccountExists
from idp.accounts.application import BY_LAW, Application, ApplicationMoved, ApplicationUnknown, State
from idp.accounts.applications import Applications
from idp.accounts.coming_of_age import ComingOfAge
from idp.accounts.enrolment_limits import Limits
from idp.accounts.evidence import register_match
from idp.accounts.filing import Applying, Filed, Found, RegisterMismatch
from idp.accounts.kinds import Kind
from idp.accounts.opening import Opening, Wish
from idp.assurance import Level
from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.kernel.errors import Refused, TooManyAttempts, Unavailable

HOLDER = "holder"
CALLER = "caller"  # kept with what was filed: from where, till it is decided


class SelfEnrolment:
    """Takes applications in, and decides them by what the registers say. ``filings``: a row for each kind."""

    def __init__(
        self,
        applications: Applications,
        filings: Mapping[Kind, Applying],
        opening: Opening,
        limits: Limits,
        coming_of_age: ComingOfAge,
        audit: AuditLog,
    ) -> None:
        self._applications = applications
        self._filings = filings
        self._opening = opening
        self._limits = limits
        self._coming_of_age = coming_of_age
        self._audit = audit

    def file(self, kind: Kind, typed: Mapping[str, str], address: str, language: str) -> Application:
        """Take an application in and decide it, unless the register is silent.

        Args:
            typed: the form's fields.
            address: the caller's, as the door has established it.
            language: of the messages that follow.

        Raises:
            NumberMalformed, NameRefused, DateMalformed, PhoneMalformed and the like: nothing was filed.
            TooManyAttempts: nor here.
        """
        filing = self._filings[kind]
        filed = filing.read(typed, language)
        self._limits.spend_filing(filed.number, address)
        details = self._details(filed, address)
        application = self._applications.file(kind, filing.case, filed.number, details)
        decided = self._decided(application, filed)
        if decided.reason == RegisterMismatch.code:
            self._limits.was_wrong(address)
        return decided

    def of_applicant(self, reference: str, number: str, address: str) -> Application:
        """Where an application stands.

        Raises:
            ApplicationUnknown: there is none with this reference and number.
            TooManyAttempts.
        """
        self._limits.spend_question(reference, address)
        digits = "".join(character for character in number if character.isalnum())
        found = self._applications.of_applicant(reference, digits)
        # What somebody signed in filed for another is shown to them alone, signed in.
        if found is None or found.applicant_id is not None:
            self._limits.was_wrong(address)
            raise ApplicationUnknown
        return found

    def find(self, application_id: UUID) -> Application | None:
        """An application that a browser is known to have; ``None`` when there is none."""
        return self._applications.get(application_id)

    def withdraw(self, application_id: UUID) -> Application:
        """The applicant takes it back, while it waits.

        Raises:
            ApplicationMoved: it was decided meanwhile.
        """
        application = self._the(application_id)
        self._applications.decide(application, State.WITHDRAWN, HOLDER)
        return self._the(application_id)

    def resume(self) -> Counter[State]:
        """Take up what waits for a register. One that is silent is asked no more this time.

        Two at once share the work: what one decides first, the other leaves alone.

        Returns:
            How many now stand where.
        """
        tally: Counter[State] = Counter()
        silent: set[Kind] = set()
        for application in filter(self._is_ours, self._applications.all_standing(State.WAITING_REGISTER)):
            state = application.state if application.kind in silent else self._taken_up(application)
            if state is State.WAITING_REGISTER:
                silent.add(application.kind)
            tally[state] += 1
        return tally

    def _is_ours(self, application: Application) -> bool:
        filing = self._filings.get(application.kind)
        return filing is not None and application.case == filing.case

    def _taken_up(self, application: Application) -> State:
        details = {name: value for name, value in application.details.items() if name != CALLER}
        return self._decided(application, self._filings[application.kind].restored(details)).state

    def _details(self, filed: Filed, address: str) -> dict[str, str]:
        """What an application keeps of what was filed, and of from where."""
        return {**filed.stored(), CALLER: self._limits.network(address)}

    def _decided(self, application: Application, filed: Filed) -> Application:
        """The application as it stands afterwards, whoever was first to decide it."""
        with suppress(ApplicationMoved):
            self._decide(application, filed)
        return self._the(application.id)

    def _decide(self, application: Application, filed: Filed) -> None:
        try:
            caller = application.details.get(CALLER, "")
            found = self._filings[application.kind].check(filed, partial(self._may_look, caller=caller))
        except Unavailable:
            return
        except Refused as refusal:
            article = refusal.facts().get("article")
            self._refuse(application, refusal.code, str(article) if article else None)
        else:
            self._accept(application, filed, found)

    def _may_look(self, number: str, caller: str) -> None:
        """Beyond the day's guesses even what is right is a mismatch: a stranger learns nothing, not even that
        they came so far, and the holder goes to an officer, or comes back tomorrow."""
        try:
            self._limits.spend_guess(number, caller)
        except TooManyAttempts:
            raise RegisterMismatch from None

    def _accept(self, application: Application, filed: Filed, found: Found) -> None:
        def accept(account: Account) -> None:
            self._applications.decide(
                application, State.ACCEPTED, BY_LAW, article=found.article, account_id=account.id
            )

        check = partial(
            register_match, source=found.source, article=found.article, application_id=application.id
        )
        wish = Wish(
            kind=application.kind,
            level=Level.ONE,
            number=filed.number,
            phone=filed.phone,
            identity=found.identity,
            checks=(lambda account_id, at: check(account_id, at=at),),
        )
        try:
            account = self._opening.open(wish, BY_LAW, accept)
        except AccountExists:
            taken = self._coming_of_age.take_over(wish, BY_LAW, accept)
            if taken is None:
                self._refuse(application, AccountExists.code, None)
                self._tell(lambda: self._opening.warn_holder(filed.number, filed.language))
                return
            account = taken
        self._tell(lambda: self._opening.send_code(account, filed.language), account.id)

    def _refuse(self, application: Application, reason: str, article: str | None) -> None:
        self._applications.decide(application, State.REFUSED, BY_LAW, reason, article)

    def _tell(self, send: Callable[[], object], account_id: UUID | None = None) -> None:
        """Whether or not the message goes out: the account stands, and another code can be asked for."""
        try:
            send()
        except (Unavailable, TooManyAttempts) as error:
            self._audit.record(Event.MESSAGE_FAILED, account_id=account_id, reason=error.code)

    def _the(self, application_id: UUID) -> Application:
        found = self._applications.get(application_id)
        if found is None:
            raise ApplicationUnknown
        return found
