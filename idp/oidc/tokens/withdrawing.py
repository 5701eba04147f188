"""Taking back what a client was given: its grants end, and it is known which sign-ins it knows of."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import update

from idp.oidc.tokens.grant import grants
from idp.storage.database import Database

Known = set[tuple[str, UUID, UUID]]
"""Client, account and session of each sign-in that a client knows of."""


def revoke_known(database: Database, account_id: UUID, client_id: str, now: datetime) -> Known:
    """End all grants that an account gave one client, in the open transaction.

    Returns:
        Those that gave an ID token: the client takes the account to be signed in there.
    """
    statement = (
        update(grants)
        .where(
            grants.c.account_id == account_id, grants.c.client_id == client_id, grants.c.revoked_at.is_(None)
        )
        .values(revoked_at=now)
        .returning(grants.c.session_id, grants.c.scope)
    )
    return {
        (client_id, account_id, row.session_id)
        for row in database.all(statement)
        if row.session_id is not None and "openid" in row.scope.split()
    }
