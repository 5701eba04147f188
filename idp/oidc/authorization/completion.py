"""The end of an authorization: a code, or an error, on its way back to the client."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from idp.accounts.mandate import Mandate
from idp.assurance import Proof, amr_of, authentication_level
from idp.kernel.clock import Clock
from idp.kernel.ids import new_id
from idp.oidc.authorization.elsewhere import Elsewhere
from idp.oidc.authorization.jarm import SignedResponses
from idp.oidc.authorization.par import PushedRequests
from idp.oidc.authorization.request import AuthorizationRequest
from idp.oidc.authorization.response_modes import SIGNED, AuthorizationResponse
from idp.oidc.error_guide import error_uri
from idp.oidc.errors import AuthorizationRefused, InvalidRequestUri, OAuthError
from idp.oidc.grants.codes import Code, Codes
from idp.oidc.sessions.browser_state import BrowserStates
from idp.oidc.tokens.claims import UNSEEN
from idp.oidc.tokens.grant import Grant
from idp.oidc.tokens.purpose import purpose_hash


class Completion:
    """Answers authorization requests. Every answer names us (RFC 9207)."""

    def __init__(
        self,
        issuer: str,
        codes: Codes,
        elsewhere: Elsewhere,
        browser_states: BrowserStates,
        clock: Clock,
        refresh_ttl: timedelta,
        pushed_requests: PushedRequests,
        signed_responses: SignedResponses,
    ) -> None:
        self._issuer = issuer
        self._codes = codes
        self._browser_states = browser_states
        self._elsewhere = elsewhere
        self._clock = clock
        self._refresh_ttl = refresh_ttl
        self._pushed_requests = pushed_requests
        self._signed_responses = signed_responses

    def allow(
        self,
        request: AuthorizationRequest,
        *,
        account_id: UUID,
        session_id: UUID,
        proofs: Sequence[Proof],
        claims: frozenset[str],
        unseen: frozenset[str] = frozenset(),
        purpose: str | None = None,
        mandate: Mandate | None = None,
    ) -> AuthorizationResponse:
        """A code for what was asked; of the claims asked for one by one, those in ``claims``.

        A request that waits elsewhere is marked allowed instead.

        Args:
            account_id: who signed in.
            unseen: what the scopes stand for and the account has not got, so that it was never shown.
            purpose: what was agreed to it for, as it was shown.
            mandate: what they act under: the grant is then the principal's.
        """
        if not self._pushed_requests.spend(request):
            raise InvalidRequestUri("request_uri: already used")
        grant = self._granted(request, account_id, session_id, proofs, claims)
        grant = replace(grant, purpose_hash=purpose_hash(purpose), claims=_with(grant.claims, unseen))
        if mandate is not None:
            grant = replace(
                grant, account_id=mandate.principal_id, agent_id=account_id, mandate_id=mandate.id
            )
        if request.waiting is not None:
            return self._elsewhere.allow(request.waiting, grant)
        code = self._codes.issue(
            Code(
                grant=grant,
                redirect_uri=request.redirect_uri,
                code_challenge=request.code_challenge,
                nonce=request.nonce,
                dpop_jkt=request.dpop_jkt,
            )
        )
        answer = [("code", code)]
        watched = self._browser_states.session_state(request.client_id, request.redirect_uri, session_id)
        if watched is not None:
            answer.append(("session_state", watched))
        return self._response(request, answer)

    def _granted(
        self,
        request: AuthorizationRequest,
        account_id: UUID,
        session_id: UUID,
        proofs: Sequence[Proof],
        claims: frozenset[str],
    ) -> Grant:
        now = self._clock()
        return Grant(
            id=new_id(),
            client_id=request.client_id,
            account_id=account_id,
            session_id=session_id,
            scope=request.scope,
            claims=request.claims.allowed(claims),
            level=authentication_level(proofs),
            amr=tuple(amr_of(proofs)),
            auth_time=min(proof.at for proof in proofs),
            details=request.details,
            resources=request.resources,
            created_at=now,
            expires_at=now + self._refresh_ttl,
        )

    def refuse(
        self, request: AuthorizationRequest, error: OAuthError, actor: UUID | None = None
    ) -> AuthorizationResponse:
        """An error; a request that waits elsewhere is marked refused instead, by ``actor`` for another."""
        self._pushed_requests.spend(request)
        if request.waiting is not None:
            return self._elsewhere.refuse(request.waiting, actor)
        return self.refused(
            AuthorizationRefused(
                error, request.client_id, request.redirect_uri, request.state, request.response_mode
            )
        )

    def refused(self, refusal: AuthorizationRefused) -> AuthorizationResponse:
        """An error that may go back (RFC 6749 §4.1.2.1)."""
        error = refusal.error
        answer = [
            ("error", error.error),
            ("error_description", error.description),
            ("error_uri", error_uri(self._issuer, error.error)),
        ]
        return self._response(refusal, answer)

    def _response(
        self, asked: AuthorizationRequest | AuthorizationRefused, answer: list[tuple[str, str]]
    ) -> AuthorizationResponse:
        if asked.state is not None:
            answer.append(("state", asked.state))
        carrier = SIGNED.get(asked.response_mode)
        if carrier is not None:
            answer = [("response", self._signed_responses.sign(asked.client_id, answer))]
        else:
            answer.append(("iss", self._issuer))
        return AuthorizationResponse(
            redirect_uri=asked.redirect_uri,
            parameters=tuple(answer),
            response_mode=carrier or asked.response_mode,
        )


def _with(claims: Mapping[str, tuple[str, ...]], unseen: frozenset[str]) -> Mapping[str, tuple[str, ...]]:
    return {**claims, UNSEEN: tuple(sorted(unseen))} if unseen else claims
