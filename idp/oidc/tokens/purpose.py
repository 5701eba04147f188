"""What a client's registration allows it, which is its purpose's limit at every use (Law 91/2025).

A registration that is narrowed later narrows what was allowed before: consents, grants and their tokens.
"""

from dataclasses import replace
from functools import lru_cache

from idp.kernel.ids import digest
from idp.oidc.clients.client import Client
from idp.oidc.errors import InvalidGrant
from idp.oidc.tokens.claims import COMPANIONS, PLACES, UNSEEN, by_scope
from idp.oidc.tokens.grant import Grant
from idp.oidc.tokens.jwt_access_token import AccessToken
from idp.oidc.tokens.rar import Details
from idp.oidc.tokens.verified_claims import as_text, from_text


def allowed_claims(client: Client) -> frozenset[str]:
    """The claims that a client may have, by its scopes or by name."""
    return _allowed_claims(client.metadata.claims, client.metadata.scope)


@lru_cache(maxsize=1024)
def _allowed_claims(claims: tuple[str, ...], scope: tuple[str, ...]) -> frozenset[str]:
    allowed = {*claims, *by_scope(scope)}
    return frozenset(allowed | {companion for companion, claim in COMPANIONS.items() if claim in allowed})


def allowed_scope(client: Client, scope: tuple[str, ...]) -> tuple[str, ...]:
    """Those of some scopes that a client may have."""
    return tuple(word for word in scope if word in client.metadata.scope)


def serves_purpose(client: Client, grant: Grant) -> bool:
    """Whether the yes that a grant rests on was to what its client is for now: consent is per purpose."""
    return grant.purpose_hash is None or any(
        purpose_hash(purpose) == grant.purpose_hash for purpose in client.metadata.purposes
    )


@lru_cache(maxsize=1024)
def purpose_hash(purpose: str | None) -> str:
    """A purpose as grants keep it: half of its SHA-256, in hexadecimal. No purpose has one too."""
    return digest(purpose or "").hex()[:32]


def redeemed(client: Client, grant: Grant) -> Grant:
    """A grant that its client redeems, within its purpose.

    Raises:
        InvalidGrant: the yes was to another purpose than the client's of now.
    """
    if not serves_purpose(client, grant):
        raise InvalidGrant("the client's purpose is another than was agreed to; ask the person anew")
    return within_purpose(client, grant)


def within_purpose(client: Client, grant: Grant) -> Grant:
    """A grant to a client, short of what it is not registered for any more. Nothing is written.

    Mostly it is the grant as it came: to copy it costs more than to look.
    """
    allowed = allowed_claims(client)
    claims = {where: _within(allowed, where, names) for where, names in grant.claims.items()}
    scope, details = allowed_scope(client, grant.scope), _allowed_details(client, grant.details)
    if (scope, details, claims) == (grant.scope, grant.details, grant.claims):
        return grant
    return replace(grant, scope=scope, details=details, claims=claims)


def token_within_purpose(client: Client, token: AccessToken) -> AccessToken:
    """An access token of a grant to a client, cut likewise."""
    details = None if token.details is None else _allowed_details(client, token.details)
    scope = allowed_scope(client, token.scope)
    return (
        token
        if (scope, details) == (token.scope, token.details)
        else replace(token, scope=scope, details=details)
    )


def _allowed_details(client: Client, details: Details) -> Details:
    kinds = client.metadata.authorization_details_types
    return tuple(detail for detail in details if detail["type"] in kinds)


def _within(allowed: frozenset[str], where: str, names: tuple[str, ...]) -> tuple[str, ...]:
    if where == UNSEEN or not names:
        return names
    if where in PLACES:
        return tuple(name for name in names if name in allowed)
    requests = [from_text(text).narrowed(allowed) for text in names]
    return tuple(as_text(request) for request in requests if request.claims)
