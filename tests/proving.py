"""Everything a proof needs, built small: cheap hashing, an outbox, a store that counts what it is asked."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pyotp

from idp.accounts.account import Account, Accounts, Status
from idp.audit.log import AuditLog
from idp.authenticators.addresses import Addresses
from idp.authenticators.attempts import Attempts
from idp.authenticators.authenticator import Authenticators
from idp.authenticators.breached import Breached
from idp.authenticators.method import SIGN_IN, Occasion
from idp.authenticators.password import Hashing, Password
from idp.authenticators.sms_otp import SmsOtp
from idp.authenticators.table import Methods
from idp.authenticators.totp import Totp, new_secret
from idp.notifications.messages import Messages
from idp.notifications.outbox import Outbox
from idp.notifications.texts import Texts
from idp.storage.database import Database
from idp.storage.ephemeral import Ephemeral
from tests.conftest import FakeClock
from tests.people import a_seal, an_account

RIGHT = "lúa chín vàng đồng"
ADDRESS = "203.0.113.7"


def cheap_hashing(**given: Any) -> Hashing:
    """Argon2id at its least: what is tested is never its cost."""
    return Hashing(**{"memory_kib": 8, "passes": 1, "queue": 100, "patience": timedelta(seconds=30), **given})


class Counted:
    """An ``Ephemeral`` that counts its operations."""

    def __init__(self, ephemeral: Ephemeral) -> None:
        self.ephemeral = ephemeral
        self.operations: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        self.operations[name] += 1
        return getattr(self.ephemeral, name)


@dataclass
class Proving:
    """One process of the provider, as far as proofs go. Two over the same servers are two processes."""

    database: Database
    ephemeral: Ephemeral
    clock: FakeClock
    hashing: Hashing = field(default_factory=cheap_hashing)

    def __post_init__(self) -> None:
        self.counted = Counted(self.ephemeral)
        seal = a_seal()
        self.audit = AuditLog(self.database, bytes(32), self.clock)
        self.accounts = Accounts(self.database, seal, self.clock)
        self.authenticators = Authenticators(self.database, seal, self.clock)
        self.outbox = Outbox(self.database, seal, self.clock)
        self.addresses = Addresses(self.counted, self.clock)
        self.attempts = Attempts(self.counted, self.clock, self.addresses)
        self.password = Password(self.authenticators, self.audit, self.hashing, Breached())
        self.totp = Totp(self.authenticators, self.audit)
        self.sms_otp = SmsOtp(Messages(self.outbox, Texts()), self.counted, seal)
        self.methods = Methods(
            (self.password, self.totp, self.sms_otp),
            self.attempts,
            self.authenticators,
            self.audit,
            self.clock,
        )

    def another(self) -> "Proving":
        """Another process over the same servers."""
        return Proving(self.database, self.ephemeral, self.clock, self.hashing)

    def holder(self, **given: Any) -> Account:
        """An active account with the password ``RIGHT`` and an app."""
        account = an_account(**{"status": Status.ACTIVE, **given})
        self.password.set_password(account.id, RIGHT)
        self.authenticators.add(account.id, "totp", new_secret().encode())
        return account

    def right(self, method: str, account: Account, occasion: Occasion = SIGN_IN) -> str:
        """What proves it now."""
        if method == "password":
            return RIGHT
        if method == "totp":
            app = next(known for known in self.authenticators.of(account.id) if known.method == "totp")
            return pyotp.TOTP(app.secret.decode()).at(self.clock())
        self.methods.begin(method, account, occasion)
        return self.outbox.recent(1)[0].text.split(" ")[0]

    def wrong(self, method: str, right: str = "000000") -> str:
        """Something else of the same form."""
        return "không phải thế" if method == "password" else f"{(int(right) + 500_000) % 10**6:06d}"
