"""The lowest floors: stores, keys, the audit log, the way out."""

from pathlib import Path

from idp.audit.log import AuditLog
from idp.kernel.clock import Clock
from idp.kernel.shifted import ShiftedClock
from idp.keyring.files import FileKeyStore
from idp.keyring.keyring import Keyring
from idp.keyring.seal import Seal, derive
from idp.outbound import Outbound
from idp.settings import Settings
from idp.storage.database import Database
from idp.storage.ephemeral import Ephemeral
from idp.storage.ephemeral_redis import RedisEphemeral
from idp.storage.ephemeral_sql import SqlEphemeral

LOOPBACK = ("127.0.0.0/8", "::1/128")


class Bedrock:
    """Where things are kept and signed, and how the world outside is asked."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.settings = settings
        self.clock = ShiftedClock(clock, _shift_file(settings)) if settings.is_simulator else clock
        self.is_demo = settings.is_demo
        self.is_simulator = settings.is_simulator
        root = settings.root_secret
        # A demonstration may forget its last seconds in a power cut; nobody else may (docs/decisions/0012).
        self.database = Database(settings.database_url, synchronous="NORMAL" if settings.is_demo else "FULL")
        self.ephemeral = self._ephemeral(settings)
        self.seal = Seal(settings.sealing or {1: derive(root, "seal:1")}, derive(root, "index"))
        self.keyring = Keyring(
            FileKeyStore(settings.keys_dir),
            self.clock,
            settings.signing_algorithms,
            retain=settings.access_token_ttl + settings.session_ttl,
        )
        self.audit = AuditLog(self.database, self.audit_key, self.clock)
        # The developers whom a simulator serves have their clients on this very machine.
        allowed = settings.outbound_allowed + (LOOPBACK if settings.is_simulator else ())
        self.outbound = Outbound(allowed, settings.outbound_ca_file)

    def _ephemeral(self, settings: Settings) -> Ephemeral:
        self.ephemeral_database: Database | None = None
        if settings.redis_url:
            return RedisEphemeral(settings.redis_url)
        self.ephemeral_database = self.database
        if self.database.is_sqlite:
            # A file of its own: short-lived state then never waits for the main file's one writer.
            self.ephemeral_database = Database(ephemeral_url(settings.database_url), synchronous="NORMAL")
        return SqlEphemeral(self.ephemeral_database, self.clock)

    @property
    def audit_key(self) -> bytes:
        return derive(self.settings.root_secret, "audit")


def _shift_file(settings: Settings) -> Path:
    """Beside the keys, not among them: its folder is the one that a simulator surely may write."""
    return settings.keys_dir.with_name(f"{settings.keys_dir.name}-clock-shift")


def ephemeral_url(database_url: str) -> str:
    """The SQLite file that stands beside the main one: ``idp.db`` has ``idp-ephemeral.db``."""
    stem, dot, suffix = database_url.rpartition(".")
    return f"{stem}-ephemeral{dot}{suffix}" if dot and "/" not in suffix else f"{database_url}-ephemeral"
