"""Introspection (RFC 7662), and its answers as JWTs (RFC 9701): what a token is good for now."""

from collections.abc import Mapping
from typing import Any

from idp.kernel.clock import Clock
from idp.keyring.keyring import Keyring
from idp.oidc.clients.client import Client, Clients
from idp.oidc.errors import InvalidRequest
from idp.oidc.tokens.acting import Acting
from idp.oidc.tokens.encryption import Envelopes
from idp.oidc.tokens.jwt_access_token import told_of
from idp.oidc.tokens.purpose import serves_purpose, token_within_purpose, within_purpose
from idp.oidc.tokens.recognition import Recognised, Recognition
from idp.oidc.tokens.subject import Subjects

TYPE = "token-introspection+jwt"
INACTIVE: Mapping[str, Any] = {"active": False}


class Introspection:
    """Answers the client that a token was issued to, and the resource servers that it is meant for.

    Anybody else is told that it is not active: that is all it is to them (RFC 7662 §2.2).
    """

    def __init__(
        self,
        issuer: str,
        recognition: Recognition,
        clients: Clients,
        subjects: Subjects,
        acting: Acting,
        keyring: Keyring,
        envelopes: Envelopes,
        clock: Clock,
    ) -> None:
        self._issuer = issuer
        self._recognition = recognition
        self._clients = clients
        self._subjects = subjects
        self._acting = acting
        self._keyring = keyring
        self._envelopes = envelopes
        self._clock = clock

    def introspect(self, form: Mapping[str, str], asking: Client) -> dict[str, Any]:
        """The members of §2.2 for ``token``: its own, its grant's, and the subject as ``asking`` knows it.

        Args:
            asking: a client that has proven itself: never a public one (§2.1, §4).

        Raises:
            InvalidRequest: no token.
        """
        token = form.get("token")
        if not token:
            raise InvalidRequest("token: missing")
        found = self._recognition.recognise(token)
        if found is None or not _may_ask(asking, found) or not self._is_active(found):
            return dict(INACTIVE)
        return self._described(found, asking)

    def signed(self, answer: Mapping[str, Any], asking: Client) -> str:
        """An answer as a JWT for the client that asked, encrypted where it wants that (RFC 9701 §5).

        Raises:
            NotEncryptable: it was to be encrypted, and the client's key is not to be had.
        """
        claims = {
            "iss": self._issuer,
            "aud": asking.client_id,
            "iat": int(self._clock().timestamp()),
            "token_introspection": dict(answer),
        }
        token = self._keyring.sign(claims, alg=asking.metadata.introspection_signed_response_alg, typ=TYPE)
        return self._envelopes.seal(token, asking, "introspection")

    def _is_active(self, found: Recognised) -> bool:
        grant = found.grant
        if not grant.is_live(self._clock()):
            return False
        giver = self._clients.find(grant.client_id)
        if giver is None or self._clients.find(found.client_id) is None or not serves_purpose(giver, grant):
            return False
        return grant.account_id is None or (grant.has_active_holder and self._acting.stands(grant))

    def _described(self, found: Recognised, asking: Client) -> dict[str, Any]:
        grant, access = found.grant, found.access
        if (giver := self._clients.find(grant.client_id)) is not None:
            grant = within_purpose(giver, grant)
            access = None if access is None else token_within_purpose(giver, access)
        issued_at, expires_at = grant.created_at, grant.expires_at
        scope, confirmation = grant.scope, None
        audience: list[str] | str = self._issuer
        if access is not None:
            issued_at, expires_at = access.issued_at, min(access.expires_at, expires_at)
            scope, confirmation = access.scope, access.confirmation
            audience = list(access.audience) or self._issuer
        answer: dict[str, Any] = {
            "active": True,
            "iss": self._issuer,
            "aud": audience,
            "sub": self._subjects.of_grant(asking, grant),
            "client_id": found.client_id,
            "scope": " ".join(scope),
            "iat": int(issued_at.timestamp()),
            "exp": int(expires_at.timestamp()),
            **self._acting.told(asking, grant, told_of(grant, access)),
        }
        if access is not None:
            answer["token_type"] = "DPoP" if confirmation and "jkt" in confirmation else "Bearer"
            holder = self._clients.find(found.client_id)
            if holder is not None and holder.metadata.may_act:
                answer["may_act"] = {"sub": holder.metadata.may_act}
        if confirmation:
            answer["cnf"] = dict(confirmation)
        return answer


def _may_ask(asking: Client, found: Recognised) -> bool:
    """Whether the token is the client's own, or an access token for a resource that it answers for (§4)."""
    if found.client_id == asking.client_id:
        return True
    mine = {asking.client_id, *asking.metadata.serves}
    return found.access is not None and not mine.isdisjoint(found.access.audience)
