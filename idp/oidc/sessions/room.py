"""Sessions and all that follows their end, put together."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from idp.audit.log import AuditLog
from idp.kernel.clock import Clock
from idp.keyring.keyring import Keyring
from idp.oidc.clients.client import Clients
from idp.oidc.sessions.back_channel import BackChannel, Post
from idp.oidc.sessions.browser_state import BrowserStates
from idp.oidc.sessions.courier import Courier
from idp.oidc.sessions.deliveries import Deliveries
from idp.oidc.sessions.logout_token import LogoutTokens
from idp.oidc.sessions.mandate_endings import MandateEndings
from idp.oidc.sessions.participants import Participants
from idp.oidc.sessions.session import Sessions
from idp.oidc.sessions.sign_out import SignOut
from idp.oidc.tokens.encryption import Envelopes
from idp.oidc.tokens.grant import Grants
from idp.oidc.tokens.subject import Subjects
from idp.storage.database import Database


class SessionRoom:
    """Who is signed in, who is told when that ends, and what browsers may see of it.

    Args:
        post: how other people's servers are asked.
        key: makes browser states; 32 bytes of its own.
        ttl: the longest life of a session.
        is_watched: whether browsers may see of it at all (Session Management 1.0).
    """

    def __init__(
        self,
        issuer: str,
        database: Database,
        clients: Clients,
        grants: Grants,
        keyring: Keyring,
        envelopes: Envelopes,
        subjects: Subjects,
        post: Post,
        audit: AuditLog,
        key: bytes,
        clock: Clock,
        ttl: timedelta,
        *,
        is_watched: bool = True,
    ) -> None:
        participants = Participants(database, clients)
        tokens = LogoutTokens(issuer, keyring, envelopes, subjects, clock)
        self.deliveries = Deliveries(database, clock)
        self.back_channel = BackChannel(participants, self.deliveries, clients, tokens, post, clock)
        self.courier = Courier(database, self.back_channel.deliver_due, self.deliveries.next_due, clock)
        self.browser_states = BrowserStates(key, is_on=is_watched)
        self.sessions = Sessions(database, grants, self._tell, clock, ttl)
        self.mandate_endings = MandateEndings(database, self.back_channel, self.courier, audit, clock)
        self.sign_out = SignOut(issuer, self.sessions, participants, audit, database)

    def _tell(self, session_id: UUID, _account_id: UUID) -> None:
        """Owe the clients of an ended session word of it, and set out once that stands."""
        if self.back_channel.owe(session_id):
            self.courier.after_commit()

    def tell_these(self, known: Iterable[tuple[str, UUID, UUID]]) -> None:
        """Owe clients word that an account is signed out there, in sessions that themselves go on.

        Args:
            known: client, account and session of each.
        """
        if self.back_channel.owe_these(known):
            self.courier.after_commit()

    def close(self) -> None:
        """Finish the deliveries under way, and begin no more."""
        self.courier.stop()
