"""The end of a sign-in: session, consent, audit and answer, written together."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal
from uuid import UUID

from idp.accounts.mandate import Mandate
from idp.assurance import Proof, authentication_level
from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.oidc.authorization.completion import Completion
from idp.oidc.authorization.response_modes import AuthorizationResponse
from idp.oidc.consent import Consent, Consents
from idp.oidc.errors import OAuthError
from idp.oidc.sessions.browser_state import BrowserStates
from idp.oidc.sessions.session import Session, Sessions, merged
from idp.signin.devices import Devices
from idp.signin.interaction import Interaction, InteractionExpired
from idp.signin.next_step import Complete, Refuse
from idp.storage.database import Database

KNOWN_FROM_LEVEL = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The browser in front of us, by its cookies.

    ``browser`` binds sign-ins to it, ``session`` is its session's, ``device`` says whom it has signed in.
    """

    browser: str
    session: str | None
    device: str | None
    address: str
    agent: str
    language: Literal["vi", "en"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a sign-in ended: an answer for the client, or a way to the person's own pages."""

    response: AuthorizationResponse | None = None
    return_to: str | None = None
    error: OAuthError | None = None
    session_cookie: str | None = None
    device_cookie: str | None = None
    browser_state: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """Ends sign-ins."""

    sessions: Sessions
    consents: Consents
    completion: Completion
    browser_states: BrowserStates
    devices: Devices
    audit: AuditLog
    database: Database

    def end(
        self,
        interaction: Interaction,
        step: Complete | Refuse,
        caller: Caller,
        session: Session | None,
        mandate: Mandate | None = None,
    ) -> Outcome:
        """Write what a sign-in leaves, all or nothing, and answer.

        Args:
            session: the browser's, if any.
            mandate: what the person acts under, if they act for another.
        """
        if isinstance(step, Refuse):
            return self.refused(interaction, step.error)
        if interaction.answering is None:
            raise AssertionError("nobody completes without an account")
        account_id = interaction.answering.account_id
        with self.database.transaction():
            session_id, cookie = self._signed_in(interaction, session, account_id, caller)
            if interaction.decision is not None:
                self._consented(interaction, account_id, mandate)
            self._completed(interaction, step, session_id, caller, mandate)
            outcome = Outcome(
                session_cookie=cookie,
                device_cookie=self._device(step.proofs, account_id, caller),
                browser_state=self.browser_states.of(session_id) if self.browser_states.is_on else None,
            )
            if interaction.request is None:
                return replace(outcome, return_to=interaction.return_to)
            response = self.completion.allow(
                interaction.request,
                account_id=account_id,
                session_id=session_id,
                proofs=step.proofs,
                claims=step.claims,
                unseen=step.unseen,
                purpose=step.purpose,
                mandate=mandate,
            )
        return replace(outcome, response=response)

    def _device(self, proofs: Sequence[Proof], account_id: UUID, caller: Caller) -> str | None:
        """A cookie for a browser that has shown two factors and does not have one for this account yet."""
        if authentication_level(proofs) < KNOWN_FROM_LEVEL or self.devices.known(caller.device, account_id):
            return None
        return self.devices.issue(account_id)

    def _signed_in(
        self, interaction: Interaction, session: Session | None, account_id: UUID, caller: Caller
    ) -> tuple[UUID, str | None]:
        """The session that the sign-in leaves, and its cookie where it is a new one.

        Raises:
            InteractionExpired: the session whose proofs these are ended meanwhile: they ended with it.
        """
        if not interaction.may_go_on(session.id if session else None):
            raise InteractionExpired
        # One left idle is taken up again by who left it, or it would sign them out of everywhere.
        known = session or self.sessions.proven(caller.session)
        if known is not None and known.account_id == account_id:
            earlier = session.proofs if session is not None else ()
            if earlier and all(proof in earlier for proof in interaction.proofs):
                return known.id, None
            cookie = self.sessions.renew(known, merged(earlier, interaction.proofs))
            if cookie is not None:
                return known.id, cookie
            if interaction.session_id is not None:
                raise InteractionExpired
        if known is not None:
            self.sessions.end(known.id)
        begun, cookie = self.sessions.begin(account_id, interaction.proofs, caller.agent)
        return begun.id, cookie

    def _completed(
        self,
        interaction: Interaction,
        step: Complete,
        session_id: UUID,
        caller: Caller,
        mandate: Mandate | None,
    ) -> None:
        """Write down who signed in, and for the principal that somebody did for it."""
        client_id = interaction.request.client_id if interaction.request else None
        self.audit.record(
            Event.SIGN_IN_COMPLETED,
            account_id=interaction.answering.account_id if interaction.answering else None,
            client_id=client_id,
            session=str(session_id),
            amr=" ".join(sorted(proof.method for proof in step.proofs)),
            level=authentication_level(step.proofs),
            address=caller.address,
        )
        if mandate is not None:
            self.audit.record(
                Event.MANDATE_USED,
                account_id=mandate.principal_id,
                client_id=client_id,
                mandate=str(mandate.id),
                role=mandate.role.value,
                actor=str(mandate.agent_id),
            )

    def _consented(self, interaction: Interaction, account_id: UUID, mandate: Mandate | None) -> None:
        """Write a yes down: the person's own, or what they said for whom they act for."""
        request, decision = interaction.request, interaction.decision
        if request is None or decision is None:
            return
        shown = frozenset(claim.name for claim in request.claims.individual())
        consent = Consent(
            client_id=request.client_id,
            scope=frozenset(request.scope),
            claims=decision.claims,
            shown=shown,
            lacked=interaction.standing.lacks if interaction.standing else frozenset(),
            purpose=decision.purpose,
            given_by=mandate.agent_id if mandate else None,
            child_agreed=decision.child_agreed,
        )
        whose = mandate.principal_id if mandate else account_id
        self.consents.give(whose, consent)
        self.audit.record(
            Event.CONSENT_GIVEN,
            account_id=whose,
            client_id=request.client_id,
            scope=" ".join(request.scope),
            claims=" ".join(sorted(decision.claims)),
            **({"actor": str(mandate.agent_id), "mandate": str(mandate.id)} if mandate else {}),
        )

    def refused(self, interaction: Interaction, error: OAuthError) -> Outcome:
        """It ends without success."""
        request, answering = interaction.request, interaction.answering
        account_id = answering.account_id if answering else None
        client_id = request.client_id if request else None
        with self.database.transaction():
            if interaction.decision is not None and not interaction.decision.is_allowed:
                self.audit.record(Event.CONSENT_REFUSED, account_id=interaction.told_of, client_id=client_id)
            self.audit.record(
                Event.SIGN_IN_REFUSED, account_id=account_id, client_id=client_id, error=error.error
            )
        if request is None:
            return Outcome(error=error)
        return Outcome(response=self.completion.refuse(request, error))
