"""A new password: whoever came in by the old one goes."""

from dataclasses import dataclass
from uuid import UUID

from idp.authenticators.password import Password
from idp.signin.shutting_out import ShutOut
from idp.storage.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPassword:
    """Puts a password in the place of another, with all that must follow."""

    password: Password
    shut_out: ShutOut
    database: Database

    def store(self, account_id: UUID, hashed: bytes, here: UUID) -> None:
        """Keep what ``Password.prepare`` gave. Only the session ``here`` goes on, and what was allowed in it.

        The password comes first: a sign-in by the old one that is just ending holds it, so that its session
        is there when sessions end.
        """
        with self.database.transaction():
            self.password.store(account_id, hashed)
            self.shut_out.others(account_id, here)
