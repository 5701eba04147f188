"""Access tokens as JWTs (RFC 9068), for resource servers that read them themselves."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from idp.assurance import acr_of
from idp.kernel.clock import Clock
from idp.keyring.gate import BadToken, decode, encode
from idp.keyring.keyring import Keyring
from idp.oidc.clients.client import Client
from idp.oidc.tokens.acting import Acting, exchangers
from idp.oidc.tokens.grant import Grant
from idp.oidc.tokens.own_right import own_right
from idp.oidc.tokens.subject import Subjects

TYPE = "at+jwt"
_JTI_BYTES = 24  # the grant's id, and what sets its tokens apart


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessToken:
    """What an access token says once its MAC or signature holds.

    Args:
        confirmation: the key that whoever uses it must hold: ``jkt`` (RFC 9449 §6.1), ``x5t#S256``
            (RFC 8705 §3.1). ``None``: a bearer token.
        audience: the resources that it is for; empty: UserInfo.
        client_id: whose token it is, where it is not the client's that the grant was given to.
        actor: who acts for the account with it, as in the ``act`` claim (RFC 8693 §4.1).
        details: fewer ``authorization_details`` than the grant's (RFC 9396 §6); ``None``: all of them.
        is_own: whether it is about a client's own right, which nothing else tells of (``own``).
    """

    grant_id: UUID
    scope: tuple[str, ...]
    issued_at: datetime
    expires_at: datetime
    confirmation: Mapping[str, str] | None = None
    audience: tuple[str, ...] = ()
    client_id: str | None = None
    actor: Mapping[str, Any] | None = None
    details: tuple[Mapping[str, Any], ...] | None = None
    is_own: bool = False

    @property
    def own(self) -> Grant | None:
        """The grant, where it is a client's own right; it stands unless there is a row that says it ended."""
        if not self.is_own or self.client_id is None:
            return None
        return own_right(
            self.grant_id,
            self.client_id,
            self.scope,
            created_at=self.issued_at,
            expires_at=self.expires_at,
            confirmation=self.confirmation,
            resources=self.audience,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """In what an access token is less than its grant, besides scope and audience.

    Args:
        actor: who acts with it; see ``AccessToken``. It then belongs to the client that asks for it.
        until: when it is over, if before its usual time.
        details: see ``AccessToken``.
    """

    actor: Mapping[str, Any] | None = None
    until: datetime | None = None
    details: tuple[Mapping[str, Any], ...] | None = None


NO_LIMITS = Limits()


class JwtAccessTokens:
    """Composes, signs and reads them. The ``jti`` names the grant, which is read at every use with us."""

    def __init__(
        self, issuer: str, keyring: Keyring, subjects: Subjects, acting: Acting, clock: Clock
    ) -> None:
        self._issuer = issuer
        self._keyring = keyring
        self._subjects = subjects
        self._acting = acting
        self._clock = clock

    def issue(self, client: Client, grant: Grant, token: AccessToken) -> str:
        """The token, signed as the client's ID tokens are; ``aud`` is us where it names no resource."""
        return self._keyring.sign(
            {
                "iss": self._issuer,
                "aud": list(token.audience) or self._issuer,
                "sub": self._subjects.of_grant(client, grant),
                "client_id": client.client_id,
                "iat": int(token.issued_at.timestamp()),
                "exp": int(token.expires_at.timestamp()),
                "jti": encode(grant.id.bytes + os.urandom(_JTI_BYTES - 16)),
                "scope": " ".join(token.scope),
                **self._acting.told(client, grant, told_of(grant, token)),
                **({"may_act": {"sub": client.metadata.may_act}} if client.metadata.may_act else {}),
                **({"cnf": dict(token.confirmation)} if token.confirmation else {}),
            },
            alg=client.metadata.id_token_signed_response_alg,
            typ=TYPE,
        )

    def read(self, text: str) -> AccessToken | None:
        """What a token of ours says; ``None`` for any other, and for one whose time is over."""
        try:
            claims = self._keyring.verify(text, TYPE)
            named = decode(claims["jti"])
        except BadToken:
            return None
        expires_at = datetime.fromtimestamp(claims["exp"], UTC)
        if claims["iss"] != self._issuer or len(named) != _JTI_BYTES or expires_at <= self._clock():
            return None
        audience, details = claims["aud"], claims.get("authorization_details")
        return AccessToken(
            grant_id=UUID(bytes=named[:16]),
            scope=tuple(claims["scope"].split()),
            issued_at=datetime.fromtimestamp(claims["iat"], UTC),
            expires_at=expires_at,
            confirmation=claims.get("cnf"),
            audience=tuple(audience) if isinstance(audience, list) else (),
            client_id=claims["client_id"],
            actor=exchangers(claims),
            details=None if details is None else tuple(details),
            is_own=claims["sub"] == claims["client_id"],  # subjects of people are MACs
        )


def told_of(grant: Grant, token: AccessToken | None) -> dict[str, Any]:
    """What resource servers learn of the sign-in and the right given (RFC 9068 §2.2.1, RFC 9396 §9.1).

    Args:
        token: one of the grant's; ``None``: all that any of them may do.
    """
    told: dict[str, Any] = {}
    if grant.account_id is not None:
        told["acr"] = acr_of(grant.level)
        told["amr"] = list(grant.amr)
    if grant.auth_time is not None:
        told["auth_time"] = int(grant.auth_time.timestamp())
    details = grant.details if token is None or token.details is None else token.details
    if details:
        told["authorization_details"] = [dict(detail) for detail in details]
    actor = token.actor if token is not None and token.actor is not None else grant.actor
    if actor is not None:
        told["act"] = dict(actor)
    return told
