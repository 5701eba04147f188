"""The protocol, wired."""

from collections.abc import Sequence

from cryptography import x509

from idp.accounts.mandate import Mandate
from idp.accounts.register_changes import RegisterChanges
from idp.accounts.register_reading import RegisterReading
from idp.kernel.clock import Clock
from idp.keyring.seal import derive
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
from idp.oidc.clients.fetching import Fetching
from idp.oidc.clients.invitations import Invitations
from idp.oidc.clients.keys import ClientKeys
from idp.oidc.clients.registration import Registration
from idp.oidc.consent import Consents
from idp.oidc.consent_receipt import Receipts
from idp.oidc.features import Features
from idp.oidc.grants.codes import Codes
from idp.oidc.grants.pending import Pendings
from idp.oidc.grants.rooms import Rooms
from idp.oidc.grants.table import GRANT_TYPES, NOT_SELF_REGISTERED, Redemption
from idp.oidc.sessions.locking import Locking
from idp.oidc.sessions.logout import LogoutReader
from idp.oidc.sessions.room import SessionRoom
from idp.oidc.tokens.access_token import AccessTokens
from idp.oidc.tokens.acting import Acting
from idp.oidc.tokens.confirmation import Confirmations
from idp.oidc.tokens.disclosure import Disclosure
from idp.oidc.tokens.dpop import DpopProofs
from idp.oidc.tokens.encryption import Envelopes
from idp.oidc.tokens.grant import Grants
from idp.oidc.tokens.handle import Mint
from idp.oidc.tokens.id_token import IdTokens
from idp.oidc.tokens.introspection import Introspection
from idp.oidc.tokens.issue import Issue
from idp.oidc.tokens.jwt_access_token import JwtAccessTokens
from idp.oidc.tokens.rar import TYPES
from idp.oidc.tokens.reads import Reads
from idp.oidc.tokens.recognition import Recognition
from idp.oidc.tokens.revocation import Revocation
from idp.oidc.tokens.subject import Subjects
from idp.oidc.tokens.successor import Successors
from idp.oidc.tokens.userinfo import UserInfo
from idp.oidc.tokens.verification import Verifications
from idp.provider.people import People
from idp.settings import Settings
from idp.signin.user_codes import UserCodes


