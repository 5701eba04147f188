"""The desk: every page of a sign-in comes back here, and it says what happens next."""

from dataclasses import dataclass, replace
from datetime import timedelta

from idp.accounts.account import Account, Accounts
from idp.authenticators.method import Occasion
from idp.authenticators.table import Methods
from idp.kernel.clock import Clock
from idp.kernel.errors import TooManyAttempts, Unavailable
from idp.oidc.authorization.request import AuthorizationRequest
from idp.oidc.clients.client import Client, Clients
from idp.oidc.consent import Consents, no_consent
from idp.oidc.errors import OAuthError
from idp.oidc.sessions.session import Session, Sessions
from idp.oidc.tokens.subject import Subjects
from idp.signin.choosing import Choosing
from idp.signin.devices import Devices
from idp.signin.ending import Caller, Ending, Outcome
from idp.signin.interaction import (
    Answering,
    Interaction,
    InteractionExpired,
    Interactions,
    Way,
    new_interaction,
)
from idp.signin.next_step import (
    PASSWORD,
    AskConsent,
    ChooseWhom,
    Complete,
    Prove,
    Refuse,
    Step,
    decided,
    next_step,
)
from idp.signin.refusals import AccountInactive, MandateGone

OWN_PAGES = ""  # stands for the client where a person comes to their own account pages


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Moves sign-ins on. Each call leaves the interaction saved, or ended with an ``Outcome``."""

    interactions: Interactions
    accounts: Accounts
    methods: Methods
    clients: Clients
    consents: Consents
    sessions: Sessions
    subjects: Subjects
    choosing: Choosing
    devices: Devices
    ending: Ending
    clock: Clock

    def open(
        self,
        request: AuthorizationRequest | None,
        caller: Caller,
        *,
        return_to: str | None = None,
        level: int = 2,
        max_age: timedelta | None = None,
    ) -> tuple[Interaction, Step | Outcome]:
        """Begin: with what the browser's session already proves. Stored only if a page must be shown.

        Args:
            level: what the person's own pages ask for, and by proofs how old at most.
        """
        interaction = new_interaction(caller.browser, request, self.clock(), return_to)
        interaction = replace(interaction, needed_level=level, needed_age=max_age)
        session = self.sessions.find(caller.session)
        account = self.accounts.get(session.account_id) if session else None
        if session is not None and account is not None:
            interaction = replace(
                interaction,
                answering=self._answering(account, request),
                proofs=session.proofs,
                session_id=session.id,
            )
            interaction = self.choosing.settled(interaction)
        step = next_step(interaction, self.clock())
        if isinstance(step, Complete | Refuse):
            return interaction, self._end(interaction, step, caller, session)
        interaction = self.interactions.open(self._begin(interaction, step, caller))
        return interaction, next_step(interaction, self.clock())

    def load(self, interaction_id: str, caller: Caller) -> tuple[Interaction, Step]:
        """A sign-in in progress, and what it waits for.

        Raises:
            InteractionExpired: also when the session that it leans on has ended. InteractionForeign.
        """
        interaction = self.interactions.load(interaction_id, caller.browser)
        if interaction.session_id is not None:
            session = self.sessions.find(caller.session)
            if not interaction.may_go_on(session.id if session else None):
                raise InteractionExpired
        return interaction, next_step(interaction, self.clock())

    def identify(
        self, interaction: Interaction, number: str, password: str, caller: Caller
    ) -> Outcome | None:
        """Take a number and its password. ``None``: there is a next page.

        Raises:
            ProofRejected, TooManyAttempts: in the same words and time for an unknown number.
        """
        account = self.accounts.by_number(number)
        proof = self.methods.prove(
            PASSWORD,
            account,
            number,
            password,
            caller.address,
            occasion=self._occasion(interaction, caller),
            device=self.devices.known(caller.device, account.id) if account else None,
        )
        if account is None:
            raise AssertionError("no method verifies for nobody")
        known = interaction.answering
        if known is None or known.account_id != account.id:
            interaction = replace(interaction, proofs=(), session_id=None)
        answering = self._answering(account, interaction.request)
        interaction = replace(interaction, answering=answering, whom=None).proven(proof)
        return self.advance(self.choosing.settled(interaction), caller)

    def prove(self, interaction: Interaction, method: str, response: str, caller: Caller) -> Outcome | None:
        """Take one more proof from the person that answers. One that nobody asked for is not looked at.

        Raises:
            ProofRejected, TooManyAttempts.
        """
        step = next_step(interaction, self.clock())
        if not isinstance(step, Prove) or method not in step.methods:
            return None  # the button was pressed twice: on to the page that is next
        account = self._account(interaction)
        proof = self.methods.prove(
            method,
            account,
            account.number,
            response,
            caller.address,
            occasion=self._occasion(interaction, caller),
            device=self.devices.known(caller.device, account.id),
        )
        return self.advance(interaction.proven(proof), caller)

    def choose(self, interaction: Interaction, method: str, caller: Caller) -> None:
        """Another way, please: remember it, and let the method begin (an SMS is sent)."""
        step = next_step(interaction, self.clock())
        if not isinstance(step, Prove) or method not in step.methods:
            return
        if interaction.chosen != method:
            self.interactions.save(replace(interaction, chosen=method))
        self._begin(interaction, Prove((method,)), caller)

    def choose_whom(self, interaction: Interaction, choice: str, caller: Caller) -> Outcome | None:
        """Take for whom the person signs in: a mandate's id, or nothing for themself."""
        step = next_step(interaction, self.clock())
        chosen = self.choosing.chosen(interaction, step, choice) if isinstance(step, ChooseWhom) else None
        return None if chosen is None else self.advance(chosen, caller)

    def choose_again(self, interaction: Interaction) -> None:
        """For somebody else, please: ask again."""
        if isinstance(next_step(interaction, self.clock()), AskConsent):
            self.interactions.save(self.choosing.settled(replace(interaction, whom=None)))

    def restart(self, interaction: Interaction) -> None:
        """Somebody else, please: forget who answered, and ask again."""
        self.interactions.save(
            replace(interaction, answering=None, whom=None, proofs=(), chosen=None, session_id=None)
        )

    def decide(
        self, interaction: Interaction, is_allowed: bool, ticked: frozenset[str], caller: Caller
    ) -> Outcome | None:
        """Take what the person said to the consent page; ``ticked``: optional claims, and ``CHILD_AGREES``.

        Raises:
            ChildNotAsked: it can be said again.
        """
        if not isinstance(next_step(interaction, self.clock()), AskConsent):
            return None
        client = self.client_of(interaction)
        purpose = client.metadata.purpose_in(caller.language) if client else None
        decision = decided(interaction, ticked, purpose, is_allowed=is_allowed)
        return self.advance(replace(interaction, decision=decision), caller)

    def advance(self, interaction: Interaction, caller: Caller) -> Outcome | None:
        """Ask what is next; save and wait, or end."""
        step = next_step(interaction, self.clock())
        if isinstance(step, Complete | Refuse):
            self.interactions.spend(interaction)
            return self._end(interaction, step, caller, self.sessions.find(caller.session))
        self.interactions.save(self._begin(interaction, step, caller))
        return None

    def _end(
        self, interaction: Interaction, step: Complete | Refuse, caller: Caller, session: Session | None
    ) -> Outcome:
        """End it, if the account may still sign in: pages stand open while accounts are locked."""
        account_id = interaction.answering.account_id if interaction.answering else None
        mandate_id = interaction.whom.mandate_id if interaction.whom else None
        mandate = None
        with self.accounts.database.transaction():
            if account_id is not None and not self.accounts.hold_active(account_id):
                step = Refuse(AccountInactive())
            elif account_id is not None and not self.methods.hold(account_id, interaction.given(session)):
                raise InteractionExpired
            elif mandate_id is not None and isinstance(step, Complete):
                mandate = self.choosing.mandates.live(mandate_id, hold=True)
                if mandate is None:
                    step = Refuse(MandateGone())
            return self.ending.end(interaction, step, caller, session, mandate)

    def _begin(self, interaction: Interaction, step: Step, caller: Caller) -> Interaction:
        """Let the proposed method do its part: an SMS goes when its page first comes, not when it reloads.

        Where it cannot, the next way is proposed instead; the last one's refusal is told.
        """
        methods = step.methods if isinstance(step, Prove) else ()
        for method in methods:
            try:
                self.methods.begin(method, self._account(interaction), self._occasion(interaction, caller))
            except (TooManyAttempts, Unavailable):
                if method == methods[-1]:
                    raise
                continue
            return interaction if method == methods[0] else replace(interaction, chosen=method)
        return interaction

    def cancel(self, interaction: Interaction) -> Outcome:
        """The person goes back without signing in."""
        self.interactions.spend(interaction)
        return self.ending.refused(interaction, OAuthError("the person did not go on", "access_denied"))

    def account_of(self, interaction: Interaction) -> Account:
        """The account that answers, for the pages that name it."""
        return self._account(interaction)

    def told_of(self, interaction: Interaction) -> Account:
        """The account that the client is to learn about: the person's own, or whom they act for."""
        if interaction.whom is None or interaction.whom.mandate_id is None:
            return self._account(interaction)
        return self.accounts.the(interaction.whom.account_id)

    def client_of(self, interaction: Interaction) -> Client | None:
        """The client that asks; ``None`` on the way to the person's own pages.

        Raises:
            InteractionExpired: it was disabled meanwhile.
        """
        if interaction.request is None:
            return None
        client = self.clients.find(interaction.request.client_id)
        if client is None:
            raise InteractionExpired
        return client

    def _occasion(self, interaction: Interaction, caller: Caller) -> Occasion:
        """What a proof is for: it counts for this sign-in and no other."""
        client = self.client_of(interaction)
        return Occasion(
            binding=interaction.id,
            party=client.metadata.name(caller.language) if client else None,
            client_id=client.client_id if client else None,
            lang=caller.language,
        )

    def _account(self, interaction: Interaction) -> Account:
        account = self.accounts.get(interaction.answering.account_id) if interaction.answering else None
        if account is None:
            raise InteractionExpired
        return account

    def _answering(self, account: Account, request: AuthorizationRequest | None) -> Answering:
        client = self.clients.find(request.client_id) if request else None
        return Answering(
            account_id=account.id,
            is_active=account.is_active,
            ways=tuple(
                Way(method=name, factors=self.methods.by_name[name].factors)
                for name in self.methods.available(account)
            ),
            consent=self.consents.counting(account.id, client, request.redirect_uri)
            if client and request
            else no_consent(OWN_PAGES),
            lacks=self.choosing.lacking(account, request) if request else frozenset(),
            subject=self.subjects.subject(client, account.id) if client else None,
            options=self.choosing.options(client, account.id),
        )
