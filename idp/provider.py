"""Builds every room bottom-up and wires it. Knows settings, knows no HTTP."""

from functools import cached_property

from cryptography import x509
from sqlalchemy import text

from idp.accounts.account import Accounts
from idp.accounts.activation import ActivationCodes
from idp.accounts.enrolment import Enrolment
from idp.accounts.lifecycle import Lifecycle
from idp.assurance import level_of_factors
from idp.audit.log import AuditLog
from idp.authenticators.addresses import Addresses
from idp.authenticators.attempts import Attempts
from idp.authenticators.authenticator import Authenticators
from idp.authenticators.breached import Breached
from idp.authenticators.password import Hashing, Password
from idp.authenticators.sms_otp import SmsOtp
from idp.authenticators.table import Methods
from idp.authenticators.totp import Totp
from idp.authenticators.totp_enrolment import TotpEnrolment
from idp.kernel.clock import Clock, utc_now
from idp.keyring.files import FileKeyStore
from idp.keyring.keyring import Keyring
from idp.keyring.seal import Seal, derive
from idp.notifications.channel import Channel
from idp.notifications.messages import Messages
from idp.notifications.outbox import Outbox
from idp.notifications.sms import SmsGateway
from idp.notifications.texts import Texts
from idp.oidc.authorization.ciba import BackchannelRequests
from idp.oidc.authorization.completion import Completion
from idp.oidc.authorization.core import RequestReader
from idp.oidc.authorization.device import DeviceRequests
from idp.oidc.authorization.elsewhere import Elsewhere
from idp.oidc.authorization.jar import RequestObjects
from idp.oidc.authorization.jarm import SignedResponses
from idp.oidc.authorization.par import PushedRequests
from idp.oidc.authorization.pings import Pings
from idp.oidc.clients.assertion import Assertions
from idp.oidc.clients.authentication import ClientAuthentication
from idp.oidc.clients.certificates import Certificates
from idp.oidc.clients.client import Clients
from idp.oidc.clients.invitations import Invitations
from idp.oidc.clients.keys import ClientKeys
from idp.oidc.clients.registration import Registration
from idp.oidc.consent import Consents
from idp.oidc.grants.codes import Codes
from idp.oidc.grants.pending import Pendings
from idp.oidc.grants.rooms import Rooms
from idp.oidc.grants.table import GRANT_TYPES, Redemption
from idp.oidc.sessions.locking import Locking
from idp.oidc.sessions.logout import LogoutReader
from idp.oidc.sessions.room import SessionRoom
from idp.oidc.tokens.access_token import AccessTokens
from idp.oidc.tokens.confirmation import Confirmations
from idp.oidc.tokens.dpop import DpopProofs
from idp.oidc.tokens.grant import Grants
from idp.oidc.tokens.id_token import IdTokens
from idp.oidc.tokens.introspection import Introspection
from idp.oidc.tokens.issue import Issue
from idp.oidc.tokens.jwt_access_token import JwtAccessTokens
from idp.oidc.tokens.recognition import Recognition
from idp.oidc.tokens.revocation import Revocation
from idp.oidc.tokens.subject import Subjects
from idp.oidc.tokens.successor import Successors
from idp.oidc.tokens.userinfo import UserInfo
from idp.oidc.tokens.verification import Verifications
from idp.outbound import Outbound
from idp.registers.sample import SampleRegister
from idp.settings import Settings
from idp.signin.desk import Desk
from idp.signin.devices import Devices
from idp.signin.ending import Ending
from idp.signin.interaction import Interactions
from idp.signin.user_codes import UserCodes
from idp.storage.database import Database
from idp.storage.ephemeral import Ephemeral, Space
from idp.storage.ephemeral_redis import RedisEphemeral
from idp.storage.ephemeral_sql import SqlEphemeral

LOOPBACK = ("127.0.0.0/8", "::1/128")


