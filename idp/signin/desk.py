"""The desk: every page of a sign-in comes back here, and it says what happens next."""

from dataclasses import dataclass, replace
from uuid import UUID

from idp.accounts.account import Account, Accounts
from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.authenticators.method import Occasion
from idp.authenticators.table import Methods
from idp.kernel.clock import Clock
from idp.oidc.authorization.completion import AuthorizationResponse, Completion
from idp.oidc.authorization.request import AuthorizationRequest
from idp.oidc.clients.client import Client, Clients
from idp.oidc.consent import Consent, Consents, no_consent
from idp.oidc.errors import OAuthError
from idp.oidc.sessions.session import Session, Sessions, merged
from idp.oidc.tokens.subject import Subjects
from idp.signin.interaction import (
    Answering,
    Decision,
    Interaction,
    InteractionExpired,
    Interactions,
    Way,
    new_interaction,
)
from idp.signin.next_step import PASSWORD, AskConsent, Complete, Prove, Refuse, Step, next_step
from idp.storage.database import Database

OWN_PAGES = ""  # stands for the client where a person comes to their own account pages


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The browser in front of us. ``browser`` binds sign-ins to it, ``session`` is its session's cookie."""

    browser: str
    session: str | None
    address: str
    agent: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a sign-in ended: an answer for the client, or a way to the person's own pages."""

    response: AuthorizationResponse | None = None
    return_to: str | None = None
    error: OAuthError | None = None
    session_cookie: str | None = None


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
    completion: Completion
    audit: AuditLog
    database: Database
    clock: Clock

    def open(
        self,
        request: AuthorizationRequest | None,
        caller: Caller,
        *,
        return_to: str | None = None,
        level: int = 2,
    ) -> tuple[Interaction, Step | Outcome]:
        """Begin: with what the browser's session already proves. Stored only if a page must be shown."""
        interaction = new_interaction(caller.browser, request, self.clock(), return_to)
        interaction = replace(interaction, needed_level=level)
        session = self.sessions.find(caller.session)
        account = self.accounts.get(session.account_id) if session else None
        if session is not None and account is not None:
            interaction = replace(
                interaction,
                answering=self._answering(account, request),
                proofs=session.proofs,
                began_signed_in=True,
            )
        step = next_step(interaction, self.clock())
        if isinstance(step, Complete | Refuse):
            return interaction, self._end(interaction, step, caller, session)
        opened = self.interactions.open(interaction)
        self._begin(opened, step, caller)
        return opened, step

    def load(self, interaction_id: str, caller: Caller) -> tuple[Interaction, Step]:
        """A sign-in in progress, and what it waits for.

        Raises:
            InteractionExpired, InteractionForeign.
        """
        interaction = self.interactions.load(interaction_id, caller.browser)
        return interaction, next_step(interaction, self.clock())

    def identify(
        self, interaction: Interaction, number: str, password: str, caller: Caller
    ) -> Outcome | None:
        """Take a number and its password. ``None``: there is a next page.

        Raises:
            ProofRejected, TooManyAttempts: in the same words and time for an unknown number.
        """
        account = self.accounts.by_number(number)
        occasion = self._occasion(interaction, caller)
        proof = self.methods.prove(PASSWORD, account, number, password, caller.address, occasion=occasion)
        if account is None:
            raise AssertionError("no method verifies for nobody")
        known = interaction.answering
        if known is None or known.account_id != account.id:
            interaction = replace(interaction, proofs=())
        answering = self._answering(account, interaction.request)
        return self.advance(replace(interaction, answering=answering).proven(proof), caller)

    def prove(self, interaction: Interaction, method: str, response: str, caller: Caller) -> Outcome | None:
        """Take one more proof from the person that answers.

        Raises:
            ProofRejected, TooManyAttempts; InteractionExpired: this method is not what the desk asked for.
        """
        step = next_step(interaction, self.clock())
        if not isinstance(step, Prove) or method not in step.methods:
            raise InteractionExpired
        account = self._account(interaction)
        occasion = self._occasion(interaction, caller)
        proof = self.methods.prove(
            method, account, account.number, response, caller.address, occasion=occasion
        )
        return self.advance(interaction.proven(proof), caller)

    def choose(self, interaction: Interaction, method: str, caller: Caller) -> None:
        """Another way, please: remember it, and let the method begin (an SMS is sent)."""
        step = next_step(interaction, self.clock())
        if not isinstance(step, Prove) or method not in step.methods:
            raise InteractionExpired
        if interaction.chosen != method:
            self.interactions.save(replace(interaction, chosen=method))
        self._begin(interaction, Prove((method,)), caller)

    def restart(self, interaction: Interaction) -> None:
        """Somebody else, please: forget who answered, and ask again."""
        self.interactions.save(replace(interaction, answering=None, proofs=(), chosen=None, decision=None))

    def decide(
        self, interaction: Interaction, is_allowed: bool, ticked: frozenset[str], caller: Caller
    ) -> Outcome | None:
        """Take what the person said to the consent page; ``ticked`` are the optional claims."""
        if not isinstance(next_step(interaction, self.clock()), AskConsent) or interaction.request is None:
            raise InteractionExpired
        asked = interaction.request.claims.individual()
        allowed = frozenset(claim.name for claim in asked if claim.is_essential or claim.name in ticked)
        return self.advance(
            replace(interaction, decision=Decision(is_allowed=is_allowed, claims=allowed)), caller
        )

    def advance(self, interaction: Interaction, caller: Caller) -> Outcome | None:
        """Ask what is next; save and wait, or end."""
        step = next_step(interaction, self.clock())
        if isinstance(step, Complete | Refuse):
            self.interactions.spend(interaction)
            session = self.sessions.find(caller.session)
            return self._end(interaction, step, caller, session)
        self._begin(self.interactions.save(interaction), step, caller)
        return None

    def _begin(self, interaction: Interaction, step: Step, caller: Caller) -> None:
        """Let the proposed method do its part: an SMS goes when its page first comes, not when it reloads."""
        if isinstance(step, Prove):
            account = self._account(interaction)
            self.methods.begin(step.methods[0], account, self._occasion(interaction, caller))

    def cancel(self, interaction: Interaction) -> Outcome:
        """The person goes back without signing in."""
        self.interactions.spend(interaction)
        return self._refused(interaction, OAuthError("the person did not go on", "access_denied"))

    def account_of(self, interaction: Interaction) -> Account:
        """The account that answers, for the pages that name it."""
        return self._account(interaction)

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
        consent = self.consents.find(account.id, client.client_id) if client else None
        return Answering(
            account_id=account.id,
            is_active=account.is_active,
            ways=tuple(
                Way(method=name, factors=self.methods.by_name[name].factors)
                for name in self.methods.available(account)
            ),
            consent=consent or no_consent(client.client_id if client else OWN_PAGES),
            subject=self.subjects.subject(client, account.id) if client else None,
        )

    def _end(
        self, interaction: Interaction, step: Complete | Refuse, caller: Caller, session: Session | None
    ) -> Outcome:
        if isinstance(step, Refuse):
            return self._refused(interaction, step.error)
        if interaction.answering is None:
            raise AssertionError("nobody completes without an account")
        account_id = interaction.answering.account_id
        with self.database.transaction():
            session_id, cookie = self._signed_in(interaction, session, account_id, caller.agent)
            if interaction.decision is not None:
                self._consented(interaction, account_id)
            self.audit.record(
                Event.SIGN_IN_COMPLETED,
                account_id=account_id,
                client_id=interaction.request.client_id if interaction.request else None,
                session=str(session_id),
                amr=" ".join(sorted(proof.method for proof in step.proofs)),
            )
            if interaction.request is None:
                return Outcome(return_to=interaction.return_to, session_cookie=cookie)
            response = self.completion.allow(
                interaction.request,
                account_id=account_id,
                session_id=session_id,
                proofs=step.proofs,
                claims=step.claims,
            )
        return Outcome(response=response, session_cookie=cookie)

    def _signed_in(
        self, interaction: Interaction, session: Session | None, account_id: UUID, agent: str
    ) -> tuple[UUID, str | None]:
        """The session that the sign-in leaves, and its cookie where it is a new one."""
        if session is not None and session.account_id == account_id:
            if all(proof in session.proofs for proof in interaction.proofs):
                return session.id, None
            cookie = self.sessions.renew(session, merged(session.proofs, interaction.proofs))
            if cookie is not None:
                return session.id, cookie
        if session is not None:
            self.sessions.end(session.id)
        begun, cookie = self.sessions.begin(account_id, interaction.proofs, agent)
        return begun.id, cookie

    def _consented(self, interaction: Interaction, account_id: UUID) -> None:
        request, decision = interaction.request, interaction.decision
        if request is None or decision is None:
            return
        shown = frozenset(claim.name for claim in request.claims.individual())
        consent = Consent(
            client_id=request.client_id, scope=frozenset(request.scope), claims=decision.claims, shown=shown
        )
        self.consents.give(account_id, consent)
        self.audit.record(
            Event.CONSENT_GIVEN,
            account_id=account_id,
            client_id=request.client_id,
            scope=" ".join(request.scope),
            claims=" ".join(sorted(decision.claims)),
        )

    def _refused(self, interaction: Interaction, error: OAuthError) -> Outcome:
        request, answering = interaction.request, interaction.answering
        self.audit.record(
            Event.SIGN_IN_REFUSED,
            account_id=answering.account_id if answering else None,
            client_id=request.client_id if request else None,
            error=error.error,
        )
        if request is None:
            return Outcome(error=error)
        return Outcome(response=self.completion.refuse(request, error))
