"""Which clients know a session: those that were given an ID token in it (Back-Channel Logout 1.0 §2.3)."""

from uuid import UUID

from sqlalchemy import bindparam, select

from idp.oidc.clients.client import Client, Clients
from idp.oidc.tokens.grant import grants
from idp.storage.database import Database
from idp.storage.prepared import Prepared

# Grants that were revoked count too: the client was told of the session all the same.
_OF_SESSION = Prepared(
    select(grants.c.client_id, grants.c.account_id)
    .distinct()
    .where(
        grants.c.session_id == bindparam("told_session"),
        (" " + grants.c.scope + " ").contains(" openid "),
    )
    .order_by(grants.c.client_id, grants.c.account_id)
)


class Participants:
    """Finds them, by the grants that were made in a session."""

    def __init__(self, database: Database, clients: Clients) -> None:
        self._database = database
        self._clients = clients

    def of(self, session_id: UUID) -> list[Client]:
        """The clients that know a session and may still be used."""
        return list({client.client_id: client for client, _ in self.known(session_id)}.values())

    def known(self, session_id: UUID) -> list[tuple[Client, UUID]]:
        """The same, each with every account that it takes to be signed in there.

        Besides the person's own these are the accounts that they acted for.
        """
        rows = self._database.all(_OF_SESSION, {"told_session": session_id})
        return [(client, row.account_id) for row in rows if (client := self._clients.find(row.client_id))]
