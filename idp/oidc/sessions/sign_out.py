"""Signing out: the browser's session ends, and everybody who knew it is told."""

from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.oidc.clients.client import Client
from idp.oidc.sessions.participants import Participants
from idp.oidc.sessions.session import Session, Sessions
from idp.storage.database import Database

# What discovery says of it (Front-Channel Logout 1.0 §3).
FRONT_CHANNEL = {"frontchannel_logout_supported": True, "frontchannel_logout_session_supported": True}


@dataclass(frozen=True, slots=True)
class SignOut:
    """Ends the session of the browser in front of us."""

    issuer: str
    sessions: Sessions
    participants: Participants
    audit: AuditLog
    database: Database

    def end(self, session: Session, client_id: str | None) -> tuple[str, ...]:
        """End a session; ``client_id`` asked for it, if any did.

        Returns:
            The addresses that the browser must visit in frames (Front-Channel Logout 1.0 §3): of every
            client that knew the session and has one.
        """
        with self.database.transaction():
            self.sessions.end(session.id)
            self.audit.record(
                Event.SESSION_ENDED,
                account_id=session.account_id,
                client_id=client_id,
                session=str(session.id),
            )
            known = self.participants.of(session.id)
        return tuple(address for client in known if (address := self._frame(client, session)))

    def _frame(self, client: Client, session: Session) -> str | None:
        """§3: ``iss`` and ``sid`` come together, where the client asks for them."""
        address = client.metadata.frontchannel_logout_uri
        if address is None or not client.metadata.frontchannel_logout_session_required:
            return address
        separator = "&" if urlsplit(address).query else "?"
        return address + separator + urlencode({"iss": self.issuer, "sid": str(session.id)})