class Provider:
    """The whole house, ready to be mounted. One for each process, made after the fork."""

    def __init__(self, settings: Settings, clock: Clock = utc_now) -> None:
        self.settings = settings
        self.clock = clock
        self.is_demo = settings.is_demo
        self.is_simulator = settings.is_simulator
        self._bedrock(settings)
        self._people(settings)
        self._protocol(settings)
        self._desk()

    def _bedrock(self, settings: Settings) -> None:
        root = settings.root_secret
        # A demonstration may forget its last seconds in a power cut; nobody else may (docs/decisions/0012).
        self.database = Database(settings.database_url, synchronous="NORMAL" if settings.is_demo else "FULL")
        self.ephemeral = self._ephemeral(settings)
        self.seal = Seal(settings.sealing or {1: derive(root, "seal:1")}, derive(root, "index"))
        self.keyring = Keyring(
            FileKeyStore(settings.keys_dir),
            self.clock,
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

    def _people(self, settings: Settings) -> None:
        self.outbox = Outbox(self.database, self.seal, self.clock)
        self.register = SampleRegister(self.database, self.seal, self.clock)
        self.accounts = Accounts(self.database, self.seal, self.clock)
        self.authenticators = Authenticators(self.database, self.seal, self.clock)
        self.lifecycle = Lifecycle(self.accounts, self.audit)
        self.password = Password(self.authenticators, self.audit, Hashing(), Breached())
        self.totp = Totp(self.authenticators, self.audit)
        channel = _channel(settings, self.outbox)
        messages = Messages(channel, Texts()) if channel else None
        sms = [SmsOtp(messages, self.ephemeral, self.seal)] if messages else []
        self.addresses = Addresses(self.ephemeral, self.clock)
        attempts = Attempts(self.ephemeral, self.clock, self.addresses)
        self.methods = Methods(
            [self.password, self.totp, *sms],
            attempts,
            self.authenticators,
            self.audit,
            self.clock,
            settings.simulator_spared,
        )
        self.totp_enrolment = TotpEnrolment(self.totp, self.ephemeral, self.seal, self.clock, "Định Danh")
        self.enrolment = Enrolment(
            self.accounts,
            self.register,
            ActivationCodes(self.ephemeral, self.seal),
            self.audit,
            messages or Messages(self.outbox, Texts()),
            self.clock,
        )

    def _protocol(self, settings: Settings) -> None:
        root, issuer, clock = settings.root_secret, settings.issuer, self.clock
        self.clients = Clients(self.database, clock)
        self.client_keys = ClientKeys(self.outbound.fetch)
        self.client_authentication = ClientAuthentication(
            self.clients,
            Assertions(issuer, self.client_keys, self.ephemeral, clock),
            self._certificates(settings),
        )
        self._registration(settings)
        self.subjects = Subjects(derive(root, "pairwise"))
        self.grants = Grants(self.database, clock)
        self.session_room = SessionRoom(
            issuer,
            self.database,
            self.clients,
            self.grants,
            self.keyring,
            self.subjects,
            self.outbound.post,
            self.audit,
            derive(root, "browser-state"),
            clock,
            settings.session_ttl,
        )
        self.sessions = self.session_room.sessions
        self.locking = Locking(self.lifecycle, self.sessions, self.grants, self.database)
        self.consents = Consents(self.database, self.grants, clock)
        self._tokens(settings)
        id_tokens = IdTokens(
            issuer, self.keyring, self.subjects, self.verifications, clock, settings.access_token_ttl
        )
        self.codes = Codes(self.ephemeral, self.grants, self.audit, settings.code_ttl)
        self.pendings = Pendings(self.ephemeral, clock)
        self.redemption = Redemption(
            Rooms(
                codes=self.codes,
                pendings=self.pendings,
                grants=self.grants,
                accounts=self.accounts,
                hold_session=self.sessions.hold,
                access_tokens=self.access_tokens,
                id_tokens=id_tokens,
                issue=Issue(self.database, self.access_tokens),
                successors=Successors(derive(root, "refresh-successor"), self.ephemeral),
                audit=self.audit,
                clock=clock,
            )
        )
        self._requests(settings)

    def _requests(self, settings: Settings) -> None:
        """What is asked, and what goes back."""
        issuer, clock = settings.issuer, self.clock
        pushed_requests = PushedRequests(self.ephemeral, self.seal, clock, settings.pushed_request_ttl)
        self.requests = RequestReader(
            issuer,
            self.clients,
            self.keyring,
            pushed_requests,
            RequestObjects(issuer, self.client_keys.of, self.outbound.fetch, self.ephemeral, clock),
            settings.default_level,
        )
        self.logout = LogoutReader(issuer, self.clients, self.keyring)
        self.pings = Pings(self.clients, self.outbound.post, self.seal, self.database)
        elsewhere = Elsewhere(self.pendings, self.audit, self.database, self.pings.tell)
        self.completion = Completion(
            issuer,
            self.codes,
            elsewhere,
            self.session_room.browser_states,
            clock,
            settings.refresh_ttl,
            pushed_requests,
            SignedResponses(issuer, self.keyring, self.clients, clock),
        )
        self.device_requests = DeviceRequests(self.requests, self.pendings, self.audit, clock)
        self.backchannel_requests = BackchannelRequests(
            self.requests,
            self.pendings,
            self.accounts,
            self.grants,
            self.subjects,
            self.pings,
            self.ephemeral,
            self.audit,
            clock,
        )
        self.user_codes = UserCodes(self.device_requests, self.addresses, self.ephemeral, self.audit)

    def _tokens(self, settings: Settings) -> None:
        """Access tokens, and where they are used, given back and asked about."""
        issuer, clock = settings.issuer, self.clock
        self.access_tokens = AccessTokens(
            derive(settings.root_secret, "access-token"),
            clock,
            settings.access_token_ttl,
            JwtAccessTokens(issuer, self.keyring, self.subjects, clock),
        )
        self.confirmations = Confirmations(
            DpopProofs(derive(settings.root_secret, "dpop-nonce"), self.ephemeral, clock)
        )
        self.verifications = Verifications(self.subjects, self.register.source, clock)
        self.userinfo = UserInfo(
            issuer,
            self.access_tokens,
            self.confirmations,
            self.grants,
            self.accounts,
            self.clients,
            self.subjects,
            self.verifications,
            self.keyring,
            clock,
        )
        recognition = Recognition(self.access_tokens, self.grants)
        self.revocation = Revocation(recognition, self.grants, self.audit, self.database)
        self.introspection = Introspection(
            issuer, recognition, self.accounts, self.clients, self.subjects, self.keyring, clock
        )

    def _registration(self, settings: Settings) -> None:
        self.invitations = Invitations(self.database, self.clock)
        self.registration = Registration(
            settings.issuer,
            self.clients,
            self.invitations,
            self.outbound.fetch,
            GRANT_TYPES,
            self.client_authentication.methods,
            self.audit,
            self.database,
            is_open=settings.is_simulator,
        )

    def _certificates(self, settings: Settings) -> Certificates | None:
        if not settings.client_certificates:
            return None
        file = settings.client_ca_file
        authorities = x509.load_pem_x509_certificates(file.read_bytes()) if file else []
        return Certificates(authorities, self.client_keys, self.clock)

    def _desk(self) -> None:
        devices = Devices(derive(self.settings.root_secret, "device"), self.clock)
        self.desk = Desk(
            interactions=Interactions(self.ephemeral, self.seal, self.clock),
            accounts=self.accounts,
            methods=self.methods,
            clients=self.clients,
            consents=self.consents,
            sessions=self.sessions,
            subjects=self.subjects,
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

    @property
    def audit_key(self) -> bytes:
        return derive(self.settings.root_secret, "audit")

    @cached_property
    def levels(self) -> tuple[int, ...]:
        """The authentication levels that the methods at hand can reach, together."""
        factors = frozenset().union(*(method.factors for method in self.methods.by_name.values()))
        return tuple(range(1, level_of_factors(factors) + 1))

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
        self.database.close()
        self.ephemeral.close()


def _channel(settings: Settings, outbox: Outbox) -> Channel | None:
    """How texts reach people; ``None``: they do not, and no method leans on it."""
    if settings.sms_channel == "gateway" and settings.sms_url and settings.sms_token:
        return SmsGateway(settings.sms_url, settings.sms_token.get_secret_value())
    return outbox if settings.sms_channel == "outbox" else None


def ephemeral_url(database_url: str) -> str:
    """The SQLite file that stands beside the main one: ``idp.db`` has ``idp-ephemeral.db``."""
    stem, dot, suffix = database_url.rpartition(".")
    return f"{stem}-ephemeral{dot}{suffix}" if dot and "/" not in suffix else f"{database_url}-ephemeral"
