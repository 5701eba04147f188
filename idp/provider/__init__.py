"""Builds every room bottom-up and wires it, one floor a file. Knows settings, knows no HTTP."""

from uuid import UUID

from sqlalchemy import text

from idp.accounts.coming_of_age import ComingOfAge
from idp.accounts.officers_acts import OfficersActs
from idp.accounts.wards import OwnSignIn, Wards
from idp.kernel.clock import Clock, utc_now
from idp.keyring.seal import derive
from idp.provider.protocol import Protocol
from idp.settings import Settings
from idp.signin.choosing import Choosing
from idp.signin.desk import Desk
from idp.signin.devices import Devices
from idp.signin.ending import Ending
from idp.signin.interaction import Interactions
from idp.signin.new_password import NewPassword
from idp.signin.shutting_out import ShutOut
from idp.storage.ephemeral import Space


class Provider(Protocol):
    """The whole house, ready to be mounted. One for each process, made after the fork."""

    def __init__(self, settings: Settings, clock: Clock = utc_now) -> None:
        super().__init__(settings, clock)
        devices = Devices(derive(self.settings.root_secret, "device"), self.clock)
        self.desk = Desk(
            interactions=Interactions(self.ephemeral, self.seal, self.clock),
            accounts=self.accounts,
            methods=self.methods,
            clients=self.clients,
            consents=self.consents,
            sessions=self.sessions,
            subjects=self.subjects,
            choosing=Choosing(
                self.accounts,
                self.mandates,
                self.clients,
                self.consents,
                self.disclosure,
                self.subjects,
                self.clock,
            ),
            devices=devices,
            ending=Ending(
                sessions=self.sessions,
                consents=self.consents,
                completion=self.completion,
                browser_states=self.session_room.browser_states,
                devices=devices,
                audit=self.audit,
                database=self.database,
            ),
            clock=self.clock,
        )
        self.shut_out = ShutOut(
            sessions=self.sessions, grants=self.grants, audit=self.audit, database=self.database
        )
        self.new_password = NewPassword(
            password=self.password, shut_out=self.shut_out, database=self.database
        )
        self.wards = self._wards()

    def _wards(self) -> Wards:
        """Adults' accounts and guardians: the one act of an office that ends how somebody signs in."""
        return Wards(
            accounts=self.accounts,
            locks=self.locks,
            officers=self.officers,
            acts=OfficersActs(self.applications, self.officers, self.audit, self.clock),
            registers=self.registers,
            former=self.former_numbers,
            mandates=self.mandates,
            guardians=self.guardians,
            coming_of_age=ComingOfAge(self.accounts, self.evidence, self.audit, self.clock),
            opening=self.opening,
            notices=self.notices,
            own_sign_in=OwnSignIn(
                is_there=lambda account_id: bool(self.authenticators.of(account_id)),
                end=self._end_own_sign_in,
            ),
            audit=self.audit,
            clock=self.clock,
        )

    def _end_own_sign_in(self, account_id: UUID) -> None:
        account = self.accounts.the(account_id)
        for each in self.authenticators.of(account_id):
            self.methods.remove(account, each.id)
        self.sessions.end_all(account_id)
        self.grants.revoke_between(account_id)

    def check(self) -> None:
        """Ask everything that a sign-in leans on.

        Raises:
            Unavailable: naming what is silent.
        """
        self.database.first(text("SELECT 1"))
        self.ephemeral.get(Space.INTERACTION, "health")
        self.keyring.sign({"health": True})

    def close(self) -> None:
        """Give every connection back."""
        self.session_room.close()
        self.pings.close()
        self.reads.close()
        self.database.close()
        self.ephemeral.close()
