"""A client's own right: a grant without an account, which only its token tells of (docs/decisions/0022)."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from idp.oidc.tokens.grant import Grant


def own_right(
    grant_id: UUID,
    client_id: str,
    scope: tuple[str, ...],
    *,
    created_at: datetime,
    expires_at: datetime,
    confirmation: Mapping[str, str] | None,
    resources: tuple[str, ...],
) -> Grant:
    """What a client may do by itself (RFC 6749 §4.4). A row is written only when it ends early."""
    return Grant(
        id=grant_id,
        client_id=client_id,
        account_id=None,
        session_id=None,
        scope=scope,
        claims={},
        level=0,
        amr=(),
        auth_time=None,
        confirmation=confirmation,
        resources=resources,
        created_at=created_at,
        expires_at=expires_at,
    )