class Protocol(People):
    """Clients, tokens, sessions, requests."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        super().__init__(settings, clock)
        root, issuer, clock = settings.root_secret, settings.issuer, self.clock
        self.features = Features(frozenset(settings.features_off))
        self.clients = Clients(self.database, clock, self.keyring.algorithms, tuple(TYPES))
        self.fetching = Fetching(self.outbound.fetch)
        self.client_keys = ClientKeys(self.fetching)
        self.envelopes = Envelopes(self.client_keys)
        self.client_authentication = ClientAuthentication(
            self.clients,
            Assertions(issuer, self.client_keys, self.ephemeral, clock),
            self.audit,
            self._certificates(settings),
        )
        self._registration(settings)
        self.subjects = Subjects(derive(root, "pairwise"))
        self.acting = Acting(self.mandates, self.subjects)
        self.grants = Grants(self.database, clock)
        self.reads = Reads(self.database, clock)
        self._sessions(settings)
        self._tokens(settings)
        self._in_flight(settings)
        self._redemption(settings)
        self._requests(settings)
        self._asked_elsewhere(settings)

    def _sessions(self, settings: Settings) -> None:
        """Signed in, signed out, allowed what."""
        root, issuer, clock = settings.root_secret, settings.issuer, self.clock
        self.session_room = SessionRoom(
            issuer,
            self.database,
            self.clients,
            self.grants,
            self.keyring,
            self.envelopes,
            self.subjects,
            self.outbound.post,
            self.audit,
            derive(root, "browser-state"),
            clock,
            settings.session_ttl,
            is_watched="session_management" in self.features,
        )
        self.sessions = self.session_room.sessions
        self.consents = Consents(self.database, self.clients, self.audit, clock, self.session_room.tell_these)
        self.receipts = Receipts(issuer, self.keyring, self.clients, self.subjects, clock)
        self._following()

    def _following(self) -> None:
        """What locks end, and what registers lead to."""
        self.locking = Locking(
            self.lifecycle,
            self.mandates,
            self.sessions,
            self.grants,
            self.owed_readings,
            self.lock_requests,
            self.database,
        )
        self.register_reading = reading = RegisterReading(
            self.accounts,
            self.registers,
            self.mandates,
            self.locks,
            self.notices,
            self.owed_readings,
            self.former_numbers,
            self.guardians,
            self.audit,
            self.clock,
            lock=self.locking.lock,
            unlock=lambda account_id, ground, actor: self.locking.unlock(account_id, actor, ground),
        )
        self.register_changes = RegisterChanges(
            self.accounts,
            self.former_numbers,
            reading,
            self.owed_readings,
            self.notices,
            self.audit,
            self.locking.lock,
        )

    def _mandates_ended(self, ended: Sequence[Mandate]) -> None:
        self.session_room.mandate_endings.hear(ended)

    def _redemption(self, settings: Settings) -> None:
        """What is redeemed at the token endpoint."""
        clock = self.clock
        id_tokens = IdTokens(
            settings.issuer,
            self.keyring,
            self.envelopes,
            self.subjects,
            self.acting,
            self.disclosure,
            self.accounts,
            clock,
            settings.access_token_ttl,
        )
        root = settings.root_secret
        refresh_tokens = Mint(derive(root, "refresh-token"))
        successors = Successors(derive(root, "refresh-successor"), refresh_tokens, self.ephemeral)
        self.redemption = Redemption(
            Rooms(
                codes=self.codes,
                pendings=self.pendings,
                grants=self.grants,
                accounts=self.accounts,
                clients=self.clients,
                hold_session=self.sessions.hold,
                access_tokens=self.access_tokens,
                acting=self.acting,
                id_tokens=id_tokens,
                issue=Issue(self.database, self.access_tokens, self.acting, refresh_tokens),
                refresh_tokens=refresh_tokens,
                successors=successors,
                audit=self.audit,
                clock=clock,
            ),
            self.features,
        )

    def _in_flight(self, settings: Settings) -> None:
        """What waits to be redeemed."""
        mint = Mint(derive(settings.root_secret, "code"))
        self.codes = Codes(mint, self.ephemeral, self.grants, self.database, self.audit, settings.code_ttl)
        self.pendings = Pendings(self.ephemeral, self.clock)

    def _requests(self, settings: Settings) -> None:
        """What is asked, and what goes back."""
        issuer, clock, keyring = settings.issuer, self.clock, self.keyring
        pushed_requests = PushedRequests(self.ephemeral, self.seal, clock, settings.pushed_request_ttl)
        self.requests = RequestReader(
            issuer,
            self.clients,
            keyring,
            self.envelopes,
            pushed_requests,
            RequestObjects(issuer, keyring, self.client_keys.of, self.fetching, self.ephemeral, clock),
            settings.default_level,
            self.features,
        )
        self.logout = LogoutReader(issuer, self.clients, keyring)
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
            SignedResponses(issuer, keyring, self.envelopes, self.clients, clock),
        )

    def _asked_elsewhere(self, settings: Settings) -> None:
        """What people answer away from who asks."""
        clock = self.clock
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
            settings.simulator_spared,
        )
        self.user_codes = UserCodes(self.device_requests, self.addresses, self.ephemeral, self.audit)

    def _registration(self, settings: Settings) -> None:
        self.invitations = Invitations(self.database, self.clock)
        self.registration = Registration(
            settings.issuer,
            self.clients,
            self.invitations,
            self.client_keys,
            self.fetching,
            set(self.features.grant_types(GRANT_TYPES))
            - (set() if settings.is_simulator else NOT_SELF_REGISTERED),
            self.client_authentication.methods,
            self.audit,
            self.database,
            self.ephemeral,
            is_open=settings.is_simulator,
        )

    def _certificates(self, settings: Settings) -> Certificates | None:
        if not settings.sees_certificates:
            return None
        file = settings.client_ca_file
        authorities = x509.load_pem_x509_certificates(file.read_bytes()) if file else []
        return Certificates(authorities, self.client_keys, self.clock)

    def _tokens(self, settings: Settings) -> None:
        """Access tokens, and where they are used, given back and asked about."""
        issuer, clock = settings.issuer, self.clock
        self.access_tokens = AccessTokens(
            derive(settings.root_secret, "access-token"),
            clock,
            settings.access_token_ttl,
            JwtAccessTokens(issuer, self.keyring, self.subjects, self.acting, clock),
        )
        key, needs_nonce = derive(settings.root_secret, "dpop-nonce"), settings.dpop_nonce_required
        self.confirmations = Confirmations(DpopProofs(key, self.ephemeral, clock, needs_nonce=needs_nonce))
        verifications = Verifications(self.subjects, self.evidence.standing, clock)
        self.disclosure = Disclosure(self.legacy_links, verifications, clock)
        self.userinfo = UserInfo(
            issuer,
            self.access_tokens,
            self.confirmations,
            self.grants,
            self.accounts,
            self.clients,
            self.subjects,
            self.acting,
            self.disclosure,
            self.reads,
            self.keyring,
            self.envelopes,
            clock,
        )
        recognition = Recognition(self.access_tokens, self.grants)
        self.revocation = Revocation(recognition, self.grants, self.audit, self.database)
        self.introspection = Introspection(
            issuer, recognition, self.clients, self.subjects, self.acting, self.keyring, self.envelopes, clock
        )
